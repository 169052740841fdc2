/* What device/store/memories/arduino_eeprom.cpp uses of Arduino. */
#include <stdint.h>

struct EEPROMClass {
    uint8_t read(int address);
    void update(int address, uint8_t value);
};
extern EEPROMClass EEPROM;

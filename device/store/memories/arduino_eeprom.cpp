// SPDX-License-Identifier: 0BSD
// The weight store in the EEPROM of an Arduino Uno, Nano or Mega: 1 to 4 KB, which need no erasing.
// Not tried on hardware. EEPROM.update writes only bytes that differ, which spares them.
#include <EEPROM.h>

#include "integrad/store.h"

namespace {

const uint32_t slots = 2, slot_bytes = 512, unit = 1;

uint8_t buffer[64];

int read_eeprom(void *bytes, uint32_t address, uint32_t count, void *) {
    uint8_t *to = static_cast<uint8_t *>(bytes);
    for (uint32_t i = 0; i < count; i++) {
        to[i] = EEPROM.read(static_cast<int>(address + i));
    }
    return 0;
}

int program_eeprom(uint32_t address, const void *bytes, uint32_t count, void *) {
    const uint8_t *from = static_cast<const uint8_t *>(bytes);
    for (uint32_t i = 0; i < count; i++) {
        EEPROM.update(static_cast<int>(address + i), from[i]);
    }
    return 0;
}

} // namespace

integrad_store eeprom_store() {
    integrad_store store = {};
    store.read = read_eeprom;
    store.program = program_eeprom;
    store.slots = slots;
    store.slot_size = slot_bytes;
    store.erase_size = unit;
    store.program_size = unit;
    store.erased_value = 0xFF;
    store.buffer = buffer;
    store.buffer_size = sizeof buffer;
    return store;
}

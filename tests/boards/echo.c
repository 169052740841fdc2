/* A program that uses everything a board has: it echoes what arrives, except for these commands. */
#include "board.h"
#include "board_config.h"

enum { SAVE = 's', LOAD = 'l', WAIT = 'w', RESET = 'r', BUTTON = 'b', WAIT_MS = 20, SIZE = 100 };

#if BOARD_STORE_SLOTS != 0

static uint8_t saved[SIZE];
static const integrad_store_content content = {.layout = 1, .model = 2, .size = SIZE};

static uint8_t value(unsigned i) {
    return (uint8_t)(7 * i + 1);
}

static int save(void) {
    for (unsigned i = 0; i < SIZE; i++) {
        saved[i] = value(i);
    }
    return integrad_store_save(NULL, &integrad_board_store, saved, &content, 0);
}

/* 9 if other bytes were found than were saved. */
static int load(void) {
    integrad_store_info info = {0, 0, 0, 0};
    int result = integrad_store_load(saved, &info, &integrad_board_store, &content);
    for (unsigned i = 0; i < SIZE && result < INTEGRAD_STORE_FACTORY; i++) {
        result = saved[i] == value(i) ? result : 9;
    }
    return result;
}

#else

static int save(void) {
    return -1;
}

static int load(void) {
    return 9;
}

#endif

static void answer(char command, uint32_t number) {
    const char text[] = {command, (char)('0' + number % 10), ' '};
    integrad_board_send(text, sizeof text);
}

/* Without looking at the port: what arrives meanwhile arrives by interrupt or is lost. */
static void wait(void) {
    const uint32_t begin = integrad_board_milliseconds();
    while (integrad_board_milliseconds() - begin < WAIT_MS) {
    }
}

int main(void) {
    integrad_board_start();
    integrad_board_light(true);
    answer('R', 0);
    for (;;) {
        const int byte = integrad_board_receive();
        const uint8_t echo = (uint8_t)byte;
        switch (byte) {
        case -1:
            break;
        case SAVE:
            answer('S', save() == 0 ? 0 : 9);
            break;
        case LOAD:
            answer('L', (uint32_t)load());
            break;
        case WAIT:
            wait();
            answer('W', 0);
            break;
        case BUTTON:
            answer('B', integrad_board_button());
            break;
        case RESET:
            integrad_board_reset();
        default:
            integrad_board_send(&echo, 1);
        }
    }
}

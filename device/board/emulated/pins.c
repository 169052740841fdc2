/* SPDX-License-Identifier: Apache-2.0 */
/* Emulated machines show no LED, and nobody presses a button. */
#include "board.h"

void integrad_board_light(bool on) {
    (void)on;
}

bool integrad_board_button(void) {
    return false;
}

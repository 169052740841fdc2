/* SPDX-License-Identifier: Apache-2.0 */
/* w - w / decay_inv, for count weights. */
INTEGRAD_KERNEL void integrad_decay(int16_t *w, size_t count, int32_t decay_inv) {
    for (const int16_t *const end = w + count; w != end; w++) {
        *w = (int16_t)(*w - *w / decay_inv);
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * w - w / decay_inv. In practice, few weights are at least as large as decay_inv; these are divided
 * in software.
 */
INTEGRAD_KERNEL void integrad_decay(int16_t *w, size_t count, int32_t decay_inv) {
    for (const int16_t *const end = w + count; w != end; w++) {
        if (*w >= decay_inv || *w <= -decay_inv) {
            *w = (int16_t)(*w - *w / decay_inv);
        }
    }
}

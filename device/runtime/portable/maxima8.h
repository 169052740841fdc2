/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The maxima of `count` windows of 2 x 2, which lie side by side in two lines. winners: 0, or bytes
 * for two bits per window, from the lowest on: the first position of the maximum, in row-major
 * order.
 */
INTEGRAD_KERNEL void integrad_maxima8(int8_t *maxima, uint8_t *winners, const int8_t *upper,
                                      const int8_t *lower, size_t count) {
    unsigned byte = 0;
    for (size_t k = 0; k < count; k++, upper += 2, lower += 2) {
        int maximum = upper[0];
        unsigned winner = 0;
        if (upper[1] > maximum) {
            maximum = upper[1];
            winner = 1;
        }
        if (lower[0] > maximum) {
            maximum = lower[0];
            winner = 2;
        }
        if (lower[1] > maximum) {
            maximum = lower[1];
            winner = 3;
        }
        maxima[k] = (int8_t)maximum;
        byte |= winner << k % 4 * 2;
        if (k % 4 == 3 || k + 1 == count) {
            if (winners) {
                winners[k / 4] = (uint8_t)byte;
            }
            byte = 0;
        }
    }
}

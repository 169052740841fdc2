/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The values of x[0], x[step], ... that are not 0, and which ones of the `count` they are. Returns
 * how many. index and values: up to count.
 */
INTEGRAD_KERNEL size_t integrad_compact8(uint16_t *index, int8_t *values, const int8_t *x,
                                         size_t step, size_t count) {
    size_t found = 0;
    for (size_t i = 0; i < count; i++, x += step) {
        if (*x != 0) {
            index[found] = (uint16_t)i;
            values[found++] = *x;
        }
    }
    return found;
}

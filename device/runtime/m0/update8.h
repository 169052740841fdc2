/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Subtracts gradients from n weights: gradient / 2^shift, rounded pseudo-stochastically. A negative
 * shift, of which at most 15 counts, multiplies. Weights are saturated to +-127.
 */
INTEGRAD_KERNEL void integrad_update8(int8_t *weights, const int32_t *gradient, size_t n,
                                      int shift) {
    if (shift <= 0) {
        integrad_multiply8(weights, gradient, n, shift);
    }
    if (shift <= 0 || shift > 30 || n == 0) {
        return;
    }
    /*
     * Bits below the point, moved to the top of a word: the upper half of them, which may have one
     * more, is compared with the lower half.
     */
    const int half = (shift + 1) / 2, up = 32 - shift;
    const uint32_t rest = ((uint32_t)1 << (32 - half)) - 1;
    for (const int32_t *const end = gradient + n; gradient != end; weights++) {
        const int32_t value = *gradient++;
        if (value == 0) {
            continue;
        }
        const uint32_t size = value < 0 ? 0u - (uint32_t)value : (uint32_t)value;
        const uint32_t upper = size << up;
        const int32_t step = (int32_t)(size >> shift) + ((upper & ~rest) > upper << half);
        int32_t weight = *weights;
        if (value < 0) {
            weight += step;
            weight = weight > 127 ? 127 : weight;
        } else {
            weight -= step;
            weight = weight < -127 ? -127 : weight;
        }
        *weights = (int8_t)weight;
    }
}

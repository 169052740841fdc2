/* SPDX-License-Identifier: Apache-2.0 */
/* update8 for shifts of up to 0. */
static void integrad_multiply8(int8_t *weights, const int32_t *gradient, size_t n, int shift) {
    const int by = shift > -15 ? -shift : 15;
    for (size_t i = 0; i < n; i++) {
        const int32_t step = integrad_clip(gradient[i], 254) * ((int32_t)1 << by);
        weights[i] = (int8_t)integrad_clip(weights[i] - step, 127);
    }
}

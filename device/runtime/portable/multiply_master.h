/* SPDX-License-Identifier: Apache-2.0 */
/* update_master for shifts of up to 0. */
static void integrad_multiply_master(int8_t *weights, int8_t *fraction, const int32_t *gradient,
                                     size_t n, int shift) {
    const int by = shift > -15 ? -shift : 15;
    for (size_t i = 0; i < n; i++) {
        const int32_t step = integrad_clip(gradient[i], 65024) * ((int32_t)1 << by);
        const int32_t old = (int32_t)256 * weights[i] + fraction[i];
        const int32_t master = integrad_clip(old - step, 32512);
        const int32_t weight = (master + 32896) / 256 - 128; /* of what is positive: rounded down */
        weights[i] = (int8_t)weight;
        fraction[i] = (int8_t)(master - 256 * weight);
    }
}

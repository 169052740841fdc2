/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The maxima of `count` windows of 2 x 2, which lie side by side in two lines. winners: 0, or bytes
 * for two bits per window, from the lowest on: the first position of the maximum, in row-major
 * order.
 */
INTEGRAD_KERNEL void integrad_maxima8(int8_t *maxima, uint8_t *winners, const int8_t *upper,
                                      const int8_t *lower, size_t count) {
    /* Two bits for each of eight windows. */
    static const uint16_t places[8] = {1, 4, 16, 64, 256, 1024, 4096, 16384};
    const uint16x8_t place = vld1q_u16(places);
    for (size_t k = 0; k < count; k += 8) {
        const uint32_t left = (uint32_t)(count - k);
        const mve_pred16_t pairs = vctp8q(2 * left);
        const int8x16_t above = vldrbq_z_s8(upper + 2 * k, pairs);
        const int8x16_t below = vldrbq_z_s8(lower + 2 * k, pairs);
        const int16x8_t second = vmovltq_s8(above), third = vmovlbq_s8(below),
                        fourth = vmovltq_s8(below);
        int16x8_t maximum = vmovlbq_s8(above);
        mve_pred16_t larger = vcmpgtq_s16(second, maximum);
        uint16x8_t winner = vdupq_m_n_u16(vdupq_n_u16(0), 1, larger);
        maximum = vmaxq_s16(maximum, second);
        larger = vcmpgtq_s16(third, maximum);
        winner = vdupq_m_n_u16(winner, 2, larger);
        maximum = vmaxq_s16(maximum, third);
        larger = vcmpgtq_s16(fourth, maximum);
        winner = vdupq_m_n_u16(winner, 3, larger);
        maximum = vmaxq_s16(maximum, fourth);
        vstrbq_p_s16(maxima + k, maximum, vctp16q(left));
        if (winners) {
            const uint32_t bits = vmladavq_u16(winner, place); /* 0 beyond the last window */
            winners[k / 4] = (uint8_t)bits;
            if (left > 4) {
                winners[k / 4 + 1] = (uint8_t)(bits >> 8);
            }
        }
    }
}

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
    for (int left = (int)count; left > 0; left -= 8) {
        uint32_t bits;
        /* Columns of the windows in q0 and q1, maxima in q2, winners in q3; 0 beyond the last. */
        __asm__ volatile("vctp.8 %[inputs]\n\t"
                         "vpstt\n\t"
                         "vldrbt.u8 q0, [%[upper]]\n\t"
                         "vldrbt.u8 q1, [%[lower]]\n\t"
                         "vmovlb.s8 q2, q0\n\t"
                         "vmovlt.s8 q0, q0\n\t"
                         "vmov.i16 q3, #0\n\t"
                         "vptt.s16 gt, q0, q2\n\t"
                         "vmovt q2, q0\n\t"
                         "vmovt.i16 q3, #1\n\t"
                         "vmovlb.s8 q0, q1\n\t"
                         "vmovlt.s8 q1, q1\n\t"
                         "vptt.s16 gt, q0, q2\n\t"
                         "vmovt q2, q0\n\t"
                         "vmovt.i16 q3, #2\n\t"
                         "vptt.s16 gt, q1, q2\n\t"
                         "vmovt q2, q1\n\t"
                         "vmovt.i16 q3, #3\n\t"
                         "vldrh.u16 q0, [%[places]]\n\t"
                         "vmladav.u16 %[bits], q3, q0\n\t"
                         "vctp.16 %[left]\n\t"
                         "vpst\n\t"
                         "vstrbt.16 q2, [%[maxima]]"
                         : [bits] "=Te"(bits)
                         : [inputs] "r"(2 * left), [left] "r"(left), [upper] "l"(upper),
                           [lower] "l"(lower), [maxima] "l"(maxima), [places] "r"(places)
                         : "q0", "q1", "q2", "q3", "memory");
        upper += 16;
        lower += 16;
        maxima += 8;
        if (winners) {
            *winners++ = (uint8_t)bits;
            if (left > 4) {
                *winners++ = (uint8_t)(bits >> 8);
            }
        }
    }
}

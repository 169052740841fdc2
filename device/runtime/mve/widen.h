/* SPDX-License-Identifier: Apache-2.0 */
/* The same values as 16-bit integers, the type of the weights. */
INTEGRAD_KERNEL void integrad_widen(int16_t *wide, const int8_t *x, size_t count) {
    __asm__ volatile("wlstp.16 lr, %[count], 2f\n\t"
                     "1:\n\t"
                     "vldrb.s16 q0, [%[x]], #8\n\t"
                     "vstrh.16 q0, [%[wide]], #16\n\t"
                     "letp lr, 1b\n\t"
                     "2:"
                     : [wide] "+&r"(wide), [x] "+&l"(x)
                     : [count] "r"(count)
                     : "q0", "lr", "memory");
}

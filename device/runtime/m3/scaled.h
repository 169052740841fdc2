/* SPDX-License-Identifier: Apache-2.0 */
/* A sum of products scaled to an activation: z / scale, saturated to +-127. */
static inline int8_t integrad_scaled(int32_t z, int32_t scale) {
    int32_t quotient = z / scale;
    __asm__("ssat %0, #8, %0" : "+r"(quotient));
    return (int8_t)(quotient < -127 ? -127 : quotient);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* A sum of products scaled to an activation: z / scale, saturated to +-127. */
static inline int8_t integrad_scaled(int32_t z, int32_t scale) {
    return (int8_t)integrad_clip(z / scale, 127);
}

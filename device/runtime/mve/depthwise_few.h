/* SPDX-License-Identifier: Apache-2.0 */
/* Inputs of four positions, which are `stride` apart. */
static inline int32x4_t integrad_four_inputs(const int8_t *from, int stride) {
    if (stride == 1) {
        return vldrbq_s32(from);
    }
    return vldrbq_gather_offset_s32(from, vmulq_n_u32(vidupq_n_u32(0, 1), (uint32_t)stride));
}

/* Products of a weight and the inputs of eight positions. */
static inline void integrad_eight_products(int32x4_t *z, int32x4_t *other, const int8_t *from,
                                           int stride, int32_t weight) {
    *z = vmlaq_n_s32(*z, integrad_four_inputs(from, stride), weight);
    *other = vmlaq_n_s32(*other, integrad_four_inputs(from + 4 * stride, stride), weight);
}

/* Sums of four positions, or of `count`, scaled to activations. */
static inline void integrad_store_four(int8_t *s, int32x4_t z,
                                       const struct integrad_reciprocal *scale, int count) {
    z = vshlq_r_s32(vmulhq_s32(z, vdupq_n_s32(scale->factor)), scale->shift);
    z = vsubq_s32(z, vshrq_n_s32(z, 31)); /* one more below zero */
    z = vmaxq_s32(vminq_s32(z, vdupq_n_s32(127)), vdupq_n_s32(-127));
    vstrbq_p_s32(s, z, vctp32q((uint32_t)count));
}

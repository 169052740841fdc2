/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The headroom that remains after these errors. It is negative if the sum of their products with
 * arbitrary inputs may exceed 32 bits, which is possible for very large errors only.
 */
INTEGRAD_KERNEL int32_t integrad_headroom(int32_t headroom, const int32_t *delta, size_t count) {
    const int32_t *const fours = delta + (count & ~(size_t)3);
    const int32_t *const end = delta + count;
    uint64_t sum = 0;
    for (; delta != fours; delta += 4) {
        sum = vaddlvaq_u32(sum, vreinterpretq_u32_s32(vabsq_s32(vldrwq_s32(delta))));
    }
    for (; delta != end; delta++) {
        sum += (uint32_t)(*delta < 0 ? -*delta : *delta);
    }
    return headroom < 0 || sum > (uint32_t)headroom ? -1 : headroom - (int32_t)sum;
}

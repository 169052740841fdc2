/* SPDX-License-Identifier: Apache-2.0 */
/* Errors of eight units in one sample. head: classes x features, from the first of the units on. */
static inline void integrad_eight_errors(int32_t *sum, uint32x4_t offsets, size_t fourth,
                                         const int16_t *head, const int16_t *error, size_t features,
                                         size_t classes) {
    int32x4_t low = vdupq_n_s32(0), high = low;
    int32_t value;
    __asm__ volatile("dls lr, %[classes]\n\t"
                     "1:\n\t"
                     "ldrsh %[value], [%[error]], #2\n\t"
                     "vldrh.s32 q0, [%[head]]\n\t"
                     "vldrh.s32 q1, [%[head], #8]\n\t"
                     "vmla.s32 %q[low], q0, %[value]\n\t"
                     "vmla.s32 %q[high], q1, %[value]\n\t"
                     "add %[head], %[head], %[row]\n\t"
                     "le lr, 1b"
                     : [low] "+&w"(low), [high] "+&w"(high), [head] "+&l"(head),
                       [error] "+&r"(error), [value] "=&r"(value)
                     : [classes] "r"(classes), [row] "r"(2 * features)
                     : "q0", "q1", "lr", "memory");
    vstrwq_scatter_shifted_offset_s32(sum, offsets, low);
    vstrwq_scatter_shifted_offset_s32(sum + fourth, offsets, high);
}

/*
 * Errors of units, propagated through a head: sum[u][b] = sum over the classes k of error[b][k] *
 * head[k][u]. sum: units x count, error: count x classes; rows of head have `features` elements.
 * Units are processed in groups of eight, the last of which may overlap the previous one, or one by
 * one if there are fewer.
 */
INTEGRAD_KERNEL void integrad_errors(int32_t *sum, const int16_t *head, const int16_t *error,
                                     size_t units, size_t features, size_t classes, size_t count) {
    if (units < 8) {
        for (size_t u = 0; u < units; u++) {
            for (size_t b = 0; b < count; b++) {
                int32_t z = 0;
                for (size_t k = 0; k < classes; k++) {
                    z += error[b * classes + k] * head[k * features + u];
                }
                *sum++ = z;
            }
        }
        return;
    }
    const uint32x4_t offsets = vmulq_n_u32(vidupq_n_u32(0, 1), (uint32_t)count);
    for (size_t u = 0; u < units; u += 8) {
        const size_t first = units - u < 8 ? units - 8 : u;
        for (size_t b = 0; b < count; b++) {
            integrad_eight_errors(sum + first * count + b, offsets, 4 * count, head + first,
                                  error + b * classes, features, classes);
        }
    }
}

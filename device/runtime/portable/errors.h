/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Errors of units, propagated through a head: sum[u][b] = sum over the classes k of error[b][k] *
 * head[k][u]. sum: units x count, error: count x classes; rows of head have `features` elements.
 */
INTEGRAD_KERNEL void integrad_errors(int32_t *sum, const int16_t *head, const int16_t *error,
                                     size_t units, size_t features, size_t classes, size_t count) {
    for (size_t u = 0; u < units; u++) {
        for (size_t b = 0; b < count; b++) {
            int32_t z = 0;
            for (size_t k = 0; k < classes; k++) {
                z += (int32_t)error[b * classes + k] * head[k * features + u];
            }
            *sum++ = z;
        }
    }
}

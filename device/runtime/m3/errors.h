/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Errors of units, propagated through a head: sum[u][b] = sum over the classes k of error[b][k] *
 * head[k][u]. sum: units x count, error: count x classes; rows of head have `features` elements.
 * Four units share each error; the last four overlap the previous ones if units is not a multiple
 * of four.
 */
INTEGRAD_KERNEL void integrad_errors(int32_t *sum, const int16_t *head, const int16_t *error,
                                     size_t units, size_t features, size_t classes, size_t count) {
    const size_t together = units < 4 ? 1 : 4;
    const size_t next = units < 4 ? 0 : 1;
    for (size_t u = 0; u < units;) {
        const int16_t *e = error;
        for (size_t b = 0; b < count; b++) {
            const int16_t *v = head + u;
            int32_t z0 = 0, z1 = 0, z2 = 0, z3 = 0;
            for (const int16_t *const end = e + classes; e != end; v += features) {
                const int32_t value = *e++;
                z0 += value * v[0];
                z1 += value * v[next];
                z2 += value * v[2 * next];
                z3 += value * v[3 * next];
            }
            int32_t *const to = sum + u * count + b;
            to[0] = z0;
            to[next * count] = z1;
            to[2 * next * count] = z2;
            to[3 * next * count] = z3;
        }
        u += together;
        u = u < units && u + together > units ? units - together : u;
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The headroom that remains after these errors. It is negative if the sum of their products with
 * arbitrary inputs may exceed 32 bits, which is possible for very large errors only.
 */
INTEGRAD_KERNEL int32_t integrad_headroom(int32_t headroom, const int32_t *delta, size_t count) {
    for (size_t b = 0; b < count && headroom >= 0; b++) {
        const int32_t magnitude = delta[b] < 0 ? -delta[b] : delta[b];
        headroom = magnitude > headroom ? -1 : headroom - magnitude;
    }
    return headroom;
}

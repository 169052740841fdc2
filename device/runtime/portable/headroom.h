/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The headroom that remains after these errors. It is negative if the sum of their products with
 * arbitrary inputs may exceed 32 bits, which is possible for very large errors only.
 */
INTEGRAD_KERNEL int32_t integrad_headroom(int32_t headroom, const int32_t *delta, size_t count) {
    for (const int32_t *const end = delta + count; delta != end && headroom >= 0; delta++) {
        headroom -= *delta < 0 ? -*delta : *delta;
    }
    return headroom < 0 ? -1 : headroom;
}

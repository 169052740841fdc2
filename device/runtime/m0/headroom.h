/* What is left of headroom after these errors; negative if they may be more than 32 bits hold when
 * each is multiplied with any input. Only wild errors are. */
INTEGRAD_KERNEL int32_t integrad_headroom(int32_t headroom, const int32_t *delta, size_t count) {
    for (const int32_t *const end = delta + count; delta != end && headroom >= 0; delta++) {
        const int32_t error = *delta;
        if (error != 0) { /* seldom, behind a pooled head */
            const int32_t magnitude = error < 0 ? -error : error;
            headroom = magnitude > headroom ? -1 : headroom - magnitude;
        }
    }
    return headroom;
}

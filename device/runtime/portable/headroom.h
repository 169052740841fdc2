/* What is left of headroom after these errors; negative if they may be more than 32 bits hold when
 * each is multiplied with any input. Only wild errors are. */
INTEGRAD_KERNEL int32_t integrad_headroom(int32_t headroom, const int32_t *delta, size_t count) {
    for (size_t b = 0; b < count && headroom >= 0; b++) {
        const int32_t magnitude = delta[b] < 0 ? -delta[b] : delta[b];
        headroom = magnitude > headroom ? -1 : headroom - magnitude;
    }
    return headroom;
}

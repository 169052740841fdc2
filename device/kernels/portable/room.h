/* What is left of room after these errors; negative if they may be more than 32 bits hold when each
 * is multiplied with any input. Only wild errors are. */
static int32_t integrad_room(int32_t room, const int32_t *delta, size_t count) {
    for (size_t b = 0; b < count && room >= 0; b++) {
        const int32_t magnitude = delta[b] < 0 ? -delta[b] : delta[b];
        room = magnitude > room ? -1 : room - magnitude;
    }
    return room;
}

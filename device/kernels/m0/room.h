/* What is left of room after these errors; negative if they may be more than 32 bits hold when each
 * is multiplied with any input. Only wild errors are. */
static int32_t integrad_room(int32_t room, const int32_t *delta, size_t count) {
    for (const int32_t *const end = delta + count; delta != end && room >= 0; delta++) {
        const int32_t error = *delta;
        if (error != 0) { /* seldom, behind a pooled head */
            const int32_t magnitude = error < 0 ? -error : error;
            room = magnitude > room ? -1 : room - magnitude;
        }
    }
    return room;
}

static inline int64_t integrad_clip_wide(int64_t value, int64_t limit) {
    return value > limit ? limit : value < -limit ? -limit : value;
}

/* Integer SGD of `count` weights: w - gradient / divisor - w / decay_inv, saturated. */
static void integrad_descend_weights(int16_t *w, const int32_t *gradient, size_t count,
                                     const struct integrad_descent *descent,
                                     const struct integrad_reciprocal *divisor) {
    const int32_t *const end = gradient + count;
    const int32_t limit = descent->limit;
    const uint32_t below = divisor->divisor - 1;
    if (descent->decay_inv > 0) {
        for (size_t i = 0; i < count; i++) {
            if (w[i] >= descent->decay_inv || w[i] <= -descent->decay_inv) {
                w[i] = (int16_t)(w[i] - w[i] / descent->decay_inv);
            }
        }
    }
    for (; gradient != end; gradient++, w++) {
        const int32_t g = *gradient;
        if ((uint32_t)g + below > 2 * below) { /* else it moves nothing */
            const uint32_t magnitude = g < 0 ? 0u - (uint32_t)g : (uint32_t)g;
            int32_t move = 2 * 32639; /* saturates any weight */
            if (magnitude >> 8 < divisor->divisor) {
                move = (int32_t)integrad_quotient(magnitude, divisor);
            } else {
                move = integrad_clip((int32_t)(magnitude / divisor->divisor), move);
            }
            *w = (int16_t)integrad_clip(g < 0 ? *w + move : *w - move, limit);
        }
    }
}

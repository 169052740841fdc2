enum { INTEGRAD_HITS = 16 };

/* Sixteen errors and where their kernels begin, in rows, columns and bytes from an input. The order
 * of the members is known to integrad_hits_inside. */
struct integrad_hits {
    uint16_t column[INTEGRAD_HITS]; /* left, where the kernel's current line is on the map */
    uint16_t offset[INTEGRAD_HITS];
    int16_t low[INTEGRAD_HITS], high[INTEGRAD_HITS]; /* an error is high * 65536 + low */
    uint16_t top[INTEGRAD_HITS], left[INTEGRAD_HITS];
};

/* Errors whose kernels have a cell of column j on the map, and where its input is; else 0. */
struct integrad_inside {
    int16x8_t d, e;
    uint16x8_t first, second;
};

static inline struct integrad_inside integrad_hits_inside(const struct integrad_hits *hits,
                                                          const int16_t *errors, int cell, int j,
                                                          uint16x8_t width) {
    struct integrad_inside inside;
    __asm__ volatile(
        "vldrh.u16 q0, [%[hits]]\n\t"
        "vadd.i16 q0, q0, %[j]\n\t"
        "vpttt.u16 hi, %q[width], q0\n\t"
        "vldrht.u16 %q[d], [%[errors]]\n\t"
        "vldrht.u16 %q[first], [%[hits], #32]\n\t"
        "vaddt.i16 %q[first], %q[first], %[cell]\n\t"
        "vldrh.u16 q0, [%[hits], #16]\n\t"
        "vadd.i16 q0, q0, %[j]\n\t"
        "vpttt.u16 hi, %q[width], q0\n\t"
        "vldrht.u16 %q[e], [%[errors], #16]\n\t"
        "vldrht.u16 %q[second], [%[hits], #48]\n\t"
        "vaddt.i16 %q[second], %q[second], %[cell]"
        : [d] "=&w"(inside.d), [e] "=&w"(inside.e), [first] "=&w"(inside.first),
          [second] "=&w"(inside.second)
        : [hits] "r"(hits), [errors] "r"(errors), [cell] "r"(cell), [j] "r"(j), [width] "w"(width)
        : "q0", "memory");
    return inside;
}

/* What errors add to a cell of the kernel in every channel. cells: bytes of a channel's gradient.
 */
static inline void integrad_accumulate_cell(int32_t *gradient, const int8_t *x,
                                            const struct integrad_inside *inside, int channels,
                                            int cells, int plane) {
    register int32_t sum __asm__("r4");
    __asm__ volatile(
        "dls lr, %[channels]\n\t"
        "1:\n\t"
        "ldr %[sum], [%[gradient]]\n\t"
        "vldrb.s16 q0, [%[x], %q[first]]\n\t"
        "vmladava.s16 %[sum], q0, %q[d]\n\t"
        "vldrb.s16 q0, [%[x], %q[second]]\n\t"
        "vmladava.s16 %[sum], q0, %q[e]\n\t"
        "str %[sum], [%[gradient]]\n\t"
        "add %[gradient], %[gradient], %[cells]\n\t"
        "add %[x], %[x], %[plane]\n\t"
        "le lr, 1b"
        : [gradient] "+&r"(gradient), [x] "+&r"(x), [sum] "=&r"(sum)
        : [channels] "r"(channels), [first] "w"(inside->first), [second] "w"(inside->second),
          [d] "w"(inside->d), [e] "w"(inside->e), [cells] "r"(cells), [plane] "r"(plane)
        : "q0", "lr", "memory");
}

/* The same for what errors have beyond 16 bits. */
static void integrad_accumulate_high(int32_t *gradient, const int8_t *x,
                                     const struct integrad_inside *inside, int channels, int cells,
                                     int plane) {
    for (int c = 0; c < channels; c++) {
        int32_t sum = vmladavq_s16(vldrbq_gather_offset_s16(x, inside->first), inside->d);
        sum = vmladavaq_s16(sum, vldrbq_gather_offset_s16(x, inside->second), inside->e);
        *gradient += (int32_t)((uint32_t)sum << 16);
        gradient += cells / 4;
        x += plane;
    }
}

/* What up to sixteen errors add to a gradient. wild: some have more than 16 bits. */
static void integrad_accumulate_hits(int32_t *gradient, const int8_t *x, struct integrad_hits *hits,
                                     int wild, const struct integrad_shape *shape) {
    const uint16x8_t height = vdupq_n_u16((uint16_t)shape->in_height);
    const uint16x8_t width = vdupq_n_u16((uint16_t)shape->in_width);
    const int channels = shape->in_channels, plane = shape->in_height * shape->in_width;
    const int columns = shape->kernel_width, cells = 4 * shape->kernel_height * columns;
    int first = 0; /* cell of a line */
    for (int i = 0; i < shape->kernel_height; i++, first += shape->in_width) {
        for (size_t k = 0; k < INTEGRAD_HITS; k += 8) {
            const uint16x8_t line = vaddq_n_u16(vldrhq_u16(hits->top + k), (uint16_t)i);
            const uint16x8_t left = vldrhq_u16(hits->left + k), off = vdupq_n_u16(0x8000);
            vstrhq_u16(hits->column + k, vpselq_u16(left, off, vcmphiq_u16(height, line)));
        }
        for (int j = 0; j < columns; j++) {
            struct integrad_inside inside =
                integrad_hits_inside(hits, hits->low, first + j, j, width);
            integrad_accumulate_cell(gradient, x, &inside, channels, cells, plane);
            if (wild) {
                inside = integrad_hits_inside(hits, hits->high, first + j, j, width);
                integrad_accumulate_high(gradient, x, &inside, channels, cells, plane);
            }
            gradient++;
        }
    }
}

/* The next four errors, or `count`, and their places. Returns their largest magnitude. */
static uint32_t integrad_four_hits(struct integrad_hits *hits, size_t at, const int32_t *delta,
                                   const int32_t *places, uint32_t count,
                                   const struct integrad_shape *shape) {
    const mve_pred16_t p = vctp32q(count);
    const int32x4_t d = vldrwq_z_s32(delta, p), place = vldrwq_z_s32(places, p);
    const int32x4_t row = vshrq_n_s32(place, 16), column = vandq_s32(place, vdupq_n_s32(0xFFFF));
    const int32x4_t top =
        vsubq_n_s32(vmulq_n_s32(row, shape->stride_height), shape->padding_height);
    const int32x4_t left =
        vsubq_n_s32(vmulq_n_s32(column, shape->stride_width), shape->padding_width);
    const int32x4_t offset = vmlaq_n_s32(left, top, shape->in_width);
    vstrhq_u32(hits->top + at, vreinterpretq_u32_s32(top));
    vstrhq_u32(hits->left + at, vreinterpretq_u32_s32(left));
    vstrhq_u32(hits->offset + at, vreinterpretq_u32_s32(offset));
    vstrhq_s32(hits->low + at, d);
    vstrhq_s32(hits->high + at, vshrq_n_s32(vaddq_n_s32(d, 0x8000), 16));
    return vmaxavq_s32(0, d);
}

/*
 * Adds one sample's share to the gradient of one channel's weights: over `count` positions, the
 * error there times the inputs there. places: where they are; 0: all positions in order. Sixteen
 * errors at a time meet their inputs of one cell of the kernel after the other.
 */
static void integrad_accumulate(int32_t *gradient, const int8_t *x, const int32_t *delta,
                                const int32_t *places, size_t count,
                                const struct integrad_shape *shape) {
    struct integrad_hits hits;
    int row = 0, column = 0;
    for (size_t k = 0; k < count; k += INTEGRAD_HITS) {
        const size_t chunk = count - k < INTEGRAD_HITS ? count - k : INTEGRAD_HITS;
        int32_t ordered[INTEGRAD_HITS];
        for (size_t i = 0; i < chunk && !places; i++) {
            ordered[i] = integrad_place(row, column);
            if (++column == shape->width) {
                column = 0;
                row++;
            }
        }
        uint32_t largest = 0;
        for (size_t i = 0; i < INTEGRAD_HITS; i += 4) {
            const uint32_t left = chunk > i ? (uint32_t)(chunk - i) : 0;
            largest |= integrad_four_hits(&hits, i, delta + k + i,
                                          places ? places + k + i : ordered + i, left, shape);
        }
        integrad_accumulate_hits(gradient, x, &hits, largest > 32767, shape);
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INTEGRAD_MVE_OFFSETS_H
#define INTEGRAD_MVE_OFFSETS_H

enum { INTEGRAD_WINDOW_ENTRIES = 26 * 8 };

/*
 * The receptive field of a position, in the order of a row of weights: offsets of its inputs
 * relative to the first one, in all channels or, if these are too many, in groups of eight values.
 */
struct integrad_window {
    uint16_t offsets[INTEGRAD_WINDOW_ENTRIES + 8];
    int8_t columns[INTEGRAD_WINDOW_ENTRIES + 8]; /* in the kernel; -128: its row is off the map */
    const struct integrad_shape *shape;
    size_t cells, n, entries;
    size_t period, period_bytes; /* inputs after which offsets repeat, and how far from there */
    int first, end;              /* rows of the kernel that are on the map */
    int in_width, last_whole;    /* the last column from which the kernel is on the map */
    const int8_t *line;          /* of the map, where the rows of the kernel begin */
};

/* Whether the offsets fit in the table. */
static int integrad_window_fits(const struct integrad_shape *shape) {
    const int channels = shape->in_channels < 9 ? shape->in_channels : 9;
    return shape->kernel_height * shape->kernel_width <= 25 &&
           channels * shape->in_height * shape->in_width <= 65535;
}

static inline void integrad_window_open(struct integrad_window *window,
                                        const struct integrad_shape *shape) {
    const size_t cells = (size_t)(shape->kernel_height * shape->kernel_width);
    const size_t map = (size_t)(shape->in_height * shape->in_width);
    const size_t channels = (size_t)shape->in_channels, n = channels * cells;
    const int all = n <= INTEGRAD_WINDOW_ENTRIES && channels * map <= 65535;
    window->shape = shape;
    window->cells = cells;
    window->n = n;
    window->period = all ? n : 8 * cells;
    window->period_bytes = 8 * map;
    window->entries = all || n < 8 * cells + 8 ? n : 8 * cells + 8;
    window->first = window->end = 0;
    window->in_width = shape->in_width;
    uint16_t *offset = window->offsets, *const end = window->offsets + window->entries;
    for (int i = 0; i < shape->kernel_height; i++) {
        for (int j = 0; j < shape->kernel_width; j++) {
            *offset++ = (uint16_t)(i * shape->in_width + j);
        }
    }
    if (cells >= 8) {
        for (; offset < end; offset += 8) {
            vstrhq_u16(offset, vaddq_n_u16(vldrhq_u16(offset - cells), (uint16_t)map));
        }
    }
    for (; offset < end; offset++) {
        *offset = (uint16_t)(*(offset - cells) + map);
    }
}

/* Move to another row of positions. */
static void integrad_window_move(struct integrad_window *window, const int8_t *x, int row) {
    const struct integrad_shape *const shape = window->shape;
    const int top = row * shape->stride_height - shape->padding_height;
    const int first = integrad_window_first(top);
    const int end = integrad_window_end(top, shape->kernel_height, shape->in_height);
    window->line = x + top * shape->in_width;
    if (first == window->first && end == window->end) {
        return;
    }
    window->first = first;
    window->end = end;
    const int whole = end - first == shape->kernel_height;
    window->last_whole = whole ? shape->in_width - shape->kernel_width : -1;
    int8_t *column = window->columns, *const last = window->columns + window->entries;
    for (int i = 0; i < shape->kernel_height; i++) {
        for (int j = 0; j < shape->kernel_width; j++) {
            *column++ = (int8_t)(i >= first && i < end ? j : -128);
        }
    }
    if (window->cells >= 8) {
        for (; column < last; column += 8) {
            vstrbq_s16(column, vldrbq_s16(column - window->cells));
        }
    }
    for (; column < last; column++) {
        *column = *(column - window->cells);
    }
}

/* Columns of the kernel from `left` on that are on the map, as 8-bit numbers. */
static inline int integrad_window_left(int left) {
    return left >= 0 ? 0 : left < -127 ? 127 : -left;
}

static inline int integrad_window_right(const struct integrad_window *window, int left) {
    return window->in_width - left < 127 ? window->in_width - left : 127;
}

/* Inputs at offsets from `from`, eight at a time. Returns where to continue. */
static inline int16_t *integrad_gather_eights(int16_t *to, const int8_t *from,
                                              const uint16_t *offsets, size_t eights) {
    __asm__ volatile("wls lr, %[eights], 2f\n\t"
                     "1:\n\t"
                     "vldrh.u16 q0, [%[offsets]], #16\n\t"
                     "vldrb.s16 q1, [%[from], q0]\n\t"
                     "vstrh.16 q1, [%[to]], #32\n\t"
                     "le lr, 1b\n\t"
                     "2:"
                     : [to] "+&r"(to), [offsets] "+&r"(offsets)
                     : [from] "r"(from), [eights] "r"(eights)
                     : "q0", "q1", "lr", "memory");
    return to;
}

/* The same from two addresses, alternately. */
static inline void integrad_gather_pair(int16_t *to, const int8_t *from, const int8_t *second,
                                        const uint16_t *offsets, size_t eights) {
    __asm__ volatile("wls lr, %[eights], 2f\n\t"
                     "1:\n\t"
                     "vldrh.u16 q0, [%[offsets]], #16\n\t"
                     "vldrb.s16 q1, [%[from], q0]\n\t"
                     "vstrh.16 q1, [%[to]], #32\n\t"
                     "vldrb.s16 q1, [%[second], q0]\n\t"
                     "vstrh.16 q1, [%[to], #-16]\n\t"
                     "le lr, 1b\n\t"
                     "2:"
                     : [to] "+&r"(to), [offsets] "+&r"(offsets)
                     : [from] "r"(from), [second] "r"(second), [eights] "r"(eights)
                     : "q0", "q1", "lr", "memory");
}

/* The same with 0 in columns before `first` and from `end` on. */
static inline int16_t *integrad_gather_edge(int16_t *to, const int8_t *from,
                                            const uint16_t *offsets, const int8_t *columns,
                                            int first, int end, size_t eights) {
    __asm__ volatile("wls lr, %[eights], 2f\n\t"
                     "1:\n\t"
                     "vldrh.u16 q0, [%[offsets]], #16\n\t"
                     "vldrb.s16 q1, [%[columns]], #8\n\t"
                     "vptt.s16 ge, q1, %[first]\n\t"
                     "vcmpt.s16 lt, q1, %[end]\n\t"
                     "vldrbt.s16 q1, [%[from], q0]\n\t"
                     "vstrh.16 q1, [%[to]], #32\n\t"
                     "le lr, 1b\n\t"
                     "2:"
                     : [to] "+&r"(to), [offsets] "+&r"(offsets), [columns] "+&l"(columns)
                     : [from] "r"(from), [first] "r"(first), [end] "r"(end), [eights] "r"(eights)
                     : "q0", "q1", "lr", "memory");
    return to;
}

/*
 * The inputs of one of two positions, at `left` in the window's row: `which` is 0 or 1. The heads
 * of both come first, then their groups of eight alternately.
 */
static void integrad_gather_turn(int16_t *patches, size_t which,
                                 const struct integrad_window *window, int left) {
    const int8_t *from = window->line + left;
    const int first = integrad_window_left(left), end = integrad_window_right(window, left);
    const int whole = left >= 0 && left <= window->last_whole;
    const size_t head = window->n % 8;
    for (size_t k = 0; k < head; k++) {
        const int inside = window->columns[k] >= first && window->columns[k] < end;
        patches[which * head + k] = inside ? from[window->offsets[k]] : 0;
    }
    const uint16_t *const offsets = window->offsets + head;
    const int8_t *const columns = window->columns + head;
    int16_t *to = patches + 2 * head + 8 * which;
    for (size_t rest = window->n / 8; rest > 0;) {
        const size_t period = window->period / 8, eights = rest < period ? rest : period;
        if (whole) {
            to = integrad_gather_eights(to, from, offsets, eights);
        } else {
            to = integrad_gather_edge(to, from, offsets, columns, first, end, eights);
        }
        from += window->period_bytes;
        rest -= eights;
    }
}

#endif

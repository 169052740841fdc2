/* First and one past the last cell of a window at `origin` that lie on the map. */
static inline int integrad_window_first(int origin) {
    return origin < 0 ? -origin : 0;
}

static inline int integrad_window_end(int origin, int window, int size) {
    return origin + window > size ? size - origin : window;
}

/*
 * What a position sees, in the order of a row of weights: where its inputs lie, from its first one
 * on, in all channels or, where there are many, in eight and eight values of the next.
 */
struct integrad_window {
    uint16_t offsets[26 * 8];
    int8_t columns[26 * 8]; /* in the kernel; -128 where its row is off the map */
    const struct integrad_shape *shape;
    size_t entries, cells, head, eights; /* n = head + 8 eights */
    size_t period, period_bytes;         /* eights after which offsets repeat, and where */
    int first, end;                      /* rows of the kernel that are on the map */
    int in_width, last_whole;            /* the last column from which the kernel is on the map */
    const int8_t *line;                  /* of the map, where the rows of the kernel begin */
};

static void integrad_window_open(struct integrad_window *window, const struct integrad_shape *shape,
                                 size_t n) {
    const size_t cells = (size_t)(shape->kernel_height * shape->kernel_width);
    const size_t most = sizeof window->columns;
    const size_t map = (size_t)(shape->in_height * shape->in_width);
    window->shape = shape;
    window->in_width = shape->in_width;
    window->entries = n <= most ? n : 8 * cells + 8;
    window->cells = cells;
    window->head = n % 8;
    window->eights = n / 8;
    window->period = n <= most ? n / 8 : cells;
    window->period_bytes = 8 * map;
    window->first = window->end = 0;
    uint16_t *offset = window->offsets;
    for (int i = 0; i < shape->kernel_height; i++) {
        for (int j = 0; j < shape->kernel_width; j++) {
            *offset++ = (uint16_t)(i * shape->in_width + j);
        }
    }
    for (const uint16_t *const end = window->offsets + window->entries; offset < end; offset++) {
        *offset = (uint16_t)(offset[-(ptrdiff_t)cells] + map);
    }
}

/* To another row of positions. */
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
    int8_t *column = window->columns;
    for (int i = 0; i < shape->kernel_height; i++) {
        for (int j = 0; j < shape->kernel_width; j++) {
            *column++ = (int8_t)(i >= first && i < end ? j : -128);
        }
    }
    for (const int8_t *const stop = window->columns + window->entries; column < stop; column++) {
        *column = column[-(ptrdiff_t)window->cells];
    }
}

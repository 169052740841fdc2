/* The part of a kernel that is on the map. Cells are what its inputs go to; steps are in bytes. */
struct integrad_cut {
    uint32_t width;                       /* inputs in a line */
    uint32_t input_line, cell_line;       /* from line to line */
    uint32_t cell_lines;                  /* over the lines of a channel */
    uint32_t input_channel, cell_channel; /* from behind them to the next channel */
    uint32_t cells;                       /* over all channels */
    int32_t input, cell;                  /* the first ones, from the corner of the kernel */
};

/* What is left of a kernel whose corner is at top, left. size: bytes of a cell. */
static void integrad_cut(struct integrad_cut *cut, const struct integrad_shape *shape, int top,
                         int left, int size) {
    const int i = integrad_window_first(top), j = integrad_window_first(left);
    const int lines = integrad_window_end(top, shape->kernel_height, shape->in_height) - i;
    const int cell_line = shape->kernel_width * size;
    cut->width = (uint32_t)(integrad_window_end(left, shape->kernel_width, shape->in_width) - j);
    cut->input_line = (uint32_t)shape->in_width;
    cut->cell_line = (uint32_t)cell_line;
    cut->cell_lines = (uint32_t)(lines * cell_line);
    cut->input_channel = (uint32_t)((shape->in_height - lines) * shape->in_width);
    cut->cell_channel = (uint32_t)((shape->kernel_height - lines) * cell_line);
    cut->cells = (uint32_t)(shape->in_channels * shape->kernel_height * cell_line);
    cut->input = i * shape->in_width + j;
    cut->cell = i * cell_line + j * size;
}

/* Whether a kernel whose corner is there is on the map. */
static inline int integrad_is_whole(const struct integrad_shape *shape, int top, int left) {
    return top >= 0 && left >= 0 && top + shape->kernel_height <= shape->in_height &&
           left + shape->kernel_width <= shape->in_width;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The part of a kernel with its corner at top, left that lies on the map. size: bytes per cell. */
INTEGRAD_KERNEL void integrad_cut(struct integrad_cut *cut, const struct integrad_shape *shape,
                                  int top, int left, int size) {
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

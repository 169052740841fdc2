#include "backprop_maps.h"

#include <string.h>

#include "tiles.h"

static int32_t groups_per_bundle(const layer *l) {
    enum { MOST = 2 * COLUMNS };
    for (int32_t n = 1; n <= MOST && n <= l->groups; n++) {
        if (l->groups % n == 0 && n * (l->out_channels / l->groups) >= COLUMNS) {
            return n;
        }
    }
    return 1;
}

int32_t bundles_of(const layer *l) {
    return l->groups / groups_per_bundle(l);
}

int32_t bundle_inputs(const layer *l) {
    return l->channels / bundles_of(l);
}

int32_t bundle_outputs(const layer *l) {
    return l->out_channels / bundles_of(l);
}

int32_t first_input(const layer *l, int32_t o) {
    const int32_t group = o / (l->out_channels / l->groups);
    return group % groups_per_bundle(l) * (l->channels / l->groups);
}

static int32_t padded_width(const layer *l) {
    return l->width + 2 * l->padding_width;
}

static int32_t error_width(const layer *l) {
    return l->width + l->kernel_width - 1;
}

static int32_t pairs_of(int32_t run) {
    return (run + 1) / 2;
}

size_t padded_map_size(const layer *l) {
    return (size_t)(l->height + 2 * l->padding_height) * (size_t)padded_width(l) *
           (size_t)bundle_inputs(l);
}

size_t padded_maps_size(const layer *l, int32_t batch) {
    return padded_map_size(l) * (size_t)bundles_of(l) * (size_t)batch + 2 * LANES;
}

size_t error_map_size(const layer *l) {
    return (size_t)(l->height + l->kernel_height - 1) * (size_t)error_width(l) *
           (size_t)bundle_outputs(l);
}

size_t error_maps_size(const layer *l) {
    return error_map_size(l) * (size_t)bundles_of(l) + 2 * LANES;
}

/* to (count pixels, channels) of from (count pixels, pitch). */
static void widen_pixels(int16_t *restrict to, const int8_t *restrict from, int32_t count,
                         int32_t channels, int32_t pitch) {
    if (channels == pitch) {
        for (int32_t i = 0; i < count * channels; i++) {
            to[i] = from[i];
        }
        return;
    }
    for (int32_t i = 0; i < count; i++) {
        for (int32_t c = 0; c < channels; c++) {
            to[i * channels + c] = from[(size_t)i * (size_t)pitch + (size_t)c];
        }
    }
}

void pad_maps(int16_t *maps, const layer *l, const int8_t *x, int32_t batch, int32_t threads) {
    const size_t size = padded_map_size(l);
    const int32_t channels = bundle_inputs(l), row = padded_width(l) * channels;
#pragma omp parallel for num_threads(threads)
    for (int32_t b = 0; b < batch; b++) {
        const int8_t *from = x + (size_t)b * (size_t)(l->height * l->width * l->channels);
        for (int32_t g = 0; g < bundles_of(l); g++) {
            int16_t *map = maps + ((size_t)g * (size_t)batch + (size_t)b) * size;
            if (l->padding_height + l->padding_width > 0) {
                memset(map, 0, sizeof *map * size);
            }
            for (int32_t i = 0; i < l->height; i++) {
                widen_pixels(map + (size_t)(i + l->padding_height) * (size_t)row +
                                 l->padding_width * channels,
                             from + (size_t)(i * l->width) * (size_t)l->channels + g * channels,
                             l->width, channels, l->channels);
            }
        }
    }
}

void spread_errors(int16_t *maps, const layer *l, const int8_t *errors) {
    const int32_t channels = bundle_outputs(l), width = error_width(l);
    const int32_t height = l->height + l->kernel_height - 1;
    const int32_t top = l->kernel_height - 1 - l->padding_height;
    const int32_t left = l->kernel_width - 1 - l->padding_width;
    memset(maps, 0, sizeof *maps * error_map_size(l) * (size_t)bundles_of(l));
    for (int32_t g = 0; g < bundles_of(l); g++, maps += error_map_size(l)) {
        for (int32_t i = 0; i < l->out_height; i++) {
            const int32_t row = i * l->stride_height + top;
            if (row < 0 || row >= height) {
                continue;
            }
            const int8_t *from =
                errors + (size_t)(i * l->out_width) * (size_t)l->out_channels + g * channels;
            int16_t *to = maps + (size_t)(row * width) * (size_t)channels;
            if (l->stride_width == 1 && left >= 0 && left + l->out_width <= width) {
                widen_pixels(to + left * channels, from, l->out_width, channels, l->out_channels);
                continue;
            }
            for (int32_t j = 0; j < l->out_width; j++) {
                const int32_t column = j * l->stride_width + left;
                if (column >= 0 && column < width) {
                    widen_pixels(to + column * channels, from + (size_t)j * (size_t)l->out_channels,
                                 1, channels, channels);
                }
            }
        }
    }
}

windows input_windows(const layer *l, const int16_t *map) {
    const size_t channels = (size_t)bundle_inputs(l), row = (size_t)padded_width(l) * channels;
    return (windows){
        .x = map,
        .width = l->out_width,
        .across = (size_t)l->stride_width * channels,
        .down = (size_t)l->stride_height * row,
        .rows = l->kernel_height,
        .pairs = pairs_of(l->kernel_width * bundle_inputs(l)),
        .row_step = row,
    };
}

windows error_windows(const layer *l, const int16_t *map) {
    const size_t channels = (size_t)bundle_outputs(l), row = (size_t)error_width(l) * channels;
    return (windows){
        .x = map,
        .width = l->width,
        .across = channels,
        .down = row,
        .rows = l->kernel_height,
        .pairs = pairs_of(l->kernel_width * bundle_outputs(l)),
        .row_step = row,
    };
}

size_t packed_kernel_size(const layer *l) {
    return packed_columns_size(l->kernel_height, pairs_of(l->kernel_width * bundle_inputs(l)),
                               bundle_outputs(l));
}

size_t packed_mirror_size(const layer *l) {
    return packed_columns_size(l->kernel_height, pairs_of(l->kernel_width * bundle_outputs(l)),
                               bundle_inputs(l));
}

void pack_forward(int16_t *packed, const layer *l) {
    const int32_t ins = bundle_inputs(l), outs = bundle_outputs(l);
    const int32_t pairs = pairs_of(l->kernel_width * ins), channels = l->channels / l->groups;
    const size_t size = packed_kernel_size(l);
    const int8_t *w = l->weights;
    memset(packed, 0, sizeof *packed * size * (size_t)bundles_of(l));
    for (int32_t o = 0; o < l->out_channels; o++) {
        int16_t *to = packed + (size_t)(o / outs) * size;
        const int32_t first = first_input(l, o);
        for (int32_t c = first; c < first + channels; c++) {
            for (int32_t i = 0; i < l->kernel_height; i++) {
                for (int32_t j = 0; j < l->kernel_width; j++) {
                    const int32_t k = j * ins + c;
                    to[packed_index(l->kernel_height, pairs, outs, i, k / 2, o % outs) +
                       (size_t)(k % 2)] = *w++;
                }
            }
        }
    }
}

void pack_mirrored(int16_t *packed, const layer *l) {
    const int32_t ins = bundle_inputs(l), outs = bundle_outputs(l);
    const int32_t pairs = pairs_of(l->kernel_width * outs), channels = l->channels / l->groups;
    const size_t size = packed_mirror_size(l);
    const int8_t *w = l->weights;
    memset(packed, 0, sizeof *packed * size * (size_t)bundles_of(l));
    for (int32_t o = 0; o < l->out_channels; o++) {
        int16_t *to = packed + (size_t)(o / outs) * size;
        const int32_t first = first_input(l, o);
        for (int32_t c = first; c < first + channels; c++) {
            for (int32_t i = l->kernel_height - 1; i >= 0; i--) {
                for (int32_t j = l->kernel_width - 1; j >= 0; j--) {
                    const int32_t k = j * outs + o % outs;
                    to[packed_index(l->kernel_height, pairs, ins, i, k / 2, c) + (size_t)(k % 2)] =
                        *w++;
                }
            }
        }
    }
}

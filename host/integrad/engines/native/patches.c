#include "patches.h"

#include <string.h>

#include "vectors.h"

void widen(int16_t *out, const int8_t *x, int32_t batch, int32_t features, int32_t threads) {
    const int32_t pitch = whole_vectors(features);
#pragma omp parallel for num_threads(threads)
    for (int32_t b = 0; b < batch; b++) {
        int16_t *to = out + (size_t)b * (size_t)pitch;
        const int8_t *from = x + (size_t)b * (size_t)features;
        for (int32_t k = 0; k < features; k++) {
            to[k] = from[k];
        }
        memset(to + features, 0, sizeof *to * (size_t)(pitch - features));
    }
}

const int16_t *whole_rows(int16_t *packed, const int16_t *weights, int32_t outs, int32_t features,
                          int32_t threads) {
    const int32_t pitch = whole_vectors(features);
    if (pitch == features && (uintptr_t)weights % 64 == 0) {
        return weights;
    }
#pragma omp parallel for num_threads(threads)
    for (int32_t o = 0; o < outs; o++) {
        int16_t *to = packed + (size_t)o * (size_t)pitch;
        memcpy(to, weights + (size_t)o * (size_t)features, sizeof *to * (size_t)features);
        memset(to + features, 0, sizeof *to * (size_t)(pitch - features));
    }
    return packed;
}

patches vectors_as_patches(workspace *w, const int16_t *wide, int32_t batch, int32_t features) {
    const int32_t pitch = whole_vectors(features);
    for (int32_t b = 0; b < batch; b++) {
        w->sample_offsets[b] = b * pitch;
    }
    return (patches){wide, 0, w->sample_offsets, 1, batch, 1, pitch, 0};
}

patches padded_maps(workspace *w, const stage *s, const int8_t *x, int32_t pitch, int32_t batch) {
    const int32_t height = s->height + 2 * s->padding_height,
                  width = s->width + 2 * s->padding_width;
    const int32_t positions = s->out_height * s->out_width;
    const size_t image = (size_t)height * (size_t)width * (size_t)s->channels;
#pragma omp parallel for num_threads(w->threads)
    for (int32_t b = 0; b < batch; b++) {
        int16_t *to = w->wide + (size_t)b * image;
        const int8_t *from = x + (size_t)b * (size_t)(s->height * s->width * pitch);
        /* A whole row is contiguous, unless there are channels of other groups in between. */
        const int32_t pieces = pitch == s->channels ? 1 : s->width;
        const int32_t piece = s->width * s->channels / pieces;
        const int32_t side = s->padding_width * s->channels;
        memset(to, 0, sizeof *to * image);
        for (int32_t row = 0; row < s->height; row++) {
            int16_t *out =
                to + (size_t)(row + s->padding_height) * (size_t)(width * s->channels) + side;
            for (int32_t i = 0; i < pieces; i++, out += piece) {
                const int8_t *in = from + (row * s->width + i) * pitch;
                for (int32_t k = 0; k < piece; k++) {
                    out[k] = in[k];
                }
            }
        }
    }
    for (int32_t p = 0; p < positions; p++) {
        const int32_t top = p / s->out_width * s->stride_height;
        const int32_t left = p % s->out_width * s->stride_width;
        w->offsets[p] = (top * width + left) * s->channels;
    }
    return (patches){w->wide,
                     image,
                     w->offsets,
                     batch,
                     positions,
                     s->kernel_height,
                     whole_vectors(s->kernel_width * s->channels),
                     (size_t)(width * s->channels)};
}

patches maps_as_patches(workspace *w, const stage *s, const int8_t *x, int32_t pitch,
                        int32_t batch) {
    if (!gathers(s)) {
        return padded_maps(w, s, x, pitch, batch);
    }
    const int32_t run = s->kernel_width * s->channels;
    const int32_t positions = s->out_height * s->out_width;
    const int32_t patch = whole_vectors(s->kernel_height * run);
#pragma omp parallel for num_threads(w->threads)
    for (int32_t b = 0; b < batch; b++) {
        const int8_t *from = x + (size_t)b * (size_t)(s->height * s->width * pitch);
        int16_t *to = w->wide + (size_t)b * (size_t)positions * (size_t)patch;
        memset(to, 0, sizeof *to * (size_t)positions * (size_t)patch);
        for (int32_t p = 0; p < positions; p++, to += patch) {
            const int32_t top = p / s->out_width * s->stride_height - s->padding_height;
            const int32_t left = p % s->out_width * s->stride_width - s->padding_width;
            for (int32_t i = 0; i < s->kernel_height; i++) {
                for (int32_t j = 0; j < s->kernel_width; j++) {
                    const int32_t row = top + i, column = left + j;
                    if (row < 0 || row >= s->height || column < 0 || column >= s->width) {
                        continue;
                    }
                    for (int32_t c = 0; c < s->channels; c++) {
                        to[i * run + j * s->channels + c] =
                            from[(row * s->width + column) * pitch + c];
                    }
                }
            }
        }
    }
    for (int32_t p = 0; p < positions; p++) {
        w->offsets[p] = p * patch;
    }
    return (patches){
        w->wide, (size_t)positions * (size_t)patch, w->offsets, batch, positions, 1, patch, 0};
}

size_t patch_index(const stage *s, const patches *p, int32_t c, int32_t i, int32_t j) {
    const int32_t pitch = p->rows > 1 ? p->length : s->kernel_width * s->channels;
    return (size_t)(i * pitch + j * s->channels + c);
}

void pack_kernels(int16_t *packed, const stage *s, const patches *p, int32_t threads) {
    const size_t pitch = (size_t)p->rows * (size_t)p->length;
    const size_t fan_in = (size_t)(s->channels * s->kernel_height * s->kernel_width);
#pragma omp parallel for num_threads(threads)
    for (int32_t o = 0; o < s->out_channels; o++) {
        const int16_t *from = s->weights + (size_t)o * fan_in;
        int16_t *to = packed + (size_t)o * pitch;
        memset(to, 0, sizeof *to * pitch);
        for (int32_t c = 0; c < s->channels; c++) {
            for (int32_t i = 0; i < s->kernel_height; i++) {
                for (int32_t j = 0; j < s->kernel_width; j++) {
                    to[patch_index(s, p, c, i, j)] = *from++;
                }
            }
        }
    }
}

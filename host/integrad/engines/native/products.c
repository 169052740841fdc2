#include "products.h"

#include "rounding.h"
#include "tiles.h"

enum { OUTS = 32, BLOCK = 16 * TILE };

void activate(int8_t *s, int8_t *h, const int32_t *z, int32_t count, double inverse_scale,
              int32_t reciprocal, int32_t mean) {
    for (int i = 0; i < count; i++) {
        s[i] = (int8_t)(int32_t)quotient(z[i], inverse_scale, INT8_LIMIT);
    }
    if (h != NULL) {
        for (int i = 0; i < count; i++) {
            h[i] = nitro_relu(s[i], reciprocal, mean);
        }
    }
}

void scaled_products(int8_t *s, int8_t *h, const patches *p, const int16_t *weights, int32_t outs,
                     int32_t pitch, int32_t fan_in, int32_t alpha_inv, int32_t mean, int32_t wide,
                     int32_t threads) {
    const double inverse_scale = 1.0 / ((double)SCALE * fan_in);
    const int panels = (outs + OUTS - 1) / OUTS;
    const size_t row = (size_t)p->rows * (size_t)p->length;
    const int32_t reciprocal = alpha_inv ? (65536 + alpha_inv - 1) / alpha_inv : 0;
    const int32_t all = p->images * p->positions, blocks = (all + BLOCK - 1) / BLOCK;
    /* A panel of weight rows stays in the cache while a thread processes its patches. */
#pragma omp parallel for collapse(2) schedule(static) num_threads(threads)
    for (int panel = 0; panel < panels; panel++) {
        for (int block = 0; block < blocks; block++) {
            const int from = panel * OUTS;
            const int count = outs - from < OUTS ? outs - from : OUTS;
            const int32_t end = all < (block + 1) * BLOCK ? all : (block + 1) * BLOCK;
            for (int32_t at = block * BLOCK; at < end; at += TILE) {
                const int tile = end - at < TILE ? end - at : TILE;
                int32_t z[TILE][OUTS];
                const int16_t *patch[TILE];
                for (int i = 0; i < TILE; i++) {
                    const int32_t index = i < tile ? at + i : at;
                    patch[i] = p->x + (size_t)(index / p->positions) * p->image_step +
                               p->offsets[index % p->positions];
                }
                for (int o = 0; o < count; o += 2) {
                    const int16_t *first = weights + (size_t)(from + o) * row;
                    const int16_t *second = o + 1 < count ? first + row : first;
                    if (wide) {
                        product_tile_wide(&z[0][o], OUTS, patch, p->row_step, first, second,
                                          p->rows, p->length);
                    } else {
                        product_tile(&z[0][o], OUTS, patch, p->row_step, first, second, p->rows,
                                     p->length);
                    }
                }
                for (int i = 0; i < tile; i++) {
                    const size_t to = (size_t)(at + i) * (size_t)pitch + (size_t)from;
                    activate(s + to, h ? h + to : NULL, z[i], count, inverse_scale, reciprocal,
                             mean);
                }
            }
        }
    }
}

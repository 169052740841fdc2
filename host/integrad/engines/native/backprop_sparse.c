#include "backprop_sparse.h"

#include "backprop_maps.h"
#include "threads.h"
#include "vectors.h"

enum { STRETCH = 4, OCTET = 8 };

/* sums[0 .. vectors * LANES) += the sum of error * x over an even number of entries. */
static inline __attribute__((always_inline)) void
stretch(int32_t *sums, const int16_t *x, const nonzero_error *e, int32_t count, int vectors) {
    vector first[STRETCH], second[STRETCH];
    for (int v = 0; v < vectors; v++) {
        first[v] = second[v] = vector_zero();
    }
    for (int32_t i = 0; i < count; i += 2) {
        const int16_t *a = x + e[i].patch, *c = x + e[i + 1].patch;
        const vector errors = vector_repeat(
            (int32_t)(((uint32_t)e[i].error & 0xffffu) | ((uint32_t)e[i + 1].error << 16)));
        for (int v = 0; v < vectors; v++) {
            const vector p = vector_load(a + v * LANES), q = vector_load(c + v * LANES);
            first[v] = vector_multiply_add(first[v], vector_first_pairs(p, q), errors);
            second[v] = vector_multiply_add(second[v], vector_second_pairs(p, q), errors);
        }
    }
    for (int v = 0; v < vectors; v++) {
        int32_t part[LANES];
        vector_store_pairs(part, first[v], second[v]);
        for (int k = 0; k < LANES; k++) {
            sums[v * LANES + k] += part[k];
        }
    }
}

/* sums (rows of the kernel, length) += the sum of error * patch over the entries. */
static void add_patches(int32_t *sums, const int16_t *maps, const windows *w, int32_t length,
                        const nonzero_error *e, int32_t count) {
    for (int32_t row = 0; row < w->rows; row++) {
        const int16_t *x = maps + (size_t)row * w->row_step;
        int32_t *to = sums + (size_t)row * (size_t)length;
        int32_t k = 0;
        for (; k + STRETCH * LANES <= length; k += STRETCH * LANES) {
            stretch(to + k, x + k, e, count, STRETCH);
        }
        switch ((length - k) / LANES) {
        case 3:
            stretch(to + k, x + k, e, count, 3);
            break;
        case 2:
            stretch(to + k, x + k, e, count, 2);
            break;
        case 1:
            stretch(to + k, x + k, e, count, 1);
            break;
        default:
            break;
        }
    }
}

/* Where the entries of an output channel lie, and what they refer to. */
typedef struct {
    const layer *l;
    windows w;
    int32_t capacity; /* per channel */
    size_t map;
    int32_t batch;
} collection;

/* Append the errors at one position, of output channels from `first` on, whose patch is `patch`. */
static inline void collect_position(const scratch *own, const collection *n, const int8_t *errors,
                                    int32_t first, int32_t channels, int32_t patch) {
    for (int32_t from = 0; from < channels; from += OCTET) {
        const int32_t end = channels - from < OCTET ? channels : from + OCTET;
        if (end - from == OCTET) {
            uint64_t all;
            memcpy(&all, errors + from, sizeof all);
            if (all == 0) {
                continue;
            }
        }
        for (int32_t o = from; o < end; o++) {
            int32_t *count = &own->counts[first + o];
            nonzero_error *entries = own->entries + (size_t)(first + o) * (size_t)n->capacity;
            entries[*count] = (nonzero_error){patch, errors[o]};
            *count += errors[o] != 0;
        }
    }
}

/* Append the errors of a sample to the entries of their channels. */
static void collect(const scratch *own, const collection *n, const int8_t *errors, int32_t sample) {
    const layer *l = n->l;
    const int32_t outs = bundle_outputs(l), bundles = bundles_of(l);
    for (int32_t g = 0; g < bundles; g++) {
        const size_t map = ((size_t)g * (size_t)n->batch + (size_t)sample) * n->map;
        const int8_t *from = errors + g * outs;
        for (int32_t i = 0; i < l->out_height; i++) {
            size_t patch = map + (size_t)i * n->w.down;
            for (int32_t j = 0; j < l->out_width; j++, patch += n->w.across) {
                collect_position(own, n, from, g * outs, outs, (int32_t)patch);
                from += l->out_channels;
            }
        }
    }
}

/* out (out_channels, channels / groups, kernel) = the sums of all threads. */
static void order_gradient(int32_t *out, const buffers *b, const layer *l, int32_t length) {
    const int32_t ins = bundle_inputs(l), channels = l->channels / l->groups;
    const size_t row = (size_t)l->kernel_height * (size_t)length;
    for (int32_t o = 0; o < l->out_channels; o++) {
        const int32_t first = first_input(l, o);
        for (int32_t c = first; c < first + channels; c++) {
            for (int32_t i = 0; i < l->kernel_height; i++) {
                for (int32_t j = 0; j < l->kernel_width; j++) {
                    const size_t at = (size_t)o * row + (size_t)(i * length + j * ins + c);
                    int32_t sum = 0;
                    for (int32_t t = 0; t < b->threads; t++) {
                        sum += b->threads_own[t].gradients[at];
                    }
                    *out++ = sum;
                }
            }
        }
    }
}

void sum_sparse_gradient(buffers *b, const layer *l, const int8_t *errors, const int16_t *maps,
                         int32_t batch) {
    const int32_t positions = l->out_height * l->out_width, turn = samples_per_turn(l);
    const int32_t length = whole_vectors(l->kernel_width * bundle_inputs(l));
    const size_t outs = (size_t)l->out_channels, size = (size_t)positions * outs;
    const size_t row = (size_t)l->kernel_height * (size_t)length;
    const int32_t most = turn < batch ? turn : batch;
    const collection n = {l, input_windows(l, maps), most * positions + 2, padded_map_size(l),
                          batch};
    for (int32_t t = 0; t < b->threads; t++) {
        memset(b->threads_own[t].gradients, 0, sizeof(int32_t) * outs * row);
    }
#pragma omp parallel for num_threads(b->threads)
    for (int32_t from = 0; from < batch; from += turn) {
        const scratch *own = &b->threads_own[this_thread()];
        const int32_t end = batch - from < turn ? batch : from + turn;
        memset(own->counts, 0, sizeof *own->counts * outs);
        for (int32_t i = from; i < end; i++) {
            collect(own, &n, errors + (size_t)i * size, i);
        }
        for (size_t o = 0; o < outs; o++) {
            nonzero_error *e = own->entries + o * (size_t)n.capacity;
            int32_t count = own->counts[o];
            if (count % 2) {
                e[count] = (nonzero_error){e[0].patch, 0};
                count++;
            }
            add_patches(own->gradients + o * row, maps, &n.w, length, e, count);
        }
    }
    order_gradient(b->gradient, b, l, length);
}

/*
 * Runs kernels on inputs from a session and answers with all that they wrote, on a board or a host.
 *
 * A command is a header, then its inputs; which, and what is answered, stands above each function.
 * Every array lies between guards, which are answered too.
 */
#include "runtime/kernels.h"

#include "fence.h"
#include "region.h"
#include "transport.h"

enum { PARAMETERS = 16, MEMORY = 400000, GUARD = 16, GUARD_BYTE = 0x5A };

/* The last parameter: where arrays lie. FENCED ones begin, or end, where a fence can begin. */
enum placement { USUAL = 0, BEGINS_FENCED = 1, ENDS_FENCED = 2 };

enum status { DONE = 0, BROKEN_TRANSPORT = 2, UNKNOWN_COMMAND = 3, OUT_OF_MEMORY = 4 };

struct header {
    int32_t command;
    int32_t parameter[PARAMETERS];
};

/* Arrays of the current command, one after the other, each with a guard on both sides. */
static union {
    int8_t bytes[MEMORY];
    int64_t alignment;
} memory __attribute__((aligned(FENCE_ALIGNMENT)));
static size_t used, taken;
static struct fenced arrays[FENCE_ARRAYS];
static int32_t placement;

/* Where an array of `bytes` begins, behind `from`: off alignment by `skew` bytes, or at a fence. */
static size_t place(size_t from, size_t bytes, size_t skew) {
    if (placement == USUAL) {
        return (from + 7) / 8 * 8 + skew;
    }
    const size_t begin = (from + FENCE_ALIGNMENT - 1) / FENCE_ALIGNMENT * FENCE_ALIGNMENT;
    const size_t over = bytes % FENCE_ALIGNMENT;
    return placement == ENDS_FENCED && over > 0 ? begin + FENCE_ALIGNMENT - over : begin;
}

/* An array of `bytes`, filled from the session where `read` is set. */
static void *take(size_t bytes, size_t skew, int read, int *status) {
    const size_t apart = placement == USUAL ? GUARD : 3 * FENCE_ALIGNMENT;
    const size_t start = place(used + apart, bytes, skew);
    if (*status != DONE || start + bytes + apart > MEMORY || taken == FENCE_ARRAYS) {
        *status = *status != DONE ? *status : OUT_OF_MEMORY;
        return memory.bytes;
    }
    for (size_t i = used; i < start + bytes + apart; i++) {
        memory.bytes[i] = GUARD_BYTE;
    }
    used = start + bytes + GUARD;
    arrays[taken].start = memory.bytes + start;
    arrays[taken++].bytes = bytes;
    if (read && integrad_read(memory.bytes + start, bytes) != 0) {
        *status = BROKEN_TRANSPORT;
    }
    return memory.bytes + start;
}

/* Around what a command does. */
static inline void begin(void) {
    if (placement != USUAL) {
        fence_close(memory.bytes, MEMORY, arrays, taken);
    }
    integrad_region_begin();
}

static inline void end(void) {
    integrad_region_end();
    if (placement != USUAL) {
        fence_open(memory.bytes, MEMORY);
    }
}

static size_t size_of(const struct header *header, int index) {
    return (size_t)header->parameter[index];
}

/* {count, skew}; x -> memory */
static void widen(const struct header *h, int *status) {
    int16_t *const wide = take(2 * size_of(h, 0), 0, 0, status);
    const int8_t *const x = take(size_of(h, 0), size_of(h, 1), 1, status);
    if (*status == DONE) {
        begin();
        integrad_widen(wide, x, size_of(h, 0));
        end();
    }
}

/* {rows, n}; w, x -> memory. Four rows of weights, or one. */
static void dots(const struct header *h, int *status) {
    const size_t rows = size_of(h, 0), n = size_of(h, 1);
    int32_t *const z = take(16, 0, 0, status);
    const int16_t *const w = take(2 * rows * n, 0, 1, status);
    const int16_t *const x = take(2 * n, 0, 1, status);
    if (*status == DONE) {
        begin();
        integrad_dots(z, w, rows > 1 ? n : 0, x, n);
        end();
        for (size_t k = rows; k < 4; k++) {
            z[k] = 0;
        }
    }
}

/* {outs, n, scale, step}; w, x -> memory */
static void linear(const struct header *h, int *status) {
    const size_t outs = size_of(h, 0), n = size_of(h, 1), step = size_of(h, 3);
    int8_t *const s = take((outs - 1) * step + 1, 1, 0, status);
    const int16_t *const w = take(2 * outs * n, 0, 1, status);
    const int16_t *const x = take(2 * n, 0, 1, status);
    if (*status != DONE) {
        return;
    }
    begin();
    integrad_linear(s, step, w, x, outs, n, h->parameter[2]);
    end();
}

/* {outs, n, step}; w, x -> memory */
static void linear_wide(const struct header *h, int *status) {
    const size_t outs = size_of(h, 0), n = size_of(h, 1), step = size_of(h, 2);
    int8_t *const s = take((outs - 1) * step + 1, 1, 0, status);
    const int16_t *const w = take(2 * outs * n, 0, 1, status);
    const int16_t *const x = take(2 * n, 0, 1, status);
    if (*status == DONE) {
        begin();
        integrad_linear_wide(s, step, w, x, outs, n);
        end();
    }
}

static struct integrad_shape shape_of(const struct header *h) {
    const int32_t *const p = h->parameter;
    const struct integrad_shape shape = {p[0], p[1], p[2], p[3], p[4],  p[5],
                                         p[6], p[7], p[8], p[9], p[10], p[11]};
    return shape;
}

/* {shape, scale, skew}; w, x -> memory. A group's maps and weights begin anywhere in a layer's. A
 * scale of 0 is that of sums of any size. */
static void convolve(const struct header *h, int *status) {
    const struct integrad_shape shape = shape_of(h);
    const size_t fan_in = size_of(h, 0) * size_of(h, 6) * size_of(h, 7);
    const size_t skew = size_of(h, 13);
    int8_t *const s = take(size_of(h, 3) * size_of(h, 4) * size_of(h, 5), skew, 0, status);
    const int16_t *const w = take(2 * size_of(h, 3) * fan_in, skew / 2 * 2, 1, status);
    const int8_t *const x = take(size_of(h, 0) * size_of(h, 1) * size_of(h, 2), skew, 1, status);
    int16_t *const patches = take(4 * (fan_in + (fan_in & 1)), 0, 0, status);
    if (*status != DONE) {
        return;
    }
    begin();
    if (h->parameter[12] > 0) {
        integrad_convolve(s, w, x, &shape, h->parameter[12], patches);
    } else {
        integrad_convolve_wide(s, w, x, &shape, patches);
    }
    end();
    for (size_t i = 0; i < 2 * (fan_in + (fan_in & 1)); i++) {
        patches[i] = 0; /* a workspace: its content is nobody's business */
    }
}

/* {shape of one map to one map, scale, skew}; w, x -> memory */
static void depthwise(const struct header *h, int *status) {
    const struct integrad_shape shape = shape_of(h);
    const size_t cells = size_of(h, 6) * size_of(h, 7), skew = size_of(h, 13);
    const size_t pitch = size_of(h, 2) + 2 * size_of(h, 11);
    int8_t *const s = take(size_of(h, 4) * size_of(h, 5), skew, 0, status);
    const int16_t *const w = take(2 * cells, skew / 2 * 2, 1, status);
    const int8_t *const x = take(size_of(h, 1) * size_of(h, 2), skew, 1, status);
    const size_t band_bytes = (size_of(h, 6) * pitch + 8 * size_of(h, 9) + 1) / 2 * 2;
    int16_t *const band = take(band_bytes, 0, 0, status);
    if (*status != DONE) {
        return;
    }
    begin();
    integrad_depthwise(s, w, x, &shape, h->parameter[12], band);
    end();
    for (size_t i = 0; i < band_bytes / 2; i++) {
        band[i] = 0;
    }
}

/* {rows, n, count, limit, divisor, decay_inv, work_values, wide, skew}; w, delta, x -> memory */
static void learn_rows(const struct header *h, int *status) {
    const size_t rows = size_of(h, 0), n = size_of(h, 1), count = size_of(h, 2);
    const size_t work_values = size_of(h, 6);
    const struct integrad_descent descent = {h->parameter[3], h->parameter[4], h->parameter[5]};
    int16_t *const w = take(2 * rows * n, 0, 1, status);
    int32_t *const delta = take(4 * rows * count, 0, 1, status);
    const int8_t *const x = take(count * n, size_of(h, 8), 1, status);
    int16_t *const work = take(2 * work_values, 0, 0, status);
    if (*status != DONE) {
        return;
    }
    begin();
    if (h->parameter[7]) {
        integrad_learn_rows_wide(w, rows, n, delta, x, count, &descent, work, work_values);
    } else {
        integrad_learn_rows(w, rows, n, delta, x, count, &descent, work, work_values);
    }
    end();
    for (size_t i = 0; i < rows * count; i++) {
        delta[i] = 0;
    }
    for (size_t i = 0; i < work_values; i++) {
        work[i] = 0;
    }
}

/* {units, features, classes, count}; head, error -> memory */
static void errors(const struct header *h, int *status) {
    const size_t units = size_of(h, 0), features = size_of(h, 1);
    const size_t classes = size_of(h, 2), count = size_of(h, 3);
    int32_t *const sum = take(4 * units * count, 0, 0, status);
    const int16_t *const head = take(2 * classes * features, 0, 1, status);
    const int16_t *const error = take(2 * classes * count, 0, 1, status);
    if (*status == DONE) {
        begin();
        integrad_errors(sum, head + features - units, error, units, features, classes, count);
        end();
    }
}

/* {shape, wide, errors with places, or 0 for all, skew}; gradient, delta, places, x -> memory */
static void accumulate(const struct header *h, int *status) {
    const struct integrad_shape shape = shape_of(h);
    const size_t fan_in = size_of(h, 0) * size_of(h, 6) * size_of(h, 7);
    const int wide = h->parameter[12];
    const size_t placed = size_of(h, 13), all = size_of(h, 4) * size_of(h, 5);
    const size_t count = placed > 0 ? placed : all;
    void *const gradient = take((wide ? 8 : 4) * fan_in, 0, 1, status);
    const int32_t *const delta = take(4 * count, 0, 1, status);
    const int32_t *const listed = take(4 * placed, 0, 1, status);
    const int32_t *const places = placed > 0 ? listed : 0;
    const size_t inputs = size_of(h, 0) * size_of(h, 1) * size_of(h, 2);
    const int8_t *const x = take(inputs, size_of(h, 14), 1, status);
    if (*status != DONE) {
        return;
    }
    begin();
    if (wide) {
        integrad_accumulate_wide(gradient, x, delta, places, count, &shape);
    } else {
        integrad_accumulate(gradient, x, delta, places, count, &shape);
    }
    end();
}

/* {n, limit, divisor, decay_inv, wide}; w, gradient -> memory */
static void descend_row(const struct header *h, int *status) {
    const struct integrad_descent descent = {h->parameter[1], h->parameter[2], h->parameter[3]};
    const int wide = h->parameter[4];
    int16_t *const w = take(2 * size_of(h, 0), 0, 1, status);
    const void *const gradient = take((wide ? 8 : 4) * size_of(h, 0), 0, 1, status);
    if (*status != DONE) {
        return;
    }
    begin();
    if (wide) {
        integrad_descend_row_wide(w, gradient, size_of(h, 0), &descent);
    } else {
        integrad_descend_row(w, gradient, size_of(h, 0), &descent);
    }
    end();
}

/* {count, skew}; s -> memory, where the activations replace s */
static void activate4(const struct header *h, int *status) {
    int8_t *const s = take(size_of(h, 0), size_of(h, 1), 1, status);
    if (*status == DONE) {
        begin();
        integrad_activate4(s, s, size_of(h, 0));
        end();
    }
}

/* {pool, skew}; x -> memory */
static void maxima(const struct header *h, int *status) {
    const int32_t *const p = h->parameter;
    const struct integrad_pool pool = {p[0], p[1], p[2], p[3], p[4], p[5], p[6]};
    int8_t *const out = take(size_of(h, 0) * size_of(h, 3) * size_of(h, 4), 1, 0, status);
    const int8_t *const x =
        take(size_of(h, 0) * size_of(h, 1) * size_of(h, 2), size_of(h, 7), 1, status);
    if (*status == DONE) {
        begin();
        integrad_maxima(out, x, &pool);
        end();
    }
}

#include "commands8.h"

/* {offset}; x of 64 bytes -> memory: a value `offset` bytes from its end, which may be behind it */
static void trespass(const struct header *h, int *status) {
    volatile int8_t *const x = take(64, 0, 1, status);
    if (*status == DONE) {
        begin();
        x[0] = x[64 + h->parameter[0]];
        end();
    }
}

static int run(const struct header *header) {
    static void (*const commands[])(const struct header *, int *) = {
        widen,       linear,        convolve, learn_rows, errors,      accumulate,
        descend_row, activate4,     maxima,   depthwise,  dots,        trespass,
        dots8,       weigh8,        gather8,  scatter8,   requantise,  convolve8,
        update8,     update_master, compact8, maxima8,    linear_wide,
    };
    int status = DONE;
    if (header->command < 0 || (size_t)header->command >= sizeof commands / sizeof *commands) {
        return UNKNOWN_COMMAND;
    }
    used = taken = 0;
    placement = header->parameter[PARAMETERS - 1];
    commands[header->command](header, &status);
    const uint32_t size = (uint32_t)used;
    if (status == DONE &&
        (integrad_write(&size, sizeof size) != 0 || integrad_write(memory.bytes, used) != 0)) {
        return BROKEN_TRANSPORT;
    }
    return status;
}

int main(void) {
    for (;;) {
        struct header header;
        if (integrad_read(&header, sizeof header) != 0) {
            return BROKEN_TRANSPORT;
        }
        if (header.command == -1) {
            return DONE;
        }
        const int status = run(&header);
        if (status != DONE) {
            return status;
        }
    }
}

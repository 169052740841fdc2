/*
 * Commands of the kernels of integer backpropagation, a part of driver.c. Arrays of bytes begin off
 * alignment by `skew` bytes.
 */
#ifndef COMMANDS8_H
#define COMMANDS8_H

/* {n, rows, skew}; weights, x -> memory */
static void dots8(const struct header *h, int *status) {
    const size_t n = size_of(h, 0), rows = size_of(h, 1), skew = size_of(h, 2);
    int32_t *const sums = take(4 * rows, 0, 0, status);
    const int8_t *const weights = take(n * rows, skew, 1, status);
    const int8_t *const x = take(n, 3 - skew, 1, status);
    if (*status == DONE) {
        begin();
        integrad_dots8(sums, weights, x, n, rows);
        end();
    }
}

/* {n, stride, count, bytes of rows, skew}; rows, index, factors -> memory */
static void weigh8(const struct header *h, int *status) {
    const size_t n = size_of(h, 0), count = size_of(h, 2), skew = size_of(h, 4);
    int32_t *const sums = take(4 * n, 0, 0, status);
    const int8_t *const rows = take(size_of(h, 3), skew, 1, status);
    const uint16_t *const index = take(2 * count, 0, 1, status);
    const int8_t *const factors = take(count, 3 - skew, 1, status);
    if (*status == DONE) {
        begin();
        integrad_weigh8(sums, n, rows, size_of(h, 1), index, factors, count);
        end();
    }
}

static size_t inputs_of(const struct header *h) {
    return size_of(h, 0) * size_of(h, 1) * size_of(h, 2);
}

static size_t fan_in_of(const struct header *h) {
    return size_of(h, 0) * size_of(h, 6) * size_of(h, 7);
}

/* {shape, row, column, skew}; x -> memory */
static void gather8(const struct header *h, int *status) {
    const struct integrad_shape shape = shape_of(h);
    const size_t skew = size_of(h, 14);
    int8_t *const patch = take(fan_in_of(h), 3 - skew, 0, status);
    const int8_t *const x = take(inputs_of(h), skew, 1, status);
    if (*status == DONE) {
        begin();
        integrad_gather8(patch, x, &shape, h->parameter[12], h->parameter[13]);
        end();
    }
}

/* {shape, row, column}; map, patch -> memory */
static void scatter8(const struct header *h, int *status) {
    const struct integrad_shape shape = shape_of(h);
    int32_t *const map = take(4 * inputs_of(h), 0, 1, status);
    const int32_t *const patch = take(4 * fan_in_of(h), 0, 1, status);
    if (*status == DONE) {
        begin();
        integrad_scatter8(map, patch, &shape, h->parameter[12], h->parameter[13]);
        end();
    }
}

/* {n, step, shift, leak, skew}; sums -> memory */
static void requantise(const struct header *h, int *status) {
    const size_t n = size_of(h, 0), step = size_of(h, 1);
    int8_t *const out = take(n > 0 ? (n - 1) * step + 1 : 0, size_of(h, 4), 0, status);
    const int32_t *const sums = take(4 * n, 0, 1, status);
    if (*status == DONE) {
        begin();
        integrad_requantise(out, step, sums, n, h->parameter[2], h->parameter[3]);
        end();
    }
}

/* {shape, row << 16 | column << 8 | count, biased << 16 | shift << 8 | leak, step << 2 | skew};
 * weights, x, biases if biased -> memory */
static void convolve8(const struct header *h, int *status) {
    const struct integrad_shape shape = shape_of(h);
    const int32_t position = h->parameter[12], scale = h->parameter[13];
    const int count = (int)(position & 255);
    const size_t step = size_of(h, 14) >> 2, skew = size_of(h, 14) & 3;
    const size_t fan_in = fan_in_of(h), work_values = 5 * ((fan_in + 3) / 4) + 2;
    int8_t *const out = take((size_of(h, 3) - 1) * step + (size_t)count, skew, 0, status);
    const int8_t *const weights = take(size_of(h, 3) * fan_in, 3 - skew, 1, status);
    const int8_t *const x = take(inputs_of(h), skew, 1, status);
    const int8_t *const bias = scale >> 16 ? take(size_of(h, 3), 3 - skew, 1, status) : NULL;
    int32_t *const work = take(4 * work_values, 0, 0, status);
    const int row = (int)(position >> 16), column = (int)(position >> 8 & 255);
    const int shift = (int)(scale >> 8 & 255), leak = (int)(scale & 255);
    if (*status != DONE) {
        return;
    }
    begin();
    if (bias) {
        integrad_convolve8_biased(out, step, weights, bias, x, &shape, row, column, count, shift,
                                  leak, work);
    } else {
        integrad_convolve8(out, step, weights, x, &shape, row, column, count, shift, leak, work);
    }
    end();
    for (size_t i = 0; i < work_values; i++) {
        work[i] = 0;
    }
}

/* {n, shift, skew}; weights, gradient -> memory */
static void update8(const struct header *h, int *status) {
    int8_t *const weights = take(size_of(h, 0), size_of(h, 2), 1, status);
    const int32_t *const gradient = take(4 * size_of(h, 0), 0, 1, status);
    if (*status == DONE) {
        begin();
        integrad_update8(weights, gradient, size_of(h, 0), h->parameter[1]);
        end();
    }
}

/* {n, shift, skew}; weights, fraction, gradient -> memory */
static void update_master(const struct header *h, int *status) {
    int8_t *const weights = take(size_of(h, 0), size_of(h, 2), 1, status);
    int8_t *const fraction = take(size_of(h, 0), 3 - size_of(h, 2), 1, status);
    const int32_t *const gradient = take(4 * size_of(h, 0), 0, 1, status);
    if (*status == DONE) {
        begin();
        integrad_update_master(weights, fraction, gradient, size_of(h, 0), h->parameter[1]);
        end();
    }
}

/* {count, step, skew}; x -> memory, how many */
static void compact8(const struct header *h, int *status) {
    const size_t count = size_of(h, 0), step = size_of(h, 1);
    uint16_t *const index = take(2 * count, 0, 0, status);
    int8_t *const values = take(count, 3 - size_of(h, 2), 0, status);
    const int8_t *const x = take(count > 0 ? (count - 1) * step + 1 : 0, size_of(h, 2), 1, status);
    int32_t *const found = take(4, 0, 0, status);
    if (*status != DONE) {
        return;
    }
    begin();
    const size_t many = integrad_compact8(index, values, x, step, count);
    end();
    *found = (int32_t)many;
    for (size_t k = many; k < count; k++) {
        index[k] = 0;
        values[k] = 0;
    }
}

/* {count, whether there are winners, skew}; upper, lower -> memory */
static void maxima8(const struct header *h, int *status) {
    const size_t count = size_of(h, 0), skew = size_of(h, 2);
    int8_t *const maxima = take(count, 3 - skew, 0, status);
    uint8_t *const winners = take((count + 3) / 4, skew, 0, status);
    const int8_t *const upper = take(2 * count, skew, 1, status);
    const int8_t *const lower = take(2 * count, 3 - skew, 1, status);
    if (*status == DONE) {
        begin();
        integrad_maxima8(maxima, size_of(h, 1) > 0 ? winners : NULL, upper, lower, count);
        end();
    }
}

#endif

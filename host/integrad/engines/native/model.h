/*
 * The interface between the host and the native engine: a network, its rule, and the result of a
 * step. structs.py mirrors these structs field by field.
 *
 * Maps are int8 (batch, height, width, channels); vectors int8 (batch, features).
 */
#ifndef INTEGRAD_MODEL_H
#define INTEGRAD_MODEL_H

#include <stddef.h>
#include <stdint.h>

/* Functions that ctypes can find; all others are private to the library. */
#define ENTRY_POINT __attribute__((visibility("default")))

enum { DENSE, CONV, MAX_POOL, AVERAGE_POOL, DROPOUT };
enum { INT8_LIMIT = 127, TARGET = 32, SCALE = 256 };

/* A linear classifier: a learning head or the output layer. weights: int16 (classes, features). */
typedef struct {
    int16_t *weights;
    int64_t *gradient; /* if not NULL, receives the gradient, and the weights do not change */
    int32_t features;
    int32_t limit; /* of its weights */
    int32_t wide;  /* whether sums of products may exceed 32 bits */
    int32_t learns;
} classifier;

/* Non-overlapping windows over a map (height, width, channels). */
typedef struct {
    int32_t average; /* else maximum */
    int32_t window_height, window_width;
    int32_t padding_height, padding_width;
    int32_t height, width; /* of the result */
} pooling;

typedef struct {
    int32_t kind;
    int32_t channels, height, width;             /* of the input; a vector has channels only */
    int32_t out_channels, out_height, out_width; /* of the output */
    /* Blocks. weights: int16 (out_channels, channels / groups, kernel_height, kernel_width). */
    int32_t kernel_height, kernel_width;
    int32_t stride_height, stride_width;
    int32_t padding_height, padding_width;
    int32_t groups; /* 1 except for grouped convolutions */
    int32_t alpha_inv, mean;
    int32_t limit, wide; /* see classifier */
    int32_t learns;
    int16_t *weights;
    int64_t *gradient;
    classifier head;
    pooling pool;        /* of a pooling stage, or in front of a convolution's head */
    int32_t keep_scale;  /* dropout: remaining activations are multiplied by keep_scale / 1000 */
    const uint8_t *kept; /* dropout: (batch, channels, height, width), NULL keeps all */
} stage;

typedef struct {
    stage *stages;
    int32_t count;
    int32_t classes;
    classifier output;
} network;

/* Inverse divisors, 0 for no decay. */
typedef struct {
    double rate;      /* of a block's gradients: 1 / (learning_rate_inv * amplification) */
    double head_rate; /* of heads and the output layer: 1 / learning_rate_inv */
    double decay, head_decay;
} rule;

/* Sums over a batch; see Step. */
typedef struct {
    int64_t loss;
    int64_t correct;
} score;

#endif

/*
 * The divisions of the arithmetic in double precision: exact, and suitable for vector units.
 *
 * tdiv(a, b) is (a + 0.5) * (1 / b), truncated (a - 0.5 where a < 0). With |a| = q * b + r the
 * exact product is q + (r + 0.5) / b, at least 0.5 / b away from any positive integer; two
 * roundings change it by less than (|a| + 0.5) / b * 2^-51. It is therefore truncated to q if |a| <
 * 2^49.
 */
#ifndef INTEGRAD_ROUNDING_H
#define INTEGRAD_ROUNDING_H

#include <stdint.h>

/* Quotient before truncation, clamped to +-limit, an integer, so that it fits in the result type.
 */
static inline double quotient(double a, double inverse, double limit) {
    const double q = (a + __builtin_copysign(0.5, a)) * inverse;
    const double cut = q > limit ? limit : q;
    return cut < -limit ? -limit : cut;
}

enum { SHORT = 1 << 20 };

/* The same in single precision, without limit: exact by the same argument if |a| < SHORT. */
static inline int32_t short_quotient(int32_t a, float inverse) {
    return (int32_t)(((float)a + __builtin_copysignf(0.5f, (float)a)) * inverse);
}

static inline int32_t clamp(int32_t a, int32_t limit) {
    const int32_t cut = a > limit ? limit : a;
    return cut < -limit ? -limit : cut;
}

/*
 * NITRO-ReLU of s in [-127, 127]. reciprocal is 65536 / alpha_inv, rounded up: (n * reciprocal) >>
 * 16 is n / alpha_inv for 0 <= n <= 127, because n * (alpha_inv - 1) < 65536.
 */
static inline int8_t nitro_relu(int32_t s, int32_t reciprocal, int32_t mean) {
    const int32_t negative = -((-s * reciprocal) >> 16);
    return (int8_t)((s < 0 ? negative : s) - mean);
}

/* Gradient with respect to s; inverse is 1 / alpha_inv. */
static inline int32_t nitro_relu_gradient(int32_t delta, int32_t s, double inverse) {
    const int32_t leaked = (int32_t)((delta + __builtin_copysign(0.5, delta)) * inverse);
    return s >= 127 ? 0 : s < 0 ? leaked : delta;
}

#endif

/* See README.md. */
#ifndef INTEGRAD_MATH_H
#define INTEGRAD_MATH_H
/* What newlib calls these types; the mathematics in MicroPython comes from there. */
typedef __INT32_TYPE__ __int32_t;
typedef __UINT32_TYPE__ __uint32_t;
typedef __UINT8_TYPE__ __uint8_t;
typedef float float_t;
typedef double double_t;
#define HUGE_VAL __builtin_huge_val()
#define INFINITY __builtin_inff()
#define NAN __builtin_nanf("")
#define nanf(tag) __builtin_nanf(tag)
#define FP_NAN 0
#define FP_INFINITE 1
#define FP_ZERO 2
#define FP_SUBNORMAL 3
#define FP_NORMAL 4
#define fpclassify(x) __builtin_fpclassify(FP_NAN, FP_INFINITE, FP_NORMAL, FP_SUBNORMAL, FP_ZERO, x)
#define isnan(x) __builtin_isnan(x)
#define isinf(x) __builtin_isinf_sign(x)
#define isfinite(x) __builtin_isfinite(x)
#define isnormal(x) __builtin_isnormal(x)
#define signbit(x) __builtin_signbit(x)
#define M_E 2.7182818284590452354
#define M_LN2 0.69314718055994530942
#define M_PI 3.14159265358979323846
#define M_PI_2 1.57079632679489661923
#define M_PI_4 0.78539816339744830962
#define M_SQRT1_2 0.70710678118654752440
float acosf(float x), acoshf(float x), asinf(float x), asinhf(float x), atanf(float x),
    atanhf(float x), ceilf(float x), cosf(float x), coshf(float x), erff(float x), erfcf(float x),
    expf(float x), expm1f(float x), fabsf(float x), floorf(float x), lgammaf(float x),
    log10f(float x), log1pf(float x), log2f(float x), logf(float x), nearbyintf(float x),
    roundf(float x), sinf(float x), sinhf(float x), sqrtf(float x), tanf(float x), tanhf(float x),
    tgammaf(float x), truncf(float x), rintf(float x);
float atan2f(float x, float y), copysignf(float x, float y), fmodf(float x, float y),
    powf(float x, float y), nextafterf(float x, float y);
float frexpf(float x, int *exponent);
float ldexpf(float x, int exponent);
float scalbnf(float x, int exponent);
float modff(float x, float *whole);
#endif

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
#define ONE_ARGUMENT(name) float name(float x);
#define TWO_ARGUMENTS(name) float name(float x, float y);
ONE_ARGUMENT(acosf)
ONE_ARGUMENT(acoshf) ONE_ARGUMENT(asinf) ONE_ARGUMENT(asinhf) ONE_ARGUMENT(atanf)
    ONE_ARGUMENT(atanhf) ONE_ARGUMENT(ceilf) ONE_ARGUMENT(cosf) ONE_ARGUMENT(coshf)
        ONE_ARGUMENT(erff) ONE_ARGUMENT(erfcf) ONE_ARGUMENT(expf) ONE_ARGUMENT(expm1f)
            ONE_ARGUMENT(fabsf) ONE_ARGUMENT(floorf) ONE_ARGUMENT(lgammaf) ONE_ARGUMENT(log10f)
                ONE_ARGUMENT(log1pf) ONE_ARGUMENT(log2f) ONE_ARGUMENT(logf) ONE_ARGUMENT(nearbyintf)
                    ONE_ARGUMENT(roundf) ONE_ARGUMENT(sinf) ONE_ARGUMENT(sinhf) ONE_ARGUMENT(sqrtf)
                        ONE_ARGUMENT(tanf) ONE_ARGUMENT(tanhf) ONE_ARGUMENT(tgammaf)
                            ONE_ARGUMENT(truncf) ONE_ARGUMENT(rintf) TWO_ARGUMENTS(atan2f)
                                TWO_ARGUMENTS(copysignf) TWO_ARGUMENTS(fmodf) TWO_ARGUMENTS(powf)
                                    TWO_ARGUMENTS(nextafterf) float frexpf(float x, int *exponent);
float ldexpf(float x, int exponent);
float scalbnf(float x, int exponent);
float modff(float x, float *whole);
#endif

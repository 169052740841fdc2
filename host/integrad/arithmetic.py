"""The arithmetic: all roundings and value ranges of training and inference are defined here.

Generated C and MicroPython follow the same definitions, so that all of them compute the same bits.
Source of the rules: Pirillo, Colombo, Roveri, "NITRO-D: Native Integer-only Training of Deep
Convolutional Neural Networks" (arXiv 2407.11698), with saturation wherever a value could exceed its type.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

INT8_LIMIT = 127
"""Inputs, activations and predictions are int8 in [-127, 127]: all ranges are symmetric."""

INT16_WEIGHT_LIMIT = 32639
"""Largest weight that can be split into two signed 8-bit digits: 32639 = 256·127 + 127."""

INT32_LIMIT = 2**31 - 1

SCALE = 256
"""A layer with fan-in M divides its pre-activations by SCALE·M (NITRO-D, NITRO scaling layer)."""

TARGET = 32
"""One-hot target: 32 for the labelled class, 0 for all others."""

ERROR_LIMIT = INT8_LIMIT + TARGET
"""Largest |prediction - target|: the error is int16 in [-159, 127] and never overflows."""

MAX_FAN_IN = INT32_LIMIT // SCALE
"""Largest fan-in whose divisor SCALE·fan_in fits in int32; weights can then still be ±2."""

NARROW, WIDE = 32, 64
"""Widths of the sums of a network, in bits: its `sums`."""

WIDE_MAX_FAN_IN = INT32_LIMIT // (SCALE * INT8_LIMIT)
"""Largest fan-in of a layer with 64-bit sums. A device saturates such a sum to ±(2^31 - 1), so that a 32-bit
division suffices, which is exact as long as 127·SCALE·fan_in ≤ 2^31 - 1:

    saturate(tdiv(z, d), 127) = saturate(tdiv(saturate(z, 2^31 - 1), d), 127)   for d = SCALE·fan_in.

If |z| ≤ 2^31 - 1, both sides are the same expression. Otherwise |z| and |saturate(z, 2^31 - 1)| are at least
2^31 - 1 ≥ 127·d, so both quotients have the sign of z and a magnitude of at least 127, and saturate to 127
with that sign.
"""

INPUT_SPREAD = 51
"""Inputs are normalised to (value - centre)·51 / mean absolute deviation, which yields a standard deviation
of about 64."""

AMPLIFICATION = 64
"""Blocks learn 64·classes times more slowly than heads, because their errors are larger by that factor."""


@dataclass(frozen=True)
class Slope:
    """Constants of NITRO-ReLU for one negative slope 1/alpha_inv.

    mean: the integer that centres the activation (subtracted from every output).
    gain: 1000·sqrt(2 / (1 + alpha²)), rounded, for the initialisation bound.
    """

    mean: int
    gain: int


SLOPES: dict[int, Slope] = {
    3: Slope(31, 1342),
    4: Slope(36, 1372),
    5: Slope(38, 1387),
    7: Slope(40, 1400),
    8: Slope(42, 1403),
    10: Slope(43, 1407),
    15: Slope(44, 1411),
    16: Slope(44, 1411),
    20: Slope(45, 1412),
}
"""alpha_inv → constants, as tabulated by NITRO-D."""


FLOAT64_DIVIDEND, FLOAT32_DIVIDEND = 2**52, 2**23
"""Below these limits, division in this type followed by truncation is exact, and much faster than integer
division in NumPy.

With 0 ≤ a = q·b + r, the quotient is at least 1/b below q + 1. Rounding could reach q + 1 only if
1/b ≤ (q + 1)/2^53, that is 2^53 ≤ (q + 1)·b ≤ a + b, which is impossible for a, b < 2^52. With 24 bits
instead of 53, the same holds below 2^23. For negative a, the argument is symmetric.
"""


def tdiv(a, b: int | np.ndarray):
    """Quotient a / b truncated toward zero, like `/` in C99. The only division in training and inference.

    a: integer or integer array of any sign; b: positive integer or integer array. Python's `//` rounds toward
    negative infinity, which trains noticeably worse. Arrays of up to 32 bits yield int32, wider ones int64.
    Raises ValueError if b is not positive.
    """
    least, greatest = (b, b) if isinstance(b, int) else (int(np.min(b)), int(np.max(b)))
    if least <= 0:
        raise ValueError("tdiv requires a positive divisor")
    if isinstance(a, int) and isinstance(b, int):
        return a // b if a >= 0 else -(-a // b)
    a = np.asarray(a)
    dtype = np.int32 if np.can_cast(a.dtype, np.int32) else np.int64
    largest = magnitude(a)
    if largest < least:
        return np.zeros(np.broadcast_shapes(a.shape, np.shape(b)), dtype)
    largest = max(largest, greatest)
    if largest >= FLOAT64_DIVIDEND:
        wide = a.astype(np.int64)
        return np.where(a < 0, -(-wide // b), wide // b).astype(dtype)
    quotient = np.true_divide(a, b, dtype=np.float32 if largest < FLOAT32_DIVIDEND else np.float64)
    return np.trunc(quotient, out=quotient).astype(dtype)


def magnitude(a: np.ndarray) -> int:
    """Largest |a| of an integer array; 0 if it is empty."""
    return max(int(a.max(initial=0)), -int(a.min(initial=0)))


def saturate(a, limit: int):
    """Clip integers to the symmetric range [-limit, limit]; an array that is in range is returned
    unchanged."""
    if isinstance(a, int):
        return max(-limit, min(limit, a))
    if magnitude(a) <= limit:
        return a  # checking is faster than two passes
    return np.clip(a, -limit, limit)


def rdiv2(a, s: int):
    """a / 2^s rounded to the nearest integer, half away from zero: sign(a)·((|a| + 2^(s - 1)) >> s).

    a: integer or integer array, |a| < 2^31 for int32 arrays. s ≤ 0 leaves a unchanged; s ≥ 31 yields 0.
    """
    if s <= 0:
        return a
    if s >= 31:
        return a * 0
    half = 1 << (s - 1)
    if isinstance(a, int):
        return (a + half) >> s if a >= 0 else -((-a + half) >> s)
    if a.dtype != np.int64 and (a.dtype != np.int32 or magnitude(a) > INT32_LIMIT - half):
        a = a.astype(np.int64)
    # The shift rounds down: a negative number needs one less before it to mirror a positive one.
    return (a + half - (a < 0)) >> s


def psto(a, s: int):
    """a / 2^s rounded pseudo-stochastically: the lower half of the discarded bits decides whether the upper
    half rounds away from zero (NITI, Wang et al., arXiv 2009.13108).

    With m = |a|, q = m >> s, f = m & (2^s - 1), h = s // 2 and r = (f & (2^h - 1)) << (s & 1), the result is
    sign(a)·(q + 1) if (f >> h) > r, else sign(a)·q. a: integer or integer array, |a| < 2^31 for int32 arrays.
    s ≤ 0 leaves a unchanged; s ≥ 31 yields 0.
    """
    if s <= 0:
        return a
    if s >= 31:
        return a * 0
    size, half = abs(a), s // 2
    rest = size & ((1 << s) - 1)
    chance = (rest & ((1 << half) - 1)) << (s & 1)
    rounded = (size >> s) + ((rest >> half) > chance)
    if isinstance(a, int):
        return rounded if a >= 0 else -rounded
    return np.where(a < 0, -rounded, rounded)


def requantise(a: np.ndarray, s: int) -> np.ndarray:
    """int8 saturate(rdiv2(a, s), 127), same shape."""
    return saturate(rdiv2(a, s), INT8_LIMIT).astype(np.int8)


def bit_width(m: int) -> int:
    """Bits of the magnitudes up to m, rounded up to a power of two: ⌈log2 m⌉, 0 for m ≤ 1."""
    return (m - 1).bit_length() if m > 1 else 0


def isqrt(n: int) -> int:
    """Floor of the square root of n ≥ 0 (Newton's iteration); used at initialisation only."""
    if n < 0:
        raise ValueError("isqrt requires a non-negative integer")
    x, y = n, (n + 1) // 2
    while y < x:
        x, y = y, (y + n // y) // 2
    return x


def weight_limit(fan_in: int, input_limit: int = INT8_LIMIT, sums: int = NARROW) -> int:
    """Largest |weight| of a layer with this fan-in; weights are saturated to it after every update.

    input_limit: largest |input|, in training too. sums: width of the sums of the network in bits. With 32, a
    pre-activation provably fits: input_limit·fan_in·weight_limit ≤ 2^31 - 1. With 64, every fan-in up to
    MAX_FAN_IN fits with the widest weights: 127·MAX_FAN_IN·32639 < 2^45.
    """
    if sums == WIDE:
        return INT16_WEIGHT_LIMIT
    return min(INT16_WEIGHT_LIMIT, INT32_LIMIT // (input_limit * fan_in))


def sum_bits(fan_in: int, input_limit: int = INT8_LIMIT, sums: int = NARROW) -> int:
    """Width of a pre-activation in bits, 32 or 64. Arguments as for weight_limit.

    64-bit sums are needed only where input_limit·fan_in·32639 exceeds 2^31 - 1.
    """
    largest = input_limit * fan_in * weight_limit(fan_in, input_limit, sums)
    return NARROW if largest <= INT32_LIMIT else WIDE


def activation_limit(alpha_inv: int) -> int:
    """Largest |output| of NITRO-ReLU with slope 1/alpha_inv.

    It is monotonic in s, which is in [-127, 127]; its outputs are therefore in [-(127 // alpha_inv) - mean,
    127 - mean]: [-67, 91] for alpha_inv 4. For all slopes of the table the upper end is the larger one.
    """
    mean = SLOPES[alpha_inv].mean
    return max(INT8_LIMIT // alpha_inv + mean, INT8_LIMIT - mean)


def initial_bound(fan_in: int, gain: int) -> int:
    """Initial weights are uniform in [-bound, bound] (NITRO-D's integer Kaiming rule, at most 64)."""
    return min((gain * 128 * 1732) // (isqrt(fan_in) * 1_000_000), 64)


def learning_rate_limit(classes: int) -> int:
    """Largest learning_rate_inv whose product with the amplification, 64·classes, fits in int32."""
    return INT32_LIMIT // (AMPLIFICATION * classes)


RATE_PER_SAMPLE, LEAST_RATE = 8, 32
"""Gradients are sums over the batch, so the default inverse learning rate is proportional to the batch size.
Below four samples it is constant, since steps on single samples would otherwise be too large."""


def usual_learning_rate_inv(batch_size: int) -> int:
    """The default learning_rate_inv for a batch size."""
    return max(LEAST_RATE, RATE_PER_SAMPLE * batch_size)

"""What a Torch device was seen to compute exactly, and how fast: found out once a process, before it is used.

Kernels differ by version and processor. Some 8-bit products add pairs in 16 bits and saturate, some
"float32" products round their operands to 11 bits, some divisions multiply by a rounded reciprocal; no
name tells, extremes do.
"""

from __future__ import annotations

import functools
import math
import time

import numpy as np
import torch

from integrad.arithmetic import AMPLIFICATION, FLOAT64_DIVIDEND, INT32_LIMIT, SCALE, tdiv
from integrad.engines.torch.carriers import (
    CUDA_GRANULE,
    CUDA_LEAST_ROWS,
    Carrier,
    Float32,
    Float64,
    Int8,
)
from integrad.errors import IntegradError
from integrad.matmul import product

SHAPES = ((3, 37, 5), (20, 1024, 24), (17, 4096, 8), (64, 64, 72), (5, 1, 9), (1, 2, 3))
"""(rows, summands, columns) of the test products: small, long, in need of padding, and as thin as can be."""

WORK = {"cpu": (64, 512, 128), "cuda": (4096, 4096, 4096)}
"""Shape of the product that is timed, by kind of device: some milliseconds of float64."""

ROUNDS = 8
"""Timings of a product. The first ones warm up, and other work on a busy machine spoils some."""


def make_carriers(device: torch.device) -> list[Carrier]:
    """All carriers that could be, in order of preference; Float64, which carries everything, is last."""
    int8 = Int8(CUDA_GRANULE, CUDA_LEAST_ROWS) if device.type == "cuda" else Int8()
    return [int8, Float32(), Float64()]


@functools.cache
def exact_carriers(device: torch.device) -> tuple[Carrier, ...]:
    """The carriers of this device that passed. Raises IntegradError if float64 or division did not."""
    found = tuple(carrier for carrier in make_carriers(device) if is_exact(carrier, device))
    if not any(isinstance(carrier, Float64) for carrier in found):
        raise IntegradError(f"torch on {device}: products of integers in float64 are not exact")
    if not divides_exactly(device):
        raise IntegradError(f"torch on {device}: quotients of integers are not exact")
    return found


@functools.cache
def int8_gain(device: torch.device) -> float:
    """How many times faster an 8-bit product is than one of float64, measured; on one core of a CPU."""
    carriers = {carrier.name: carrier for carrier in exact_carriers(device)}
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # several would wait for cores on which NumPy's threads, or others, are busy
    try:
        seconds = [_time_product(carriers[name], device) for name in ("float64", "int8")]
    finally:
        torch.set_num_threads(threads)
    return seconds[0] / seconds[1]


def is_exact(carrier: Carrier, device: torch.device) -> bool:
    """Whether products of extreme and of random operands are NumPy's. False also where it has no kernel."""
    try:
        return all(
            np.array_equal(_on_device(carrier, a, b, device), product(a, b.T)) for a, b in _operands(carrier)
        )
    except (RuntimeError, AttributeError):  # NotImplementedError is a RuntimeError
        return False


def divides_exactly(device: torch.device) -> bool:
    """Whether quotients are truncated rightly at and around multiples, where a reciprocal would miss them."""
    largest = {
        torch.float64: FLOAT64_DIVIDEND - 2,
        torch.float32: 126,
        torch.int32: INT32_LIMIT - 1,
        torch.int8: 126,
    }
    for divisor in (3, 7, 49, SCALE * 27, SCALE * 784, AMPLIFICATION * 10 * 511):
        for dtype, most in largest.items():
            if divisor > most:
                continue
            quotients = np.unique(np.linspace(0, most // divisor, 4096).astype(np.int64))
            dividends = quotients[:, None] * divisor + [-1, 0, 1]
            dividends = np.concatenate([dividends, -dividends])
            by = torch.tensor(divisor, dtype=dtype, device=device) if dtype.is_floating_point else divisor
            found = torch.div(torch.tensor(dividends, device=device).to(dtype), by, rounding_mode="trunc")
            if not np.array_equal(found.cpu().numpy(), tdiv(dividends, divisor)):
                return False
    return True


def _operands(carrier: Carrier):
    """Pairs a (n, k), b (m, k) of integers within what the carrier promises, its worst cases first."""
    rng = np.random.Generator(np.random.PCG64(0))
    for n, k, m in SHAPES:
        for left, right in _ranges(carrier, k):
            yield np.full((n, k), left[1]), np.full((m, k), right[1])
            yield np.full((n, k), left[0]), np.full((m, k), right[1])
            yield np.full((n, k), left[0]), np.full((m, k), right[0])
            yield rng.choice(left, (n, k)), rng.choice(right, (m, k))
            yield rng.integers(*left, (n, k), endpoint=True), rng.integers(*right, (m, k), endpoint=True)


def _ranges(carrier: Carrier, terms: int) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Ranges of a and b: those of digits, or the widest whose longest sum still stays below the limit."""
    if carrier.narrow:
        return [((-128, 127), (-128, 127))]
    most = (carrier.limit - 1) // terms
    pairs = [(most // high, high) for high in (min(127, most), math.isqrt(most))]
    return [((-wide, wide), (-high, high)) for wide, high in pairs]


def _on_device(carrier: Carrier, a: np.ndarray, b: np.ndarray, device: torch.device) -> np.ndarray:
    left, right = (torch.tensor(array, device=device).to(carrier.dtype) for array in (a, b))
    return carrier.multiply(left, right).cpu().numpy().astype(np.int64)


def _time_product(carrier: Carrier, device: torch.device) -> float:
    """Seconds, the best of ROUNDS."""
    n, k, m = WORK["cuda" if device.type == "cuda" else "cpu"]
    a, b = (torch.ones(rows, k, dtype=carrier.dtype, device=device) for rows in (n, m))
    best = math.inf
    for _ in range(ROUNDS):
        _wait(device)
        start = time.perf_counter()
        carrier.multiply(a, b)
        _wait(device)
        best = min(best, time.perf_counter() - start)
    return best


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)

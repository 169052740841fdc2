"""Tests which products a Torch device computes exactly, and how fast, once per process before they are used.

Kernels differ between versions and processors. Some 8-bit products add pairs in 16 bits and saturate, some
"float32" products round their operands to 11 bits, some divisions multiply by a rounded reciprocal. This can
only be detected by tests with extreme operands.
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
"""(rows, summands, columns) of the test products: small, long, requiring padding, and with a single row or
summand."""

WORK = {"cpu": (64, 512, 128), "cuda": (4096, 4096, 4096)}
"""Shape of the product that is timed, by kind of device; some milliseconds in float64."""

ROUNDS = 8
"""Number of timings of a product. The first ones are warm-up, and others may be disturbed on a busy
machine."""


def make_carriers(device: torch.device) -> list[Carrier]:
    """All possible carriers in order of preference; Float64, which can compute all products, is last."""
    int8 = Int8(CUDA_GRANULE, CUDA_LEAST_ROWS) if device.type == "cuda" else Int8()
    return [int8, Float32(), Float64()]


@functools.cache
def exact_carriers(device: torch.device) -> tuple[Carrier, ...]:
    """The carriers that are exact on this device. Raises IntegradError if float64 or division is not
    exact."""
    found = tuple(carrier for carrier in make_carriers(device) if is_exact(carrier, device))
    if not any(isinstance(carrier, Float64) for carrier in found):
        raise IntegradError(f"torch on {device}: products of integers in float64 are not exact")
    if not divides_exactly(device):
        raise IntegradError(f"torch on {device}: quotients of integers are not exact")
    return found


@functools.cache
def int8_gain(device: torch.device) -> float:
    """Measured speed of an 8-bit product relative to float64; on a CPU, with one thread."""
    carriers = {carrier.name: carrier for carrier in exact_carriers(device)}
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # several threads might have to wait for cores that are in use
    try:
        seconds = [_time_product(carriers[name], device) for name in ("float64", "int8")]
    finally:
        torch.set_num_threads(threads)
    return seconds[0] / seconds[1]


def is_exact(carrier: Carrier, device: torch.device) -> bool:
    """Whether products of extreme and random operands equal NumPy's. Also False if there is no kernel."""
    try:
        return all(
            np.array_equal(_on_device(carrier, a, b, device), product(a, b.T)) for a, b in _operands(carrier)
        )
    except (RuntimeError, AttributeError):  # NotImplementedError is a RuntimeError
        return False


def divides_exactly(device: torch.device) -> bool:
    """Whether quotients are truncated correctly at and around multiples, where reciprocals would be wrong."""
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
    """Pairs a (n, k), b (m, k) of integers within the limits of the carrier, worst cases first."""
    rng = np.random.Generator(np.random.PCG64(0))
    for n, k, m in SHAPES:
        for left, right in _ranges(carrier, k):
            yield np.full((n, k), left[1]), np.full((m, k), right[1])
            yield np.full((n, k), left[0]), np.full((m, k), right[1])
            yield np.full((n, k), left[0]), np.full((m, k), right[0])
            yield rng.choice(left, (n, k)), rng.choice(right, (m, k))
            yield rng.integers(*left, (n, k), endpoint=True), rng.integers(*right, (m, k), endpoint=True)


def _ranges(carrier: Carrier, terms: int) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Ranges of a and b: those of digits, or the widest for which sums stay below the limit."""
    if carrier.narrow:
        return [((-128, 127), (-128, 127))]
    most = (carrier.limit - 1) // terms
    pairs = [(most // high, high) for high in (min(127, most), math.isqrt(most))]
    return [((-wide, wide), (-high, high)) for wide, high in pairs]


def _on_device(carrier: Carrier, a: np.ndarray, b: np.ndarray, device: torch.device) -> np.ndarray:
    left, right = (torch.tensor(array, device=device).to(carrier.dtype) for array in (a, b))
    return carrier.multiply(left, right).cpu().numpy().astype(np.int64)


def _time_product(carrier: Carrier, device: torch.device) -> float:
    """Seconds, the minimum of ROUNDS timings."""
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

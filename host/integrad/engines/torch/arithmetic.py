"""Exact integer arithmetic on one Torch device: products, truncating division, saturation."""

from __future__ import annotations

import math
import os

import torch

from integrad.arithmetic import FLOAT64_DIVIDEND, INT8_LIMIT, INT32_LIMIT
from integrad.engines.torch.carriers import Carrier
from integrad.engines.torch.digits import Bounded
from integrad.engines.torch.probe import exact_carriers, int8_gain
from integrad.errors import IntegradError

VARIABLE = "INTEGRAD_CARRIER"
CARRIER_NAMES = ("int8", "float32", "float64")

INT8_WORK = {"cpu": 2**22, "cuda": 2**26}
"""Multiply-accumulates from which splitting into digits may pay off, by kind of device."""

TILE_BYTES = {"cpu": 2**23, "cuda": 2**30}
"""Size of the patches of a convolution, with their products, that exist at a time; on CPUs, they fit in
caches."""


class Arithmetic:
    """Arithmetic on one device. The environment variable INTEGRAD_CARRIER selects a carrier; float64 is then
    used only for products that this carrier cannot compute. Raises IntegradError for an unknown carrier or
    one that is not exact on this device.
    """

    def __init__(self, device: torch.device):
        # TF32 and bfloat16 would round the operands of "float32" products, so they are disabled.
        torch.set_float32_matmul_precision("highest")
        self.device = device
        self.kind = "cuda" if device.type == "cuda" else "cpu"
        # GPUs are limited by memory, not by division; CPUs have vector division for floats, not for integers.
        self.divides_integers = self.kind == "cuda"
        self.forced = os.environ.get(VARIABLE) or None
        self.carriers = exact_carriers(device)
        self._divisors: dict[tuple[int, torch.dtype], torch.Tensor] = {}
        self._scratch: dict[str, torch.Tensor] = {}
        self._outgrown: list[torch.Tensor] = []
        if self.forced is None:
            return
        if self.forced not in CARRIER_NAMES:
            raise IntegradError(f"{VARIABLE}={self.forced}: expected {', '.join(CARRIER_NAMES)}")
        names = (self.forced, "float64")
        self.carriers = tuple(carrier for carrier in self.carriers if carrier.name in names)
        if self.carriers[0].name != self.forced:
            raise IntegradError(
                f"{VARIABLE}={self.forced}: torch on {device} does not compute these products exactly"
            )

    def product(self, a: Bounded, b: Bounded) -> Bounded:
        """a: (n, k), b: (m, k) → a @ bᵀ (n, m), float64, int32 or int64, exact."""
        (rows, terms), columns = a.values.shape, len(b.values)
        return self.carrier(a.bound, b.bound, (rows, terms, columns)).product(a, b)

    def carrier(self, a: int, b: int, shape: tuple[int, int, int]) -> Carrier:
        """The carrier for a product of operands in ±a and ±b; shape: (rows, terms, columns).

        The int8 units are used if, with all digits, they are measured to be twice as fast as float64
        (splitting takes time as well) and the product is large enough; float32 is used if it can represent
        the sums without splitting; otherwise float64.
        """
        for carrier in self.carriers:
            digits = carrier.digits(a, b, shape[1])
            if digits is None:
                continue
            if self.forced is not None or carrier is self.carriers[-1]:
                return carrier
            many = digits[0] * digits[1]
            if carrier.narrow:
                if math.prod(shape) >= INT8_WORK[self.kind] and int8_gain(self.device) >= 2 * many:
                    return carrier
            elif many == 1:
                return carrier
        raise OverflowError(f"no carrier can represent a product of {shape[1]} terms")

    def tdiv(self, a: Bounded, divisor: int) -> Bounded:
        """a / divisor, truncated toward zero. May overwrite a. Exact: see arithmetic.tdiv."""
        bound = a.bound // divisor
        if self.divides_integers and a.values.dtype == torch.int32 and divisor <= INT32_LIMIT:
            return Bounded(torch.div(a.values, divisor, rounding_mode="trunc"), bound)
        if max(a.bound, divisor) < FLOAT64_DIVIDEND:
            values = a.values.to(torch.float64)
            divided = torch.div(values, self.divisor(divisor), rounding_mode="trunc", out=values)
            return Bounded(divided, bound)
        return Bounded(torch.div(a.values.to(torch.int64), divisor, rounding_mode="trunc"), bound)

    def scaled(self, a: Bounded, divisor: int) -> torch.Tensor:
        """int8: a / divisor, truncated, and saturated to ±127. May overwrite a."""
        return self.tdiv(a, divisor).values.clamp_(-INT8_LIMIT, INT8_LIMIT).to(torch.int8)

    def scratch(self, purpose: str, shape: tuple[int, ...], dtype: torch.dtype) -> torch.Tensor:
        """Uninitialised memory, valid until the next call with the same purpose.

        Operating systems are slow to provide megabytes that a process has just returned.
        """
        size = math.prod(shape) * dtype.itemsize
        if purpose not in self._scratch or len(self._scratch[purpose]) < size:
            if self.kind == "cuda" and purpose in self._scratch:
                self._outgrown.append(self._scratch[purpose])  # a recorded step still writes to it
            self._scratch[purpose] = torch.empty(size, dtype=torch.uint8, device=self.device)
        return self._scratch[purpose][:size].view(dtype).view(shape)

    def divisor(self, value: int, dtype: torch.dtype = torch.float64) -> torch.Tensor:
        """A divisor as a tensor on the device. For a plain number, CUDA would multiply by a rounded
        reciprocal."""
        key = value, dtype
        if key not in self._divisors:
            self._divisors[key] = torch.tensor(value, dtype=dtype, device=self.device)
        return self._divisors[key]

"""The average of the weights over the end of a training run.

Source: Izmailov, Podoprikhin, Garipov, Vetrov, Wilson, "Averaging Weights Leads to Wider Optima and Better
Generalization" (arXiv 1803.05407). Here, it is a mean of integers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from integrad.network.network import Network
from integrad.network.parameter import FRACTIONS, SCALES, Parameter

PART = 3
"""One part in PART of all steps, the last one, is averaged."""

EVERY = 16
"""Steps from one addend to the next. Weights of consecutive steps hardly differ, and adding takes time."""


MOST = 2**40
"""Addends; their sums stay far below 2^62."""


@dataclass
class WeightAverage:
    """Sums of what learns. sums: name of a parameter → int64 array of its shape; count: number of addends."""

    sums: dict[str, np.ndarray] = field(default_factory=dict)
    count: int = 0

    def add(self, network: Network) -> None:
        """Add the current weights."""
        for parameter in _learning(network):
            values = _values(parameter)
            if not self.count:
                self.sums[parameter.name] = np.zeros(values.shape, np.int64)
            self.sums[parameter.name] += values
        self.count += 1

    def store(self, network: Network) -> None:
        """Replace the weights by the mean of all addends, at least one, rounded to the nearest integer, half
        away from zero."""
        for parameter in _learning(network):
            _set_values(parameter, nearest_mean(self.sums[parameter.name], self.count))

    def check(self, network: Network) -> None:
        """Raise TypeError or ValueError unless these can be sums of this network's weights."""
        if type(self.count) is not int or not 0 <= self.count <= MOST:
            raise ValueError(f"{self.count!r:.20} is no number of averaged weights")
        learning = {p.name: p for p in _learning(network)} if self.count else {}
        if learning.keys() != self.sums.keys():
            raise ValueError("the sums of weights are not those of this network")
        for name, parameter in learning.items():
            total, limit = self.sums[name], _limit(parameter)
            if total.dtype != np.int64 or total.shape != parameter.shape:
                raise ValueError(f"the sum of {name} is {total.dtype} {total.shape}")
            if total.max(initial=0) > self.count * limit or total.min(initial=0) < -self.count * limit:
                raise ValueError(f"the sum of {name} exceeds that of {self.count:,} weights")


def _learning(network: Network) -> Iterator[Parameter]:
    """The parameters that steps change, without lower bytes, which are part of what they belong to, and
    without scales, which follow from the weights."""
    apart = (SCALES, *FRACTIONS.values())
    return (p for p in network.parameters() if p.trainable and p.role not in apart)


def is_averaged(step: int, steps: int) -> bool:
    """Whether the weights after this step, from 1, of so many are an addend; those after the last one are."""
    return PART * (steps - step) < steps and (steps - step) % EVERY == 0


def nearest_mean(total: np.ndarray, count: int) -> np.ndarray:
    """total / count rounded to the nearest integer, half away from zero; int64. |total| < 2^62, count ≥ 1."""
    return np.sign(total) * ((2 * np.abs(total) + count) // (2 * count))


def _values(parameter: Parameter) -> np.ndarray:
    """What learns: the array, or 16-bit values whose upper bytes are in it."""
    owner, role = parameter.owner, parameter.role
    return owner.master(role) if _has_fraction(parameter) else parameter.array


def _set_values(parameter: Parameter, values: np.ndarray) -> None:
    if _has_fraction(parameter):
        parameter.owner.set_master(values, parameter.role)
    else:
        parameter.array[...] = values


def _limit(parameter: Parameter) -> int:
    """Largest magnitude of what learns."""
    return parameter.limit << 8 if _has_fraction(parameter) else parameter.limit


def _has_fraction(parameter: Parameter) -> bool:
    return getattr(parameter.owner, FRACTIONS.get(parameter.role, ""), None) is not None

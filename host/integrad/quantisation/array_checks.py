"""Checks of arrays of weights and biases, and their names."""

from __future__ import annotations

import re

import numpy as np

from integrad.errors import IntegradError, one_line


def check_values(name: str, array: np.ndarray, source: str) -> None:
    """Raise IntegradError, naming file and array, unless these are finite floats."""
    where = f"{source}: array {one_line(name)}"
    if array.dtype.kind != "f":
        raise IntegradError(f"{where} is {array.dtype}; save floats (float32 or float64)")
    if not np.isfinite(array).all():
        raise IntegradError(f"{where} contains nan or infinity; train again with a smaller learning rate")


def split_name(name: str) -> tuple[str, str]:
    """(name of the layer, own name): ("fc", "weight") for fc.weight; the former is empty for others."""
    layer, _, own = re.match(r"(?:(.*)([./]))?(.*)", name, re.DOTALL).groups("")
    return layer, own

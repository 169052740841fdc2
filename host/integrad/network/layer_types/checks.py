"""Checks of a description's values, also of hostile ones; every error names the field."""

from __future__ import annotations

from integrad.arithmetic import INT32_LIMIT, MAX_FAN_IN, SLOPES
from integrad.errors import IntegradError

MAX_PARAMETERS = 2**28
"""Weights of one tensor; more is taken for a damaged or hostile description."""

MAX_SIDE = 2**16


def integer(value, where: str, low: int, high: int) -> int:
    if type(value) is not int or not low <= value <= high:
        raise IntegradError(f"network: {where} must be an integer from {low:,} to {high:,}")
    return value


def integers(value, where: str, lengths: tuple[int, ...], low: int, high: int) -> list[int]:
    if not isinstance(value, list) or len(value) not in lengths:
        raise IntegradError(f"network: {where} must be a list of {' or '.join(map(str, lengths))} integers")
    return [integer(item, where, low, high) for item in value]


def pair(value, where: str, low: int) -> tuple[int, int]:
    first, second = integers(list(value) if isinstance(value, tuple) else value, where, (2,), low, MAX_SIDE)
    return first, second


def slope(layer: dict, where: str) -> None:
    if type(layer["alpha_inv"]) is not int or layer["alpha_inv"] not in SLOPES:
        raise IntegradError(f"network: {where} alpha_inv must be one of {', '.join(map(str, SLOPES))}")


def size(where: str, parameters: int) -> None:
    if parameters > MAX_PARAMETERS:
        raise IntegradError(f"network: {where} has {parameters:,} elements, more than {MAX_PARAMETERS:,}")


def fan_in(where: str, inputs: int) -> None:
    if inputs > MAX_FAN_IN:
        raise IntegradError(
            f"network: {where} has {inputs:,} inputs, more than the {MAX_FAN_IN:,} that 32 bits allow"
        )


def classes_of_error(where: str, classes: int, largest_error: int) -> None:
    """The head's error reaches a block as int32. largest_error: what one class adds to it at most."""
    if largest_error * classes > INT32_LIMIT:
        most = INT32_LIMIT // largest_error
        raise IntegradError(f"network: {where} allows at most {most} classes, or its error overflows 32 bits")

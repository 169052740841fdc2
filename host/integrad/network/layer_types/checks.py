"""Validation of the values of a network description, which may be malicious; errors name the field."""

from __future__ import annotations

from integrad.arithmetic import INT32_LIMIT, MAX_FAN_IN, SLOPES
from integrad.errors import IntegradError

MAX_PARAMETERS = 2**28
"""Maximum number of weights of a tensor; more indicates a damaged or malicious description."""

MAX_BYTES = 2**31
"""Of all weights of a network: model files are not larger."""

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


def fan_in(where: str, inputs: int, most: int = MAX_FAN_IN) -> None:
    """most: supported by the layers of the learner."""
    if inputs > most:
        raise IntegradError(
            f"network: {where} has {inputs:,} inputs, more than the {most:,} supported with 32 bits"
        )


def classes_of_error(where: str, classes: int, largest_error: int) -> None:
    """Check that the error of a head fits in int32. largest_error: maximum contribution of one class."""
    if largest_error * classes > INT32_LIMIT:
        most = INT32_LIMIT // largest_error
        raise IntegradError(
            f"network: {where} allows at most {most} classes, since its error would exceed 32 bits"
        )

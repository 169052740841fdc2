"""Values of layers in a network file; errors name the file, the layer and the key."""

from __future__ import annotations

from integrad.arithmetic import INT32_LIMIT, SLOPES
from integrad.errors import IntegradError
from integrad.network.layer_types.checks import MAX_SIDE


def slope(where: str, value) -> int:
    if type(value) is not int or value not in SLOPES:
        raise IntegradError(f"{where}: alpha_inv must be one of {', '.join(map(str, SLOPES))}")
    return value


def whole(where: str, key: str, value, low: int) -> int:
    if type(value) is not int or not low <= value <= INT32_LIMIT:
        raise IntegradError(f"{where}: {key} must be an integer of at least {low}")
    if key in ("units", "channels") and value > MAX_SIDE:
        raise IntegradError(f"{where}: {key} must be at most {MAX_SIDE:,}")
    return value


def word(where: str, key: str, value, choices: tuple[str, ...]) -> str:
    if value not in choices:
        listed = " or ".join(f'"{choice}"' for choice in choices)
        raise IntegradError(f"{where}: {key} must be {listed}")
    return value


def pair(where: str, key: str, value, low: int, series: bool) -> list[int]:
    """[height, width]; a single number means a square or, for time series, a length in time."""
    if type(value) is int:
        # Along the axis of length 1 of a time series there is no padding, and windows and strides are 1.
        value = [low if series else value, value]
    if not isinstance(value, list) or len(value) != 2:
        raise IntegradError(f"{where}: {key} must be a number or [height, width]")
    if any(type(n) is not int or not low <= n <= MAX_SIDE for n in value):
        raise IntegradError(f"{where}: {key} must be integers from {low} to {MAX_SIDE:,}")
    return list(value)

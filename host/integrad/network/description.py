"""Validation of network descriptions, also of hostile ones read from a file."""

from __future__ import annotations

from math import prod

from integrad.arithmetic import ERROR_LIMIT, INT32_LIMIT, MAX_FAN_IN, SLOPES, weight_limit
from integrad.errors import IntegradError
from integrad.network.layers import dropout
from integrad.network.shapes import Shape, shape_after

MAX_PARAMETERS = 2**28
"""Weights of one tensor; more is taken for a damaged or hostile description."""

MAX_SIDE = 2**16
MAX_CLASSES = 255
"""A label is one byte on the device."""

MAX_LAYERS = 256

LAYER_KEYS = {
    "max_pool": {"type", "size"},
    "avg_pool": {"type", "size"},
    "dropout": {"type", "percent"},
    "dense": {"type", "units", "alpha_inv"},
    "conv": {
        "type", "channels", "kernel", "stride", "padding", "alpha_inv", "head_features", "head_pool",
    },
}  # fmt: skip

OPTIONAL_KEYS = {"conv": {"groups"}}
"""What a description may leave out. groups: 1 where it is."""


def check_description(description: dict) -> None:
    """Raise IntegradError, naming the field, unless the description is a network that can be built.

    A description has `input_shape` ([F] or [C, H, W]), `classes` (2 to 255) and `layers`; a layer
    is a dict with a `type`, the keys of LAYER_KEYS and perhaps some of OPTIONAL_KEYS. Shapes are
    followed through the layers; widths that 32 bits cannot hold are refused here.
    """
    if not isinstance(description, dict) or set(description) != {"input_shape", "classes", "layers"}:
        raise IntegradError("network: needs exactly the fields input_shape, classes and layers")
    shape = tuple(_integers(description["input_shape"], "input_shape", (1, 3), 1, MAX_SIDE))
    classes = _integer(description["classes"], "classes", 2, MAX_CLASSES)
    layers = description["layers"]
    if not isinstance(layers, list) or len(layers) > MAX_LAYERS:
        raise IntegradError(f"network: layers must be a list of at most {MAX_LAYERS}")
    for index, layer in enumerate(layers):
        shape = _check_layer(layer, f"layers[{index}]", shape, classes)
    _check_size("output layer", classes * prod(shape))
    _check_fan_in("output layer", prod(shape))


def _check_layer(layer, where: str, shape: Shape, classes: int) -> Shape:
    """Validate one layer and return its output shape."""
    kind = layer.get("type") if isinstance(layer, dict) else None
    if not isinstance(kind, str) or kind not in LAYER_KEYS:
        raise IntegradError(f"network: {where} needs a type out of {', '.join(LAYER_KEYS)}")
    if set(layer) - OPTIONAL_KEYS.get(kind, set()) != LAYER_KEYS[kind]:
        raise IntegradError(f"network: {where} ({kind}) needs exactly {', '.join(sorted(LAYER_KEYS[kind]))}")
    where = f"{where} ({kind})"
    if kind == "dropout":
        if type(layer["percent"]) is not int or layer["percent"] not in dropout.KEEP_SCALE:
            raise IntegradError(f"network: {where} percent must be 5, 10, … 95")
        return shape
    if kind == "dense":
        units = _integer(layer["units"], f"{where} units", 1, MAX_SIDE)
        _check_slope(layer, where)
        _check_size(where, units * prod(shape))
        _check_fan_in(where, prod(shape))
        _check_block_error(where, units, classes)
        return shape_after(layer, shape)
    if len(shape) != 3:
        raise IntegradError(
            f"network: {where} needs feature maps, but follows features of shape {list(shape)}"
        )
    if kind == "conv":
        return _check_conv(layer, where, shape, classes)
    _pair(layer["size"], f"{where} size", 1)
    return _fitting(layer, where, shape)


def _check_conv(layer: dict, where: str, shape: Shape, classes: int) -> Shape:
    channels = _integer(layer["channels"], f"{where} channels", 1, MAX_SIDE)
    kernel = _pair(layer["kernel"], f"{where} kernel", 1)
    groups = _integer(layer.get("groups", 1), f"{where} groups", 1, MAX_SIDE)
    if shape[0] % groups or channels % groups:
        raise IntegradError(
            f"network: {where} groups of {groups:,} must divide both its {shape[0]:,} input channels "
            f"and its {channels:,} channels"
        )
    fan_in = shape[0] // groups * prod(kernel)
    _pair(layer["stride"], f"{where} stride", 1)
    padding = _pair(layer["padding"], f"{where} padding", 0)
    if any(p >= k for p, k in zip(padding, kernel, strict=True)):
        raise IntegradError(f"network: {where} padding must be smaller than the kernel")
    _check_slope(layer, where)
    limit = _integer(layer["head_features"], f"{where} head_features", 1, MAX_PARAMETERS)
    if layer["head_pool"] not in ("max", "avg"):
        raise IntegradError(f"network: {where} head_pool must be max or avg")
    after = _fitting(layer, where, shape)
    _check_size(where, channels * fan_in)
    _check_size(f"{where} head", classes * min(limit, prod(after)))
    _check_size(f"{where} output", prod(after))
    _check_fan_in(where, fan_in)
    _check_fan_in(f"{where} head", min(max(limit, channels), prod(after)))
    _check_block_error(where, min(max(limit, channels), prod(after)), classes)
    return after


def _check_slope(layer: dict, where: str) -> None:
    if type(layer["alpha_inv"]) is not int or layer["alpha_inv"] not in SLOPES:
        raise IntegradError(f"network: {where} alpha_inv must be one of {', '.join(map(str, SLOPES))}")


def _check_block_error(where: str, features: int, classes: int) -> None:
    """The head's error reaches the block as int32: classes·159·weight_limit must fit."""
    if ERROR_LIMIT * classes * weight_limit(features) > INT32_LIMIT:
        most = INT32_LIMIT // (ERROR_LIMIT * weight_limit(features))
        raise IntegradError(f"network: {where} allows at most {most} classes, or its error overflows 32 bits")


def _check_size(where: str, parameters: int) -> None:
    if parameters > MAX_PARAMETERS:
        raise IntegradError(f"network: {where} has {parameters:,} elements, more than {MAX_PARAMETERS:,}")


def _check_fan_in(where: str, fan_in: int) -> None:
    if fan_in > MAX_FAN_IN:
        raise IntegradError(
            f"network: {where} has {fan_in:,} inputs, more than the {MAX_FAN_IN:,} that 32 bits allow"
        )


def _fitting(layer: dict, where: str, shape: Shape) -> Shape:
    after = shape_after(layer, shape)
    if min(after) < 1:
        raise IntegradError(f"network: {where} does not fit on a map of {shape[1]}x{shape[2]}")
    return after


def _integer(value, where: str, low: int, high: int) -> int:
    if type(value) is not int or not low <= value <= high:
        raise IntegradError(f"network: {where} must be an integer from {low:,} to {high:,}")
    return value


def _integers(value, where: str, lengths: tuple[int, ...], low: int, high: int) -> list[int]:
    if not isinstance(value, list) or len(value) not in lengths:
        raise IntegradError(f"network: {where} must be a list of {' or '.join(map(str, lengths))} integers")
    return [_integer(item, where, low, high) for item in value]


def _pair(value, where: str, low: int) -> tuple[int, int]:
    first, second = _integers(list(value) if isinstance(value, tuple) else value, where, (2,), low, MAX_SIDE)
    return first, second

"""Fully connected layers of integer backpropagation."""

from __future__ import annotations

from math import prod

from integrad.errors import IntegradError
from integrad.network.backprop_blocks import ENCODINGS, INT8, LEAKS, MAX_SUMMANDS, BackpropDense
from integrad.network.layer_types import checks, toml_values
from integrad.network.layer_types.layer_type import LayerType
from integrad.network.stage import Stage

BIAS = "bias"

OPTIONAL = {"leak": 0, "encoding": INT8, BIAS: False}
"""Of all layers with weights."""


class BackpropDenseType(LayerType):
    def check_values(self, layer, where, shape, classes):
        units = checks.integer(layer["units"], f"{where} units", 1, checks.MAX_SIDE)
        check_options(layer, where)
        checks.size(where, units * prod(shape))
        checks.fan_in(where, prod(shape), MAX_SUMMANDS - layer.get(BIAS, False))
        return self.shape_after(layer, shape)

    def shape_after(self, layer, shape):
        return (layer["units"],)

    def stage(self, layer, shape, classes):
        block = BackpropDense(prod(shape), layer["units"], **options(layer))
        return Stage(self.kind, shape, block.output_shape, block)

    def read(self, where, table, defaults, series):
        units = toml_values.whole(where, "units", table.get("units"), 1)
        return {"type": self.kind, "units": units} | read_options(where, table, defaults)


def check_options(layer: dict, where: str) -> None:
    """Raise IntegradError unless leak, encoding and bias are known."""
    leak, encoding, bias = options(layer).values()
    if type(leak) is not int or leak not in LEAKS:
        raise IntegradError(f"network: {where} leak must be one of {', '.join(map(str, LEAKS))}")
    if encoding not in ENCODINGS:
        raise IntegradError(f"network: {where} encoding must be {' or '.join(ENCODINGS)}")
    check_bias(f"network: {where} bias", bias)


def check_bias(name: str, value: object) -> bool:
    if type(value) is not bool:
        raise IntegradError(f"{name} must be true or false")
    return value


def options(layer: dict) -> dict:
    """Leak, encoding and whether there are biases of a layer of a description, as arguments of its block."""
    found = {key: layer.get(key, usual) for key, usual in OPTIONAL.items()}
    return found | {"biased": found.pop(BIAS)}


def read_options(where: str, table: dict, defaults: dict) -> dict:
    """Leak, encoding and bias of a layer of a network file, where they are not the usual ones."""
    found = {key: check(where, table.get(key, defaults[key])) for key, (_, check) in FILE_DEFAULTS.items()}
    return {key: value for key, value in found.items() if value != OPTIONAL[key]}


def _leak(where: str, value) -> int:
    if type(value) is not int or value not in LEAKS:
        raise IntegradError(f"{where}: leak must be one of {', '.join(map(str, LEAKS))}")
    return value


def _encoding(where: str, value) -> str:
    return toml_values.word(where, "encoding", value, ENCODINGS)


def _bias(where: str, value) -> bool:
    return check_bias(f"{where}: bias", value)


FILE_DEFAULTS = {
    "leak": (OPTIONAL["leak"], _leak),
    "encoding": (OPTIONAL["encoding"], _encoding),
    BIAS: (OPTIONAL[BIAS], _bias),
}

BACKPROP_DENSE = BackpropDenseType(
    "backprop_dense",
    "a fully connected layer",
    frozenset({"units"}),
    optional=OPTIONAL,
    makes_features=True,
    file_defaults=FILE_DEFAULTS,
)


def backprop_dense_layer(units: int) -> dict:
    """The layer for dN of the short notation."""
    return {"type": BACKPROP_DENSE.kind, "units": units}

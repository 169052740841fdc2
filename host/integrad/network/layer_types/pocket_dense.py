"""Fully connected layers of PocketNN."""

from __future__ import annotations

from math import prod

from integrad.errors import IntegradError
from integrad.network.layer_types import checks, toml_values
from integrad.network.layer_types.layer_type import LayerType
from integrad.network.layers.pocket_activation import ACTIVATIONS, TANH
from integrad.network.pocket_blocks import PocketBlock
from integrad.network.stage import Stage


class PocketDenseType(LayerType):
    def check_values(self, layer, where, shape, classes):
        units = checks.integer(layer["units"], f"{where} units", 1, checks.MAX_SIDE)
        if layer["activation"] not in ACTIVATIONS:
            raise IntegradError(f"network: {where} activation must be {' or '.join(ACTIVATIONS)}")
        checks.size(where, units * prod(shape))
        checks.fan_in(where, prod(shape))
        return self.shape_after(layer, shape)

    def shape_after(self, layer, shape):
        return (layer["units"],)

    def stage(self, layer, shape, classes):
        block = PocketBlock(prod(shape), layer["units"], layer["activation"], classes)
        return Stage(self.kind, shape, block.output_shape, block)

    def read(self, where, table, defaults, series):
        activation = _activation(where, table.get("activation", defaults["activation"]))
        units = toml_values.whole(where, "units", table.get("units"), 1)
        return {"type": self.kind, "units": units, "activation": activation}


def _activation(where: str, value) -> str:
    return toml_values.word(where, "activation", value, ACTIVATIONS)


POCKET_DENSE = PocketDenseType(
    "pocket_dense",
    "a fully connected layer",
    frozenset({"units", "activation"}),
    makes_features=True,
    file_defaults={"activation": (TANH, _activation)},
)


def pocket_dense_layer(units: int) -> dict:
    """The layer for dN of the short notation."""
    return {"type": POCKET_DENSE.kind, "units": units, "activation": TANH}

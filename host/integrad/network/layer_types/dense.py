"""Dense blocks of NITRO-D."""

from __future__ import annotations

from math import prod

from integrad.arithmetic import ERROR_LIMIT, INT16_WEIGHT_LIMIT, activation_limit
from integrad.network.blocks import DenseBlock
from integrad.network.layer_types import checks, toml_values
from integrad.network.layer_types.layer_type import LayerType
from integrad.network.stage import Stage

ALPHA_INV = 4
SLOPE_DEFAULT = {"alpha_inv": (ALPHA_INV, toml_values.slope)}


class DenseType(LayerType):
    def check_values(self, layer, where, shape, classes):
        units = checks.integer(layer["units"], f"{where} units", 1, checks.MAX_SIDE)
        checks.slope(layer, where)
        checks.size(where, units * prod(shape))
        checks.fan_in(where, prod(shape))
        checks.classes_of_error(where, classes, ERROR_LIMIT * INT16_WEIGHT_LIMIT)
        return self.shape_after(layer, shape)

    def shape_after(self, layer, shape):
        return (layer["units"],)

    def output_limit(self, layer, input_limit):
        return activation_limit(layer["alpha_inv"])

    def stage(self, layer, shape, classes):
        block = DenseBlock(prod(shape), layer["units"], classes, layer["alpha_inv"])
        return Stage(self.kind, shape, block.output_shape, block)

    def read(self, where, table, defaults, series):
        slope = toml_values.slope(where, table.get("alpha_inv", defaults["alpha_inv"]))
        units = toml_values.whole(where, "units", table.get("units"), 1)
        return {"type": self.kind, "units": units, "alpha_inv": slope}


DENSE = DenseType(
    "dense",
    "a dense block",
    frozenset({"units", "alpha_inv"}),
    makes_features=True,
    file_defaults=SLOPE_DEFAULT,
)


def dense_layer(units: int) -> dict:
    """The layer for dN of the short notation."""
    return {"type": DENSE.kind, "units": units, "alpha_inv": ALPHA_INV}

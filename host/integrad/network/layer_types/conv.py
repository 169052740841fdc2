"""Convolution blocks of NITRO-D."""

from __future__ import annotations

from math import prod

from integrad.arithmetic import ERROR_LIMIT, INT16_WEIGHT_LIMIT, activation_limit
from integrad.errors import IntegradError
from integrad.network.blocks import ConvBlock
from integrad.network.layer_types import checks, toml_values
from integrad.network.layer_types.conv_geometry import KEYS, OPTIONAL, ConvGeometryType, same_padding
from integrad.network.layer_types.dense import SLOPE_DEFAULT
from integrad.network.stage import Stage

HEAD_FEATURES = 256
HEAD_POOL = "max"


class ConvType(ConvGeometryType):
    def check_values(self, layer, where, shape, classes):
        fan_in, after = self.check_geometry(layer, where, shape)
        channels = layer["channels"]
        checks.slope(layer, where)
        limit = checks.integer(layer["head_features"], f"{where} head_features", 1, checks.MAX_PARAMETERS)
        if layer["head_pool"] not in ("max", "avg"):
            raise IntegradError(f"network: {where} head_pool must be max or avg")
        most_features = min(max(limit, channels), prod(after))
        checks.size(where, channels * fan_in)
        checks.size(f"{where} head", classes * min(limit, prod(after)))
        checks.size(f"{where} output", prod(after))
        checks.fan_in(where, fan_in)
        checks.fan_in(f"{where} head", most_features)
        checks.classes_of_error(where, classes, ERROR_LIMIT * INT16_WEIGHT_LIMIT)
        return after

    def output_limit(self, layer, input_limit):
        return activation_limit(layer["alpha_inv"])

    def stage(self, layer, shape, classes):
        block = ConvBlock(
            shape,
            layer["channels"],
            tuple(layer["kernel"]),
            tuple(layer["stride"]),
            tuple(layer["padding"]),
            classes,
            layer["alpha_inv"],
            layer["head_features"],
            layer["head_pool"],
            layer.get("groups", 1),
        )
        return Stage(self.kind, shape, block.output_shape, block)

    def read(self, where, table, defaults, series):
        geometry = self.read_geometry(where, table, series)
        values = defaults | {"head_pool": HEAD_POOL} | table
        head_pool = toml_values.word(where, "head_pool", values["head_pool"], ("max", "avg"))
        return geometry | {
            "alpha_inv": toml_values.slope(where, values["alpha_inv"]),
            "head_features": toml_values.whole(where, "head_features", values["head_features"], 1),
            "head_pool": head_pool,
        }


def _head_features(where: str, value) -> int:
    return toml_values.whole(where, "head_features", value, 1)


CONV = ConvType(
    "conv",
    "a convolution",
    KEYS | {"alpha_inv", "head_features", "head_pool"},
    optional=OPTIONAL,
    takes_maps=True,
    file_defaults=SLOPE_DEFAULT | {"head_features": (HEAD_FEATURES, _head_features)},
)


def conv_layer(channels: int, kernel: int, stride: int, series: bool, groups: int = 1) -> dict:
    """The layer for cNkKsS of the short notation."""
    return same_padding(CONV.kind, channels, kernel, stride, series, groups) | {
        "alpha_inv": SLOPE_DEFAULT["alpha_inv"][0],
        "head_features": HEAD_FEATURES,
        "head_pool": HEAD_POOL,
    }

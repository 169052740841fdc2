"""Convolution blocks of NITRO-D."""

from __future__ import annotations

from math import prod

from integrad.arithmetic import ERROR_LIMIT, weight_limit
from integrad.errors import IntegradError
from integrad.network.blocks import ConvBlock
from integrad.network.layer_types import checks, toml_values
from integrad.network.layer_types.dense import SLOPE_DEFAULT
from integrad.network.layer_types.layer_type import LayerType, Shape
from integrad.network.layers import conv
from integrad.network.stage import Stage

HEAD_FEATURES = 256
HEAD_POOL = "max"


class ConvType(LayerType):
    def check_values(self, layer, where, shape, classes):
        channels = checks.integer(layer["channels"], f"{where} channels", 1, checks.MAX_SIDE)
        kernel = checks.pair(layer["kernel"], f"{where} kernel", 1)
        groups = checks.integer(layer.get("groups", 1), f"{where} groups", 1, checks.MAX_SIDE)
        if shape[0] % groups or channels % groups:
            raise IntegradError(
                f"network: {where} groups of {groups:,} must divide both its {shape[0]:,} input channels "
                f"and its {channels:,} channels"
            )
        fan_in = shape[0] // groups * prod(kernel)
        checks.pair(layer["stride"], f"{where} stride", 1)
        padding = checks.pair(layer["padding"], f"{where} padding", 0)
        if any(p >= k for p, k in zip(padding, kernel, strict=True)):
            raise IntegradError(f"network: {where} padding must be smaller than the kernel")
        checks.slope(layer, where)
        limit = checks.integer(layer["head_features"], f"{where} head_features", 1, checks.MAX_PARAMETERS)
        if layer["head_pool"] not in ("max", "avg"):
            raise IntegradError(f"network: {where} head_pool must be max or avg")
        after = self.fitting(layer, where, shape)
        most_features = min(max(limit, channels), prod(after))
        checks.size(where, channels * fan_in)
        checks.size(f"{where} head", classes * min(limit, prod(after)))
        checks.size(f"{where} output", prod(after))
        checks.fan_in(where, fan_in)
        checks.fan_in(f"{where} head", most_features)
        checks.classes_of_error(where, classes, ERROR_LIMIT * weight_limit(most_features))
        return after

    def shape_after(self, layer, shape: Shape) -> Shape:
        size = conv.output_size(shape[1:], layer["kernel"], layer["stride"], layer["padding"])
        return (layer["channels"], *size)

    def window(self, layer):
        return layer["kernel"]

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
        kernel = toml_values.pair(where, "kernel", table.get("kernel", 3), 1, series)
        if "padding" not in table and any(k % 2 == 0 for k in kernel):
            raise IntegradError(f"{where}: same padding is impossible with an even kernel; set padding")
        values = defaults | {"head_pool": HEAD_POOL} | table
        head_pool = toml_values.word(where, "head_pool", values["head_pool"], ("max", "avg"))
        stride = toml_values.pair(where, "stride", table.get("stride", 1), 1, series)
        if max(stride) > 2:
            raise IntegradError(f"{where}: stride must be 1 or 2")
        padding = table.get("padding", [k // 2 for k in kernel])
        groups = toml_values.whole(where, "groups", table.get("groups", 1), 1)
        return {
            "type": self.kind,
            "channels": toml_values.whole(where, "channels", table.get("channels"), 1),
            "kernel": kernel,
            "stride": stride,
            "padding": toml_values.pair(where, "padding", padding, 0, series),
            "alpha_inv": toml_values.slope(where, values["alpha_inv"]),
            "head_features": toml_values.whole(where, "head_features", values["head_features"], 1),
            "head_pool": head_pool,
        } | ({"groups": groups} if groups > 1 else {})


def _head_features(where: str, value) -> int:
    return toml_values.whole(where, "head_features", value, 1)


CONV = ConvType(
    "conv",
    "a convolution",
    frozenset({"channels", "kernel", "stride", "padding", "alpha_inv", "head_features", "head_pool"}),
    optional=frozenset({"groups"}),
    takes_maps=True,
    file_defaults=SLOPE_DEFAULT | {"head_features": (HEAD_FEATURES, _head_features)},
)
"""groups: 1 if omitted in a description."""


def conv_layer(channels: int, kernel: int, stride: int, series: bool, groups: int = 1) -> dict:
    """The layer for cNkKsS of the short notation: same padding; a 1xK kernel for time series."""
    height = (lambda n: 1) if series else (lambda n: n)
    return {
        "type": CONV.kind,
        "channels": channels,
        "kernel": [height(kernel), kernel],
        "stride": [height(stride), stride],
        "padding": [0 if series else kernel // 2, kernel // 2],
        "alpha_inv": SLOPE_DEFAULT["alpha_inv"][0],
        "head_features": HEAD_FEATURES,
        "head_pool": HEAD_POOL,
    } | ({"groups": groups} if groups > 1 else {})

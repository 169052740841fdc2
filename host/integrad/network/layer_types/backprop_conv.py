"""Convolutions of integer backpropagation."""

from __future__ import annotations

from math import prod

from integrad.errors import IntegradError
from integrad.network.backprop_blocks import MAX_SUMMANDS, BackpropConv
from integrad.network.layer_types import backprop_dense, checks, conv_geometry
from integrad.network.layer_types.backprop_dense import BIAS, FILE_DEFAULTS
from integrad.network.layer_types.conv_geometry import ConvGeometryType, same_padding
from integrad.network.stage import Stage


class BackpropConvType(ConvGeometryType):
    def check_values(self, layer, where, shape, classes):
        fan_in, after = self.check_geometry(layer, where, shape)
        backprop_dense.check_options(layer, where)
        checks.size(where, layer["channels"] * fan_in)
        checks.size(f"{where} output", prod(after))
        checks.fan_in(where, fan_in, MAX_SUMMANDS - layer.get(BIAS, False))
        outputs = layer["channels"] // layer.get("groups", 1) * prod(layer["kernel"])
        for name, summands in (("weights per input", outputs), ("positions", prod(after[1:]))):
            if summands > MAX_SUMMANDS:
                raise IntegradError(
                    f"network: {where} has {summands:,} {name}, more than the {MAX_SUMMANDS:,} supported "
                    "with 32 bits"
                )
        return after

    def stage(self, layer, shape, classes):
        block = BackpropConv(
            shape,
            layer["channels"],
            tuple(layer["kernel"]),
            tuple(layer["stride"]),
            tuple(layer["padding"]),
            layer.get("groups", 1),
            **backprop_dense.options(layer),
        )
        return Stage(self.kind, shape, block.output_shape, block)

    def read(self, where, table, defaults, series):
        geometry = self.read_geometry(where, table, series)
        return geometry | backprop_dense.read_options(where, table, defaults)


BACKPROP_CONV = BackpropConvType(
    "backprop_conv",
    "a convolution",
    conv_geometry.KEYS,
    optional=conv_geometry.OPTIONAL | backprop_dense.OPTIONAL,
    takes_maps=True,
    file_defaults=FILE_DEFAULTS,
)


def backprop_conv_layer(channels: int, kernel: int, stride: int, series: bool, groups: int = 1) -> dict:
    """The layer for cNkKsS of the short notation."""
    return same_padding(BACKPROP_CONV.kind, channels, kernel, stride, series, groups)

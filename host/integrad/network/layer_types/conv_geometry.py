"""What all convolutions share: channels, kernel, stride, padding and groups."""

from __future__ import annotations

from math import prod

from integrad.errors import IntegradError
from integrad.network.layer_types import checks, toml_values
from integrad.network.layer_types.layer_type import LayerType, Shape
from integrad.network.layers import conv

KEYS = frozenset({"channels", "kernel", "stride", "padding"})
OPTIONAL = {"groups": 1}


class ConvGeometryType(LayerType):
    """The base of the layer types that convolve."""

    def check_geometry(self, layer: dict, where: str, shape: Shape) -> tuple[int, Shape]:
        """(fan-in, output shape). Raises IntegradError, naming the field."""
        channels = checks.integer(layer["channels"], f"{where} channels", 1, checks.MAX_SIDE)
        kernel = checks.pair(layer["kernel"], f"{where} kernel", 1)
        groups = checks.integer(layer.get("groups", 1), f"{where} groups", 1, checks.MAX_SIDE)
        if shape[0] % groups or channels % groups:
            raise IntegradError(
                f"network: {where} groups of {groups:,} must divide both its {shape[0]:,} input channels "
                f"and its {channels:,} channels"
            )
        checks.pair(layer["stride"], f"{where} stride", 1)
        padding = checks.pair(layer["padding"], f"{where} padding", 0)
        if any(p >= k for p, k in zip(padding, kernel, strict=True)):
            raise IntegradError(f"network: {where} padding must be smaller than the kernel")
        return shape[0] // groups * prod(kernel), self.fitting(layer, where, shape)

    def shape_after(self, layer, shape: Shape) -> Shape:
        size = conv.output_size(shape[1:], layer["kernel"], layer["stride"], layer["padding"])
        return (layer["channels"], *size)

    def window(self, layer):
        return layer["kernel"]

    def read_geometry(self, where: str, table: dict, series: bool) -> dict:
        """The keys of a convolution in a network file. Raises IntegradError, naming the key."""
        kernel = toml_values.pair(where, "kernel", table.get("kernel", 3), 1, series)
        if "padding" not in table and any(k % 2 == 0 for k in kernel):
            raise IntegradError(f"{where}: same padding is impossible with an even kernel; set padding")
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
        } | ({"groups": groups} if groups > 1 else {})


def same_padding(kind: str, channels: int, kernel: int, stride: int, series: bool, groups: int = 1) -> dict:
    """The geometry of cNkKsS of the short notation: same padding; a 1xK kernel for time series."""
    height = (lambda n: 1) if series else (lambda n: n)
    return {
        "type": kind,
        "channels": channels,
        "kernel": [height(kernel), kernel],
        "stride": [height(stride), stride],
        "padding": [0 if series else kernel // 2, kernel // 2],
    } | ({"groups": groups} if groups > 1 else {})

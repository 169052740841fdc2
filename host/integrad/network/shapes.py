"""Shapes of a list of layers, followed step by step, so that a mistake can be blamed on one of them."""

from __future__ import annotations

from integrad.network.layers import conv, pool

Shape = tuple[int, ...]


class LayerError(Exception):
    """Layer `index` of a list cannot be; the text says why."""

    def __init__(self, index: int, text: str):
        super().__init__(text)
        self.index = index


def check_shapes(layers: list[dict], input_shape: Shape) -> Shape:
    """Shape after the last layer.

    layers: as in a network description. Raises LayerError for a convolution or pool on features,
    for one that is larger than its map, and for groups that do not divide the channels.
    """
    shape = tuple(input_shape)
    for index, layer in enumerate(layers):
        shape = _after(index, layer, shape, dense_before=any(o["type"] == "dense" for o in layers[:index]))
    return shape


def shape_after(layer: dict, shape: Shape) -> Shape:
    """Shape of what comes out of a layer. shape: (C, H, W), or (F,) for a dense layer or dropout.

    The one place that says so. A side below 1 means that the layer does not fit on its input.
    """
    if layer["type"] == "dropout":
        return shape
    if layer["type"] == "dense":
        return (layer["units"],)
    if layer["type"] == "conv":
        size = conv.output_size(shape[1:], layer["kernel"], layer["stride"], layer["padding"])
        return (layer["channels"], *size)
    return (shape[0], *pool.output_size(shape[1:], layer["size"]))


def show(shape: Shape) -> str:
    """A shape in words: `a map of 8x16x16`, `96 features`."""
    return f"{shape[0]} features" if len(shape) == 1 else f"a map of {'x'.join(map(str, shape))}"


def _after(index: int, layer: dict, shape: Shape, dense_before: bool) -> Shape:
    kind = layer["type"]
    if kind in ("dropout", "dense"):
        return shape_after(layer, shape)
    if len(shape) == 1:
        name = _NAMES[kind]
        if dense_before:
            raise LayerError(index, f"{name} cannot follow a dense block")
        raise LayerError(index, f"{name} needs maps or series, but the samples are {show(shape)}: use mlp:")
    groups = layer.get("groups", 1)
    if shape[0] % groups or layer.get("channels", 0) % groups:
        channels = f"{shape[0]} input channels and {layer['channels']} channels"
        raise LayerError(index, f"groups of {groups} must divide both {channels}")
    after = shape_after(layer, shape)
    if min(after[1:]) < 1:
        window = layer["kernel"] if kind == "conv" else layer["size"]
        wide = "x".join(map(str, window))
        raise LayerError(index, f"{_NAMES[kind]} of {wide} is larger than {show(shape)}")
    return after


_NAMES = {"conv": "a convolution", "max_pool": "a max-pool", "avg_pool": "an average-pool"}

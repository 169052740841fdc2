"""Propagates shapes through a list of layers, so that a mistake can be attributed to one of them."""

from __future__ import annotations

from integrad.network.layer_types.table import LAYER_TYPES

Shape = tuple[int, ...]


class LayerError(Exception):
    """Layer `index` of a list is invalid; the message says why."""

    def __init__(self, index: int, text: str):
        super().__init__(text)
        self.index = index


def check_shapes(layers: list[dict], input_shape: Shape) -> Shape:
    """Output shape of the last layer.

    layers: as in a network description. Raises LayerError for a convolution or pooling layer that is applied
    to features or is larger than its map, and for groups that do not divide the channels.
    """
    shape, features_made = tuple(input_shape), False
    for index, layer in enumerate(layers):
        shape = _after(index, layer, shape, features_made)
        features_made |= LAYER_TYPES[layer["type"]].makes_features
    return shape


def show(shape: Shape) -> str:
    """Description of a shape: `a map of 8x16x16`, `96 features`."""
    return f"{shape[0]} features" if len(shape) == 1 else f"a map of {'x'.join(map(str, shape))}"


def _after(index: int, layer: dict, shape: Shape, features_made: bool) -> Shape:
    layer_type = LAYER_TYPES[layer["type"]]
    if not layer_type.takes_maps:
        return layer_type.shape_after(layer, shape)
    name = layer_type.title
    if len(shape) == 1:
        if features_made:
            raise LayerError(index, f"{name} cannot follow a dense block")
        raise LayerError(
            index, f"{name} requires maps or time series, but the samples are {show(shape)}: use mlp:"
        )
    groups = layer.get("groups", 1)
    if shape[0] % groups or layer.get("channels", 0) % groups:
        channels = f"{shape[0]} input channels and {layer['channels']} channels"
        raise LayerError(index, f"groups of {groups} must divide both {channels}")
    after = layer_type.shape_after(layer, shape)
    if min(after[1:]) < 1:
        wide = "x".join(map(str, layer_type.window(layer)))
        raise LayerError(index, f"{name} of {wide} is larger than {show(shape)}")
    return after

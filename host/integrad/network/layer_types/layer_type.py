"""The interface of a layer type."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field

from integrad.arithmetic import INT8_LIMIT
from integrad.errors import IntegradError
from integrad.network.stage import Stage

Shape = tuple[int, ...]


@dataclass(frozen=True)
class LayerType(ABC):
    """The properties of a layer type for network descriptions, network files and the short notation.

    kind: its `type`. title: its name in messages. keys: required keys of a description, besides `type`;
    optional: further keys, with the values that they have where a description omits them. takes_maps: whether
    it requires feature maps as input. makes_features: whether its output are features, after which no layer
    that takes maps can follow. file_defaults: name of a setting in a network file → (default, check) for
    layers that do not set it.
    """

    kind: str
    title: str
    keys: frozenset[str]
    optional: dict[str, object] = field(default_factory=dict)
    takes_maps: bool = False
    makes_features: bool = False
    file_defaults: dict[str, tuple[object, Callable]] = field(default_factory=dict)

    def check(self, layer: dict, where: str, shape: Shape, classes: int) -> Shape:
        """Validate a layer and return its output shape. Raises IntegradError, naming the field."""
        found = set(layer) - {"type"}
        if found - self.optional.keys() != self.keys:
            needs = ", ".join(sorted(self.keys | {"type"}))
            raise IntegradError(f"network: {where} ({self.kind}) must have exactly the keys {needs}")
        where = f"{where} ({self.kind})"
        if self.takes_maps and len(shape) != 3:
            raise IntegradError(
                f"network: {where} requires feature maps, but follows features of shape {list(shape)}"
            )
        return self.check_values(layer, where, shape, classes)

    def leave_out_defaults(self, layer: dict) -> None:
        """Remove optional keys with their usual values, so that equal networks yield equal files."""
        for key, usual in self.optional.items():
            if key in layer and layer[key] == usual:
                del layer[key]

    @abstractmethod
    def check_values(self, layer: dict, where: str, shape: Shape, classes: int) -> Shape:
        """Like check, after the keys and the kind of input have been validated."""

    @abstractmethod
    def shape_after(self, layer: dict, shape: Shape) -> Shape:
        """Output shape; a side below 1 means that the layer is larger than its input."""

    def output_limit(self, layer: dict, input_limit: int) -> int:
        """Largest magnitude of an output, in training too, for inputs of at most input_limit.

        All activations are within ±127; a smaller limit allows larger weights in the next layer.
        """
        return INT8_LIMIT

    def window(self, layer: dict) -> list[int]:
        """The window that is too large if a layer does not fit."""
        return layer["size"]

    @abstractmethod
    def stage(self, layer: dict, shape: Shape, classes: int) -> Stage:
        """The stage of a network for this layer, with weights 0."""

    @abstractmethod
    def read(self, where: str, table: dict, defaults: dict, series: bool) -> dict:
        """Convert a layer of a network file to one of a description.

        defaults: values of file_defaults in this file. series: whether a single number is a length in time.
        Raises IntegradError, which begins with `where` and names the key.
        """

    def fitting(self, layer: dict, where: str, shape: Shape) -> Shape:
        """Output shape. Raises IntegradError if the layer is larger than its input."""
        after = self.shape_after(layer, shape)
        if min(after) < 1:
            raise IntegradError(f"network: {where} does not fit on a map of {shape[1]}x{shape[2]}")
        return after

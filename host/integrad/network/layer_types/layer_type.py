"""The interface of a layer type."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field

from integrad.errors import IntegradError
from integrad.network.stage import Stage

Shape = tuple[int, ...]


@dataclass(frozen=True)
class LayerType(ABC):
    """What a description, a network file and the notation need to know of one type of layer.

    kind: its `type`. title: in messages. keys: of a description, besides `type`; optional: what it may
    leave out. takes_maps: whether it needs feature maps, and not features. makes_features: whether
    features come out, so that nothing that takes maps can follow. file_defaults: settings of a network
    file, by name: (default, check) for layers that do not say.
    """

    kind: str
    title: str
    keys: frozenset[str]
    optional: frozenset[str] = frozenset()
    takes_maps: bool = False
    makes_features: bool = False
    file_defaults: dict[str, tuple[object, Callable]] = field(default_factory=dict)

    def check(self, layer: dict, where: str, shape: Shape, classes: int) -> Shape:
        """Shape of what comes out. Raises IntegradError, naming the field, where that cannot be."""
        found = set(layer) - {"type"}
        if found - self.optional != self.keys:
            needs = ", ".join(sorted(self.keys | {"type"}))
            raise IntegradError(f"network: {where} ({self.kind}) needs exactly {needs}")
        where = f"{where} ({self.kind})"
        if self.takes_maps and len(shape) != 3:
            raise IntegradError(
                f"network: {where} needs feature maps, but follows features of shape {list(shape)}"
            )
        return self.check_values(layer, where, shape, classes)

    @abstractmethod
    def check_values(self, layer: dict, where: str, shape: Shape, classes: int) -> Shape:
        """Like check, once the keys and the kind of input are right."""

    @abstractmethod
    def shape_after(self, layer: dict, shape: Shape) -> Shape:
        """Shape of what comes out; a side below 1 means that the layer does not fit on its input."""

    def window(self, layer: dict) -> list[int]:
        """What is too large where a layer does not fit."""
        return layer["size"]

    @abstractmethod
    def stage(self, layer: dict, shape: Shape, classes: int) -> Stage:
        """The stage of a network that the layer becomes, weights 0."""

    @abstractmethod
    def read(self, where: str, table: dict, defaults: dict, series: bool) -> dict:
        """The layer of a description from one of a network file.

        defaults: file_defaults, as the file has set them. series: whether one number is a length in time.
        Raises IntegradError that begins with `where` and names the key.
        """

    def fitting(self, layer: dict, where: str, shape: Shape) -> Shape:
        """Shape of what comes out. Raises IntegradError where the layer does not fit."""
        after = self.shape_after(layer, shape)
        if min(after) < 1:
            raise IntegradError(f"network: {where} does not fit on a map of {shape[1]}x{shape[2]}")
        return after

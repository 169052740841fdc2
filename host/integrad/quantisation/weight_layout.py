"""How frameworks lay out the weights of a layer, and where the features of a map are in them.

torch: dense (units, fan_in), convolutions (out, in // groups, kh, kw), maps flattened in the order channel,
row, column, as in integrad. keras: dense (fan_in, units), convolutions (kh, kw, in // groups, out) or, for
depthwise ones, (kh, kw, in, multiplier), maps flattened in the order row, column, channel. Convolutions over
time have no kh in either.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import numpy as np

from integrad.network.backprop_blocks import BackpropConv, BackpropLayer
from integrad.network.network import Network

TORCH, KERAS = "torch", "keras"
LAYOUTS = (TORCH, KERAS)

CHW, HWC = "chw", "hwc"
FLATTENINGS = (CHW, HWC)
USUAL_FLATTENING = {TORCH: CHW, KERAS: HWC}

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Target:
    """A layer that receives weights. name: of its parameter; input_shape: of a sample, before flattening."""

    name: str
    layer: BackpropLayer
    input_shape: Shape

    @property
    def place(self) -> str:
        """block1, …, output."""
        return self.name.removesuffix(".weights")

    def shapes(self, layout: str) -> list[Shape]:
        """Shapes of arrays that hold its weights in a layout; the usual one first."""
        own = self.layer.weights.shape
        if not isinstance(self.layer, BackpropConv):
            return [own] if layout == TORCH else [own[::-1]]
        out, inputs, kh, kw = own
        if layout == TORCH:
            return [own, (out, inputs, kw)] if kh == 1 else [own]
        found = [(kh, kw, inputs, out)]
        if inputs == 1 < self.layer.groups:
            found.append((kh, kw, self.layer.groups, out // self.layer.groups))
        return [*found, *(shape[1:] for shape in found)] if kh == 1 else found

    def is_flattened(self) -> bool:
        """Whether the order of a map's features matters."""
        if isinstance(self.layer, BackpropConv) or len(self.input_shape) == 1:
            return False
        return self.input_shape[0] > 1 and prod(self.input_shape[1:]) > 1

    def arranged(self, array: np.ndarray, layout: str, flattening: str) -> np.ndarray:
        """An array in one of the shapes of a layout → the same weights in the shape of the layer's."""
        own = self.layer.weights.shape
        if isinstance(self.layer, BackpropConv):
            if layout == TORCH:
                return array.reshape(own)
            out, inputs, kh, kw = own
            return array.reshape(kh, kw, inputs, out).transpose(3, 2, 0, 1)
        rows = array if layout == TORCH else array.T
        if flattening == HWC and self.is_flattened():
            channels, height, width = self.input_shape
            rows = rows.reshape(-1, height, width, channels).transpose(0, 3, 1, 2)
        return rows.reshape(own)


def targets_of(network: Network) -> list[Target]:
    """The layers of a network that have weights, in order, with the output layer."""
    stages = [stage for stage in network.stages if stage.block is not None]
    found = [
        Target(f"block{number}.weights", stage.block, stage.input_shape)
        for number, stage in enumerate(stages, 1)
    ]
    shape = network.stages[-1].output_shape if network.stages else network.input_shape
    return [*found, Target("output.weights", network.output, shape)]

"""A stage of a network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from integrad.network.blocks import Block, BlockCache
from integrad.network.layers import dropout, flatten


@dataclass
class Stage:
    """A block, a layer without weights, or a dropout, with its shapes (without batch axis).

    function: of a layer without weights, int8 (N, *input_shape) → int8 (N, *output_shape). backward: its
    gradient, from that of its output and its input, where learners propagate errors through it. window: of a
    pooling layer. percent: of a dropout.
    """

    kind: str
    input_shape: tuple[int, ...]
    output_shape: tuple[int, ...]
    block: Block | None = None
    window: tuple[int, int] | None = None
    percent: int = 0
    function: Callable[[np.ndarray], np.ndarray] | None = None
    backward: Callable[[np.ndarray, np.ndarray], np.ndarray] | None = None

    def forward(self, x: np.ndarray) -> np.ndarray:
        """x: int8 (N, *input_shape) → int8 (N, *output_shape), as in inference."""
        if self.block is not None:
            return self.forward_block(x).h
        return x if self.function is None else self.function(x)

    def forward_block(self, x: np.ndarray) -> BlockCache:
        """Forward pass of the block of this stage; the input is flattened if the block takes features."""
        return self.block.forward(flatten.forward(x) if self.block.takes_features else x)

    def forward_training(self, x: np.ndarray, kept: list[np.ndarray]) -> np.ndarray:
        """Like forward, but dropout uses and removes the first mask of `kept`, if there is one."""
        if self.kind == "dropout" and kept:
            return dropout.forward(x, self.percent, kept.pop(0))
        return self.forward(x)

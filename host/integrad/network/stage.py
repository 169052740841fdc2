"""A stage of a network."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from integrad.network.blocks import Block, BlockCache
from integrad.network.layers import dropout, flatten, pool


@dataclass
class Stage:
    """A pooling layer, a dropout or a block, with its shapes (without batch axis)."""

    kind: str
    input_shape: tuple[int, ...]
    output_shape: tuple[int, ...]
    block: Block | None = None
    window: tuple[int, int] | None = None
    percent: int = 0

    def forward(self, x: np.ndarray) -> np.ndarray:
        """x: int8 (N, *input_shape) → int8 (N, *output_shape), as in inference."""
        if self.block is not None:
            return self.forward_block(x).h
        if self.kind == "max_pool":
            return pool.max_forward(x, self.window)
        if self.kind == "avg_pool":
            return pool.average_forward(x, self.window)
        return x

    def forward_block(self, x: np.ndarray) -> BlockCache:
        """Forward pass of the block of this stage; the input is flattened if the block takes features."""
        return self.block.forward(flatten.forward(x) if self.block.takes_features else x)

    def forward_training(self, x: np.ndarray, kept: list[np.ndarray]) -> np.ndarray:
        """Like forward, but dropout uses and removes the first mask of `kept`, if there is one."""
        if self.kind == "dropout" and kept:
            return dropout.forward(x, self.percent, kept.pop(0))
        return self.forward(x)

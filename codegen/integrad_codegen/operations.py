"""The words of a plan: fixed-size operations with their shapes, widths and costs."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import numpy as np

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Pool:
    """A pool on the main path, or in front of a head. Windows do not overlap."""

    kind: str
    window: tuple[int, int]
    padding: tuple[int, int]
    input_shape: Shape
    output_shape: Shape

    @property
    def area(self) -> int:
        return self.window[0] * self.window[1]


@dataclass(frozen=True)
class Classifier:
    """A linear layer to class scores: a block's head or the output layer.

    Its weight gradient always fits int32 (bounds.check_classifier).
    """

    name: str
    features: int
    classes: int
    scale: int
    limit: int


@dataclass(frozen=True)
class Operation:
    """One step of the main path.

    kind: "dense", "conv", "max_pool" or "avg_pool". name: unique C identifier. weights: int16 array
    of a block. head, head_pool: learning blocks only (head_pool is None where nothing is pooled).
    gradient_type: proved C type of the weight gradient. learns: updated on the device.
    groups: of a convolution: into so many equal parts its input and output channels are divided, and each
    output channel sees the input channels of its own part.
    pooled_first: a convolution whose maxima are pooled before they are activated, in C. pooled_slope: the
    alpha_inv that such a pool applies; NITRO-ReLU never decreases.
    """

    kind: str
    name: str
    input_shape: Shape
    output_shape: Shape
    number: int = 0
    learns: bool = False
    weights: np.ndarray | None = None
    head_weights: np.ndarray | None = None
    alpha_inv: int = 0
    mean: int = 0
    scale: int = 0
    limit: int = 0
    kernel: tuple[int, int] = (1, 1)
    stride: tuple[int, int] = (1, 1)
    padding: tuple[int, int] = (0, 0)
    groups: int = 1
    pool: Pool | None = None
    head: Classifier | None = None
    head_pool: Pool | None = None
    gradient_type: str = ""
    pooled_first: bool = False
    pooled_slope: int = 0

    @property
    def is_block(self) -> bool:
        return self.kind in ("dense", "conv")

    @property
    def inputs(self) -> int:
        return prod(self.input_shape)

    @property
    def outputs(self) -> int:
        return prod(self.output_shape)

    @property
    def fan_in(self) -> int:
        """Weights of one output row."""
        return int(np.prod(self.weights.shape[1:])) if self.weights is not None else 0

    @property
    def rows(self) -> int:
        """Output rows: units, or channels."""
        return self.output_shape[0]

    @property
    def group_shape(self) -> Shape:
        """Of the input maps that one group of a convolution sees."""
        channels, height, width = self.input_shape
        return channels // self.groups, height, width

    @property
    def group_rows(self) -> int:
        """Channels of one group."""
        return self.rows // self.groups

    @property
    def is_depthwise(self) -> bool:
        """Whether each map is convolved by itself, into one map; it has a kernel in C of its own."""
        return self.groups > 1 and self.groups == self.input_shape[0] == self.rows

    @property
    def positions(self) -> int:
        """Output positions that share one row of weights."""
        return self.outputs // self.rows

    @property
    def macs(self) -> int:
        """Multiply-accumulates of one forward pass (padding counted)."""
        return self.fan_in * self.outputs

    @property
    def flash_bytes(self) -> int:
        """Initial weights in flash; heads only where the block learns."""
        head = self.head_weights.nbytes if self.learns else 0
        return self.weights.nbytes + head if self.is_block else 0

    @property
    def training_macs(self) -> int:
        """Multiply-accumulates that one sample of a training step costs here, forward pass included."""
        if not self.learns:
            return self.macs
        head = self.head.features * self.head.classes
        touched = self.rows * prod(self.head_pool.output_shape[1:]) if self.sparse else self.outputs
        return self.macs + 3 * head + touched * self.fan_in

    @property
    def sparse(self) -> bool:
        """Max-pooled heads send their error to one position of each window only."""
        return self.head_pool is not None and self.head_pool.kind == "max_pool"

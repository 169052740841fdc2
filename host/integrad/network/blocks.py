"""Local-loss blocks, each with its own learning head, and the output layer.

A block learns only from the error of its head; no gradient is propagated from block to block
(NITRO-D, integer local-loss block). Heads are used in training only.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from integrad.arithmetic import (
    INT8_LIMIT,
    NARROW,
    SLOPES,
    TARGET,
    activation_limit,
    initial_bound,
    weight_limit,
)
from integrad.network.layers import conv, flatten, linear, nitro_relu, pool, scaling
from integrad.network.parameter import HEAD, WEIGHTS, Parameter
from integrad.network.sum_bounds import SumBounds

Pair = tuple[int, int]
Shape = tuple[int, ...]


@dataclass
class BlockCache:
    """Values of the forward pass that the backward pass of a block needs, all int8.

    x: input, s: scaled pre-activations, h: activations (the output of the block).
    """

    x: np.ndarray
    s: np.ndarray
    h: np.ndarray


@dataclass(frozen=True)
class HeadPooling:
    """The pooling in front of the head of a convolution block."""

    kind: str
    window: Pair
    padding: Pair
    size: Pair

    @classmethod
    def fit(cls, channels: int, size: Pair, limit: int, kind: str) -> HeadPooling:
        """Smallest window that leaves at most `limit` features, by the rule of NITRO-D.

        The height of the window doubles first, then its width, until channels·h·w ≤ limit or the
        window covers the map. channels, size: of the output of the block; kind: "max" or "avg".
        """
        (height, width), kh, kw = size, 1, 1

        def pooled() -> Pair:
            return -(-height // kh), -(-width // kw)

        while channels * pooled()[0] * pooled()[1] > limit and (kh < height or kw < width):
            if kh < height:
                kh *= 2
            if channels * pooled()[0] * pooled()[1] > limit and kw < width:
                kw *= 2
        dh, dw = pooled()
        padding = (kh * (dh - height // kh)) // 2, (kw * (dw - width // kw)) // 2
        return cls(kind, (kh, kw), padding, pool.output_size(size, (kh, kw), padding))

    def forward(self, h: np.ndarray) -> np.ndarray:
        """h: int8 (N, C, H, W) → int8 (N, C, *self.size)."""
        step = pool.max_forward if self.kind == "max" else pool.average_forward
        return step(h, self.window, self.padding)

    def backward(self, delta: np.ndarray, h: np.ndarray) -> np.ndarray:
        """delta: (N, C, *self.size), h: the pooled activations → gradient in the shape of h."""
        step = pool.max_backward if self.kind == "max" else pool.average_backward
        return step(delta, h, self.window, self.padding)


class NitroBlock:
    """What both kinds of block have in common: the ranges of the sums of a block and of its head."""

    @property
    def bounds(self) -> SumBounds:
        """Of the sums of the block itself."""
        return SumBounds(self.fan_in, self.input_limit, self.sums)

    @property
    def head_bounds(self) -> SumBounds:
        """Of the head, whose inputs are the activations of the block, pooled or not."""
        return SumBounds(self.head_features, activation_limit(self.alpha_inv), self.sums)


@dataclass
class DenseBlock(NitroBlock):
    """Linear → scaling → NITRO-ReLU, with a linear head.

    weights: int16 (units, fan_in); head: int16 (classes, units). input_limit, sums: see SumBounds.
    """

    fan_in: int
    units: int
    classes: int
    alpha_inv: int
    input_limit: int = INT8_LIMIT
    sums: int = NARROW
    weights: np.ndarray = field(init=False, repr=False)
    head: np.ndarray = field(init=False, repr=False)
    takes_features = True

    def __post_init__(self):
        self.weights = np.zeros((self.units, self.fan_in), np.int16)
        self.head = np.zeros((self.classes, self.units), np.int16)

    @property
    def output_shape(self) -> Shape:
        return (self.units,)

    @property
    def head_features(self) -> int:
        return self.units

    @property
    def positions(self) -> int:
        """Number of output positions that share a weight."""
        return 1

    def forward(self, x: np.ndarray) -> BlockCache:
        """x: int8 (N, fan_in) → cache whose h is int8 (N, units)."""
        s = scaling.forward(linear.forward(x, self.weights), self.fan_in)
        return BlockCache(x, s, nitro_relu.forward(s, self.alpha_inv))

    def features(self, cache: BlockCache) -> np.ndarray:
        """Input of the head: int8 (N, head_features)."""
        return cache.h

    def parameters(self, layer: int) -> list[Parameter]:
        """layer: index of the block in its network."""
        return _block_parameters(self, layer)

    def weight_gradient(self, error: np.ndarray, cache: BlockCache) -> np.ndarray:
        """error: int (N, classes) of the head, before its update → int64 in the shape of weights."""
        delta = linear.input_gradient(error, self.head)
        delta = scaling.backward(nitro_relu.backward(delta, cache.s, self.alpha_inv))
        return linear.weight_gradient(delta, cache.x)


@dataclass
class ConvBlock(NitroBlock):
    """Convolution → scaling → NITRO-ReLU, with a pooled linear head.

    weights: int16 (channels, in_channels // groups, kh, kw); head: int16 (classes, head_features).
    input_shape: (in_channels, H, W). groups: number of groups of channels, each of which depends on its group
    of input channels only; one group per input channel is a depthwise convolution. input_limit, sums: see
    SumBounds.
    """

    input_shape: Shape
    channels: int
    kernel: Pair
    stride: Pair
    padding: Pair
    classes: int
    alpha_inv: int
    head_limit: int
    head_pool: str
    groups: int = 1
    input_limit: int = INT8_LIMIT
    sums: int = NARROW
    weights: np.ndarray = field(init=False, repr=False)
    head: np.ndarray = field(init=False, repr=False)
    head_pooling: HeadPooling = field(init=False, repr=False)
    takes_features = False

    def __post_init__(self):
        size = self.output_shape[1:]
        self.head_pooling = HeadPooling.fit(self.channels, size, self.head_limit, self.head_pool)
        self.weights = np.zeros((self.channels, self.group_inputs, *self.kernel), np.int16)
        self.head = np.zeros((self.classes, self.head_features), np.int16)

    @property
    def group_inputs(self) -> int:
        """Number of input channels that an output channel depends on."""
        return self.input_shape[0] // self.groups

    @property
    def fan_in(self) -> int:
        return self.group_inputs * self.kernel[0] * self.kernel[1]

    @property
    def output_shape(self) -> Shape:
        size = conv.output_size(self.input_shape[1:], self.kernel, self.stride, self.padding)
        return (self.channels, *size)

    @property
    def head_features(self) -> int:
        return self.channels * self.head_pooling.size[0] * self.head_pooling.size[1]

    @property
    def positions(self) -> int:
        """Number of output positions that share a weight."""
        return self.output_shape[1] * self.output_shape[2]

    def forward(self, x: np.ndarray) -> BlockCache:
        """x: int8 (N, *input_shape) → cache whose h is int8 (N, *output_shape)."""
        z = conv.forward(x, self.weights, self.stride, self.padding, self.groups)
        s = scaling.forward(z, self.fan_in)
        return BlockCache(x, s, nitro_relu.forward(s, self.alpha_inv))

    def features(self, cache: BlockCache) -> np.ndarray:
        """Input of the head: int8 (N, head_features)."""
        return flatten.forward(self.head_pooling.forward(cache.h))

    def parameters(self, layer: int) -> list[Parameter]:
        """layer: index of the block in its network."""
        return _block_parameters(self, layer)

    def weight_gradient(self, error: np.ndarray, cache: BlockCache) -> np.ndarray:
        """error: int (N, classes) of the head, before its update → int64 in the shape of weights."""
        delta = linear.input_gradient(error, self.head)
        delta = flatten.backward(delta, (self.channels, *self.head_pooling.size))
        delta = self.head_pooling.backward(delta, cache.h)
        delta = scaling.backward(nitro_relu.backward(delta, cache.s, self.alpha_inv))
        return conv.weight_gradient(delta, cache.x, self.kernel, self.stride, self.padding, self.groups)


@dataclass
class OutputLayer:
    """Linear → scaling: the logits. weights: int16 (classes, fan_in). input_limit, sums: see SumBounds."""

    fan_in: int
    classes: int
    input_limit: int = INT8_LIMIT
    sums: int = NARROW
    weights: np.ndarray = field(init=False, repr=False)
    target = TARGET

    def __post_init__(self):
        self.weights = np.zeros((self.classes, self.fan_in), np.int16)

    @property
    def bounds(self) -> SumBounds:
        return SumBounds(self.fan_in, self.input_limit, self.sums)

    def parameters(self) -> list[Parameter]:
        return [Parameter(self, WEIGHTS, None, self.bounds.weight_limit)]

    def forward(self, x: np.ndarray) -> np.ndarray:
        """x: int8 (N, fan_in) → logits int8 (N, classes)."""
        return classify(x, self.weights)


Block = DenseBlock | ConvBlock


def _block_parameters(block: Block, layer: int) -> list[Parameter]:
    head_limit = block.head_bounds.weight_limit
    return [
        Parameter(block, WEIGHTS, layer, block.bounds.weight_limit),
        Parameter(block, HEAD, layer, head_limit, needed_by_inference=False),
    ]


def classify(features: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Scaled linear classifier of the output layer and of all heads: int8 (N, classes)."""
    return scaling.forward(linear.forward(features, weights), weights.shape[1])


def classifier_gradient(error: np.ndarray, features: np.ndarray) -> np.ndarray:
    """error: int (N, classes), features: int8 (N, d) → gradient of the weights of a classifier, int64."""
    return linear.weight_gradient(error, features)


def random_weights(shape: Shape, alpha_inv: int, rng: np.random.Generator) -> np.ndarray:
    """int16 weights, uniform in ± the integer Kaiming bound of their fan-in (NITRO-D, initialisation)."""
    fan_in = int(np.prod(shape[1:]))
    bound = min(initial_bound(fan_in, SLOPES[alpha_inv].gain), weight_limit(fan_in))
    return rng.integers(-bound, bound, shape, dtype=np.int16, endpoint=True)

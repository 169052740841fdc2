"""Layers that learn by integer backpropagation: 8-bit weights, a power of two as the scale of each tensor.

An int8 value v of a tensor with exponent e stands for v · 2^e. A layer shifts its int32 sums to the right by
its output shift to obtain int8 values, and the errors that it propagates by its error shift; exponents keep
track of these shifts (NITI: Wang et al., arXiv 2009.13108).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from integrad.arithmetic import INT8_LIMIT, INT32_LIMIT, bit_width, isqrt, requantise
from integrad.errors import IntegradError
from integrad.matmul import product_of_int8
from integrad.network.layers import columns, conv
from integrad.network.parameter import BIAS, FRACTIONS, SCALES, WEIGHTS, Parameter

INT8, MASTER = "int8", "int16-master"
ENCODINGS = (INT8, MASTER)
"""How weights are stored: as the int8 values that compute, or with 8 more bits that only updates see."""

LEAKS = (0, 2, 4, 8, 16)
"""Inverse negative slopes of the activation; 0 stands for ReLU."""

MASTER_LIMIT = 256 * INT8_LIMIT
"""Largest |256·weight + fraction|: rounded to a multiple of 256, it is an int8 within ±127."""

FRACTION_LIMIT = 128
MAX_SHIFT = 30
EXPONENT_LIMIT = 64

INPUT_EXPONENT, ERROR_EXPONENT = -6, -7
"""Of the inputs of a network, and of the errors of its scores."""

BIAS_INPUT = 64
"""A bias is the weight of one more input, which has this value: 1 with the exponent of a network's inputs."""

MAX_SUMMANDS = INT32_LIMIT // INT8_LIMIT**2
"""Number of products of int8 values whose sum provably fits in 32 bits."""

COLUMN_ELEMENTS = 2**24
"""Maximum number of elements of the columns that exist at a time: 64 MB as float32."""

Pair = tuple[int, int]
Shape = tuple[int, ...]


class ScalesParameter(Parameter):
    """The scales of a layer: constants in generated code, checked one by one."""

    def check(self, array: np.ndarray) -> None:
        super().check(array)
        for shift in array[1:].tolist():
            if not 0 <= shift <= MAX_SHIFT:
                raise IntegradError(f"weights {self.name}: a shift of {shift} is not in 0 … {MAX_SHIFT}")


@dataclass
class BackpropCache:
    """Values of the forward pass that learning needs. x: int8 inputs; columns: of x as in layers.columns, or
    None; h: int8 activations (the output).
    """

    x: np.ndarray
    columns: np.ndarray | None
    h: np.ndarray


class BackpropLayer:
    """What all layers share.

    weights: int8, an output per row, which compute. fraction: int8 of the same shape, or None; 256·weights +
    fraction is then the value that learns. bias, bias_fraction: the same for the biases, one per output, or
    None; they have the exponent of the weights. scales: int8 (3,), exponent of the weights, output shift and
    error shift. leak: see LEAKS; None for no activation.
    """

    weights: np.ndarray
    fraction: np.ndarray | None
    bias: np.ndarray | None
    bias_fraction: np.ndarray | None
    scales: np.ndarray
    encoding: str
    leak: int | None
    fan_in: int

    def allocate(self, shape: Shape, biased: bool) -> None:
        """Parameters with this shape of the weights, an output per row, all zero."""
        self.bias = self.bias_fraction = None
        for role, size in [(WEIGHTS, shape), *([(BIAS, shape[:1])] if biased else [])]:
            setattr(self, role, np.zeros(size, np.int8))
            setattr(self, FRACTIONS[role], np.zeros(size, np.int8) if self.encoding == MASTER else None)
        self.scales = np.zeros(3, np.int8)

    @property
    def learning(self) -> list[str]:
        """Roles of the parameters that have gradients."""
        return [WEIGHTS] if self.bias is None else [WEIGHTS, BIAS]

    @property
    def summands(self) -> int:
        """Number of products of which an output is the sum, at most; as for inputs of 127."""
        return self.fan_in + (self.bias is not None)

    @property
    def weight_exponent(self) -> int:
        return int(self.scales[0])

    @property
    def update_exponent(self) -> int:
        """The exponent of the integers that learn."""
        return self.weight_exponent - (8 if self.encoding == MASTER else 0)

    @property
    def output_shift(self) -> int:
        return int(self.scales[1])

    @property
    def error_shift(self) -> int:
        return int(self.scales[2])

    def parameters(self, layer: int | None = None) -> list[Parameter]:
        """layer: index of the block in its network; None for the output layer."""
        found = []
        for role in self.learning:
            found.append(Parameter(self, role, layer, INT8_LIMIT, encoding="int8"))
            if self.encoding == MASTER:
                fraction, limit = FRACTIONS[role], FRACTION_LIMIT
                found.append(
                    Parameter(self, fraction, layer, limit, needed_by_inference=False, encoding="int8")
                )
        scales = ScalesParameter(
            self,
            SCALES,
            layer,
            EXPONENT_LIMIT,
            trainable=False,
            needed_by_inference=False,
            encoding="int8",
            on_device=False,
        )
        return [*found, scales]

    def master(self, role: str = WEIGHTS) -> np.ndarray:
        """int16 in the shape of weights, or of bias: the values that learn."""
        values, fraction = getattr(self, role).astype(np.int16), getattr(self, FRACTIONS[role])
        return values if fraction is None else 256 * values + fraction

    def set_master(self, values: np.ndarray, role: str = WEIGHTS) -> None:
        """Inverse of master(): weights are the values divided by 256, rounded half up."""
        array, fraction = getattr(self, role), getattr(self, FRACTIONS[role])
        if fraction is None:
            array[...] = values
            return
        rounded = (values.astype(np.int32) + 128) >> 8
        array[...] = rounded
        fraction[...] = values - 256 * rounded

    def initialise(self, numerator: int, rng: np.random.Generator, percent: int = 100) -> None:
        """Weights uniform in ± sqrt(numerator / fan_in), with the smallest exponent that represents them, or
        in `percent` of this range, with the same exponent.

        Biases are 0. The shifts suit sums of independent terms until they are calibrated.
        """
        exponent = initial_exponent(numerator, self.fan_in)
        outputs = self.weights.size // self.fan_in
        shifts = [bit_width(INT8_LIMIT**2 * isqrt(n)) - 7 for n in (self.fan_in, outputs)]
        self.scales[...] = exponent, *shifts
        limit = INT8_LIMIT if self.fraction is None else MASTER_LIMIT
        bound = min(isqrt(numerator * 4**-self.update_exponent // self.fan_in), limit) * percent // 100
        self.set_master(rng.integers(-bound, bound, self.weights.shape, dtype=np.int16, endpoint=True))
        if self.bias is not None:
            self.set_master(np.zeros_like(self.bias), BIAS)

    def activate(self, sums: np.ndarray, shift: int) -> np.ndarray:
        """sums: int32 → int8 activations, same shape."""
        v = requantise(sums, shift)
        return v if self.leak is None else np.maximum(v, leaking(v, self.leak))

    def derivative(self, error: np.ndarray, h: np.ndarray) -> np.ndarray:
        """error: int8 of the activations h → int8 error of the sums, before their shift."""
        if self.leak is None:
            return error
        return np.where(h > 0, error, leaking(error, self.leak)) if self.leak else error * (h > 0)

    def forward(self, x: np.ndarray) -> BackpropCache:
        """x: int8 (N, *inputs) → cache whose h is int8 (N, *outputs)."""
        found, sums = self.accumulate(x)
        return BackpropCache(x, found, self.activate(sums, self.output_shift))

    def accumulate(self, x: np.ndarray) -> tuple[np.ndarray | None, np.ndarray]:
        """x: int8 (N, *inputs) → (columns for the cache, sums int32 (N, *outputs))."""
        found, sums = self.products(x)
        if self.bias is not None:
            sums += BIAS_INPUT * self.bias.astype(np.int32).reshape(-1, *[1] * (sums.ndim - 2))
        return found, sums

    def gradients(self, error: np.ndarray, cache: BackpropCache) -> dict[str, np.ndarray]:
        """error: int8 (N, *outputs) of the sums → role → int64 in the shape of that parameter."""
        found = {WEIGHTS: self.weight_gradient(error, cache)}
        if self.bias is not None:
            by_output = error.reshape(*error.shape[:2], -1)
            found[BIAS] = BIAS_INPUT * by_output.sum(axis=(0, 2), dtype=np.int64)
        return found

    def products(self, x: np.ndarray) -> tuple[np.ndarray | None, np.ndarray]:
        """Like accumulate, without the biases."""
        raise NotImplementedError

    def weight_gradient(self, error: np.ndarray, cache: BackpropCache) -> np.ndarray:
        """error: int8 (N, *outputs) of the sums → int64 in the shape of weights."""
        raise NotImplementedError

    def error_below(self, error: np.ndarray) -> np.ndarray:
        """error: int8 (N, *outputs) of the sums → int32 (N, *inputs), before the error shift."""
        raise NotImplementedError


@dataclass
class BackpropDense(BackpropLayer):
    """A fully connected block. weights: (units, fan_in), bias: (units,) if it is biased."""

    fan_in: int
    units: int
    leak: int | None = 0
    encoding: str = INT8
    biased: bool = False
    takes_features = True

    def __post_init__(self):
        self.allocate((self.units, self.fan_in), self.biased)

    @property
    def output_shape(self) -> Shape:
        return (self.units,)

    @property
    def positions(self) -> int:
        """Number of output positions that share a weight."""
        return 1

    def products(self, x):
        return None, product_of_int8(x, self.weights.T)

    def weight_gradient(self, error, cache):
        return product_of_int8(error.T, cache.x).astype(np.int64)

    def error_below(self, error):
        return product_of_int8(error, self.weights)


@dataclass
class BackpropConv(BackpropLayer):
    """A convolution block. weights: (channels, in_channels // groups, kh, kw), bias: (channels,) if it is
    biased. Like ConvBlock otherwise."""

    input_shape: Shape
    channels: int
    kernel: Pair
    stride: Pair
    padding: Pair
    groups: int = 1
    leak: int | None = 0
    encoding: str = INT8
    biased: bool = False
    takes_features = False

    def __post_init__(self):
        self.allocate((self.channels, self.group_inputs, *self.kernel), self.biased)

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
    def positions(self) -> int:
        """Number of output positions that share a weight."""
        return self.output_shape[1] * self.output_shape[2]

    def products(self, x):
        chunks = list(self._chunks(len(x)))
        if len(chunks) == 1:
            found = self._gather(x)
            return found, self._sums(found)
        return None, np.concatenate([self._sums(self._gather(x[chunk])) for chunk in chunks])

    def weight_gradient(self, error, cache):
        gradient = np.zeros(self._grouped().shape, np.int64)
        for chunk in self._chunks(len(error)):
            found = self._gather(cache.x[chunk]) if cache.columns is None else cache.columns
            seen = self._by_group(found).swapaxes(-1, -2)
            gradient += product_of_int8(self._by_group(error[chunk]), seen).sum(axis=0, dtype=np.int64)
        return gradient.reshape(self.weights.shape)

    def error_below(self, error):
        below = np.empty((len(error), *self.input_shape), np.int32)
        for chunk in self._chunks(len(error)):
            spread = product_of_int8(self._grouped().swapaxes(-1, -2), self._by_group(error[chunk]))
            spread = spread.reshape(len(spread), -1, self.positions)
            below[chunk] = columns.scatter(spread, self.input_shape, self.kernel, self.stride, self.padding)
        return below

    def _gather(self, x: np.ndarray) -> np.ndarray:
        return columns.gather(x, self.kernel, self.stride, self.padding)

    def _sums(self, found: np.ndarray) -> np.ndarray:
        return product_of_int8(self._grouped(), self._by_group(found)).reshape(len(found), *self.output_shape)

    def _chunks(self, samples: int) -> Iterator[slice]:
        """Slices of a batch whose columns have at most COLUMN_ELEMENTS elements."""
        size = self.positions * self.fan_in * self.groups
        step = max(1, COLUMN_ELEMENTS // size)
        return (slice(start, start + step) for start in range(0, samples, step))

    def _grouped(self) -> np.ndarray:
        """The weights as one matrix per group: (groups, channels // groups, fan_in)."""
        return self.weights.reshape(self.groups, -1, self.fan_in)

    def _by_group(self, rows: np.ndarray) -> np.ndarray:
        """(N, rows, positions), or maps, with the rows of each group: (N, groups, rows // groups,
        positions)."""
        return rows.reshape(len(rows), self.groups, -1, self.positions)


@dataclass
class BackpropOutput(BackpropDense):
    """The output layer, without activation: its int8 values are the scores. blocks: the layers before it."""

    leak: int | None = None
    blocks: Sequence[BackpropLayer] = field(default=(), repr=False)

    @property
    def classes(self) -> int:
        return self.units

    @property
    def target(self) -> int:
        """The score of a sample's class that stands for 1, as far as int8 represents it."""
        exponent = output_exponent([*self.blocks, self])
        return min(INT8_LIMIT, 1 << min(-exponent, 7)) if exponent <= 0 else 1

    def forward(self, x: np.ndarray) -> np.ndarray:
        """x: int8 (N, fan_in) → scores int8 (N, classes)."""
        return self.activate(self.accumulate(x)[1], self.output_shift)


def initial_exponent(numerator: int, fan_in: int) -> int:
    """Exponent of int8 weights up to sqrt(numerator / fan_in): the smallest power of two that bounds them is
    128 units.
    """
    exponent = 0
    if numerator > fan_in:
        while numerator > fan_in * 4**exponent:
            exponent += 1
    else:
        while numerator * 4 ** (1 - exponent) <= fan_in:
            exponent -= 1
    return exponent - 7


def input_exponents(layers: Sequence[BackpropLayer]) -> list[int]:
    """Of each layer's inputs; a further one for what the last layer puts out. Pools keep exponents.

    layers: all blocks of a network in order, and its output layer.
    """
    found = [INPUT_EXPONENT]
    for layer in layers:
        found.append(found[-1] + layer.weight_exponent + layer.output_shift)
    return found


def output_exponent(layers: Sequence[BackpropLayer]) -> int:
    """Of the scores."""
    return input_exponents(layers)[-1]


def error_exponents(layers: Sequence[BackpropLayer]) -> list[int]:
    """Of the error of each layer's outputs."""
    found = [ERROR_EXPONENT]
    for layer in reversed(layers[1:]):
        found.append(found[-1] + layer.weight_exponent + layer.error_shift)
    return found[::-1]


def leaking(v: np.ndarray, leak: int) -> np.ndarray:
    """v: int8 → int8 tdiv(v, leak), 0 for a leak of 0."""
    if leak == 0:
        return np.zeros_like(v)
    # A shift rounds down; adding leak - 1 to negative numbers makes it truncate.
    return (v + ((v >> 7) & np.int8(leak - 1))) >> np.int8(leak.bit_length() - 1)

"""Hypothesis strategies that draw whole cases: layouts, layers, weights, inputs, schedules."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from cases import INPUTS, WEIGHTS, Case
from hypothesis import strategies as st

from integrad.arithmetic import INT32_LIMIT, SLOPES, learning_rate_limit
from integrad.datasets import axes as layouts
from integrad.learners.backprop_loss import LOSSES
from integrad.learners.memory_options import SWITCH
from integrad.network.backprop_blocks import ENCODINGS, LEAKS
from integrad.network.backprop_stash import STASHES
from integrad.network.layers import conv
from integrad.network.layers.dropout import KEEP_SCALE

RAW_DTYPES = ("uint8", "int8", "int16", "uint16", "int32")
KEYS = ("units", "channels", "kernel", "stride", "padding", "groups")
"""What layers of NITRO-D and of integer backpropagation have in common."""

MAX_MAP = 12
MAX_WORK = 60_000
"""Multiply-accumulates of one forward pass: keeps a case below a second on every executor."""


@st.composite
def cases(draw: st.DrawFn, axes: str | None = None) -> Case:
    """Any case, or any whose samples have this layout."""
    axes = axes or draw(st.sampled_from(layouts.LAYOUTS))
    raw_shape = tuple(draw(_side(letter)) for letter in axes)
    raw_dtype = draw(st.sampled_from(RAW_DTYPES))
    channels = layouts.channels(axes, raw_shape)
    mean, mad = draw(_constants(raw_dtype, channels))
    classes = draw(st.one_of(st.integers(2, 5), st.integers(2, 5), st.integers(6, 40), st.just(255)))
    layers = draw(_layers(layouts.input_shape(axes, raw_shape), classes))
    batch = draw(st.integers(1, 9))
    counts = draw(st.lists(st.one_of(st.just(batch), st.integers(1, batch)), min_size=1, max_size=4))
    return Case(
        axes,
        raw_dtype,
        raw_shape,
        mean,
        mad,
        classes,
        layers,
        draw(st.sampled_from(["all", "all", "all", "last:1", "last:2", "last:3", "output", "none"])),
        batch,
        tuple(counts),
        tuple(draw(st.lists(_schedule(classes, batch), min_size=1, max_size=3))),
        draw(st.sampled_from(WEIGHTS)),
        draw(st.sampled_from(INPUTS)),
        draw(st.integers(0, 2**32 - 2)),
    )


@st.composite
def backprop_cases(draw: st.DrawFn) -> Case:
    """Any case of integer backpropagation: the layers of NITRO-D, with options of their own."""
    case = draw(cases())
    layers = [draw(_backprop(layer)) for layer in case.layers]
    rates = st.one_of(st.sampled_from([1, 2, 16, INT32_LIMIT]), st.integers(1, 3000))
    return replace(
        case,
        layers=layers,
        schedules=tuple((draw(rates),) for _ in case.schedules),
        learner="backprop",
        output_bias=draw(st.booleans()),
        loss=draw(st.sampled_from(["", *LOSSES])),
        stash=draw(st.sampled_from(STASHES)) if case.learn != "none" else "",
        recompute=draw(st.sampled_from(SWITCH)) if case.learn != "none" else "",
        scales=draw(st.sampled_from(["typical", "typical", "any"])),
    )


@st.composite
def _backprop(draw: st.DrawFn, layer: dict) -> dict:
    if layer["type"] not in ("dense", "conv"):
        return layer
    kept = {key: value for key, value in layer.items() if key in KEYS}
    options = {"leak": draw(st.sampled_from(LEAKS)), "encoding": draw(st.sampled_from(ENCODINGS))}
    options["bias"] = draw(st.booleans())
    return kept | {"type": f"backprop_{layer['type']}"} | options


def _side(letter: str) -> st.SearchStrategy[int]:
    most = {"F": 40, "T": 40, "C": 4, "H": MAX_MAP, "W": MAX_MAP}[letter]
    return st.integers(1, most)


@st.composite
def _constants(draw: st.DrawFn, dtype: str, channels: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """mean and mean absolute deviation of every channel, typical or at the ends of what is valid."""
    limits = np.iinfo(dtype)
    offset = 128 if dtype == "uint8" else 0
    low, high = int(limits.min) - offset, int(limits.max) - offset
    mean = st.one_of(st.integers(low, high), st.sampled_from([low, high, 0]))
    widest = high - low
    mad = st.one_of(st.integers(1, min(100, widest)), st.integers(1, widest), st.sampled_from([1, widest]))
    many = {"min_size": channels, "max_size": channels}
    return tuple(draw(st.lists(mean, **many))), tuple(draw(st.lists(mad, **many)))


@st.composite
def _layers(draw: st.DrawFn, shape: tuple[int, ...], classes: int) -> list[dict]:
    layers: list[dict] = []
    work = 0
    for _ in range(draw(st.sampled_from([2, 3, 4, 1, 0]))):
        maps = len(shape) == 3
        for _ in range(draw(st.integers(0, 1))):
            layers.append(draw(_between(shape)))
            shape = _after(layers[-1], shape)
        layer = draw(_conv(shape, classes)) if maps and draw(st.integers(0, 3)) else draw(_dense(classes))
        after = _after(layer, shape)
        work += _fan_in(layer, shape) * int(np.prod(after))
        if work > MAX_WORK:
            break
        layers.append(layer)
        shape = after
    return layers


def _fan_in(layer: dict, shape: tuple[int, ...]) -> int:
    if layer["type"] == "dense":
        return int(np.prod(shape))
    return shape[0] // layer.get("groups", 1) * int(np.prod(layer["kernel"]))


@st.composite
def _between(draw: st.DrawFn, shape: tuple[int, ...]) -> dict:
    """A pool where there are maps, or a dropout, which a device ignores."""
    if len(shape) != 3 or draw(st.integers(0, 3)) == 0:
        return {"type": "dropout", "percent": draw(st.sampled_from(list(KEEP_SCALE)))}
    size = [draw(st.integers(1, min(3, side))) for side in shape[1:]]
    return {"type": draw(st.sampled_from(["max_pool", "avg_pool"])), "size": size}


@st.composite
def _conv(draw: st.DrawFn, shape: tuple[int, ...], classes: int) -> dict:
    kernel, stride, padding = [], [], []
    for side in shape[1:]:
        k = 1 if side == 1 and draw(st.booleans()) else draw(st.integers(1, 5))
        least = max(0, -((side - k) // 2))  # padding without which the kernel would not fit
        if least >= k:
            k, least = 1, 0
        kernel.append(k)
        padding.append(draw(st.integers(least, k - 1)))
        stride.append(draw(st.integers(1, 3)))
    size = conv.output_size(shape[1:], tuple(kernel), tuple(stride), tuple(padding))
    groups, channels = draw(_channels(shape[0]))
    features = channels * size[0] * size[1]
    return {
        "type": "conv",
        "channels": channels,
        "kernel": kernel,
        "stride": stride,
        "padding": padding,
        "alpha_inv": draw(st.sampled_from(list(SLOPES))),
        "head_features": draw(st.one_of(st.integers(1, max(1, features // 2)), st.integers(1, features + 1))),
        "head_pool": draw(st.sampled_from(["max", "avg"])),
    } | ({"groups": groups} if groups > 1 else {})


@st.composite
def _channels(draw: st.DrawFn, inputs: int) -> tuple[int, int]:
    """(groups, channels): all inputs for every channel, some for some, or depthwise."""
    divisors = [n for n in range(1, inputs + 1) if inputs % n == 0]
    groups = draw(st.sampled_from([1, 1, *divisors, inputs]))
    return groups, groups * draw(st.integers(1, max(1, 6 // groups)))


@st.composite
def _dense(draw: st.DrawFn, classes: int) -> dict:
    units = draw(st.integers(1, 24))
    return {"type": "dense", "units": units, "alpha_inv": draw(st.sampled_from(list(SLOPES)))}


def _after(layer: dict, shape: tuple[int, ...]) -> tuple[int, ...]:
    if layer["type"] == "dropout":
        return shape
    if layer["type"] == "dense":
        return (layer["units"],)
    if layer["type"] == "conv":
        size = conv.output_size(shape[1:], layer["kernel"], layer["stride"], layer["padding"])
        return (layer["channels"], *size)
    return (shape[0], *(n // k for n, k in zip(shape[1:], layer["size"], strict=True)))


@st.composite
def _schedule(draw: st.DrawFn, classes: int, batch: int) -> tuple[int, int, int]:
    most = learning_rate_limit(classes)
    rates = [1, 2, 8 * batch, 512, most]
    rate = draw(st.one_of(st.sampled_from(rates), st.integers(1, 100), st.integers(1, most)))
    decay = st.one_of(st.sampled_from([0, 1, 2, INT32_LIMIT]), st.integers(1, 5000))
    return min(rate, most), draw(decay), draw(decay)

"""The short notation for networks: `mlp:96,48`, `cnn:p2,c8,p2,c16,p2,d48`.

    mlp:   N or dN  dense block of N units
    cnn:   cN       convolution block, N channels, 3x3 kernel, same padding
           cNkK     with a KxK kernel (K odd),  cNsS  with stride S (1 or 2),  cNkKsS  with both
           dw       depthwise convolution block, 3x3 kernel, same padding; also dwkK, dwsS, dwkKsS
           pN aN    max-pool, average-pool of NxN
           dN       dense block
    both:  xP       dropout of P percent (5, 10, … 95), during training on the host only

The output layer is implicit. For time series, kernels and pooling windows are 1xN: they extend over time.
"""

from __future__ import annotations

import re

from integrad.errors import NotationError, UsageError
from integrad.network.description import MAX_LAYERS
from integrad.network.layer_types.checks import MAX_SIDE
from integrad.network.layers.dropout import KEEP_SCALE
from integrad.network.learner_layers import LearnerLayers
from integrad.network.learner_table import LEARNER_LAYERS, USUAL_LEARNER
from integrad.network.shapes import LayerError, Shape, check_shapes

EXPECTED = {
    "mlp": "a number of units such as 96, or xP (dropout)",
    "cnn": "cN[kK][sS], dw[kK][sS], pN, aN, dN or xP",
}

SHOWN = 200
"""Characters of the text in a message."""

KINDS = {"mlp": ("d", "x"), "cnn": ("c", "dw", "p", "a", "d", "x")}


def parse_notation(text: str, input_shape: Shape, learner: str = USUAL_LEARNER) -> list[dict]:
    """Layers of a network description.

    input_shape: (F,), (C, 1, T) or (C, H, W). learner: id of the learner. Raises UsageError that
    points to the mistake.
    """
    family, colon, _ = text.partition(":")
    if not colon or family not in EXPECTED:
        raise _error(
            text, 0, "expected mlp:…, cnn:…, nitro:…, pocket:…, backprop:… or a path that ends in .toml"
        )
    own = LEARNER_LAYERS[learner]
    if family not in own.families:
        raise _error(text, 0, f"the learner {learner} supports only {', '.join(own.families)}")
    elements = _split(text, len(family) + 1)
    if len(elements) > MAX_LAYERS:
        raise _error(text, elements[MAX_LAYERS][0], f"there are more than {MAX_LAYERS} layers")
    series = len(input_shape) == 3 and input_shape[1] == 1
    layers, channels = [], input_shape[0]
    for position, element in elements:
        layers.append(_parse_element(text, position, element, family, series, channels, own))
        channels = layers[-1].get("channels", channels)
    try:
        check_shapes(layers, input_shape)
    except LayerError as error:
        position, element = elements[error.index]
        raise _error(text, position, f"'{element}' does not fit here: {error}") from error
    return layers


def pool_layer(kind: str, size: int, series: bool) -> dict:
    """kind: max_pool or avg_pool; for time series the window is 1xN."""
    return {"type": kind, "size": [1 if series else size, size]}


def _split(text: str, start: int) -> list[tuple[int, str]]:
    """(position, element) of the comma-separated elements from `start` on, without surrounding blanks."""
    found = []
    for part in text[start:].split(","):
        found.append((start + len(part) - len(part.lstrip()), part.strip()))
        start += len(part) + 1
    return found


def _parse_element(
    text: str, position: int, element: str, family: str, series: bool, channels: int, own: LearnerLayers
) -> dict:
    """channels: of the input maps. own: layers of the learner."""

    def wrong(offset: int, why: str) -> UsageError:
        return _error(text, position + offset, why)

    kind, rest = _kind(element, family)
    if kind not in KINDS[family]:
        raise wrong(0, f"expected {EXPECTED[family]}")
    digits = re.compile(r"[0-9]*").match(element, rest)
    if not digits[0] and kind != "dw":
        raise wrong(rest, f"expected a number after '{kind}'")
    convolves = kind in ("c", "dw")
    start = rest if kind == "dw" else digits.end()
    sizes = re.compile(r"(?:k([0-9]+))?(?:s([0-9]+))?").match(element, start)
    end = sizes.end() if convolves else start
    if end < len(element):
        more = ", kK, sS" if convolves else ""
        raise wrong(end, f"expected a comma{more} or the end after '{element[:end]}'")
    if kind == "dw":
        return _conv(wrong, sizes, channels, series, own, groups=channels)
    number = _number(wrong, rest, digits[0])
    if kind == "c":
        return _conv(wrong, sizes, number, series, own)
    if kind == "x":
        if number not in KEEP_SCALE:
            raise wrong(rest, "dropout must be 5, 10, 15, … 95 percent")
        return {"type": "dropout", "percent": number}
    if kind == "d":
        return own.dense(number)
    return pool_layer("max_pool" if kind == "p" else "avg_pool", number, series)


def _kind(element: str, family: str) -> tuple[str, int]:
    """(kind of layer of an element, index of the rest of the element)."""
    if family == "mlp" and element[:1] in tuple("0123456789"):
        return "d", 0
    letters = 2 if family == "cnn" and element.startswith("dw") else 1
    return element[:letters], letters


def _conv(wrong, sizes: re.Match, channels: int, series: bool, own: LearnerLayers, groups: int = 1) -> dict:
    kernel = _number(wrong, sizes.start(1), sizes[1] or "3")
    stride = _number(wrong, sizes.start(2), sizes[2] or "1")
    if kernel % 2 == 0:
        raise wrong(sizes.start(1), "same padding requires an odd kernel: 1, 3, 5, …")
    if stride > 2:
        raise wrong(sizes.start(2), "the stride must be 1 or 2")
    return own.conv(channels, kernel, stride, series, groups)


def _number(wrong, offset: int, digits: str) -> int:
    if len(digits) > 9 or not 1 <= int(digits) <= MAX_SIDE:
        raise wrong(offset, f"expected a number from 1 to {MAX_SIDE:,}")
    return int(digits)


def _error(text: str, position: int, why: str) -> NotationError:
    """Shows the text with a caret under the position; control characters are replaced by blanks."""
    begin = max(0, position - SHOWN // 2)
    part, dots = text[begin : begin + SHOWN], "…" if begin else ""
    shown = dots + "".join(c if c.isprintable() else " " for c in part)
    shown += "…" if begin + SHOWN < len(text) else ""
    return NotationError(f"SPEC: {why}\n  {shown}\n  {' ' * (len(dots) + position - begin)}^")

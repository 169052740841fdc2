"""Layouts: which axis of a sample is time, height, width or channel.

A layout has one letter per axis: F features (each is a channel of its own), T time, C channel, H height,
W width. It is detected from the shape by three rules. The result is shown to the user, who can override it.

1. one axis: features. A time series with one channel has the same shape and must be requested (T).
2. two axes: a time series if one axis has at most 16 entries and the other at least twice as many;
   the shorter one is the channel axis (TC or CT). Otherwise a greyscale image (HW).
3. three axes: an image. Two equal neighbouring axes are height and width (HWC if all three are equal);
   otherwise the shorter of the first and the last axis is the channel axis.
"""

from __future__ import annotations

import numpy as np

from integrad.errors import UsageError

LAYOUTS = ("F", "T", "TC", "CT", "HW", "HWC", "CHW")
MAX_SERIES_CHANNELS = 16


def detect(shape: tuple[int, ...]) -> str:
    """Layout of a sample of 1 to 3 axes, by the rules above."""
    if len(shape) == 1:
        return "F"
    if len(shape) == 3:
        if square := _square(shape):
            return square
        return "CHW" if shape[0] < shape[2] else "HWC"
    shorter, longer = sorted(shape)
    if shorter > MAX_SERIES_CHANNELS or 2 * shorter > longer:
        return "HW"
    return "TC" if shape[1] < shape[0] else "CT"


def _square(shape: tuple[int, ...]) -> str | None:
    """The layout in which height and width are equal; None if there is no such layout."""
    if shape[0] == shape[1]:
        return "HWC"
    return "CHW" if shape[1] == shape[2] else None


def parse(text: str, shape: tuple[int, ...]) -> str:
    """Parse a layout given by the user, for samples of this shape. Raises UsageError with the choices."""
    layout = text.strip().upper()
    if layout not in choices(shape):
        size = "×".join(map(str, shape))
        raise UsageError(f"--axes {text}: samples of shape {size} require {' or '.join(choices(shape))}")
    return layout


def choices(shape: tuple[int, ...]) -> list[str]:
    """The layouts that a sample of this shape can have."""
    return [layout for layout in LAYOUTS if len(layout) == len(shape)]


def explain(layout: str, shape: tuple[int, ...], given: bool) -> str:
    """One line: what the layout means for this shape, why, and how to change it."""
    others = " or ".join(f"--axes {other}" for other in choices(shape) if other != layout)
    reason = "as given" if given else _reason(layout, shape)
    return f"{_meaning(layout, shape)} ({reason}; to override: {others})"


def channel_axis(layout: str) -> int | None:
    """Index of the channel axis of a sample; None if all values belong to one channel."""
    if layout == "F":
        return 0
    return layout.index("C") if "C" in layout else None


def channels(layout: str, shape: tuple[int, ...]) -> int:
    """Number of channels, each of which is normalised separately."""
    axis = channel_axis(layout)
    return 1 if axis is None else shape[axis]


def input_shape(layout: str, shape: tuple[int, ...]) -> tuple[int, ...]:
    """Shape of a network input: (F,), (C, 1, T) or (C, H, W)."""
    if layout == "F":
        return shape
    size = dict(zip(layout, shape, strict=True))
    if "T" in layout:
        return size.get("C", 1), 1, size["T"]
    return size.get("C", 1), size["H"], size["W"]


def channels_first(x: np.ndarray, layout: str) -> np.ndarray:
    """x: (N, *shape) in this layout → (N, *input_shape)."""
    axis = channel_axis(layout)
    moved = x if axis is None else np.moveaxis(x, 1 + axis, 1)
    return np.ascontiguousarray(moved).reshape(len(x), *input_shape(layout, x.shape[1:]))


def _meaning(layout: str, shape: tuple[int, ...]) -> str:
    size = dict(zip(layout, shape, strict=True))
    many = f" with {size['C']} channel{'s' if size['C'] != 1 else ''}" if "C" in size else " with one channel"
    if layout == "F":
        return f"{size['F']} features, each normalised by itself"
    if "T" in size:
        return f"time series{many}, {size['T']} steps"
    return f"image{many}, {size['H']} high, {size['W']} wide"


def _reason(layout: str, shape: tuple[int, ...]) -> str:
    if layout == "F":
        return "a single axis is interpreted as features"
    if layout == "HW":
        return "neither axis is short enough to be the channels of a time series"
    if len(shape) == 3 and layout == _square(shape):
        return "the two equal axes are interpreted as height and width"
    which = "last" if layout.endswith("C") else "first"
    return f"the shorter axis, the {which} one, is interpreted as channels"

"""What a device expects as a sample, in words, and the constants that convert floats to it."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from itertools import groupby

from integrad.model_file import Model
from integrad_codegen.c.header_text import comment_text

MOST_NAMES = 100
MOST_LINES = 40
"""Channels that are described one by one; the constants of more of them are in a table only."""


@dataclass(frozen=True)
class RawValues:
    """lines: one for each run of channels with the same scaling, such as `pressure: raw = round(value * 16)`;
    for a model of integers, the names of the channels, if it has any.

    shifts, offsets: of each channel, or of all of them if they agree; empty for a model of integers.
    """

    lines: list[str]
    shifts: tuple[int, ...]
    offsets: tuple[int, ...]

    @classmethod
    def of(cls, model: Model) -> RawValues:
        channels = model.channels
        if channels[0].shift is None:
            return cls(_names(model.channel_names or []), (), ())
        constants = [(channel.shift or 0, channel.offset or 0) for channel in channels]
        if len(set(constants)) == 1:
            constants = constants[:1]
        shifts, offsets = zip(*constants, strict=True)
        return cls(_scalings(model), shifts, offsets)

    @property
    def floats(self) -> bool:
        """Whether the model was trained on floats."""
        return bool(self.shifts)

    @property
    def one_scale(self) -> bool:
        """Whether one scaling holds for all channels."""
        return len(self.shifts) == 1

    @property
    def scale_literals(self) -> list[str]:
        """2^shift of each channel as C constants, which are exact."""
        return [f"{2.0**shift!r}f" for shift in self.shifts]

    @property
    def scale_lines(self) -> list[str]:
        return textwrap.wrap(", ".join(self.scale_literals) + ",", 88)

    @property
    def offset_lines(self) -> list[str]:
        return textwrap.wrap(", ".join(map(str, self.offsets)) + ",", 88)


def _names(names: list[str]) -> list[str]:
    """The first names as wrapped lines; none without names."""
    if not names:
        return []
    shown = ", ".join(names[:MOST_NAMES]) + (", ..." if len(names) > MOST_NAMES else "")
    return textwrap.wrap(comment_text(f"Channels: {shown}."), 90)


def _scalings(model: Model) -> list[str]:
    """One line per run of channels with the same scaling, and only the first few if there are many."""
    channels = model.channels
    runs, first = [], 0
    for text, run in groupby(channels, key=lambda channel: channel.formula()):
        count = len(list(run))
        runs.append((_range(model, first, count), text))
        first += count
    if len(runs) == 1:
        return [f"every value: raw = {runs[0][1]}", *_names(model.channel_names or [])]
    if model.channel_names is not None and len(channels) <= MOST_LINES:
        runs = [(channel.name, channel.formula()) for channel in channels]
    shown = [(comment_text(name), text) for name, text in runs[:MOST_LINES]]
    width = min(40, max(len(name) for name, _ in shown) + 1)
    lines = [f"{name + ':':<{width}} raw = {text}" for name, text in shown]
    return [*lines, f"and {len(runs) - MOST_LINES} more"] if len(runs) > MOST_LINES else lines


def _range(model: Model, first: int, count: int) -> str:
    what = "value" if model.preprocessing.axes == "F" else "channel"
    if model.channel_names is not None:
        names = model.channel_names
        return names[first] if count == 1 else f"{names[first]} to {names[first + count - 1]}"
    return f"{what} {first}" if count == 1 else f"{what}s {first} to {first + count - 1}"

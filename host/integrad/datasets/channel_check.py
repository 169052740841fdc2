"""Warnings about channels of which the network sees little or nothing."""

from __future__ import annotations

import numpy as np

from integrad.datasets import axes as layouts
from integrad.datasets.fixed_point import INT16_MAX, scaled
from integrad.datasets.preprocessing import STATISTICS_SAMPLES, Preprocessing

FEW = 16
"""A channel that is left with fewer distinct values may have lost detail."""

LOSS = 4
"""It has if there were more than LOSS times as many before; values far from the mean are merged anyway."""

SATURATED = 0.001
"""Share of the training samples that may saturate unnoticed."""

MOST_NAMES = 8


def channel_warnings(
    x: np.ndarray, preprocessing: Preprocessing, names: list[str] | None = None
) -> list[str]:
    """One line for each kind of trouble, which names the channels and a remedy.

    x: training samples (N, ...), already shuffled, of which the first 25,000 are examined. names: one per
    channel, numbers if None.
    """
    x = x[:STATISTICS_SAMPLES]
    inputs = _by_channel(preprocessing.apply(x), preprocessing.channels)
    values = _by_channel(layouts.channels_first(x, preprocessing.axes), preprocessing.channels)
    constant, coarse, saturated = [], [], []
    for channel in range(preprocessing.channels):
        name = names[channel] if names else str(channel)
        column, seen = values[channel], inputs[channel]
        if (column == column[0]).all():
            constant.append(name)
            continue
        if share := _share_saturated(column, preprocessing, channel):
            saturated.append(f"{name} ({share:.1%})")
        distinct = len(np.unique(seen))
        if distinct < FEW and len(np.unique(column)) > LOSS * distinct:
            coarse.append(f"{name} ({distinct})")
    what = "column" if preprocessing.axes == "F" else "channel"
    several = len(constant) > 1
    nothing = f"{'tell' if several else 'tells'} the network nothing; remove {'them' if several else 'it'}"
    return [
        *_line(constant, what, f"constant in the training samples and {nothing}"),
        *_line(
            coarse,
            what,
            f"left with fewer than {FEW} distinct values after scaling, the number in parentheses; "
            "remove outliers from the training samples, or use the logarithm of the values",
        ),
        *_line(
            saturated,
            what,
            "limited for the share of training samples in parentheses; remove these outliers, or use the "
            "logarithm of the values",
        ),
    ]


def _by_channel(x: np.ndarray, channels: int) -> np.ndarray:
    """(N, C, ...) → (C, values)."""
    return np.moveaxis(x.reshape(len(x), channels, -1), 1, 0).reshape(channels, -1)


def _share_saturated(column: np.ndarray, preprocessing: Preprocessing, channel: int) -> float:
    """Share of the values that saturate as int16; 0 if it is below SATURATED."""
    if preprocessing.scales is None:
        return 0.0
    share = float((np.abs(scaled(column, *preprocessing.scales[channel])) > INT16_MAX).mean())
    return share if share > SATURATED else 0.0


def _line(names: list[str], what: str, trouble: str) -> list[str]:
    if not names:
        return []
    shown = ", ".join(names[:MOST_NAMES]) + (
        f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    )
    return [f"{what}{'s' if len(names) > 1 else ''} {shown}: {trouble}"]

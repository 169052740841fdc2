"""The annealed learning-rate schedule: learning_rate_inv grows by the same factor in every epoch."""

from __future__ import annotations

LEVELS = 256
"""Most times that the rate changes, so that the powers below stay short in runs of many epochs."""


def annealed(first: int, last: int, epoch: int, epochs: int) -> int:
    """learning_rate_inv of an epoch, from 1: `first` in the first epoch, `last` in the last one.

    In between, it is first · (last / first)^(place / levels), rounded down: the largest integer whose power
    `levels` does not exceed first^(levels - place) · last^place. first: 1…last.
    """
    intervals = max(1, epochs - 1)
    levels = min(intervals, LEVELS)
    place = min(epoch - 1, intervals) * levels // intervals
    power = first ** (levels - place) * last**place
    low, high = first, last
    while low < high:
        middle = (low + high + 1) // 2
        if middle**levels <= power:
            low = middle
        else:
            high = middle - 1
    return low

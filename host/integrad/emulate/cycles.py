"""Cycles that follow from executed instructions and a published table."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from integrad.emulate.counts import Counts
from integrad.targets.timings import Timing

FETCH_BYTES = 4
"""What a fetch of instructions brings where there is neither a cache nor a wider buffer."""


class Cycles(NamedTuple):
    """Between so many and so many cycles; equal where the table leaves nothing open."""

    least: int
    most: int


def cycles_of(counts: Counts, timing: Timing, wait_states: int = 0) -> Cycles:
    """Cycles of what was counted. wait_states: of flash, where at least none and at most every access pays
    for them.

    At most, without a cache, a buffer or an overlap, these are: every word of instructions, one more for each
    taken branch, since its target may begin within a word, and every load, as if all data were in flash.
    """
    least, most = (
        sum(timing.of(kind)[end] * count for kind, count in counts.timings.items())
        + timing.word[end] * counts.words
        + timing.taken[end] * counts.taken
        for end in (0, 1)
    )
    fetches = -(-counts.size // FETCH_BYTES) + counts.taken
    return Cycles(least, most + wait_states * (fetches + counts.load + counts.words))


def mean_cycles(regions: Iterable[Counts], timing: Timing, wait_states: int = 0) -> Cycles:
    """Mean of regions, rounded down."""
    regions = list(regions)
    found = [cycles_of(counts, timing, wait_states) for counts in regions]
    return Cycles(*(sum(ends) // len(regions) for ends in zip(*found, strict=True)))

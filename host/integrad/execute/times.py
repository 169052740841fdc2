"""How long inferences and training steps take on a part, as far as tables of cycles say it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from integrad.emulate.counts import Counts
from integrad.emulate.cycles import mean_cycles
from integrad.targets.cores import timing_of
from integrad.targets.parts import Part

INFERENCE, STEP = "inference", "training step"


@dataclass(frozen=True)
class Time:
    """Mean duration of an inference or of a training step (`what`) on a part at its highest clock.

    wait_states: of flash, which every access pays at most, and none at least.
    """

    what: str
    clock_hz: int
    wait_states: int
    min_cycles: int
    max_cycles: int
    min_milliseconds: float
    max_milliseconds: float


def times_of(part: Part, inference: Sequence[Counts], training: Sequence[Counts]) -> tuple[Time, ...]:
    """Without wait states and, if the part is known to have some, with them. inference, training: counts of
    each one; empty if there are none. Nothing if no table of cycles of the core is published."""
    timing = timing_of(part)
    if timing is None or part.clock_hz is None:
        return ()
    found = []
    for what, regions in ((INFERENCE, inference), (STEP, training)):
        for wait_states in sorted({0, part.wait_states or 0}) if regions else ():
            cycles = mean_cycles(regions, timing, wait_states)
            milliseconds = (round(1000 * count / part.clock_hz, 4) for count in cycles)
            found.append(Time(what, part.clock_hz, wait_states, *cycles, *milliseconds))
    return tuple(found)

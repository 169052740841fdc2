"""What reading a file may take."""

from __future__ import annotations

import resource
import tracemalloc

from fuzz_target import Target

SECONDS = 1.0
"""For each 100 KB that are begun."""

MEMORY, TIMES = 2**21, 40
"""Bytes, and times the contents: a text of Python takes about 50 bytes, however short it is."""

GROWTH = 2**25
"""Bytes by which the whole process may grow, where allocations say nothing."""


def seconds(data: bytes) -> float:
    return SECONDS * (1 + len(data) // 100_000)


def run_measured(target: Target, data: bytes) -> str | None:
    """Target.run. Fails if it allocates much more at once than the contents stand for.

    A network consists of zeros until weights are copied to it, which the system provides when they are
    touched: where a file describes networks, the memory of the process counts instead.
    """
    before = _largest()
    tracemalloc.start(1)
    try:
        message = target.run(data)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    if target.describes_networks:
        check_memory(target, data, _largest() - before, GROWTH)
    else:
        check_memory(target, data, peak)
    return message


def check_memory(target: Target, data: bytes, peak: int, free: int = MEMORY) -> None:
    if peak > free + TIMES * len(data):
        limit = free + TIMES * target.expands(data)
        assert peak <= limit, f"{peak:,} bytes are allocated for {len(data):,}; the limit is {limit:,}"


def _largest() -> int:
    """Bytes of memory that the process had at most."""
    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

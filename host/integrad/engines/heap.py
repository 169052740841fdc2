"""Memory that one step frees serves the next one, instead of going back to the system each time."""

from __future__ import annotations

import ctypes
import sys
from functools import cache

LARGEST_KEPT = 32 * 2**20
"""Bytes of one array; as far as glibc itself would go in time. Larger ones are mapped and unmapped."""

KEPT_IN_ALL = 64 * 2**20

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # of glibc's malloc.h


@cache
def keep_freed_memory() -> bool:
    """Tell the C library to keep up to KEPT_IN_ALL bytes that are free. Returns whether it listened.

    Touching fresh pages took a third of a small network's step. Only glibc is asked; elsewhere nothing
    changes. Acts on the whole process, once.
    """
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:  # another C library
        return False
    return bool(mallopt(_M_MMAP_THRESHOLD, LARGEST_KEPT) and mallopt(_M_TRIM_THRESHOLD, KEPT_IN_ALL))

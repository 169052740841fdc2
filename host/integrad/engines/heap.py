"""Keeps memory that a step frees for the next step, instead of returning it to the operating system."""

from __future__ import annotations

import ctypes
import sys
from functools import cache

LARGEST_KEPT = 32 * 2**20
"""Maximum size of an array in bytes, which glibc would reach by itself eventually. Larger ones are mapped."""

KEPT_IN_ALL = 64 * 2**20

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # of glibc's malloc.h


@cache
def keep_freed_memory() -> bool:
    """Tell the C library to keep up to KEPT_IN_ALL bytes of free memory. Returns whether it is supported.

    Accessing new pages took a third of the step of a small network. Only glibc supports this. It affects the
    whole process.
    """
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:  # another C library
        return False
    return bool(mallopt(_M_MMAP_THRESHOLD, LARGEST_KEPT) and mallopt(_M_TRIM_THRESHOLD, KEPT_IN_ALL))

"""Memory and threads of the compiled code for one network."""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable
from ctypes import Structure, byref
from dataclasses import dataclass

from integrad.errors import IntegradError

SMALL_STEP = 20_000_000
"""Multiply-accumulates per step below which a second thread does not pay off."""


def usable_cores() -> int:
    """Number of cores that this process may use, limited by OMP_NUM_THREADS as for other programs with
    OpenMP."""
    cores, wanted = len(os.sched_getaffinity(0)), os.environ.get("OMP_NUM_THREADS", "")
    return min(cores, int(wanted)) if wanted.isdigit() and int(wanted) > 0 else cores


@dataclass(frozen=True)
class Functions:
    """Functions of the library. reserve: (network, batch, threads) → address or None; release: (address);
    use_threads: (address, threads).
    """

    reserve: Callable
    release: Callable
    use_threads: Callable


class Reservation:
    """Memory for steps of a network, which grows with the batch and the number of threads.

    network: the struct; macs: multiply-accumulates of a pass of one sample; threads: None to choose by the
    amount of work.
    """

    def __init__(self, functions: Functions, network: Structure, macs: int, threads: int | None):
        self._functions, self._network, self._macs, self._threads = functions, network, macs, threads
        self._cores = usable_cores()
        self._address, self._reserved = None, (0, 0)

    def address(self, batch: int, passes: int) -> int:
        """Of memory for a batch. Raises IntegradError if there is not enough."""
        threads = self._threads
        if threads is None:
            threads = 1 if self._macs * batch * passes < SMALL_STEP else self._cores
        reserved = max(batch, self._reserved[0]), max(threads, self._reserved[1])
        if self._address is None or reserved != self._reserved:
            if self._address is not None:
                self._finalizer()
            self._address = self._functions.reserve(byref(self._network), *reserved)
            if self._address is None:
                raise IntegradError(f"not enough memory for a batch of {batch}; use a smaller --batch-size")
            self._finalizer = weakref.finalize(self, self._functions.release, self._address)
            self._reserved = reserved
        self._functions.use_threads(self._address, threads)
        return self._address

"""Training with several processes that are started by torchrun.

torchrun passes the rank of a process in environment variables. Without them, a process is the only worker,
and Torch is not imported.
"""

from __future__ import annotations

import atexit
import os
import sys
import time
import zlib
from datetime import timedelta

import numpy as np

from integrad.engines.engine import Engine
from integrad.errors import IntegradError
from integrad.training.shared_engine import SharedEngine

VARIABLES = ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")
"""Environment variables that torchrun sets, among others."""

PATIENCE = 5.0
"""Seconds that a worker waits for the others after it was told to stop; torchrun itself waits for 30."""


PIECE = 0.5
"""Seconds of waiting for the others without handling signals."""


class WorkerLost(IntegradError):
    """Another worker has ended or is unreachable; the weights are those of the last complete step."""


class Alone:
    """The only worker."""

    rank, count = 0, 1
    threads: int | None = None
    """Default number of threads of the engine; None leaves the choice to the engine."""

    def share(self, engine: Engine) -> Engine:
        """An engine that shares its computations with the other workers."""
        return engine

    def agree(self, value: str, what: str) -> None:
        """Raise IntegradError in all workers unless they all call this with the same value."""

    def told_to_stop(self) -> None:
        """From now on, do not wait for others indefinitely. Safe in a signal handler."""

    def leave(self) -> None:
        """Leave the group when the work is done."""


class Workers(Alone):
    """A process group of torch.distributed, over gloo, or over nccl if each worker has a GPU.

    Raises IntegradError if Torch is missing or the group cannot be formed.
    """

    def __init__(self, rank: int, count: int, local_rank: int, local_count: int, engine: str):
        try:
            import torch
            import torch.distributed
        except ImportError as error:
            raise IntegradError(
                "training with torchrun requires PyTorch: pip install 'integrad[torch]'"
            ) from error
        self._torch, self._distributed = torch, torch.distributed
        self.rank, self.count = rank, count
        self.threads = max(1, len(os.sched_getaffinity(0)) // local_count)
        torch.set_num_threads(self.threads)
        self._device, self._stop_at = None, None
        if engine == "torch" and torch.cuda.is_available():
            torch.cuda.set_device(local_rank % torch.cuda.device_count())
            # nccl does not support two workers on one GPU; gloo computes the sums on the host.
            if torch.cuda.device_count() >= local_count:
                self._device = torch.device("cuda", local_rank)
        try:
            self._distributed.init_process_group("nccl" if self._device else "gloo")
        except (RuntimeError, ValueError) as error:
            first = str(error).partition("\n")[0]
            raise IntegradError(f"the {count} workers cannot reach each other: {first}") from error

    def share(self, engine: Engine) -> Engine:
        return SharedEngine(engine, self)

    def sum(self, array: np.ndarray) -> None:
        """See Group. Raises WorkerLost; the contents of the array are then undefined."""
        tensor = self._torch.from_numpy(array)
        moved = tensor if self._device is None else tensor.to(self._device)
        try:
            self._wait(self._distributed.all_reduce(moved, async_op=True))
        except RuntimeError as error:
            self._give_up()
            raise WorkerLost("a worker was lost") from error
        if self._device is not None:
            tensor.copy_(moved)

    def agree(self, value: str, what: str) -> None:
        sums = np.zeros((self.count,), np.int64)
        sums[self.rank] = zlib.crc32(value.encode())
        self.sum(sums)
        if others := [str(rank) for rank in range(self.count) if sums[rank] != sums[0]]:
            raise IntegradError(f"workers 0 and {', '.join(others)} do not agree on {what}")

    def told_to_stop(self) -> None:
        if self._stop_at is None:
            self._stop_at = time.monotonic() + PATIENCE
            self._give_up()

    def leave(self) -> None:
        self._distributed.destroy_process_group()

    def _give_up(self) -> None:
        """Exit without waiting for the threads of the group, which may be waiting for a lost worker."""
        atexit.register(_end_at_once)

    def _wait(self, work) -> None:
        """Wait in short intervals, between which Python can handle signals. Raises RuntimeError."""
        while not work.is_completed():
            if self._stop_at is not None and time.monotonic() > self._stop_at:
                raise RuntimeError("told to stop while waiting for other workers")
            if self._device is not None:
                time.sleep(0.0001)  # waiting in nccl would abort the process on a timeout
                continue
            started = time.monotonic()
            try:
                work.wait(timedelta(seconds=PIECE))
            except RuntimeError:
                # A timeout looks like a failure, but a real failure is raised immediately by the next call.
                if time.monotonic() - started < PIECE / 2:
                    raise
        work.wait()


def is_leader() -> bool:
    """Whether this process prints and writes files: the only worker or the first one."""
    return not _started_by_torchrun() or os.environ["RANK"] == "0"


def find_workers(engine: str) -> Alone:
    """The workers started by torchrun, or Alone. engine: see make_engine."""
    if not _started_by_torchrun() or os.environ["WORLD_SIZE"] == "1":
        return Alone()
    names = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE")
    try:
        places = [int(os.environ[name]) for name in names]
    except (KeyError, ValueError) as error:
        raise IntegradError(f"{' and '.join(names)} must be integers, as set by torchrun") from error
    return Workers(*places, engine)


def _started_by_torchrun() -> bool:
    return all(name in os.environ for name in VARIABLES)


def _end_at_once() -> None:
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(1)

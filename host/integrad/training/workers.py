"""Training by several processes that torchrun started: what one of them knows of the others.

torchrun tells a process its place in environment variables. Without them a process is alone, and
Torch is not imported.
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
"""What torchrun sets, among others."""

PATIENCE = 5.0
"""Seconds that a worker goes on waiting for the others once it was told to stop; torchrun waits for 30."""


PIECE = 0.5
"""Seconds of waiting for the others without listening to signals."""


class WorkerLost(IntegradError):
    """Another worker is gone or unreachable; the weights are those of the last complete step."""


class Alone:
    """The only worker."""

    rank, count = 0, 1
    threads: int | None = None
    """Of this worker's engine, where nobody chose a number; None leaves it to the engine."""

    def share(self, engine: Engine) -> Engine:
        """The engine that computes together with the other workers' ones."""
        return engine

    def agree(self, value: str, what: str) -> None:
        """Raise IntegradError in every worker unless all call this with the same value of `what`."""

    def told_to_stop(self) -> None:
        """From here on do not wait for others forever. Safe in a signal handler."""

    def leave(self) -> None:
        """The work is done."""


class Workers(Alone):
    """A process group of torch.distributed, over gloo, or over nccl where every worker has a GPU.

    Raises IntegradError where Torch is missing or the group cannot be formed.
    """

    def __init__(self, rank: int, count: int, local_rank: int, local_count: int, engine: str):
        try:
            import torch
            import torch.distributed
        except ImportError as error:
            raise IntegradError(
                "training with torchrun needs PyTorch: pip install 'integrad[torch]'"
            ) from error
        self._torch, self._distributed = torch, torch.distributed
        self.rank, self.count = rank, count
        self.threads = max(1, len(os.sched_getaffinity(0)) // local_count)
        torch.set_num_threads(self.threads)
        self._device, self._stop_at = None, None
        if engine == "torch" and torch.cuda.is_available():
            torch.cuda.set_device(local_rank % torch.cuda.device_count())
            # nccl refuses two workers on one GPU; gloo takes the sums over the host.
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
        """See Group. Raises WorkerLost; then the array holds nothing of use."""
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
        """When this process ends, do not wait for the group's threads: they may wait for a lost worker."""
        atexit.register(_end_at_once)

    def _wait(self, work) -> None:
        """Wait in short pieces, between which Python can act on a signal. Raises RuntimeError."""
        while not work.is_completed():
            if self._stop_at is not None and time.monotonic() > self._stop_at:
                raise RuntimeError("told to stop while waiting for other workers")
            if self._device is not None:
                time.sleep(0.0001)  # nccl's own waiting would abort the process when the time is over
                continue
            started = time.monotonic()
            try:
                work.wait(timedelta(seconds=PIECE))
            except RuntimeError:
                # The end of a piece looks like a failure, but a failure is there at once in the next one.
                if time.monotonic() - started < PIECE / 2:
                    raise
        work.wait()


def is_leader() -> bool:
    """Whether this process prints and writes: the only worker, or the first one."""
    return not _started_by_torchrun() or os.environ["RANK"] == "0"


def find_workers(engine: str) -> Alone:
    """The workers that torchrun started, or the lack of them. engine: see make_engine."""
    if not _started_by_torchrun() or os.environ["WORLD_SIZE"] == "1":
        return Alone()
    names = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE")
    try:
        places = [int(os.environ[name]) for name in names]
    except (KeyError, ValueError) as error:
        raise IntegradError(f"{' and '.join(names)} must hold numbers, as torchrun sets them") from error
    return Workers(*places, engine)


def _started_by_torchrun() -> bool:
    return all(name in os.environ for name in VARIABLES)


def _end_at_once() -> None:
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(1)

"""One session, every executor: do all of them give the same bits?"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from integrad.errors import IntegradError
from integrad.execute.device_model import DeviceModel
from integrad.execute.micropython_executors import micropython_executors
from integrad.execute.session import Action, Predict, Train, Weights
from integrad.learners.schedule import Schedule
from integrad.targets.cores import Board

SAMPLES = 16
"""Samples that are classified before and after training."""


@dataclass(frozen=True)
class Verdict:
    """CRC-32 of all logits, and of all weights after training, on one executor.

    error: why there are none, or None.
    """

    name: str
    core: str
    outputs_crc: int | None
    weights_crc: int | None
    error: str | None = None

    def same_bits(self, other: Verdict) -> bool:
        """Whether both ran and hold the same bits."""
        mine, others = (self.outputs_crc, self.weights_crc), (other.outputs_crc, other.weights_crc)
        return mine == others and None not in mine


def random_actions(device: DeviceModel, steps: int, schedule: Schedule, seed: int) -> list[Action]:
    """Random raw samples and labels: classify, train for `steps` steps, classify again."""
    rng = np.random.Generator(np.random.PCG64(seed))
    batch, classes = device.plan.batch, device.plan.classes
    test = random_samples(device, SAMPLES, rng)
    training = [
        Train(random_samples(device, batch, rng), rng.integers(0, classes, batch), schedule)
        for _ in range(steps)
    ]
    return [Predict(test), *training, Predict(test), Weights()]


def random_samples(device: DeviceModel, count: int, rng: np.random.Generator) -> np.ndarray:
    """Raw samples (count, *raw_shape) over the whole range of their type."""
    preprocessing = device.model.preprocessing
    limits, shape = np.iinfo(preprocessing.raw_dtype), (count, *preprocessing.raw_shape)
    return rng.integers(limits.min, limits.max, shape, dtype=preprocessing.raw_dtype, endpoint=True)


def verify(
    device: DeviceModel,
    boards: list[Board],
    actions: list[Action],
    time_limit: float = 600,
    micropython: bool = False,
) -> Iterator[Verdict]:
    """Verdicts, one executor after the other: NumPy first, it is what the others must equal.

    Boards use the whole memory of their emulated machine: this is about bits, not about fitting. An
    executor that fails, or is not installed, does not keep the others from running. time_limit: seconds
    each of them may take. micropython: whether MicroPython takes part, on this machine and on those of the
    boards that have one.
    """

    def run_board(board: Board) -> list:
        firmware = device.build(board, whole_machine=True)
        return device.run_board(firmware, actions, time_limit=time_limit)[0]

    executors: list[tuple[str, str, Callable[[], list]]] = [
        ("NumPy", "host", lambda: device.run_numpy(actions)),
        ("C, sanitized", "host", lambda: device.run_host(actions, time_limit=time_limit)),
    ]
    executors += [(f"C on {board.core}", board.name, partial(run_board, board)) for board in boards]
    if micropython:
        executors += micropython_executors(device, boards, actions, time_limit)
    for name, core, execute in executors:
        try:
            yield _verdict(device, name, core, execute())
        except IntegradError as error:
            yield Verdict(name, core, None, None, str(error).splitlines()[0])


def _verdict(device: DeviceModel, name: str, core: str, results: list) -> Verdict:
    outputs = 0
    for result in results[:-1]:
        outputs = zlib.crc32(np.asarray(result).astype("<i4").tobytes(), outputs)
    return Verdict(name, core, outputs, device.network_with(results[-1]).weights_crc())

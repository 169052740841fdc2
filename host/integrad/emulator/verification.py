"""One session, every executor: do all of them give the same bits?"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from integrad.emulator.boards import Board
from integrad.emulator.device_model import DeviceModel
from integrad.emulator.session import Action, Predict, Schedule, Train, Weights

SAMPLES = 16
"""Samples that are classified before and after training."""


@dataclass(frozen=True)
class Verdict:
    """CRC-32 of all logits, and of all weights after training, on one executor."""

    name: str
    core: str
    outputs_crc: int
    weights_crc: int

    def same_bits(self, other: Verdict) -> bool:
        return (self.outputs_crc, self.weights_crc) == (other.outputs_crc, other.weights_crc)


def random_actions(device: DeviceModel, steps: int, schedule: Schedule, seed: int) -> list[Action]:
    """Random raw samples and labels: classify, train for `steps` steps, classify again."""
    rng = np.random.Generator(np.random.PCG64(seed))
    preprocessing, batch = device.model.preprocessing, device.plan.batch
    limits = np.iinfo(preprocessing.raw_dtype)

    def samples(count: int) -> np.ndarray:
        shape = (count, *preprocessing.raw_shape)
        return rng.integers(limits.min, limits.max, shape, dtype=preprocessing.raw_dtype, endpoint=True)

    test = samples(SAMPLES)
    training = [
        Train(samples(batch), rng.integers(0, device.plan.classes, batch), schedule) for _ in range(steps)
    ]
    return [Predict(test), *training, Predict(test), Weights()]


def verify(device: DeviceModel, boards: list[Board], actions: list[Action]) -> Iterator[Verdict]:
    """Verdicts, one executor after the other: NumPy first, it is what the others must equal.

    Boards use the whole memory of their emulated machine: this is about bits, not about fitting.
    """
    executors: list[tuple[str, str, Callable[[], list]]] = [
        ("NumPy", "host", lambda: device.run_numpy(actions)),
        ("C, sanitized", "host", lambda: device.run_host(actions)),
    ]
    for board in boards:
        executors.append((f"C on {board.core}", board.name, lambda b=board: _run_board(device, b, actions)))
    for name, core, execute in executors:
        yield _verdict(device, name, core, execute())


def _run_board(device: DeviceModel, board: Board, actions: list[Action]) -> list:
    return device.run_board(device.build(board, whole_machine=True), actions)[0]


def _verdict(device: DeviceModel, name: str, core: str, results: list) -> Verdict:
    outputs = 0
    for result in results[:-1]:
        outputs = zlib.crc32(np.asarray(result).astype("<i4").tobytes(), outputs)
    return Verdict(name, core, outputs, device.network_with(results[-1]).weights_crc())

"""A model meets new samples on a device, learns from some of them there, and meets the rest again.

The host does the same with its own arithmetic: both must hold the same bits at the end.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from integrad.emulator.device_model import DeviceModel
from integrad.emulator.session import Predict, Schedule, Train, Weights
from integrad.emulator.toolchain import Firmware
from integrad.errors import IntegradError, UsageError

TUNING_RATE_PER_SAMPLE = 16
"""learning_rate_inv for each sample of a batch: between the rate that is best for a new speaker and those
that keep more of what was known (docs/results/tuning-rate.md). Twice that of training."""


@dataclass(frozen=True)
class Tuning:
    """How the device learns: passes over its samples, batch size, schedule, seed of the order."""

    epochs: int
    batch_size: int
    schedule: Schedule
    seed: int = 0


@dataclass(frozen=True)
class Adaptation:
    """Fractions of the evaluated samples classified rightly; CRC-32 of all weights at the end.

    after, where nothing was tuned, is None. equal_to_host: every logit and every weight.
    """

    before: float
    after: float | None
    samples: int
    crc_device: int
    crc_host: int
    equal_to_host: bool


def split_for_tuning(labels: np.ndarray, count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Indices to learn from, and the rest: `count` samples, classes as even as possible.

    labels: (N,). Raises UsageError unless some samples remain to evaluate.
    """
    if not 0 < count < len(labels):
        raise UsageError(f"--tune {count}: must be below {len(labels)}, the number of samples that match")
    rng = np.random.Generator(np.random.PCG64(seed))
    order = rng.permutation(len(labels))
    # The k-th sample of every class comes before the k+1-th of any.
    rank = np.empty(len(labels), int)
    for label in np.unique(labels):
        members = order[labels[order] == label]
        rank[members] = np.arange(len(members))
    chosen = order[np.argsort(rank[order], kind="stable")]
    return np.sort(chosen[:count]), np.sort(chosen[count:])


def tuning_steps(samples: np.ndarray, labels: np.ndarray, tuning: Tuning) -> list[Train]:
    """Training steps over all epochs; a new order each epoch, the last batch may be smaller."""
    rng = np.random.Generator(np.random.PCG64(tuning.seed))
    steps = []
    for _ in range(tuning.epochs):
        order = rng.permutation(len(samples))
        for start in range(0, len(order), tuning.batch_size):
            batch = order[start : start + tuning.batch_size]
            steps.append(Train(samples[batch], labels[batch], tuning.schedule))
    return steps


def adapt(
    device: DeviceModel,
    firmware: Firmware,
    test: tuple[np.ndarray, np.ndarray],
    tune: tuple[np.ndarray, np.ndarray] | None = None,
    tuning: Tuning | None = None,
    time_limit: float = 600,
) -> Adaptation:
    """Classify `test`, learn from `tune`, classify `test` again; on the device and on the host.

    test, tune: raw samples (N, ...) in the device's dtype and labels (N,).
    """
    actions: list = [Predict(test[0])]
    if tune is not None and tuning is not None:
        actions += [*tuning_steps(*tune, tuning), Predict(test[0])]
    actions.append(Weights())
    results, _ = device.run_board(firmware, actions, time_limit=time_limit)
    _require_training(results[1:-2])
    twin = device.run_numpy(actions)
    equal = all(np.array_equal(a, b) for a, b in zip(results[:-1], twin[:-1], strict=True))
    return Adaptation(
        before=_accuracy(results[0], test[1]),
        after=_accuracy(results[-2], test[1]) if tune is not None else None,
        samples=len(test[1]),
        crc_device=device.network_with(results[-1]).weights_crc(),
        crc_host=device.network_with(twin[-1]).weights_crc(),
        equal_to_host=equal and results[-1] == twin[-1],
    )


def _require_training(steps: list[int]) -> None:
    """Raise IntegradError if the device refused a training step."""
    if refused := [result for result in steps if result < 0]:
        raise IntegradError(f"the device refused a training step with error {refused[0]}; see the header")


def _accuracy(logits: np.ndarray, labels: np.ndarray) -> float:
    return int((logits.argmax(axis=1) == labels).sum()) / len(labels)

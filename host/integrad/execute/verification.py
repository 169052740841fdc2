"""Verification: perform one session with all executors and compare their bits."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from integrad.errors import IntegradError
from integrad.execute.device_model import DeviceModel
from integrad.execute.executors import Executor
from integrad.execute.session import Action, Predict, Train, Weights
from integrad.learners.schedule import Schedule

SAMPLES = 16
"""Number of samples that are classified before and after training."""


@dataclass(frozen=True)
class Verdict:
    """CRC-32 of all logits, and of all weights after training, on one executor.

    core: name of the core, or "host". error: why the executor failed, or None.
    """

    name: str
    core: str
    outputs_crc: int | None
    weights_crc: int | None
    error: str | None = None

    def same_bits(self, other: Verdict) -> bool:
        """Whether both executors ran and computed the same bits."""
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
    """Raw samples (count, *raw_shape) in the whole range of their type."""
    preprocessing = device.model.preprocessing
    limits, shape = np.iinfo(preprocessing.raw_dtype), (count, *preprocessing.raw_shape)
    return rng.integers(limits.min, limits.max, shape, dtype=preprocessing.raw_dtype, endpoint=True)


def verify(device: DeviceModel, executors: list[Executor], actions: list[Action]) -> Iterator[Verdict]:
    """Verdicts of all executors, one after the other.

    If an executor fails or is not installed, the others are still run.
    """
    for executor in executors:
        try:
            yield _verdict(device, executor, executor.perform(actions))
        except IntegradError as error:
            yield Verdict(executor.name, executor.where, None, None, str(error).splitlines()[0])


def _verdict(device: DeviceModel, executor: Executor, results: list) -> Verdict:
    outputs = 0
    for result in results[:-1]:
        outputs = zlib.crc32(np.asarray(result).astype("<i4").tobytes(), outputs)
    weights = device.network_with(results[-1]).weights_crc()
    return Verdict(executor.name, executor.where, outputs, weights)

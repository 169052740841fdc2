"""A model meets new samples on a device, learns from some of them there, and meets the rest again.

The host does the same with its own arithmetic: both must hold the same bits at the end.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from integrad.build.toolchain import Firmware
from integrad.errors import IntegradError, UsageError
from integrad.execute.device_model import DeviceModel
from integrad.execute.session import Predict, Train, Weights
from integrad.learners.schedule import Schedule

Samples = tuple[np.ndarray, np.ndarray]
"""Raw samples (N, ...) and their labels (N,)."""

TUNING_EPOCHS = 30
"""Passes over the samples that are learnt from."""

TUNING_RATE_PER_SAMPLE = 32
"""learning_rate_inv for each sample of a batch: four times that of training (docs/results/adaptation.md)."""

STORED_SAMPLES = 100
"""Samples of the training data that a device keeps against forgetting."""

STORED_SHARE = 4
"""One sample in so many of a batch is a stored one."""


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

    after, where nothing was tuned, is None, and so are known_before and known_after, of samples such as
    the model was trained on, where none were given. equal_to_host: every logit and every weight.
    """

    before: float
    after: float | None
    samples: int
    crc_device: int
    crc_host: int
    equal_to_host: bool
    known_before: float | None = None
    known_after: float | None = None


def split_for_tuning(labels: np.ndarray, count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Indices to learn from, and the rest: `count` samples, classes as even as possible.

    labels: (N,). Raises UsageError unless some samples remain to evaluate.
    """
    if not 0 < count < len(labels):
        raise UsageError(f"--tune {count}: must be below {len(labels)}, the number of samples that match")
    order = _even_order(labels, seed)
    return np.sort(order[:count]), np.sort(order[count:])


def choose_stored(labels: np.ndarray, count: int | None, batch_size: int, seed: int) -> np.ndarray:
    """Indices of `count` samples to store, classes as even as possible; None: STORED_SAMPLES, or all.

    labels: (N,), of the training data. Raises UsageError for more than there are, or a batch without room.
    """
    if count is None:
        count = STORED_SAMPLES if batch_size > 1 else 0
    elif count > len(labels):
        raise UsageError(
            f"--replay {count}: must be at most {len(labels)}, the other training samples there are"
        )
    elif count and batch_size < 2:
        raise UsageError(
            f"--replay {count}: needs a --batch-size of at least 2, for a stored sample and a new one"
        )
    return np.sort(_even_order(labels, seed)[:count])


def _even_order(labels: np.ndarray, seed: int) -> np.ndarray:
    """All indices, shuffled so that the k-th sample of every class comes before the k+1-th of any."""
    rng = np.random.Generator(np.random.PCG64(seed))
    order = rng.permutation(len(labels))
    rank = np.empty(len(labels), int)
    for label in np.unique(labels):
        members = order[labels[order] == label]
        rank[members] = np.arange(len(members))
    return order[np.argsort(rank[order], kind="stable")]


def tuning_steps(fresh: Samples, tuning: Tuning, stored: Samples | None = None) -> list[Train]:
    """Training steps over all epochs; a new order each epoch, the last batch may be smaller.

    fresh: samples (N, ...) to learn, labels (N,). stored: the same of the training data, or None or
    empty for no replay. With them, one sample in STORED_SHARE of a full batch, and at least one, is a
    stored one. They take turns, in a new order each time all have had theirs.
    """
    rng = np.random.Generator(np.random.PCG64(tuning.seed))
    turns = _turns(len(stored[0]), tuning.seed) if stored is not None and len(stored[0]) else None
    replayed = max(1, tuning.batch_size // STORED_SHARE) if turns else 0
    room = tuning.batch_size - replayed
    steps = []
    for _ in range(tuning.epochs):
        order = rng.permutation(len(fresh[0]))
        for start in range(0, len(order), room):
            batch = [array[order[start : start + room]] for array in fresh]
            if turns:
                again = [next(turns) for _ in range(replayed)]
                batch = [np.concatenate([new, old[again]]) for new, old in zip(batch, stored, strict=True)]
            steps.append(Train(*batch, tuning.schedule))
    return steps


def _turns(count: int, seed: int) -> Iterator[int]:
    """0…count-1 in a new order each round, for ever; a seed's draws are not those of the fresh samples."""
    rng = np.random.Generator(np.random.PCG64([seed, 1]))
    while True:
        yield from rng.permutation(count)


def adapt(
    device: DeviceModel,
    firmware: Firmware,
    test: Samples,
    tune: Samples | None = None,
    tuning: Tuning | None = None,
    time_limit: float = 600,
    stored: Samples | None = None,
    known: Samples | None = None,
) -> Adaptation:
    """Classify `test`, learn from `tune`, classify `test` again; on the device and on the host.

    test, tune, stored, known: raw samples (N, ...) in the device's dtype and labels (N,). stored:
    samples of the training data to mix in, see tuning_steps. known: classified before and after as well.
    """
    asked = [test] if known is None else [test, known]
    classify = [Predict(samples) for samples, _ in asked]
    steps = tuning_steps(tune, tuning, stored) if tune is not None and tuning is not None else []
    actions = [*classify, *steps, *(classify if steps else []), Weights()]
    results, _ = device.run_emulated(firmware, actions, time_limit=time_limit)
    _require_training(results[len(asked) : len(asked) + len(steps)])
    twin = device.run_numpy(actions)
    equal = all(np.array_equal(a, b) for a, b in zip(results[:-1], twin[:-1], strict=True))
    before = [_accuracy(result, labels) for result, (_, labels) in zip(results, asked, strict=False)]
    last = results[-1 - len(asked) : -1]
    after = [_accuracy(result, labels) for result, (_, labels) in zip(last, asked, strict=True)]
    return Adaptation(
        before=before[0],
        after=after[0] if steps else None,
        samples=len(test[1]),
        crc_device=device.network_with(results[-1]).weights_crc(),
        crc_host=device.network_with(twin[-1]).weights_crc(),
        equal_to_host=equal and results[-1] == twin[-1],
        known_before=None if known is None else before[1],
        known_after=after[1] if steps and known is not None else None,
    )


def _require_training(steps: list[int]) -> None:
    """Raise IntegradError if the device refused a training step."""
    if refused := [result for result in steps if result < 0]:
        raise IntegradError(f"the device refused a training step with error {refused[0]}; see the header")


def _accuracy(logits: np.ndarray, labels: np.ndarray) -> float:
    return int((logits.argmax(axis=1) == labels).sum()) / len(labels)

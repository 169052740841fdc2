"""On-device adaptation: a model learns from some new samples on a device and is tested on the others.

The host does the same with its own arithmetic; both must end with the same bits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from integrad.errors import IntegradError, UsageError
from integrad.execute.session import Action, Predict, Train, Weights
from integrad.learners.schedule import Schedule
from integrad.learners.table import learner_of
from integrad.model_file import Model

if TYPE_CHECKING:  # `integrad info` builds nothing, and starts twice as fast without them
    from integrad.build.firmware import Firmware
    from integrad.execute.device_model import DeviceModel

Samples = tuple[np.ndarray, np.ndarray]
"""Raw samples (N, ...) and their labels (N,)."""

TUNING_EPOCHS = 30
"""Default number of passes over the samples to learn from."""

STORED_SAMPLES = 100
"""Default number of training samples that a device stores for replay."""

LEFT_SHARE = 5
"""One in LEFT_SHARE samples of each class is left to evaluate rather than used for tuning."""

STORED_SHARE = 4
"""One in STORED_SHARE samples of a batch is a stored one."""


@dataclass(frozen=True)
class Tuning:
    """How the device learns: passes over its samples, batch size, schedule, seed of the order."""

    epochs: int
    batch_size: int
    schedule: Schedule
    seed: int = 0


@dataclass(frozen=True)
class Adaptation:
    """Accuracies before and after tuning, and the CRC-32 of all weights at the end.

    after: None without tuning. known_before, known_after: on samples like the training data; None if none
    were given. equal_to_host: whether all logits and all weights are identical.
    """

    before: float
    after: float | None
    samples: int
    crc_device: int
    crc_host: int
    equal_to_host: bool
    known_before: float | None = None
    known_after: float | None = None


def schedule_for(model: Model, batch_size: int, learning_rate_inv: int | None = None) -> Schedule:
    """The schedule stored in the model, adapted to another batch size or with another learning rate.

    Raises UsageError for a learning rate that the generated code would reject.
    """
    limit = learner_of(model.network).largest_learning_rate_inv(model.network.classes)
    if learning_rate_inv is not None and learning_rate_inv > limit:
        raise UsageError(f"--learning-rate-inv {learning_rate_inv}: must be at most {limit}")
    own = model.schedule(batch_size)
    return replace(own, learning_rate_inv=learning_rate_inv or own.learning_rate_inv)


def stored_bytes(samples: Samples) -> int:
    """What a device needs to store raw samples with their labels, of one byte each."""
    values, labels = samples
    return values.nbytes + len(labels)


def split_for_tuning(labels: np.ndarray, count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """(indices of `count` samples to learn from, with classes as balanced as possible; remaining indices).

    labels: (N,). Of each class, one sample in LEFT_SHARE and at least one is left to evaluate if there are
    enough others. Raises UsageError unless some samples remain to evaluate.
    """
    if not 0 < count < len(labels):
        raise UsageError(f"--tune {count}: must be less than {len(labels)}, the number of matching samples")
    order = _even_order(labels, seed)
    order = order[np.argsort(_is_left(labels, order), kind="stable")]
    return np.sort(order[:count]), np.sort(order[count:])


def _is_left(labels: np.ndarray, order: np.ndarray) -> np.ndarray:
    """For each index in the order, whether it is among the last of its class."""
    left = np.zeros(len(order), bool)
    for label in np.unique(labels):
        members = np.flatnonzero(labels[order] == label)
        left[members[-max(1, len(members) // LEFT_SHARE) :]] = True
    return left


def choose_stored(labels: np.ndarray, count: int | None, batch_size: int, seed: int) -> np.ndarray:
    """Indices of `count` samples to store, with classes as balanced as possible; None: STORED_SAMPLES, or
    all.

    labels: (N,), of the training data. Raises UsageError if there are not enough samples, or if a batch has
    no space for stored samples.
    """
    if count is None:
        count = STORED_SAMPLES if batch_size > 1 else 0
    elif count > len(labels):
        raise UsageError(
            f"--replay {count}: must be at most {len(labels)}, the number of other training samples"
        )
    elif count and batch_size < 2:
        raise UsageError(
            f"--replay {count}: requires a --batch-size of at least 2, for a stored and a new sample"
        )
    return np.sort(_even_order(labels, seed)[:count])


def _even_order(labels: np.ndarray, seed: int) -> np.ndarray:
    """All indices, shuffled so that the k-th sample of each class precedes the (k+1)-th of any class."""
    rng = np.random.Generator(np.random.PCG64(seed))
    order = rng.permutation(len(labels))
    rank = np.empty(len(labels), int)
    for label in np.unique(labels):
        members = order[labels[order] == label]
        rank[members] = np.arange(len(members))
    return order[np.argsort(rank[order], kind="stable")]


def tuning_steps(fresh: Samples, tuning: Tuning, stored: Samples | None = None) -> list[Train]:
    """Training steps of all epochs, in a new order in each epoch; the last batch may be smaller.

    fresh: samples (N, ...) to learn, labels (N,). stored: the same for stored samples, or None or empty for
    no replay. One in STORED_SHARE samples of a full batch, and at least one, is a stored one. All stored
    samples are used in a random order before any of them is used again.
    """
    rng = np.random.Generator(np.random.PCG64(tuning.seed))
    turns = _turns(len(stored[0]), tuning.seed) if stored is not None and len(stored[0]) else None
    replayed = max(1, tuning.batch_size // STORED_SHARE) if turns else 0
    new = tuning.batch_size - replayed
    steps = []
    for _ in range(tuning.epochs):
        order = rng.permutation(len(fresh[0]))
        for start in range(0, len(order), new):
            batch = [array[order[start : start + new]] for array in fresh]
            if turns:
                again = [next(turns) for _ in range(replayed)]
                batch = [np.concatenate([a, b[again]]) for a, b in zip(batch, stored, strict=True)]
            steps.append(Train(*batch, tuning.schedule))
    return steps


def _turns(count: int, seed: int) -> Iterator[int]:
    """0…count-1 indefinitely, in a new order in each round; independent of the order of the fresh samples."""
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
    """adapt_on() an emulated core."""

    def perform(actions: list[Action]) -> list:
        return device.run_emulated(firmware, actions, time_limit=time_limit)[0]

    return adapt_on(device, perform, test, tune, tuning, stored, known)


def adapt_on(
    device: DeviceModel,
    perform: Callable[[list[Action]], list],
    test: Samples,
    tune: Samples | None = None,
    tuning: Tuning | None = None,
    stored: Samples | None = None,
    known: Samples | None = None,
) -> Adaptation:
    """Classify `test`, learn from `tune`, classify `test` again, on the device and on the host.

    perform: carries out actions on the device, as Executor.perform. test, tune, stored, known: raw samples
    (N, ...) in the type of the device and labels (N,). stored: samples for replay, see tuning_steps. known:
    also classified before and after.
    """
    asked = [test] if known is None else [test, known]
    classify = [Predict(samples) for samples, _ in asked]
    steps = tuning_steps(tune, tuning, stored) if tune is not None and tuning is not None else []
    actions = [*classify, *steps, *(classify if steps else []), Weights()]
    results = perform(actions)
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
    """Raise IntegradError if the device rejected a training step."""
    if rejected := [result for result in steps if result < 0]:
        raise IntegradError(f"the device rejected a training step with error {rejected[0]}; see the header")


def _accuracy(logits: np.ndarray, labels: np.ndarray) -> float:
    return int((logits.argmax(axis=1) == labels).sum()) / len(labels)

"""Checkpoints: the state of a training run on disk, at the end of an epoch or after any batch.

A resumed run ends with the same bits as an uninterrupted one. A checkpoint contains the weights, the order of
the samples, the state of the random generator and all counters.
"""

from __future__ import annotations

import os
from dataclasses import asdict, fields
from pathlib import Path

import numpy as np

from integrad.errors import IntegradError, UsageError, one_line
from integrad.learners.learner import Learner
from integrad.learners.table import learner_of
from integrad.network.network import Network
from integrad.tensor_file import read_tensors, require_checksum, write_tensors
from integrad.training.divergence import DivergenceWatch
from integrad.training.history import Epoch
from integrad.training.plateau import Plateau
from integrad.training.training_state import TrainingState
from integrad.training.weight_average import WeightAverage

KIND = "integrad-checkpoint"
VERSION = 2
"""Version 2 has the epochs in a tensor, which is written if there are more than MOST_RECORDS of them."""

MOST_RECORDS = 1000
"""Epochs that are stored in JSON, which is slow and large for hundreds of thousands of them."""

EPOCHS, NONE = "epochs", -1
"""The tensor of the epochs: a row for each, a column for each field; NONE for None."""

AVERAGED, SUM = "averaged", "sum/"
"""The number of addends of a WeightAverage, 0 where it is missing, and the prefix of its tensors."""

PLAIN = (
    "learning_rate_inv", "position", "loss", "correct", "best_epoch", "finished", "warnings",
    "seconds", "step_seconds",
)  # fmt: skip
"""Fields of TrainingState that are stored in JSON unchanged."""


def save_checkpoint(path: str | os.PathLike, identity: dict, network: Network, state: TrainingState) -> None:
    """Write atomically. identity: what defines the run; it must be the same when the run is resumed."""
    many = len(state.epochs) > MOST_RECORDS
    document = {
        "identity": identity,
        "rng": state.rng.bit_generator.state,
        "refine": asdict(state.refine),
        "stop": asdict(state.stop),
        "watch": state.watch.describe(),
        EPOCHS: [] if many else [vars(epoch) for epoch in state.epochs],
        "best_score": None if state.best_score is None else list(state.best_score),
        AVERAGED: state.average.count,
        **{name: getattr(state, name) for name in PLAIN},
    }
    tensors = {f"now/{name}": array for name, array in network.arrays().items()}
    tensors |= {f"best/{name}": array for name, array in state.best.items()}
    tensors |= {f"{SUM}{name}": array for name, array in state.average.sums.items()}
    if state.order is not None:
        tensors["order"] = state.order.astype(np.int64)
    if many:
        rows = [
            [NONE if value is None else value for value in vars(epoch).values()] for epoch in state.epochs
        ]
        tensors[EPOCHS] = np.array(rows, np.int64)
    write_tensors(path, KIND, VERSION if many else 1, document, tensors)


def load_checkpoint(
    path: str | os.PathLike, identity: dict, network: Network, state: TrainingState, samples: int
) -> None:
    """Restore network and state from a checkpoint. samples: number of samples in an epoch.

    Raises UsageError if there is no checkpoint or if it belongs to another run (naming what differs),
    IntegradError if it is damaged; then neither network nor state has changed.
    """
    if not Path(path).exists():
        raise UsageError(f"{path}: there is no checkpoint to resume; start without --resume")
    stored, tensors = read_tensors(path, KIND, VERSION)
    document = stored
    if EPOCHS in tensors:
        document = stored | {EPOCHS: _read_rows(path, tensors[EPOCHS])}
    _check_identity(path, document, identity, learner_of(network))
    try:
        values = _read_state(document, tensors, samples)
        highest = learner_of(network).largest_learning_rate_inv(network.classes)
        _whole(document, "learning_rate_inv", 1, highest)
        trial = network.copy()
        best = {name[5:]: array for name, array in tensors.items() if name.startswith("best/")}
        if best:
            trial.load_parameters(best)
        elif values["epochs"]:
            raise ValueError("best weights are missing")
        values["average"] = _read_average(document, tensors, network)
        trial.load_parameters({name[4:]: array for name, array in tensors.items() if name.startswith("now/")})
        require_checksum(stored, tensors)
    except IntegradError as error:
        raise IntegradError(f"{path}: {error}") from error
    except KeyError as error:
        what = f"it has no {one_line(error)}; start without --resume"
        raise IntegradError(f"{path}: is damaged, or of another version: {what}") from error
    except (LookupError, TypeError, ValueError, OverflowError, AttributeError) as error:
        raise IntegradError(f"{path}: is damaged: {one_line(error)}") from error
    network.load_parameters(trial.arrays())
    state.best = best
    for name, value in values.items():
        setattr(state, name, value)


def _check_identity(path: str | os.PathLike, document: dict, wanted: dict, learner: Learner) -> None:
    found = document.get("identity")
    if not isinstance(found, dict):
        raise IntegradError(f"{path}: is damaged: it has no identity")
    # Settings that older checkpoints lack had their defaults.
    found = {name: setting.default for name, setting in learner.all_hyper_parameters().items()} | found
    for name, value in wanted.items():
        if found.get(name) == value:
            continue
        if name == "epochs" and _is_finished(document, value):
            continue
        other = one_line(found.get(name, "unknown"))
        if name == "tool_version":
            raise UsageError(
                f"{path}: was written by integrad {other}, but this is {value}, which may differ; "
                "resume with that version or start without --resume"
            )
        if name in ("network", "data"):
            raise UsageError(
                f"{path}: belongs to a run with different {name}; repeat the command of that run to resume it"
            )
        raise UsageError(
            f"{path}: belongs to a run with {name} {other}, not {value}; "
            "repeat the command of that run to resume it"
        )


def _is_finished(document: dict, epochs: int) -> bool:
    """Whether no epoch is left to train, so that it does not matter how many there would have been."""
    done = document.get("epochs")
    return isinstance(done, list) and len(done) >= epochs


def _read_state(document: dict, tensors: dict[str, np.ndarray], samples: int) -> dict:
    """Fields of TrainingState. Raises LookupError, TypeError or ValueError if they are invalid."""
    epochs = [_read_epoch(record, number) for number, record in enumerate(document["epochs"], 1)]
    order = tensors.get("order")
    if order is not None and document["identity"].get("balance"):
        if order.shape != (samples,) or not 0 <= order.min() <= order.max() < samples:
            raise ValueError("the order of the samples names others")
    elif order is not None and not np.array_equal(np.sort(order), np.arange(samples)):
        raise ValueError("the order of the samples is not a permutation")
    rng = np.random.Generator(np.random.PCG64())
    rng.bit_generator.state = document["rng"]
    score = document["best_score"]
    return {
        "rng": rng,
        "order": order,
        "epochs": epochs,
        "learning_rate_inv": document["learning_rate_inv"],
        "position": _whole(document, "position", 0, samples if order is not None else 0),
        "loss": _whole(document, "loss", 0),
        "correct": _whole(document, "correct", 0, samples),
        "best_epoch": _whole(document, "best_epoch", min(1, len(epochs)), len(epochs)),
        "best_score": None if score is None else (int(score[0]), int(score[1])),
        "refine": _read_plateau(document["refine"]),
        "stop": _read_plateau(document["stop"]),
        "watch": DivergenceWatch.from_description(document["watch"]),
        "finished": one_line(_instance(document, "finished", str)),
        "warnings": [_text(warning) for warning in _instance(document, "warnings", list)],
        "seconds": _seconds(document, "seconds"),
        "step_seconds": _seconds(document, "step_seconds"),
    }


def _read_average(document: dict, tensors: dict[str, np.ndarray], network: Network) -> WeightAverage:
    """Raises LookupError, TypeError or ValueError if it is invalid."""
    count = document.get(AVERAGED, 0)
    sums = {name.removeprefix(SUM): tensor for name, tensor in tensors.items() if name.startswith(SUM)}
    average = WeightAverage(sums, count)
    average.check(network)
    return average


def _read_rows(path: str | os.PathLike, rows: np.ndarray) -> list[dict]:
    """The records of the epochs from their tensor."""
    names = [field.name for field in fields(Epoch)]
    if rows.ndim != 2 or rows.shape[1] != len(names):
        raise IntegradError(f"{path}: is damaged: the epochs have the shape {rows.shape}")
    records = [dict(zip(names, row, strict=True)) for row in rows.tolist()]
    return [{name: None if v == NONE else v for name, v in record.items()} for record in records]


def _read_epoch(record: dict, number: int) -> Epoch:
    epoch = Epoch(**record)
    for name, value in record.items():
        if value is not None or not name.startswith("validation_"):
            _whole(record, name, 0)
    validation = (epoch.validation_samples, epoch.validation_loss, epoch.validation_correct)
    partial = len({value is None for value in validation}) > 1
    if epoch.number != number or epoch.samples == 0 or epoch.validation_samples == 0 or partial:
        raise ValueError(f"epoch {number} is invalid")
    return epoch


def _read_plateau(record: dict) -> Plateau:
    return Plateau(_whole(record, "patience", 0), _whole(record, "best", -1), _whole(record, "stale", 0))


def _whole(record: dict, name: str, low: int, high: int = 2**63) -> int:
    if type(record[name]) is not int or not low <= record[name] <= high:
        raise ValueError(f"{name} is not an integer in its range")
    return record[name]


def _instance(record: dict, name: str, kind):
    if not isinstance(record[name], kind):
        raise ValueError(f"{name} has a wrong type")
    return record[name]


def _text(value) -> str:
    """A text that is shown to users."""
    if not isinstance(value, str) or not value.isprintable():
        raise ValueError("a warning is no text")
    return value


def _seconds(record: dict, name: str) -> float:
    value = float(_instance(record, name, int | float))
    if not 0 <= value < float("inf"):
        raise ValueError(f"{name} is not a duration")
    return value

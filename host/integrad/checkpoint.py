"""Checkpoints: a training run on disk, at the end of an epoch or after any batch.

A run that is resumed from one ends with the same bits as a run that was never interrupted: the
weights, the order of the samples, the generator's state and every counter are in it.
"""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path

import numpy as np

from integrad.divergence import DivergenceWatch
from integrad.errors import IntegradError, UsageError
from integrad.history import Epoch
from integrad.network import Network
from integrad.schedule import Plateau
from integrad.tensor_file import read_tensors, write_tensors
from integrad.training_state import TrainingState

KIND = "integrad-checkpoint"
VERSION = 1

COUNTERS = (
    "learning_rate_inv", "position", "loss", "correct", "best_epoch", "finished", "warnings",
    "seconds", "step_seconds",
)  # fmt: skip


def save_checkpoint(path: str | os.PathLike, identity: dict, network: Network, state: TrainingState) -> None:
    """Write atomically. identity: what defines the run; the same is demanded when it is resumed."""
    document = {
        "identity": identity,
        "rng": state.rng.bit_generator.state,
        "refine": asdict(state.refine),
        "stop": asdict(state.stop),
        "watch": state.watch.describe(),
        "epochs": [asdict(epoch) for epoch in state.epochs],
        "best_score": None if state.best_score is None else list(state.best_score),
        **{name: getattr(state, name) for name in COUNTERS},
    }
    tensors = {f"now/{name}": array for name, array in network.parameters()}
    tensors |= {f"best/{name}": array for name, array in state.best.items()}
    if state.order is not None:
        tensors["order"] = state.order.astype(np.int64)
    write_tensors(path, KIND, VERSION, document, tensors)


def load_checkpoint(
    path: str | os.PathLike, identity: dict, network: Network, state: TrainingState, samples: int
) -> None:
    """Bring network and state to where the checkpoint was saved. samples: of an epoch.

    Raises UsageError if there is no checkpoint or if it belongs to another run (naming what differs),
    IntegradError if it is damaged; then neither network nor state has changed.
    """
    if not Path(path).exists():
        raise UsageError(f"{path}: there is no checkpoint to resume; start without --resume")
    document, tensors = read_tensors(path, KIND, VERSION)
    _check_identity(path, document.get("identity"), identity)
    try:
        values = _read_state(document, tensors, samples)
        trial = network.copy()
        best = {name[5:]: array for name, array in tensors.items() if name.startswith("best/")}
        if best:
            trial.load_parameters(best)
        elif values["epochs"]:
            raise ValueError("best weights are missing")
        trial.load_parameters({name[4:]: array for name, array in tensors.items() if name.startswith("now/")})
    except IntegradError as error:
        raise IntegradError(f"{path}: {error}") from error
    except (KeyError, TypeError, ValueError, OverflowError, AttributeError) as error:
        raise IntegradError(f"{path}: is damaged: {type(error).__name__} {error}"[:200]) from error
    network.load_parameters(dict(trial.parameters()))
    state.best = best
    for name, value in values.items():
        setattr(state, name, value)


def _check_identity(path: str | os.PathLike, found, wanted: dict) -> None:
    if not isinstance(found, dict):
        raise IntegradError(f"{path}: is damaged: it does not say what run it belongs to")
    for name, value in wanted.items():
        if found.get(name) == value:
            continue
        if name in ("network", "data"):
            raise UsageError(
                f"{path}: belongs to a run on another {name}; repeat that run's command to resume it"
            )
        raise UsageError(
            f"{path}: belongs to a run with {name} {found.get(name)}, not {value}; "
            "repeat that run's command to resume it"
        )


def _read_state(document: dict, tensors: dict[str, np.ndarray], samples: int) -> dict:
    """Fields of TrainingState. Raises KeyError, TypeError or ValueError if something is amiss."""
    values = {name: document[name] for name in COUNTERS}
    integers = [values[name] for name in ("learning_rate_inv", "position", "loss", "correct", "best_epoch")]
    if any(type(value) is not int or value < 0 for value in integers):
        raise ValueError("a counter is not a whole number")
    epochs = [Epoch(**epoch) for epoch in document["epochs"]]
    if not 0 <= values["best_epoch"] <= len(epochs):
        raise ValueError("the best epoch is not one of the epochs")
    rng = np.random.Generator(np.random.PCG64())
    rng.bit_generator.state = document["rng"]
    order = tensors.get("order")
    if order is not None and not np.array_equal(np.sort(order), np.arange(samples)):
        raise ValueError("the order of the samples is not one")
    score = document["best_score"]
    return values | {
        "epochs": epochs,
        "rng": rng,
        "order": order,
        "best_score": None if score is None else (int(score[0]), int(score[1])),
        "refine": Plateau(**document["refine"]),
        "stop": Plateau(**document["stop"]),
        "watch": DivergenceWatch.from_description(document["watch"]),
    }

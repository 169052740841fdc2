"""The demonstration: adapt a model to an unknown speaker on a device."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from integrad.datasets.dataset import Dataset
from integrad.execute.adaptation import (
    TUNING_EPOCHS,
    Adaptation,
    Samples,
    Tuning,
    adapt,
    choose_stored,
    split_for_tuning,
    stored_bytes,
)
from integrad.execute.costs import Costs, measure_costs
from integrad.execute.device_model import DeviceModel
from integrad.learners.table import USUAL, learner_of
from integrad.model_file import Model
from integrad.targets.cores import Core
from integrad.training.progress import Silent
from integrad.training.training_run import TrainingRun

TUNING_CLIPS = 100


@dataclass(frozen=True)
class Setup:
    """A network and the batch size with which a part with this RAM can train all its layers.

    learner: its id. settings: of Trainer. options: of all layers, see load_spec.
    """

    ram_bytes: int
    spec: str
    batch_size: int
    learner: str = USUAL
    settings: dict[str, int | str] = field(default_factory=dict)
    options: dict[str, int | str] = field(default_factory=dict)


SETUPS = [
    Setup(60_000, "cnn:a2,c8,p2,c24,p2,d32", 4),
    Setup(0, "cnn:a2,c8,p2,c24,p2,d32", 4, "backprop", {"stop_patience": 0}, {"leak": 4}),
]
"""With learning heads and 16-bit weights, only a smaller network would fit on the smallest part
(docs/results/backprop.md)."""


@dataclass(frozen=True)
class Parts:
    """Clips: of the new speaker, to learn from and for testing; of the known speakers, to store and for
    testing."""

    tune: Samples
    test: Samples
    stored: Samples
    known: Samples


@dataclass(frozen=True)
class Demonstration:
    """The results. all_layers, output_only: runs on the device with either learn set.

    learnt, learnt_bytes: number and size of the clips of the new speaker that the device learns from; stored,
    stored_bytes: of the clips of the known speakers that it replays. Both are stored in addition to the
    firmware.
    """

    model: Model
    learnt: int
    learnt_bytes: int
    stored: int
    stored_bytes: int
    all_layers: Adaptation
    output_only: Adaptation
    costs: Costs

    @property
    def equal(self) -> bool:
        """Whether device and host computed the same bits throughout."""
        return self.all_layers.equal_to_host and self.output_only.equal_to_host


def choose_setup(core: Core) -> Setup:
    """The first setup whose layers can all be trained in the RAM of the part."""
    return next(setup for setup in SETUPS if core.part.ram_bytes >= setup.ram_bytes)


def train_without(dataset: Dataset, speaker: str, setup: Setup, seed: int, progress: Silent) -> Model:
    """A model trained on all speakers except one; a tenth of their clips is used for validation."""
    run = TrainingRun(
        dataset,
        setup.spec,
        setup.settings | {"seed": seed},
        [f"speaker={speaker}"],
        validation_percent=10,
        by_class=True,
        learner=setup.learner,
        options=setup.options,
    )
    return run.run(progress=progress).model


def draw_clips(
    dataset: Dataset,
    speaker: str,
    batch_size: int,
    replay: int | None,
    seed: int,
    clips: int = TUNING_CLIPS,
) -> list[np.ndarray]:
    """Indices of the clips of Parts, in its order. replay: number of clips to store, or None, see
    choose_stored."""
    mine = dataset.keys["speaker"] == speaker
    new, trained, known = (
        np.flatnonzero(part) for part in (mine, ~mine & ~dataset.test, ~mine & dataset.test)
    )
    tune, test = (new[part] for part in split_for_tuning(dataset.y[new], clips, seed))
    stored = trained[choose_stored(dataset.y[trained], replay, batch_size, seed)]
    return [tune, test, stored, known]


def take_clips(model: Model, dataset: Dataset, drawn: list[np.ndarray]) -> Parts:
    """The clips with these indices, as the device receives them."""
    return Parts(*((model.preprocessing.raw(dataset.x[part]), dataset.y[part]) for part in drawn))


def demonstrate(
    model: Model,
    parts: Parts,
    core: Core,
    batch_size: int,
    seed: int,
    folder: Path,
    say: Callable[[str], None],
) -> Demonstration:
    """Classify the clips of the new speaker on the device, learn from some of them, classify again.

    This is done with all layers learning and with the output layer alone. folder: for sources and firmware.
    """
    schedule = learner_of(model.network).tuning_schedule(model.training, batch_size)
    tuning = Tuning(TUNING_EPOCHS, batch_size, schedule, seed)
    outcomes: dict[str, Adaptation] = {}
    costs = None
    for learn in ("all", "output"):
        device = DeviceModel.generate(model, folder / learn, learn, batch_size, "digits")
        firmware = device.build(core)
        say(f"learning on the {core.product}: {'all layers' if learn == 'all' else 'output layer only'}")
        outcomes[learn] = adapt(
            device, firmware, parts.test, parts.tune, tuning, stored=parts.stored, known=parts.known
        )
        if costs is None:
            costs = measure_costs(device, firmware, *parts.test, tuning.schedule)
    kept = [figure for part in (parts.tune, parts.stored) for figure in (len(part[0]), stored_bytes(part))]
    return Demonstration(model, *kept, outcomes["all"], outcomes["output"], costs)


def speakers(dataset: Dataset) -> list[str]:
    """Names that can be held out."""
    return sorted(str(name) for name in np.unique(dataset.keys["speaker"]))

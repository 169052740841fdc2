"""The main job, end to end: meet an unknown speaker on a device, and learn from him there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from integrad.datasets.dataset import Dataset
from integrad.emulator.adaptation import (
    TUNING_RATE_PER_SAMPLE,
    Adaptation,
    Tuning,
    adapt,
    split_for_tuning,
)
from integrad.emulator.boards import Board
from integrad.emulator.costs import Costs, measure_costs
from integrad.emulator.device_model import DeviceModel
from integrad.emulator.session import Schedule
from integrad.model_file import Model
from integrad.progress import Silent
from integrad.training_run import TrainingRun

TUNING_CLIPS = 100
TUNING_EPOCHS = 15


@dataclass(frozen=True)
class Setup:
    """A network, and the batch in which a part with that much RAM can train all its layers."""

    ram_bytes: int
    spec: str
    batch_size: int


SETUPS = [
    Setup(200_000, "mlp:96,48", 10),
    Setup(60_000, "cnn:p2,c8,p2,c12,p2,d48", 4),
    Setup(0, "cnn:p4,c8,p2,c16,p2,d32", 4),
]


@dataclass(frozen=True)
class Demonstration:
    """What happened. all_layers, output_only: the device's runs with either learn set."""

    model: Model
    before: float
    all_layers: Adaptation
    output_only: Adaptation
    costs: Costs

    @property
    def equal(self) -> bool:
        """Whether device and host held the same bits throughout."""
        return self.all_layers.equal_to_host and self.output_only.equal_to_host


def choose_setup(board: Board) -> Setup:
    """The largest of a few networks that can learn all its layers in the part's RAM."""
    return next(setup for setup in SETUPS if board.ram_bytes >= setup.ram_bytes)


def train_without(dataset: Dataset, speaker: str, spec: str, seed: int, progress: Silent) -> Model:
    """A model of all speakers but one; one in ten of their words validates."""
    holdouts = [f"speaker={speaker}"]
    run = TrainingRun(dataset, spec, {"seed": seed}, holdouts, validation_percent=10, by_class=True)
    return run.run(progress=progress).model


def demonstrate(
    model: Model,
    dataset: Dataset,
    speaker: str,
    board: Board,
    batch_size: int,
    seed: int,
    folder: Path,
    say: Callable[[str], None],
) -> Demonstration:
    """Classify the speaker's clips on the device, tune there with TUNING_CLIPS of them, classify again.

    Once with all layers learning and once with the output layer alone. folder: for sources and firmware.
    """
    mine = dataset.keys["speaker"] == speaker
    samples, labels = model.preprocessing.raw(dataset.x[mine]), dataset.y[mine]
    chosen, rest = split_for_tuning(labels, TUNING_CLIPS, seed)
    tune, test = (samples[chosen], labels[chosen]), (samples[rest], labels[rest])
    tuning = Tuning(TUNING_EPOCHS, batch_size, Schedule(TUNING_RATE_PER_SAMPLE * batch_size), seed)
    outcomes: dict[str, Adaptation] = {}
    costs = None
    for learn in ("all", "output"):
        device = DeviceModel.generate(model, folder / learn, learn, batch_size, "digits")
        firmware = device.build(board)
        say(f"learning on the {board.core}: {'all layers' if learn == 'all' else 'output layer only'}")
        outcomes[learn] = adapt(device, firmware, test, tune, tuning)
        if costs is None:
            costs = measure_costs(device, firmware, *test, tuning.schedule)
    return Demonstration(model, outcomes["all"].before, outcomes["all"], outcomes["output"], costs)


def speakers(dataset: Dataset) -> list[str]:
    """Names that can be held out."""
    return sorted(str(name) for name in np.unique(dataset.keys["speaker"]))

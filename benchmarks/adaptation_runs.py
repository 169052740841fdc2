"""The measurements of benchmarks/adaptation.py: base models, tuning as in integrad, and two scores.

The steps are those that integrad.execute.adaptation draws for a device, computed by the native engine. It
computes the same bits as the device, which adaptation.py checks for one case. Pillow, which rotates images,
is installed with integrad[plots].
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from PIL import Image

from integrad.datasets.dataset import Dataset, build_dataset
from integrad.engines.choice import make_engine
from integrad.execute.adaptation import (
    STORED_SAMPLES,
    TUNING_EPOCHS,
    Samples,
    Tuning,
    choose_stored,
    split_for_tuning,
    tuning_steps,
)
from integrad.execute.demonstration import SETUPS, Parts, Setup, draw_clips, take_clips, train_without
from integrad.learners.table import learner_of
from integrad.model_file import Model, load_model, save_model
from integrad.network.network import Network
from integrad.training.metrics import count_correct
from integrad.training.progress import Silent
from integrad.training.stepper import Stepper
from integrad.training.training_run import TrainingRun

SETUP = SETUPS[0]


@dataclass(frozen=True)
class Method:
    """How a device learns. rate: learning_rate_inv per sample of a batch; None for the learner's. stored:
    number of training samples for replay. options: see Learner.device_options."""

    learn: str = "all"
    epochs: int = TUNING_EPOCHS
    rate: int | None = None
    stored: int = STORED_SAMPLES
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Scores:
    """Accuracies on the new samples and on samples like the training data."""

    new_before: float
    new_after: float
    known_before: float
    known_after: float
    weights_crc: int


def keep(path: Path, train: Callable[[], Model]) -> Model:
    """The model in the file, trained and written there if there is none."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        save_model(train(), str(path))
    return load_model(str(path))


def speaker_model(dataset: Dataset, speaker: str, setup: Setup, seed: int, folder: Path) -> Model:
    """A network trained on the other five speakers, as in the demonstration."""
    words = [setup.spec, setup.learner]
    words += [f"{name}-{value}" for name, value in (setup.settings | setup.options).items()]
    name = "-".join(words).replace(":", "-").replace(",", "-")
    path = folder / f"{name}-without-{speaker}-{seed}.model"
    return keep(path, lambda: train_without(dataset, speaker, setup, seed, Silent()))


def speaker_parts(
    model: Model, dataset: Dataset, setup: Setup, speaker: str, clips: int, seed: int, stored: int
) -> Parts:
    """As the demonstration draws them; with fewer clips to learn from, the same 400 others test."""
    drawn = draw_clips(dataset, speaker, setup.batch_size, stored, seed)
    drawn[0] = draw_clips(dataset, speaker, setup.batch_size, stored, seed, clips)[0]
    return take_clips(model, dataset, drawn)


def measure(model: Model, parts: Parts, method: Method, batch_size: int, seed: int) -> Scores:
    """Tune a copy of the model and score it before and after."""
    apply = model.preprocessing.apply
    tune, test, stored, known = (
        (apply(x), y) for x, y in (parts.tune, parts.test, parts.stored, parts.known)
    )
    own = learner_of(model.network)
    schedule = own.tuning_schedule(model.training, batch_size)
    if method.rate:
        schedule = replace(schedule, learning_rate_inv=method.rate * batch_size)
    tuning = Tuning(method.epochs, batch_size, schedule, seed)
    network = model.network.copy()
    before = [_accuracy(network, part) for part in (test, known)]
    engine = make_engine("native", network, threads=1)
    settings = own.settings_of(schedule) | own.constants(model.training) | method.options
    learner = Stepper(network, learn=method.learn, engine=engine, **settings)
    for step in tuning_steps(tune, tuning, stored):
        learner.step(step.samples, step.labels)
    engine.fetch()
    after = [_accuracy(network, part) for part in (test, known)]
    return Scores(before[0], after[0], before[1], after[1], network.weights_crc())


def digits_model(dataset: Dataset, seed: int, epochs: int, folder: Path) -> Model:
    """A network trained on upright digits."""
    run = TrainingRun(dataset, SETUP.spec, {"seed": seed, "epochs": epochs, "threads": 1})
    return keep(folder / f"mnist-{epochs}-{seed}.model", lambda: run.run().model)


def turned_parts(model: Model, dataset: Dataset, degrees: int, count: int, most: int, seed: int) -> Parts:
    """Rotated test images: `count` to learn from; those not among the first `most` for testing, also
    upright."""
    images = dataset.x[dataset.test]
    labels = dataset.y[dataset.test]
    turned = rotate(images, degrees)
    trained = np.flatnonzero(~dataset.test)
    stored = trained[choose_stored(dataset.y[trained], None, SETUP.batch_size, seed)]
    tune, _ = split_for_tuning(labels, count, seed)
    _, test = split_for_tuning(labels, most, seed)
    raw = model.preprocessing.raw
    return Parts(
        tune=(raw(turned[tune]), labels[tune]),
        test=(raw(turned[test]), labels[test]),
        stored=(raw(dataset.x[stored]), dataset.y[stored]),
        known=(raw(images[test]), labels[test]),
    )


def load_digits(path: str) -> Dataset:
    """MNIST as its usual archive has it (x_train, y_train, x_test, y_test), or as integrad's own does."""
    with np.load(path) as arrays:
        if "x_train" not in arrays:
            return build_dataset("mnist", arrays["x"], arrays["y"], test=arrays["test"])
        x = np.concatenate([arrays["x_train"], arrays["x_test"]])
        y = np.concatenate([arrays["y_train"], arrays["y_test"]])
        test = np.arange(len(y)) >= len(arrays["y_train"])
    return build_dataset("mnist", x, y, test=test)


def rotate(images: np.ndarray, degrees: int) -> np.ndarray:
    """uint8 (N, H, W), rotated counter-clockwise with bilinear interpolation, black outside."""
    turned = (Image.fromarray(image).rotate(degrees, Image.Resampling.BILINEAR) for image in images)
    return np.stack([np.asarray(image) for image in turned])


def _accuracy(network: Network, part: Samples) -> float:
    engine = make_engine("native", network, threads=1)
    return count_correct(engine, *part)[0] / len(part[1])

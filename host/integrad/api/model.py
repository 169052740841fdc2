"""Model: a trained network as an object that classifies, is evaluated, saved, exported and verified."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from integrad import model_file
from integrad.api.arrays import as_array, label_text, original_labels, samples_for
from integrad.api.evaluation import Evaluation
from integrad.api.invalid_arguments import invalid_arguments
from integrad.api.probabilities import fit_temperature, softmax
from integrad.datasets.dataset import Dataset
from integrad.datasets.samples import chunks
from integrad.errors import InvalidArgumentError
from integrad.execute.device_model import DeviceModel
from integrad.execute.executors import c_executors, without_small
from integrad.execute.verification import Verdict, random_actions, verify
from integrad.export.target import Request
from integrad.export.targets import TARGETS, check_options
from integrad.export.writing import write_export
from integrad.learners.table import learner_of
from integrad.network.learn_set import LearnSet
from integrad.targets.cores import CORES, get_core
from integrad.training.evaluation import choose_part, match_labels
from integrad_codegen.names import check_name
from integrad_codegen.plan import make_plan

LABELS, TEMPERATURE = "labels", "temperature"
"""Entries of a training record: the kind of the labels, and what probabilities are computed with."""

BATCH = 10


class Model(model_file.Model):
    """A trained model, as train() and load() return it.

    Samples are arrays (N, *raw_shape) of integers or floats, or what NumPy converts to them, in the layout
    and the units of the training data. Methods raise InvalidArgumentError, which is a ValueError, for
    arguments that cannot be used.

    Attributes
    ----------
    class_names : list of str
        One name per class; scores and probabilities are in this order.
    preprocessing : Preprocessing
        How samples become network inputs. `preprocessing.raw_shape` is the shape of a sample.
    training : dict
        The training record: data, settings, accuracies.
    network : Network
    channel_names : list of str or None
    """

    @classmethod
    def of(cls, model: model_file.Model) -> Model:
        """The same model with the methods of this class; its network is shared."""
        return cls(**{field.name: getattr(model, field.name) for field in fields(model_file.Model)})

    @classmethod
    def load(cls, path: str | os.PathLike) -> Model:
        """Read a model file. Raises IntegradError, naming the file and what is wrong with it."""
        return cls.of(model_file.load_model(path))

    def save(self, path: str | os.PathLike) -> None:
        """Write a model file atomically. Raises IntegradError if it cannot be written."""
        model_file.save_model(self, path)

    def __repr__(self) -> str:
        spec = self.training.get("model_spec", "a network")
        samples = f"samples {self.preprocessing.raw_shape} of {self.preprocessing.raw_dtype}"
        learner, crc = self.network.learner, f"{self.network.weights_crc():08x}"
        return f"<Model {spec!s:.60} of {learner}, {samples}, {self.network.classes} classes, CRC {crc}>"

    @property
    def classes(self) -> np.ndarray:
        """The labels of the classes (G,), of the type that the labels of the training data had."""
        return original_labels(self.class_names, self.training.get(LABELS))

    def scores(self, x) -> np.ndarray:
        """The integer scores of all classes, as a device computes them.

        Parameters
        ----------
        x : array of shape (N, *raw_shape)

        Returns
        -------
        ndarray of shape (N, classes), int64, within ±127
        """
        with invalid_arguments():
            samples = samples_for(self.preprocessing, x)
            parts = [self.network.logits(self.preprocessing.apply(samples[rows])) for rows in chunks(samples)]
        return np.concatenate([np.empty((0, self.network.classes), np.int64), *parts])

    def predict(self, x) -> np.ndarray:
        """The label of each sample: the class with the highest score, the first of equal ones.

        Parameters
        ----------
        x : array of shape (N, *raw_shape)

        Returns
        -------
        ndarray of shape (N,), of the type that the labels of the training data had
        """
        return self.classes[self.scores(x).argmax(axis=1)]

    def predict_proba(self, x) -> np.ndarray:
        """The probability of each class: softmax(scores / temperature). For the host; devices have no floats.

        Parameters
        ----------
        x : array of shape (N, *raw_shape)

        Returns
        -------
        ndarray of shape (N, classes), float64
            Rows sum to 1. The largest entry is that of predict().

        Raises
        ------
        InvalidArgumentError
            If the model has no temperature: those of `integrad train` have none until calibrate() is called.
        """
        temperature = self.training.get(TEMPERATURE)
        if not isinstance(temperature, int | float) or temperature <= 0:
            raise InvalidArgumentError("the model has no temperature; call calibrate(x, y) first")
        return softmax(self.scores(x), temperature)

    def calibrate(self, x, y) -> None:
        """Fit the temperature of predict_proba(), which is stored in the training record.

        Parameters
        ----------
        x : array of shape (N, *raw_shape)
            Samples that the model was not trained on, if possible.
        y : array of shape (N,)
            Their labels.
        """
        labels = self.class_numbers(y)
        self.training[TEMPERATURE] = fit_temperature(_same_length(self.scores(x), labels), labels)

    def quantise(self, values) -> np.ndarray:
        """Samples in the units of the training data as a device receives them.

        Parameters
        ----------
        values : array of shape raw_shape or (N, *raw_shape)

        Returns
        -------
        ndarray of the same shape, of the integers `preprocessing.raw_dtype`
            Floats are scaled, rounded and saturated.
        """
        with invalid_arguments():
            return super().quantise(as_array("values", values))

    def evaluate(self, x, y=None) -> Evaluation:
        """Classify samples and compare the results with their labels.

        Parameters
        ----------
        x : array of shape (N, *raw_shape), or Dataset
            Of a Dataset, the samples that `integrad evaluate` takes: those that the training run tested on,
            if it is the same data; else its test set, if it has one; else all.
        y : array of shape (N,)
            Labels, compared with `class_names` as text; none for a Dataset.

        Returns
        -------
        Evaluation
            With the attributes accuracy, macro_f1, confusion, by_class and more.
        """
        if isinstance(x, Dataset):
            return self._evaluate_dataset(x, y)
        labels = self.class_numbers(y)
        scores = _same_length(self.scores(x), labels)
        return Evaluation.of(self.class_names, labels, scores.argmax(axis=1))

    def _evaluate_dataset(self, dataset: Dataset, y) -> Evaluation:
        if y is not None:
            raise InvalidArgumentError("y is part of the data set; call evaluate(dataset)")
        with invalid_arguments():
            part, labels = choose_part(self, dataset, []), match_labels(self, dataset)
        predicted = self.scores(dataset.x[part.mask]).argmax(axis=1)
        return Evaluation.of(self.class_names, labels[part.mask], predicted, part.text, part.learnt_samples)

    def class_numbers(self, y) -> np.ndarray:
        """Labels (N,) → numbers of their classes. Raises InvalidArgumentError for an unknown one."""
        labels = as_array("y", y)
        if labels.ndim != 1 or len(labels) == 0:
            raise InvalidArgumentError(f"y has shape {labels.shape}, expected one label per sample")
        with invalid_arguments():
            names, places = np.unique(label_text(labels), return_inverse=True)
        known = {name: index for index, name in enumerate(self.class_names)}
        for name in names.tolist():
            if name not in known:
                listed = ", ".join(self.class_names)
                raise InvalidArgumentError(f"the model does not know the class {name}, only {listed}")
        return np.array([known[name] for name in names.tolist()])[places]

    def export(
        self,
        folder: str | os.PathLike,
        *,
        target: str = "c",
        name: str = "model",
        learn: str = "none",
        batch_size: int = BATCH,
        stash: str | None = None,
        recompute: bool = False,
        **options: str | None,
    ) -> list[Path]:
        """Generate the files of `integrad export`.

        Parameters
        ----------
        folder : path
            Created if necessary.
        target : str
            One of those of `integrad export`, such as "c", "micropython" or "cmake".
        name : str
            Prefix of all names in the generated code, and of its files.
        learn : str
            Layers that learn on the device: "none", "output", "last:K" or "all".
        batch_size : int
            Samples of a training step on the device.
        stash : str, optional
            How the device keeps activations until weights learn from them, for learners with such a choice.
        recompute : bool
            Whether the device computes activations again where that takes less memory, for learners with
            such a choice.
        **options : str
            Options of the target: `arch` and `mip` for "micropython", `package_version` for packages.

        Returns
        -------
        list of Path
            The files that were written, those of the model first, then those of the runtime, which lie in
            folders below `folder`; none is written if there is an error.
        """
        with invalid_arguments():
            if target not in TARGETS:
                raise InvalidArgumentError(f"target {target!r}: must be {' or '.join(TARGETS)}")
            check_name(name)
            chosen = check_options(TARGETS[target], options)
            LearnSet.require(learn, len(self.network.blocks))
            memory = learner_of(self.network).chosen_options({"stash": stash, "recompute": recompute})
            plan = make_plan(self.network, name, learn, batch_size, self.constants | memory)
        files = TARGETS[target].files(Request(self, plan, options=chosen))
        return write_export(Path(folder), files, named="folder")

    def verify(
        self,
        cores: Sequence[str] | str = (),
        *,
        steps: int = 50,
        batch_size: int = BATCH,
        seed: int = 0,
        time_limit: float = 600,
    ) -> list[Verdict]:
        """Train further on random samples with NumPy, with the generated C on this computer under sanitizers,
        and on emulated cores; the model itself is not changed.

        Parameters
        ----------
        cores : sequence of str, or "all"
            Names of cores, such as "m0"; they require an emulator. "all" leaves out chips on which the model
            does not fit.
        steps, batch_size, seed : int
            Number and size of the training steps, and seed of samples and labels.
        time_limit : float
            In seconds, for each executor.

        Returns
        -------
        list of Verdict
            One per executor, NumPy first: its name, core, CRC-32 of outputs and weights, and error.
            `verdict.same_bits(verdicts[0])` tells whether it computed the same bits as NumPy.
        """
        with invalid_arguments():
            chosen = list(CORES.values()) if cores == "all" else [get_core(core) for core in _several(cores)]
        with TemporaryDirectory(prefix="integrad-") as folder:
            with invalid_arguments():
                device = DeviceModel.generate(self, Path(folder), "all", batch_size)
            actions = random_actions(device, steps, self.schedule(batch_size), seed)
            if cores == "all":
                chosen, _ = without_small(device, chosen, actions)
            return list(verify(device, c_executors(device, chosen, time_limit), actions))


def load(path: str | os.PathLike) -> Model:
    """Read a model file that `integrad train` or Model.save() has written.

    Raises IntegradError, naming the file and what is wrong with it. Warns with an IntegradNote if the file is
    so old that it has no checksum.
    """
    return Model.load(path)


def _same_length(scores: np.ndarray, labels: np.ndarray) -> np.ndarray:
    if len(scores) != len(labels):
        raise InvalidArgumentError(f"x has {len(scores):,} samples but y has {len(labels):,} labels")
    return scores


def _several(names: Sequence[str] | str) -> Sequence[str]:
    return [names] if isinstance(names, str) else names

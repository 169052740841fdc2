"""IntegerClassifier: a network trained in integer arithmetic as an estimator of scikit-learn."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from operator import index

import numpy as np

from integrad.api.arrays import NAME, TEXT, check_one_kind, column_names, samples_for
from integrad.api.invalid_arguments import invalid_arguments
from integrad.api.model import TEMPERATURE, Model
from integrad.api.probabilities import softmax
from integrad.api.training import finish, make_run
from integrad.datasets import axes as layouts
from integrad.datasets.dataset import Dataset, digest
from integrad.datasets.labels import MAX_NAME
from integrad.datasets.preprocessing import Preprocessing
from integrad.datasets.samples import check_samples
from integrad.errors import IntegradError, InvalidArgumentError
from integrad.learners.table import learner_of
from integrad.network.description import MAX_CLASSES
from integrad.network.network import Network
from integrad.training.stepper import Stepper
from integrad.training.training_run import TrainingRun

try:
    from sklearn.base import BaseEstimator, ClassifierMixin
    from sklearn.utils import check_random_state
    from sklearn.utils.multiclass import check_classification_targets, type_of_target
    from sklearn.utils.validation import check_is_fitted, column_or_1d, validate_data
except ImportError:
    raise IntegradError(
        "IntegerClassifier and CompiledClassifier require scikit-learn 1.6 or newer: "
        "pip install 'integrad[sklearn]'"
    ) from None

TARGETS_PER_TEMPERATURE = 4
"""Until fit() has fitted a temperature, it is this part of the score that a class is trained towards."""


class IntegerClassifier(ClassifierMixin, BaseEstimator):
    """A neural network that is trained in integer arithmetic and can be exported to a microcontroller.

    Columns of floats are scaled one by one; no scaler is needed before it. Equal data and parameters yield
    equal bits on every computer.

    Parameters
    ----------
    model : str, default="mlp:96,48"
        The network, see integrad.train().
    sample_shape : tuple of int or None, default=None
        Shape of a sample that is no vector, such as (64, 3) for 64 steps of 3 channels or (28, 28). X
        remains an array (n_samples, n_features), whose rows are such samples in C order.
    axes : str or None, default=None
        Layout of a sample: F, T, TC, CT, HW, HWC or CHW. By default it is detected from the shape.
    learner : str or None, default=None
        "nitro-d", "backprop" or "pocket". None chooses by the network and the data, as all None below do.
    steps : int or None, default=None
        Number of training steps, in whole epochs.
    epochs : int or None, default=None
        Maximum number of epochs.
    batch_size : int or None, default=None
        Samples of a training step.
    learning_rate_inv : int or None, default=None
        Divisor of the gradients: larger values learn more slowly.
    validation : int or None, default=None
        Percentage of the training samples that measures the accuracy, or chooses the best epoch, 0 to 90; 0
        for none.
    settings : dict or None, default=None
        More settings of integrad.train(), such as {"keep": "last", "engine": "numpy"}.
    random_state : int, RandomState or None, default=0
        Of all random numbers. None draws another seed in each fit.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels.
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Only if the columns of X have names that are strings.
    parameters_ : dict of str to ndarray
        The integer weights by name.
    description_ : str
        JSON: the network, preprocessing, names and training record of a model file.
    temperature_ : float
        Of predict_proba().
    """

    def __init__(
        self,
        model: str = "mlp:96,48",
        *,
        sample_shape: tuple[int, ...] | None = None,
        axes: str | None = None,
        learner: str | None = None,
        steps: int | None = None,
        epochs: int | None = None,
        batch_size: int | None = None,
        learning_rate_inv: int | None = None,
        validation: int | None = None,
        settings: Mapping[str, int | str] | None = None,
        random_state: int | np.random.RandomState | None = 0,
    ):
        self.model = model
        self.sample_shape = sample_shape
        self.axes = axes
        self.learner = learner
        self.steps = steps
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate_inv = learning_rate_inv
        self.validation = validation
        self.settings = settings
        self.random_state = random_state

    def fit(self, X, y, groups=None) -> IntegerClassifier:
        """Train from scratch.

        Parameters
        ----------
        X : array of shape (n_samples, n_features)
            Integers or floats.
        y : array of shape (n_samples,)
            Labels of any type.
        groups : array of shape (n_samples,), optional
            Validation samples are whole groups.

        Returns
        -------
        self
        """
        check_one_kind(y)
        X, y = validate_data(self, X, y, dtype="numeric", ensure_min_samples=2)
        classes, indices = self._classes_of(y)
        with invalid_arguments():
            dataset = self._dataset(X, indices, classes, groups)
            run = self._run(dataset, self.validation)
            model = finish(run, TEXT)
        self.classes_ = classes
        self.temperature_ = model.training[TEMPERATURE]
        self._store(model)
        return self

    def partial_fit(self, X, y, classes=None) -> IntegerClassifier:
        """Go on learning with integer updates, as the exported training step of a device does.

        The samples are learnt once, in their order, in batches of `batch_size`; a single sample is a batch.
        The scaling of the inputs is that of fit(), or of the first call of partial_fit() without fit(), whose
        samples should therefore be many and typical. The learner is the one that fit() would choose.

        Parameters
        ----------
        X : array of shape (n_samples, n_features)
        y : array of shape (n_samples,)
        classes : array of shape (n_classes,), optional
            All labels. Required in the first call if fit() was not called.

        Returns
        -------
        self
        """
        first = not hasattr(self, "parameters_")
        X, y = validate_data(self, X, y, dtype="numeric", reset=first)
        check_classification_targets(y)
        y = column_or_1d(y, warn=True)
        if first:
            if classes is None:
                raise InvalidArgumentError("classes must be passed in the first call of partial_fit")
            self._begin(X, y, _checked_classes(np.unique(classes)))
        elif classes is not None and not np.array_equal(np.unique(classes), self.classes_):
            raise InvalidArgumentError(f"classes {classes} are not those of the first call, {self.classes_}")
        model = self.to_model()
        indices = _indices(y, self.classes_)
        with invalid_arguments():
            raw = model.preprocessing.raw(self._samples(model.preprocessing, X))
            size = self.batch_size or model.training["hyper_parameters"]["batch_size"]
            learner_of(model.network).check_batch(model.network, min(size, len(raw)))
            self._learn(model, raw, indices, size)
        self._store(model)
        return self

    def predict(self, X) -> np.ndarray:
        """The label of each sample: the class with the highest score.

        X : array of shape (n_samples, n_features). Returns labels (n_samples,).
        """
        scores = self._scores(X)
        return self.classes_[scores.argmax(axis=1)]

    def decision_function(self, X) -> np.ndarray:
        """Integer scores of the classes, as a device computes them.

        X : array of shape (n_samples, n_features). Returns int64 (n_samples, n_classes); of two classes, the
        score of the second minus that of the first (n_samples,).
        """
        scores = self._scores(X)
        return scores[:, 1] - scores[:, 0] if len(self.classes_) == 2 else scores

    def predict_proba(self, X) -> np.ndarray:
        """Probabilities: softmax of the scores, divided by `temperature_`, which fit() fits to the validation
        samples, or to all if there are none.

        X : array of shape (n_samples, n_features). Returns float64 (n_samples, n_classes).
        """
        return softmax(self._scores(X), self.temperature_)

    def to_model(self) -> Model:
        """The trained network as a Model, which can be saved, exported and verified. It is a copy."""
        check_is_fitted(self)
        return _restored(self.description_, self.parameters_)

    def _scores(self, X) -> np.ndarray:
        """X (n_samples, n_features) → int64 (n_samples, n_classes)."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype="numeric", reset=False)
        with invalid_arguments():
            return self._compute_scores(X)

    def _compute_scores(self, X: np.ndarray) -> np.ndarray:
        model = self.to_model()
        return model.scores(self._samples(model.preprocessing, X))

    def _samples(self, preprocessing: Preprocessing, X: np.ndarray) -> np.ndarray:
        """Rows as samples of the kind that the model was trained on. Integers saturate, as those of a sensor
        do."""
        return samples_for(preprocessing, X.reshape(len(X), *preprocessing.raw_shape), saturate=True)

    def _classes_of(self, y) -> tuple[np.ndarray, np.ndarray]:
        """The distinct labels, and the index of each label (n_samples,)."""
        check_classification_targets(y)
        y = column_or_1d(y, warn=True)
        classes = _checked_classes(np.unique(y))
        if len(classes) < 2:
            raise InvalidArgumentError(f"y contains 1 class ({classes[0]}); a classifier requires 2 or more")
        return classes, _indices(y, classes)

    def _run(self, dataset: Dataset, validation: int | None) -> TrainingRun:
        own = ("steps", "epochs", "batch_size", "learning_rate_inv")
        settings = {name: getattr(self, name) for name in own} | dict(self.settings or {})
        state = self.random_state
        seed = state if isinstance(state, int | np.integer) else check_random_state(state).randint(2**31)
        return make_run(
            dataset,
            self.model,
            settings | {"seed": int(seed)},
            validation_percent=validation,
            learner=self.learner,
        )

    def _dataset(self, X: np.ndarray, indices: np.ndarray, classes: np.ndarray, groups) -> Dataset:
        """Labels may be missing, unlike in one of build_dataset(): those of the first partial_fit() are."""
        shape = X.shape[1:] if self.sample_shape is None else _checked_shape(self.sample_shape)
        if int(np.prod(shape)) != X.shape[1]:
            raise InvalidArgumentError(
                f"sample_shape {shape} has {int(np.prod(shape)):,} values, but X has {X.shape[1]:,} features"
            )
        x = check_samples("X", X.reshape(len(X), *shape))
        axes = layouts.detect(shape) if self.axes is None else layouts.parse(self.axes, shape)
        keys = {} if groups is None else {"group": _groups(groups, len(X))}
        return Dataset(
            name=NAME,
            x=x,
            y=indices,
            class_names=_names(classes),
            keys=keys,
            test=np.zeros(len(X), bool),  # an empty test set: no sample is put aside
            axes=axes,
            sha256=digest(x, indices),
            group="group" if keys else None,
            axes_given=self.axes is not None,
            channel_names=column_names(getattr(self, "feature_names_in_", None)) if axes == "F" else None,
        )

    def _begin(self, X: np.ndarray, y: np.ndarray, classes: np.ndarray) -> None:
        """An untrained network for the first partial_fit()."""
        if len(classes) < 2:
            raise InvalidArgumentError("classes has 1 class; a classifier requires 2 or more")
        with invalid_arguments():
            run = self._run(self._dataset(X, _indices(y, classes), classes, None), 0)
            network, trainer = run.network, run.trainer
            samples = run.samples(np.arange(len(X)))
            for hook in (trainer.learner.prepare, trainer.learner.calibrate):
                hook(network, *samples, trainer.hyper_parameters)
            settings = trainer.hyper_parameters | {"learn": trainer.learn}
            model = replace(Model.of(run.model), training=run.origin() | {"hyper_parameters": settings})
        self.classes_ = classes
        self.temperature_ = network.output.target / TARGETS_PER_TEMPERATURE
        self._store(model)

    def _learn(self, model: Model, raw: np.ndarray, indices: np.ndarray, size: int) -> None:
        """Train the network of the model as a device does. raw: samples as a device receives them; size: of
        a batch."""
        samples = model.preprocessing.of_raw_samples().apply(raw)
        learn = model.training["hyper_parameters"]["learn"]
        for batch in batches(len(samples), size):
            x, labels = samples[batch], indices[batch]
            stepper = Stepper.on_device(
                model.network, model.schedule(len(x)), learn, constants=model.constants
            )
            stepper.step(x, labels)

    def _store(self, model: Model) -> None:
        """Keep a model in arrays and text, which any way of storing estimators can hold."""
        self.parameters_ = {name: array.copy() for name, array in model.network.arrays().items()}
        self.description_ = json.dumps(
            {
                "network": model.network.describe(),
                "preprocessing": model.preprocessing.describe(),
                "class_names": model.class_names,
                "channel_names": model.channel_names,
                "training": model.training,
            }
        )


def batches(samples: int, size: int) -> list[slice]:
    """All samples in their order; the last batch may be smaller."""
    return [slice(start, start + size) for start in range(0, samples, size)]


def _restored(description: str, parameters: Mapping[str, np.ndarray]) -> Model:
    document = json.loads(description)
    network = Network.from_description(document["network"])
    network.load_parameters(dict(parameters))
    preprocessing = Preprocessing.from_description(document["preprocessing"])
    names = document["class_names"], document["channel_names"]
    return Model(network, preprocessing, names[0], document["training"], names[1])


def _checked_shape(shape) -> tuple[int, ...]:
    try:
        sizes = tuple(index(size) for size in shape)
    except TypeError:
        raise InvalidArgumentError(
            f"sample_shape {shape!r:.50}: expected a tuple of whole numbers such as (64, 3) or (144,)"
        ) from None
    if not sizes or min(sizes) < 1:
        raise InvalidArgumentError(f"sample_shape {sizes}: every axis must have a positive length")
    return sizes


def _checked_classes(classes: np.ndarray) -> np.ndarray:
    if len(classes) > MAX_CLASSES:
        raise InvalidArgumentError(
            f"y has {len(classes):,} classes of type {type_of_target(classes)}; at most {MAX_CLASSES} are "
            "supported"
        )
    return classes


def _indices(y: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Labels → indices int64. Raises InvalidArgumentError for a label that is not among the classes."""
    places = np.minimum(np.searchsorted(classes, y), len(classes) - 1)
    if (wrong := classes[places] != y).any():
        label = y[wrong][:1].tolist()[0]
        raise InvalidArgumentError(f"y contains {label!r}, which is not among the classes {classes}")
    return places.astype(np.int64)


def _names(classes: Sequence) -> list[str]:
    """Names of the classes for generated code; their numbers if labels cannot be names."""
    names = [str(label) for label in classes]
    usable = all(name.isprintable() and 1 <= len(name) <= MAX_NAME for name in names)
    return names if usable and len(set(names)) == len(names) else [str(n) for n in range(len(names))]


def _groups(groups, samples: int) -> np.ndarray:
    found = np.asarray(groups)
    if found.shape != (samples,):
        raise InvalidArgumentError(f"groups has shape {found.shape}, expected ({samples},)")
    return found

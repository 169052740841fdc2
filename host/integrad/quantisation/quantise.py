"""From the weights of a float network to a model that goes on learning in integers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from integrad import __version__
from integrad.datasets.dataset import Dataset
from integrad.errors import IntegradError, one_line
from integrad.learners.table import find_learner
from integrad.model_file import Model
from integrad.network.backprop_blocks import BIAS_INPUT, INPUT_EXPONENT, input_exponents
from integrad.network.network import Network
from integrad.quantisation.assignment import Assigned, Reading, assign
from integrad.quantisation.biases import with_biases
from integrad.quantisation.float_network import FloatNetwork
from integrad.quantisation.input_scaling import InputScaling, adapt, fold
from integrad.quantisation.rounding import CANDIDATES, round_weights
from integrad.quantisation.weight_layout import Target, targets_of
from integrad.training.training_run import Score, TrainingRun

LEARNER = "backprop"
USUAL_LOSS = "cross-entropy"
"""Of float training."""

MEAN, DIVISOR = "input.mean", "input.divisor"
"""Arrays of a weights file that state the InputScaling."""


@dataclass(frozen=True)
class QuantisedLayer:
    """saturated: number of weights and biases that were clipped. error: of the layer's sums over calibration
    samples, due to rounding these, relative to the sums (root mean square).
    """

    name: str
    weights: int
    biases: int
    exponent: int
    saturated: int
    output_shift: int
    error_shift: int
    error: float


@dataclass(frozen=True)
class Quantised:
    """A model, what became of its layers, and scores on validation and test samples: of the float network,
    computed in floats, and of the model. squared_error: mean squared distance of the float network's scores
    of calibration samples from 1 for the class and 0 for others, added up over the classes.
    """

    model: Model
    layers: list[QuantisedLayer]
    validation_float: Score
    validation: Score
    test_float: Score
    test: Score
    squared_error: float


def quantise(
    arrays: Mapping[str, np.ndarray],
    spec: str,
    dataset: Dataset,
    *,
    source: str = "weights",
    reading: Reading | None = None,
    scaling: InputScaling | None = None,
    options: dict | None = None,
    loss: str = USUAL_LOSS,
    seed: int = 0,
    holdouts: list[str] | None = None,
    validation_percent: int = 10,
    by_class: bool = False,
    candidates: int = CANDIDATES,
) -> Quantised:
    """Quantise a float network.

    arrays: weights and biases by name, see assignment. spec: the network, for the learner backprop; its
    layers are given biases where `arrays` has them. options: `leak`, `encoding` and `bias` of its layers.
    source: name of the weights, for messages. scaling: of the inputs that the float network was trained on;
    by default the arrays input.mean and input.divisor, or inputs as Preprocessing makes them, divided by 64.
    loss: of the float training and of later training. seed, holdouts, validation_percent, by_class: see
    TrainingRun; calibration samples are training samples. candidates: number of exponents that are compared.
    Raises IntegradError or UsageError for weights that do not fit.
    """
    settings = {"seed": seed, "loss": loss}
    run = TrainingRun(dataset, spec, settings, holdouts, validation_percent, by_class, LEARNER, options)
    network, split = run.network, run.split
    arrays, scaling = _split_scaling(dict(arrays), scaling, source)
    found = assign(arrays, network, reading or Reading(), source)
    network, weights = with_biases(network, found.biases), found.weights
    float_network = FloatNetwork(network, weights, found.biases)
    preprocessing = run.preprocessing
    if scaling is not None:
        preprocessing, factors = adapt(preprocessing, scaling, dataset.x[split.train])
        weights = [fold(weights[0], targets_of(network)[0], factors), *weights[1:]]
    part = split.train[: find_learner(LEARNER).calibration_samples]
    x, labels = preprocessing.apply(dataset.x[part]), dataset.y[part]
    floats = Assigned(weights, found.biases)
    layers = _quantise_layers(network, floats, x, labels, run.trainer.hyper_parameters, source, candidates)
    model = Model(network, preprocessing, dataset.class_names, channel_names=dataset.channel_names)

    def float_scores(samples: np.ndarray, inputs: np.ndarray) -> np.ndarray:
        seen = inputs * 2.0**INPUT_EXPONENT if scaling is None else scaling.apply(samples, dataset.axes)
        return float_network.scores(seen)

    scores = []
    for indices in (split.validation, split.test):
        samples, y = dataset.x[indices], dataset.y[indices]
        inputs = preprocessing.apply(samples)
        scores.append(Score(int((float_scores(samples, inputs).argmax(axis=1) == y).sum()), len(y)))
        scores.append(Score(int((network.predict(inputs) == y).sum()), len(y)))
    model.training = _record(run, source, *scores)
    errors = float_scores(dataset.x[part], x) - np.eye(dataset.classes, dtype=np.float32)[labels]
    return Quantised(model, layers, *scores, float(np.square(errors).sum(axis=1).mean()))


def _split_scaling(
    arrays: dict[str, np.ndarray], scaling: InputScaling | None, source: str
) -> tuple[dict[str, np.ndarray], InputScaling | None]:
    """The weights, and the scaling that is given or stored with them."""
    found = {name: arrays.pop(name) for name in (MEAN, DIVISOR) if name in arrays}
    for name, array in found.items():
        if array.dtype.kind not in "fiu":
            raise IntegradError(f"{source}: array {name} must contain numbers")
    if scaling is None and found:
        defaults = InputScaling()
        scaling = InputScaling(
            tuple(found.get(MEAN, np.array(defaults.mean)).reshape(-1).tolist()),
            tuple(found.get(DIVISOR, np.array(defaults.divisor)).reshape(-1).tolist()),
        )
    return arrays, scaling


def _quantise_layers(
    network: Network, floats: Assigned, x, labels, settings: Mapping, source: str, candidates: int
) -> list[QuantisedLayer]:
    """Layer by layer: the inputs of each are those that the integer layers before it compute."""
    learner = find_learner(LEARNER)
    targets = targets_of(network)
    for target in targets:
        target.layer.scales[...] = 0
        for role in target.layer.learning:
            target.layer.set_master(np.zeros(getattr(target.layer, role).shape, np.int64), role)
    rounded, h, stages = [], x, list(network.stages)
    for index, target in enumerate(targets):
        while stages and stages[0].block is not target.layer:
            h = stages.pop(0).forward(h)
        seen = h.reshape(len(h), -1) if target.layer.takes_features else h
        bias = floats.biases[index]
        if bias is not None:
            exponent = input_exponents([target.layer for target in targets[:index]])[-1]
            bias = np.ldexp(bias / BIAS_INPUT, -exponent)
        try:
            rounded.append(round_weights(target.layer, floats.weights[index], seen, bias, candidates))
        except IntegradError as error:
            raise IntegradError(f"{source}: {target.name}: {error}") from error
        learner.calibrate(network, x, labels, settings)
        if stages:
            h = stages.pop(0).forward(h)
    return [_describe(target, *found) for target, found in zip(targets, rounded, strict=True)]


def _describe(target: Target, saturated: int, error: float) -> QuantisedLayer:
    layer = target.layer
    biases = 0 if layer.bias is None else layer.bias.size
    shifts = layer.output_shift, layer.error_shift
    return QuantisedLayer(
        target.name, layer.weights.size, biases, layer.weight_exponent, saturated, *shifts, error
    )


def _record(run: TrainingRun, source: str, validation_float, validation, test_float, test) -> dict:
    """The training record of the model file."""
    settings = run.trainer.hyper_parameters
    kept = {name: settings[name] for name in ("loss",)} | {"learn": run.trainer.learn}
    return run.origin() | {
        "quantised_from": one_line(source),
        "hyper_parameters": kept,
        "float_validation_accuracy": validation_float.accuracy,
        "float_test_accuracy": test_float.accuracy,
        "validation_accuracy": validation.accuracy,
        "test_accuracy": test.accuracy,
        "validation_samples": validation.samples,
        "test_samples": test.samples,
        "tool_version": __version__,
    }

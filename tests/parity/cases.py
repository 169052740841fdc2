"""A case: a network, its preprocessing, its weights and a session. Everything follows from its fields."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from integrad.arithmetic import INT8_LIMIT, bit_width, isqrt
from integrad.datasets import axes as layouts
from integrad.datasets.preprocessing import Preprocessing
from integrad.execute.device_model import DeviceModel
from integrad.execute.session import Action, Predict, Reset, Train, Weights
from integrad.learners.table import LEARNERS
from integrad.model_file import Model
from integrad.network.backprop_blocks import EXPONENT_LIMIT, MASTER_LIMIT, MAX_SHIFT, BackpropLayer
from integrad.network.network import Network
from integrad.network.parameter import Parameter

SAMPLES = 3
"""Samples that are classified before and after training."""

WEIGHTS = ("initial", "full range", "extreme", "all highest", "typical", "zero")
INPUTS = ("full range", "extreme", "around the mean", "constant")


@dataclass(frozen=True)
class Case:
    """Plain values only, so that a failing case can be read and repeated.

    counts: samples of each training step. schedules: the integers of the learner's, one round of
    steps each; the weights are reset in between. weights, inputs: how arrays are drawn from seed. loss,
    stash, recompute: constants of the training step, "" for the usual one. sums: width of sums in bits.
    scales: of integer backpropagation, "typical" or "any".
    """

    axes: str
    raw_dtype: str
    raw_shape: tuple[int, ...]
    mean: tuple[int, ...]
    mad: tuple[int, ...]
    classes: int
    layers: list[dict] = field(default_factory=list)
    learn: str = "all"
    batch: int = 4
    counts: tuple[int, ...] = (4, 3)
    schedules: tuple[tuple[int, ...], ...] = ((32, 50, 20),)
    weights: str = "full range"
    inputs: str = "full range"
    seed: int = 0
    learner: str = "nitro-d"
    loss: str = ""
    stash: str = ""
    recompute: str = ""
    sums: int = 32
    scales: str = "typical"
    output_bias: bool = False

    def generate(self, folder: Path, prefix: str = "model") -> DeviceModel:
        """Lower the case's model and write its sources."""
        given = {"stash": self.stash, "recompute": self.recompute}
        options = {name: value for name, value in given.items() if value}
        return DeviceModel.generate(self.model(), folder, self.learn, self.batch, prefix, options=options)

    def model(self) -> Model:
        offset = 128 if self.raw_dtype == "uint8" else 0
        preprocessing = Preprocessing(
            self.axes, self.raw_dtype, self.raw_shape, offset, self.mean, self.mad, None
        )
        names = [f"class {k}" for k in range(self.classes)]
        record = {"hyper_parameters": {"loss": self.loss}} if self.loss else {}
        return Model(self.network(), preprocessing, names, record)

    def network(self) -> Network:
        shape = layouts.input_shape(self.axes, self.raw_shape)
        network = Network(shape, self.classes, self.layers, self.learner, self.sums, self.output_bias)
        rng = np.random.Generator(np.random.PCG64(self.seed))
        if self.weights == "initial":
            network.initialise(rng)
            return network
        for parameter in network.parameters():
            if parameter.on_device:
                parameter.array[...] = _weights(self.weights, parameter, rng)
        if self.learner == "backprop":
            for layer in [*network.blocks, network.output]:
                _scale(layer, rng)
                if self.scales == "any":
                    limits = (-EXPONENT_LIMIT, 0, 0), (EXPONENT_LIMIT, MAX_SHIFT, MAX_SHIFT)
                    layer.scales[...] = rng.integers(*limits, endpoint=True)
        return network

    def actions(self) -> list[Action]:
        """Classify; in each round train, asking for all weights after every step; classify again."""
        rng = np.random.Generator(np.random.PCG64(self.seed + 1))
        test = self._samples(SAMPLES, rng)
        make = LEARNERS[self.learner].schedule_class
        actions: list[Action] = [Predict(test)]
        for round_, schedule in enumerate(self.schedules if self.learn != "none" else ()):
            if round_:
                actions.append(Reset())
            for count in self.counts:
                labels = rng.integers(0, self.classes, count)
                actions += [Train(self._samples(count, rng), labels, make(*schedule)), Weights()]
            actions.append(Predict(test))
        return [*actions, Weights()]

    def _samples(self, count: int, rng: np.random.Generator) -> np.ndarray:
        limits, shape = np.iinfo(self.raw_dtype), (count, *self.raw_shape)
        low, high = int(limits.min), int(limits.max)
        if self.inputs == "extreme":
            return rng.choice(np.array([low, high], self.raw_dtype), shape)
        if self.inputs == "constant":
            return np.full(shape, rng.integers(low, high, endpoint=True), self.raw_dtype)
        if self.inputs == "full range":
            return rng.integers(low, high, shape, self.raw_dtype, endpoint=True)
        centre = self.mean[0] + (128 if self.raw_dtype == "uint8" else 0)
        spread = 3 * self.mad[0]
        drawn = rng.integers(centre - spread, centre + spread, shape, np.int64, endpoint=True)
        return np.clip(drawn, low, high).astype(self.raw_dtype)


def _weights(kind: str, parameter: Parameter, rng: np.random.Generator) -> np.ndarray:
    shape, limit = parameter.shape, parameter.limit
    if kind == "zero":
        return np.zeros(shape, np.int16)
    if kind == "all highest":
        return np.full(shape, limit, np.int16)
    if kind == "extreme":
        return rng.choice(np.array([-limit, limit], np.int16), shape)
    if kind == "typical":  # of a trained network: bell-shaped, in 16 bits a few thousand
        deviation = limit / 3 if parameter.encoding == "int8" else 3000
        return np.clip(rng.normal(0, deviation, shape), -limit, limit).astype(np.int16)
    return rng.integers(-limit, limit, shape, np.int16, endpoint=True)


def _scale(layer: BackpropLayer, rng: np.random.Generator) -> None:
    """Any exponent, and shifts with which most sums become neither 0 nor saturated."""
    outputs = layer.weights.size // layer.fan_in
    for row, terms in ((1, layer.fan_in), (2, outputs)):
        typical = bit_width(INT8_LIMIT**2 * isqrt(terms)) - 7
        layer.scales[row] = max(0, typical - int(rng.integers(-1, 6)))
    layer.scales[0] = rng.integers(-12, -4)
    limit = INT8_LIMIT if layer.fraction is None else MASTER_LIMIT
    for role in layer.learning:
        layer.set_master(np.clip(layer.master(role), -limit, limit), role)

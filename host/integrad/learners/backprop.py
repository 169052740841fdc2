"""Integer backpropagation with 8-bit weights: the error of the scores is propagated from layer to layer.

Source: Wang, Rasoulinezhad, Leong, So, "NITI: Training Integer Neural Networks Using Integer-only Arithmetic"
(arXiv 2009.13108). docs/backprop.md explains what differs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from integrad.arithmetic import INT32_LIMIT, psto
from integrad.errors import IntegradError
from integrad.learners import backprop_update as updates
from integrad.learners.backprop_loss import CROSS_ENTROPY, LOSSES, SQUARED, propagated
from integrad.learners.backprop_pass import BatchPass
from integrad.learners.backprop_scaling import CONSTANT, DELAYED, MAXIMUM, WIDTHS, adapted
from integrad.learners.backprop_update import EXACT, NORMALISED
from integrad.learners.hyper_parameters import ANNEALED, QUARTERS, HyperParameter
from integrad.learners.learner import Learner
from integrad.learners.memory_options import NO, SWITCH
from integrad.learners.schedule import Schedule
from integrad.learners.step import Gradients, Step
from integrad.network.backprop_blocks import (
    MAX_SUMMANDS,
    BackpropLayer,
    error_exponents,
    input_exponents,
)
from integrad.network.backprop_stash import EXACT_STASH, STASHES
from integrad.network.learn_set import LearnSet
from integrad.network.network import Network
from integrad.network.parameter import FRACTIONS, SCALES, Parameter

RATE_PER_SAMPLE, LEAST_RATE = 16, 64
"""Of exact updates: gradients are sums over the batch, and steps on single samples would be too large."""

SQUARED_OCTAVES = 2
"""With squared error, the initial weights of the output layer are smaller by so many powers of two, and so
are their normalised steps: larger ones overshoot the targets, most of all with many classes."""

CROSS_ENTROPY_FACTOR = 16
"""Exact steps down a cross-entropy are smaller by this factor: constant shifts limit the scores, so that its
error never vanishes, and larger steps forget what was learnt (docs/results/backprop.md)."""

MOST_SQUARED = 16
"""Classes up to which the squared error is as good as cross-entropy or better: docs/results/small_data.md."""

PARTS = 4
"""The step size of normalised updates is halved after each quarter of the epochs."""


@dataclass(frozen=True)
class BackpropRule:
    """learning_rate_inv: see backprop_update. loss: in LOSSES. update: normalised or exact. scaling: see
    backprop_scaling. stash: see backprop_stash.
    """

    learning_rate_inv: int
    loss: str
    update: str
    scaling: str
    learn_set: LearnSet
    stash: str = EXACT_STASH

    @property
    def only_in_numpy(self) -> bool:
        """Whether only the reference computes it: scaling by the maximum of a batch, which must be known
        before sums are shifted and serves calibration, and steps that save a device's memory."""
        return self.scaling == MAXIMUM or self.stash != EXACT_STASH

    def learns(self, parameter: Parameter) -> bool:
        if parameter.role == SCALES:
            return self.scaling != CONSTANT and self.learn_set.layer_learns(parameter.layer)
        return parameter.learns(self.learn_set)


class Backprop(Learner):
    """See Learner. Hyper-parameters: see BackpropRule.

    Training from scratch on the host is normalised, with delayed scaling. Devices compute exact updates with
    constant scaling, which the default settings of a rule stand for.
    """

    id = "backprop"
    summary = "integer backpropagation with 8-bit weights"
    hyper_parameters: ClassVar = {
        "loss": HyperParameter(default=SQUARED, choices=tuple(LOSSES)),
        "update": HyperParameter(default=NORMALISED, choices=(NORMALISED, EXACT)),
        "learning_rate_inv": HyperParameter(1, INT32_LIMIT, default=None),
        "initial_weights": HyperParameter(5, 100, default=100),
    }
    initialisation = ("initial_weights",)
    device_options: ClassVar = {
        "stash": HyperParameter(default=EXACT_STASH, choices=STASHES),
        "recompute": HyperParameter(default=NO, choices=SWITCH),
    }
    refinement = 1
    rate_schedules = (QUARTERS, ANNEALED)
    annealing = 8
    # Layers with few inputs work well with many weights at the ends of a range of 8 bits.
    saturated_share = 2
    calibration_samples = 256
    trains_for_steps = True

    def rule(self, network: Network, learn_set: LearnSet, settings: Mapping[str, int | str]) -> BackpropRule:
        update = settings.get("update", EXACT)
        return BackpropRule(
            settings["learning_rate_inv"],
            settings.get("loss", SQUARED),
            update,
            CONSTANT if update == EXACT else DELAYED,
            learn_set,
            settings.get("stash", EXACT_STASH),
        )

    def gradients(self, network, x, labels, rule, kept=None) -> tuple[Gradients, Step]:
        """The gradient of scales is what Scale counts, int64 (2, 32), unless scaling is constant."""
        layers, first = _layers(network), _first(network, rule.learn_set)
        _check_sums(layers[first:], len(x))
        batch = BatchPass(network, rule.scaling, first, rule.stash)
        scores = batch.forward(x, kept)
        error = LOSSES[rule.loss](scores.astype(np.int32), batch.output_exponent, labels)
        gradients: Gradients = {}
        for index, found in sorted(batch.backward(propagated(error)).items()):
            own = {p.role: p for p in layers[index].parameters(_place(network, index))}
            gradients |= {own[role].name: gradient for role, gradient in found.items()}
            if rule.learns(own[SCALES]):
                gradients[own[SCALES].name] = batch.scales[index].counts
        loss = int(np.square(error.astype(np.int64)).sum())
        return gradients, Step(loss, int((scores.argmax(axis=1) == labels).sum()))

    def gradient_shapes(self, network, rule) -> dict[str, tuple[int, ...]]:
        fractions = FRACTIONS.values()
        found = {p.name: p for p in network.parameters() if p.role not in fractions and rule.learns(p)}
        return {name: (2, WIDTHS) if p.role == SCALES else p.shape for name, p in found.items()}

    def descend(self, network, gradients, rule) -> None:
        layers = _layers(network)
        exponents = zip(input_exponents(layers)[:-1], error_exponents(layers), strict=True)
        for index, (layer, ends) in enumerate(zip(layers, exponents, strict=True)):
            names = {p.role: p.name for p in layer.parameters(_place(network, index))}
            found = {role: gradients[names[role]] for role in layer.learning if names[role] in gradients}
            if found:
                _descend(layer, found, rule, updates.exact_shift(layer, *ends))
            for row, counts in enumerate(gradients.get(names[SCALES], ()), 1):
                layer.scales[row] = adapted(rule.scaling, int(layer.scales[row]), counts)

    def calibrate(self, network, x, labels, settings) -> None:
        """Set all shifts to what these samples need."""
        batch = BatchPass(network, MAXIMUM, 0)
        scores = batch.forward(x, None)
        loss = LOSSES[settings.get("loss", SQUARED)]
        error = loss(scores.astype(np.int32), batch.output_exponent, labels)
        batch.backward(propagated(error), gradient=False)
        for layer, scale in zip(batch.layers, batch.scales, strict=True):
            layer.scales[1:] = scale.shifts

    def prepare(self, network, x, labels, settings) -> None:
        """Calibrate the initial weights, after scaling those of the output layer down for a squared error."""
        if settings.get("loss", SQUARED) == SQUARED:
            network.output.scales[0] -= SQUARED_OCTAVES
        self.calibrate(network, x, labels, settings)

    def usual_learning_rate_inv(self, batch_size: int) -> int:
        return max(LEAST_RATE, RATE_PER_SAMPLE * batch_size)

    def initial_learning_rate_inv(self, batch_size: int, settings: Mapping[str, int | str]) -> int:
        """Normalised steps do not depend on the batch size."""
        return self.usual_learning_rate_inv(batch_size) if settings["update"] == EXACT else 1

    def usual_settings(self, classes: int) -> dict[str, int | str]:
        return {"loss": SQUARED if classes <= MOST_SQUARED else CROSS_ENTROPY}

    def learning_rate_inv_in(self, epoch, epochs, learning_rate_inv, settings) -> int:
        if settings["update"] == EXACT:
            return learning_rate_inv
        past = min(PARTS * (epoch - 1) // epochs, PARTS - 1)
        return min(learning_rate_inv << past, INT32_LIMIT)

    def schedule(self, training: Mapping, classes: int, batch_size: int) -> Schedule:
        """A device computes exact updates: the rate of a normalised training does not apply to them."""
        settings = training.get("hyper_parameters", {})
        if isinstance(settings, dict) and settings.get("update", NORMALISED) == EXACT:
            return super().schedule(training, classes, batch_size)
        return self.tuning_schedule(training, batch_size)

    def tuning_schedule(self, training: Mapping, batch_size: int) -> Schedule:
        rate = self.usual_learning_rate_inv(batch_size)
        return self.schedule_class(
            rate * CROSS_ENTROPY_FACTOR if self.loss_of(training) == CROSS_ENTROPY else rate
        )

    def loss_of(self, training: Mapping) -> str:
        """The loss that a model was trained with."""
        settings = training.get("hyper_parameters", {})
        return settings.get("loss", SQUARED) if isinstance(settings, dict) else SQUARED

    def constants(self, training: Mapping) -> dict[str, int | str]:
        settings = training.get("hyper_parameters", {})
        return {"loss": settings["loss"]} if "loss" in settings else {}

    def check_batch(self, network: Network, batch_size: int) -> None:
        _check_sums(_layers(network), batch_size)


def largest_batch(layers: list[BackpropLayer]) -> int:
    """Number of samples whose summed gradients provably fit in int32."""
    return MAX_SUMMANDS // max((layer.positions for layer in layers), default=1)


def _check_sums(layers: list[BackpropLayer], batch_size: int) -> None:
    if batch_size > (most := largest_batch(layers)):
        raise IntegradError(
            f"a batch of {batch_size:,}: gradients may exceed 32 bits; at most {most:,} samples are possible"
        )


def _layers(network: Network) -> list[BackpropLayer]:
    return [*network.blocks, network.output]


def _place(network: Network, index: int) -> int | None:
    """The layer of a Parameter."""
    return index if index < len(network.blocks) else None


def _first(network: Network, learn_set: LearnSet) -> int:
    """Index of the first layer that learns; the number of layers if none does."""
    return learn_set.first_block if learn_set.output_learns else len(network.blocks) + 1


def _descend(layer: BackpropLayer, gradients: Gradients, rule: BackpropRule, exact_shift: int) -> None:
    """Update a layer. gradients: role → gradient, all of which have the same exponent."""
    gradients = {role: gradient.astype(np.int32) for role, gradient in gradients.items()}
    if rule.update == NORMALISED:
        shift = updates.normalised_shift(layer, gradients.values(), rule.learning_rate_inv)
        steps = {role: psto(gradient, shift) for role, gradient in gradients.items()}
    else:
        shift = updates.log2(rule.learning_rate_inv) + exact_shift
        steps = {role: updates.exact_step(layer, gradient, shift) for role, gradient in gradients.items()}
    for role, step in steps.items():
        updates.descend(layer, step, role)

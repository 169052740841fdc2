"""NITRO-D: each block learns from its own head by integer SGD, and the output layer from its own error.

Source: Pirillo, Colombo, Roveri, arXiv 2407.11698, integer local-loss blocks and IntegerSGD.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from integrad.arithmetic import (
    AMPLIFICATION,
    INT32_LIMIT,
    RATE_PER_SAMPLE,
    TARGET,
    magnitude,
    saturate,
    tdiv,
    usual_learning_rate_inv,
)
from integrad.learners.hyper_parameters import HyperParameter
from integrad.learners.learner import Learner
from integrad.learners.schedule import Schedule
from integrad.learners.step import Gradients, Step
from integrad.network.blocks import Block, BlockCache, classifier_gradient, classify
from integrad.network.layers import flatten
from integrad.network.learn_set import LearnSet
from integrad.network.network import Network
from integrad.network.parameter import WEIGHTS, Parameter

HARDLY_MOVED = 256
"""Initial weights are at most 64; a trained block has weights in the thousands."""


@dataclass(frozen=True)
class NitroSchedule(Schedule):
    """decay_inv, head_decay_inv: each step subtracts tdiv(weight, decay) from the weights of blocks, and of
    heads and the output layer; 0 means no decay.
    """

    text: ClassVar[str] = "Each step also subtracts weight / decay_inv from every weight; 0 means no decay."
    meanings: ClassVar[dict[str, str]] = {
        "decay_inv": "of the blocks' weights",
        "head_decay_inv": "of the heads' and the output layer's weights",
    }
    brief: ClassVar[str] = "inverse learning rate, inverse decay of the blocks and of the heads (0: none)"

    decay_inv: int = 0
    head_decay_inv: int = 0


@dataclass(frozen=True)
class NitroRule:
    """The update rule of a step, and the learn set.

    learning_rate_inv: divisor of the gradients of heads and the output layer, at least 1. Gradients are sums
    over the batch, so it scales with the batch size (8 · batch size is a good start). decay_inv,
    head_decay_inv: see NitroSchedule. amplification: the divisor for blocks is learning_rate_inv ·
    amplification.
    """

    learning_rate_inv: int
    decay_inv: int
    head_decay_inv: int
    amplification: int
    learn_set: LearnSet

    def learns(self, parameter: Parameter) -> bool:
        return parameter.learns(self.learn_set)

    def descent(self, parameter: Parameter) -> tuple[int, int]:
        """(divisor of the gradient, decay_inv or 0)."""
        if parameter.layer is not None and parameter.role == WEIGHTS:
            return self.block_descent
        return self.head_descent

    @property
    def block_descent(self) -> tuple[int, int]:
        """(divisor of the gradient, decay_inv or 0) for the weights of blocks."""
        return self.learning_rate_inv * self.amplification, self.decay_inv

    @property
    def head_descent(self) -> tuple[int, int]:
        """The same for heads and the output layer."""
        return self.learning_rate_inv, self.head_decay_inv


class Nitro(Learner):
    """See Learner. Hyper-parameters: see NitroRule; the amplification here is per class."""

    id = "nitro-d"
    summary = "local-loss blocks with learning heads (NITRO-D)"
    hyper_parameters: ClassVar = {
        "learning_rate_inv": HyperParameter(1, INT32_LIMIT // AMPLIFICATION, default=None, per_class=True),
        "amplification": HyperParameter(1, AMPLIFICATION, default=AMPLIFICATION),
        "decay_inv": HyperParameter(),
        "head_decay_inv": HyperParameter(),
    }
    refinement = 3
    tuning_rate_per_sample = 4 * RATE_PER_SAMPLE
    schedule_class = NitroSchedule

    def rule(self, network: Network, learn_set: LearnSet, settings: Mapping[str, int | str]) -> NitroRule:
        return NitroRule(
            settings["learning_rate_inv"],
            settings.get("decay_inv", 0),
            settings.get("head_decay_inv", 0),
            settings.get("amplification", AMPLIFICATION) * network.classes,
            learn_set,
        )

    def gradients(self, network, x, labels, rule, kept=None) -> tuple[Gradients, Step]:
        targets = np.zeros((len(x), network.classes), np.int16)
        targets[np.arange(len(x)), labels] = TARGET
        gradients: Gradients = {}
        kept = list(kept or [])
        layer = 0
        for stage in network.stages:
            if stage.block is None:
                x = stage.forward_training(x, kept)
                continue
            cache = stage.forward_block(x)
            if rule.learn_set.block_learns(layer):
                gradients |= self.block_gradients(layer, stage.block, cache, targets)
            x = cache.h
            layer += 1
        features = flatten.forward(x)
        logits = network.output.forward(features)
        error = logits.astype(np.int16) - targets
        if rule.learn_set.output_learns:
            (output,) = network.output.parameters()
            gradients[output.name] = classifier_gradient(error, features)
        loss = int(np.square(error.astype(np.int64)).sum())
        return gradients, Step(loss, int((logits.argmax(axis=1) == labels).sum()))

    def block_gradients(self, layer: int, block: Block, cache: BlockCache, targets: np.ndarray) -> Gradients:
        """Gradients of a block and its head, from the error of the head. targets: int16 (B, classes)."""
        features = block.features(cache)
        error = classify(features, block.head).astype(np.int16) - targets
        weights, head = block.parameters(layer)
        return {
            weights.name: block.weight_gradient(error, cache),
            head.name: classifier_gradient(error, features),
        }

    def descend(self, network, gradients, rule) -> None:
        for parameter in network.parameters():
            if parameter.name in gradients:
                _descend(parameter, gradients[parameter.name], *rule.descent(parameter))

    def usual_learning_rate_inv(self, batch_size: int) -> int:
        return usual_learning_rate_inv(batch_size)

    def has_moved(self, network: Network) -> bool:
        return any(np.abs(block.weights).max() >= HARDLY_MOVED for block in network.blocks)


def _descend(parameter: Parameter, gradient: np.ndarray, divisor: int, decay_inv: int) -> None:
    """IntegerSGD with decoupled decay, in place: W ← saturate(W - tdiv(g, divisor) - tdiv(W, decay_inv))."""
    weights, limit = parameter.array, parameter.limit
    step = tdiv(gradient, divisor)
    if decay_inv and magnitude(weights) >= decay_inv:
        step = step + tdiv(weights, decay_inv)
    if magnitude(weights) + magnitude(step) <= limit:  # nothing saturates, and a step fits in int16
        weights -= step.astype(np.int16)
    else:
        weights[...] = saturate(weights - step, limit)

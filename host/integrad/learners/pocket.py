"""PocketNN: all layers learn directly from the error of the output, by direct feedback alignment and integer
SGD.

Source: Song, Lin, arXiv 2201.02863. docs/pocketnn.md explains how and why the arithmetic differs from the
published code: inputs are int8, and all value ranges are proved.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from integrad.arithmetic import INT8_LIMIT, INT32_LIMIT, magnitude, saturate, tdiv
from integrad.errors import IntegradError
from integrad.learners.hyper_parameters import HyperParameter
from integrad.learners.learner import Learner
from integrad.learners.step import Gradients, Step
from integrad.network.layers import flatten, linear
from integrad.network.learn_set import LearnSet
from integrad.network.network import Network
from integrad.network.parameter import Parameter
from integrad.network.pocket_blocks import ERROR_LIMIT, TARGET, feedback_limit

RATE_PER_SAMPLE = 50
"""The published 1000 for a batch size of 20; gradients are sums over the batch."""


@dataclass(frozen=True)
class PocketRule:
    """learning_rate_inv: divisor of all gradients."""

    learning_rate_inv: int
    learn_set: LearnSet

    def learns(self, parameter: Parameter) -> bool:
        return parameter.learns(self.learn_set)


class Pocket(Learner):
    """See Learner. The only hyper-parameter is learning_rate_inv."""

    id = "pocket"
    summary = "multilayer perceptrons by direct feedback alignment (PocketNN)"
    hyper_parameters: ClassVar = {"learning_rate_inv": HyperParameter(1, INT32_LIMIT, default=None)}
    # A larger divisor truncates small gradients to 0: constant rates reached more on validation samples.
    refinement = 1

    def rule(self, network: Network, learn_set: LearnSet, settings: Mapping[str, int | str]) -> PocketRule:
        return PocketRule(settings["learning_rate_inv"], learn_set)

    def gradients(self, network, x, labels, rule, kept=None) -> tuple[Gradients, Step]:
        self.check_batch(network, len(x))
        kept, caches = list(kept or []), []
        for stage in network.stages:
            if stage.block is None:
                x = stage.forward_training(x, kept)
                continue
            caches.append(stage.forward_block(x))
            x = caches[-1].h
        caches.append(network.output.activate(flatten.forward(x)))
        scores = caches[-1].h
        error = scores.astype(np.int16)
        error[np.arange(len(x)), labels] -= TARGET
        gradients: Gradients = {}
        for layer, (owner, cache) in enumerate(zip([*network.blocks, network.output], caches, strict=True)):
            index = layer if layer < len(network.blocks) else None
            weights, bias = owner.parameters(index)[:2]
            if rule.learns(weights):
                delta = owner.delta(error, cache)
                gradients[weights.name] = linear.weight_gradient(delta, cache.x)
                gradients[bias.name] = delta.sum(axis=0, dtype=np.int64)
        loss = int(np.square(error.astype(np.int64)).sum())
        return gradients, Step(loss, int((scores.argmax(axis=1) == labels).sum()))

    def descend(self, network, gradients, rule) -> None:
        for parameter in network.parameters():
            if parameter.name in gradients:
                _descend(parameter, gradients[parameter.name], rule.learning_rate_inv)

    def usual_learning_rate_inv(self, batch_size: int) -> int:
        return RATE_PER_SAMPLE * batch_size

    def check_batch(self, network: Network, batch_size: int) -> None:
        most = largest_batch(network)
        if batch_size > most:
            raise IntegradError(
                f"a batch of {batch_size:,}: gradients may exceed 32 bits; at most {most:,} samples are "
                "possible"
            )


def largest_delta(fan_in: int, units: int, classes: int) -> int:
    """Bound of the error that feedback propagates to a unit: |error·B| with the smallest inverse slope, 1."""
    return ERROR_LIMIT * classes * feedback_limit(fan_in, units)


def largest_batch(network: Network) -> int:
    """Number of samples whose summed gradients provably fit in int32."""
    deltas = [largest_delta(block.fan_in, block.units, network.classes) for block in network.blocks]
    return INT32_LIMIT // (INT8_LIMIT * max([ERROR_LIMIT, *deltas]))


def _descend(parameter: Parameter, gradient: np.ndarray, divisor: int) -> None:
    """In place: W ← saturate(W - tdiv(g, divisor), limit)."""
    values, step = parameter.array, tdiv(gradient, divisor)
    if magnitude(values) + magnitude(step) <= parameter.limit:  # a step fits in int16
        values -= step.astype(np.int16)
    else:
        values[...] = saturate(values - step, parameter.limit)

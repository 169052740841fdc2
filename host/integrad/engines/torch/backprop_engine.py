"""The Torch engine of backpropagation, which computes the same bits as NumPy on CPUs and on CUDA GPUs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from integrad.arithmetic import INT8_LIMIT
from integrad.engines.torch import backprop_layers, layers
from integrad.engines.torch.arithmetic import Arithmetic
from integrad.engines.torch.backprop_loss import fine_error, propagated
from integrad.engines.torch.backprop_parameters import NO_SUMS, Layer, adapt, counts_of, update, widths_of
from integrad.engines.torch.backprop_rounding import bit_width, leaking, requantise
from integrad.engines.torch.replay import Inputs, Replays, StepUnderWay
from integrad.engines.torch.tensors import find_device, inputs_of, tensor
from integrad.learners.backprop import Backprop, BackpropRule
from integrad.learners.backprop_scaling import CONSTANT
from integrad.learners.step import Gradients, Step
from integrad.learners.table import learner_of
from integrad.network.backprop_blocks import (
    ERROR_EXPONENT,
    INPUT_EXPONENT,
)
from integrad.network.network import BATCH, Network
from integrad.network.parameter import SCALES
from integrad.network.stage import Stage


@dataclass
class Visit:
    """A stage in the forward pass of a batch. x: its input, y: its output; layer: index of its block."""

    stage: Stage
    x: torch.Tensor
    y: torch.Tensor
    layer: int | None = None
    kept: torch.Tensor | None = None


Learn = Callable[[Layer, dict[str, torch.Tensor], torch.Tensor], None]
"""Called with a layer, its gradients by role (int64) and the exponent of these, when its old weights are no
longer needed."""


class TorchBackpropEngine:
    """See Engine and TorchEngine."""

    name = "torch"
    learners = (Backprop.id,)
    layer_types = ("backprop_dense", "backprop_conv", "max_pool", "avg_pool", "dropout")

    def __init__(self, network: Network, device: str | None = None, threads: int | None = None):
        if threads is not None:
            torch.set_num_threads(threads)
        self.network = network
        self.learner = learner_of(network)
        self.device = find_device(device)
        self.arithmetic = Arithmetic(self.device)
        self.replays = Replays(self.device) if self.device.type == "cuda" else None
        blocks = [(block, place) for place, block in enumerate(network.blocks)]
        self.layers = [Layer.of(*found, self.device) for found in [*blocks, (network.output, None)]]
        self.load()

    def step(self, x, labels, rule: BackpropRule, kept=None) -> Step | StepUnderWay:
        if rule.only_in_numpy:
            gradients, step = self.gradients(x, labels, rule, kept)
            self.descend(gradients, rule)
            return step

        def compute(inputs: Inputs) -> torch.Tensor:
            counts = self._learn(inputs, rule, lambda layer, g, exponent: update(layer, g, exponent, rule))
            if rule.scaling != CONSTANT:
                for layer in self.layers[self._first(rule) :]:
                    adapt(layer, layer.widths)
            return counts

        self.learner.check_batch(self.network, len(x))
        inputs = inputs_of(x, labels, kept)
        counts = self.replays.step(rule, compute, inputs) if self.replays else compute(inputs)
        return StepUnderWay(counts) if counts.is_cuda else Step(*counts.tolist())

    def gradients(self, x, labels, rule: BackpropRule, kept=None) -> tuple[Gradients, Step]:
        if rule.only_in_numpy:
            self.fetch()
            return self.learner.gradients(self.network, x, labels, rule, kept)
        self.learner.check_batch(self.network, len(x))
        found: Gradients = {}

        def keep(layer: Layer, gradients: dict[str, torch.Tensor], exponent: torch.Tensor) -> None:
            for role, gradient in gradients.items():
                found[layer.names[role]] = gradient.cpu().numpy()

        inputs = [given.to(self.device) for given in inputs_of(x, labels, kept)]
        counts = self._learn(inputs, rule, keep)
        if rule.scaling != CONSTANT:
            for layer in self.layers[self._first(rule) :]:
                found[layer.names[SCALES]] = counts_of(layer.widths.tolist())
        return found, Step(*counts.tolist())

    def descend(self, gradients: Gradients, rule: BackpropRule) -> None:
        if rule.only_in_numpy:
            self.fetch()
            self.learner.descend(self.network, gradients, rule)
            self.load()
            return
        exponents = self._exponents()
        for layer, exponent in zip(self.layers, exponents, strict=True):
            names = {role: layer.names[role] for role in layer.block.learning}
            own = {role: gradients[name] for role, name in names.items() if name in gradients}
            if own:
                own = {role: tensor(gradient).to(self.device) for role, gradient in own.items()}
                update(layer, own, exponent, rule)
        for layer in self.layers:
            if layer.names[SCALES] in gradients:
                adapt(layer, torch.tensor(widths_of(gradients[layer.names[SCALES]]), device=self.device))

    def logits(self, x: np.ndarray) -> np.ndarray:
        out = np.empty((len(x), self.network.classes), np.int8)
        for start in range(0, len(x), BATCH):
            h = layers.channels_first(tensor(x[start : start + BATCH]).to(self.device))
            out[start : start + BATCH] = self._forward(h, [], len(self.layers))[1].cpu().numpy()
        return out

    def fetch(self) -> None:
        for layer in self.layers:
            layer.fetch()

    def load(self) -> None:
        for layer in self.layers:
            layer.load()

    def _first(self, rule: BackpropRule) -> int:
        """Index of the first layer that learns; the number of layers if none does."""
        return rule.learn_set.first_block if rule.learn_set.output_learns else len(self.layers)

    def _exponents(self) -> list[torch.Tensor]:
        """Of the gradient of each layer."""
        inputs, errors = [self._constant(INPUT_EXPONENT)], [self._constant(ERROR_EXPONENT)]
        for layer in self.layers[:-1]:
            inputs.append(inputs[-1] + layer.weight_exponent + layer.output_shift)
        for layer in self.layers[:0:-1]:
            errors.append(errors[-1] + layer.weight_exponent + layer.error_shift)
        return [x + error for x, error in zip(inputs, errors[::-1], strict=True)]

    def _constant(self, value: int) -> torch.Tensor:
        return torch.full((), value, dtype=torch.int64, device=self.device)

    def _learn(self, inputs: Inputs, rule: BackpropRule, learn: Learn) -> torch.Tensor:
        """Process one batch. inputs: see inputs_of, on the device. Returns int64 [loss, correct]."""
        x, labels, *kept = inputs
        first, exponents = self._first(rule), self._exponents()
        masks = [layers.channels_first(mask) for mask in kept]
        visits, scores, features = self._forward(layers.channels_first(x), masks, first)
        last = self.layers[-1]
        exponent = exponents[-1] - ERROR_EXPONENT + last.weight_exponent + last.output_shift
        fine = fine_error(rule.loss, scores, exponent, labels)
        error = propagated(fine)
        for index in range(len(self.layers) - 1, first - 1, -1):
            layer = self.layers[index]
            seen = features if index == len(self.layers) - 1 else visits[-1].x
            if index < len(self.layers) - 1:
                error = _derivative(error, visits.pop(), layer.block.leak)
                seen = layers.flatten(seen) if layer.block.takes_features else seen
            gradients = backprop_layers.gradients(self.arithmetic, layer.block, error, seen)
            if index > first:
                error = self._error_below(layer, error, visits[-1])
                while visits[-1].layer is None:
                    error = self._through(visits.pop(), error)
            learn(layer, gradients, exponents[index])
        return torch.stack([fine.square().sum(), (scores.argmax(1) == labels).sum()])

    def _forward(
        self, x: torch.Tensor, masks: list[torch.Tensor], first: int
    ) -> tuple[list[Visit], torch.Tensor, torch.Tensor]:
        """Visits of all stages, the scores, and the features that they are computed from. Widths are
        determined from layer `first` on."""
        visits: list[Visit] = []
        layer = 0
        for stage in self.network.stages:
            if stage.block is not None:
                y = self._run(layer, x, first)
                visits.append(Visit(stage, x, y, layer))
                layer += 1
            elif stage.kind == "dropout":
                kept = masks.pop(0) if masks else None
                y = x if kept is None else layers.dropout(self.arithmetic, x, stage.percent, kept)
                visits.append(Visit(stage, x, y, kept=kept))
            else:
                y = layers.max_pool(x, stage.window) if stage.kind == "max_pool" else self._average(x, stage)
                visits.append(Visit(stage, x, y))
            x = visits[-1].y
        features = layers.flatten(x)
        return visits, self._run(layer, features, first), features

    def _average(self, x: torch.Tensor, stage: Stage) -> torch.Tensor:
        return layers.average_pool(self.arithmetic, x, stage.window)

    def _run(self, index: int, x: torch.Tensor, first: int) -> torch.Tensor:
        """int8 outputs of a layer."""
        layer, block = self.layers[index], self.layers[index].block
        x = layers.flatten(x) if block.takes_features else x
        sums = backprop_layers.sums(self.arithmetic, block, x, layer.arrays)
        if index >= first:
            layer.widths[0] = bit_width(sums)
            layer.widths[1] = NO_SUMS
        v = requantise(sums, INT8_LIMIT**2 * block.summands, layer.output_shift)
        return v if block.leak is None else torch.maximum(v, leaking(v, block.leak))

    def _error_below(self, layer: Layer, error: torch.Tensor, below: Visit) -> torch.Tensor:
        """int8 error of the output of the visited stage below the layer."""
        sums = backprop_layers.error_below(self.arithmetic, layer.block, error, layer.weights)
        if sums.dim() != below.y.dim():
            sums = layers.channels_first(sums.unflatten(1, below.stage.output_shape))
        if below.layer is not None and below.stage.block.leak == 0:
            sums = sums.masked_fill(below.y <= 0, 0)  # the maximum is that of the errors that go on
        layer.widths[1] = bit_width(sums)
        return requantise(sums, backprop_layers.largest_error_sum(layer.block), layer.error_shift)

    def _through(self, visit: Visit, error: torch.Tensor) -> torch.Tensor:
        """int8 error of the output of a stage without weights → int8 error of its input."""
        stage = visit.stage
        if stage.kind == "dropout":
            kept = visit.kept
            return error if kept is None else layers.dropout(self.arithmetic, error, stage.percent, kept)
        if stage.kind == "max_pool":
            return backprop_layers.max_pool_backward(error, visit.x, visit.y, stage.window)
        return backprop_layers.average_pool_backward(error, visit.x, stage.window)


def _derivative(error: torch.Tensor, visit: Visit, leak: int) -> torch.Tensor:
    """int8 error of the output of a block → int8 error of its sums, before their shift."""
    return torch.where(visit.y > 0, error, leaking(error, leak))

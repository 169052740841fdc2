"""The Torch engine, which computes the same bits as NumPy on CPUs and on CUDA GPUs."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from integrad.arithmetic import TARGET, magnitude
from integrad.engines.engine import Engine
from integrad.errors import IntegradError
from integrad.learners.nitro import Nitro, NitroRule
from integrad.learners.step import Gradients, Step
from integrad.network.network import BATCH, Network, Stage

try:
    import torch
except ImportError as error:
    raise IntegradError("the torch engine requires PyTorch: pip install 'integrad[torch]'") from error

from integrad.engines.torch import blocks, layers
from integrad.engines.torch.arithmetic import Arithmetic
from integrad.engines.torch.backprop_engine import TorchBackpropEngine
from integrad.engines.torch.digits import Bounded
from integrad.engines.torch.probe import exact_carriers, int8_gain
from integrad.engines.torch.replay import Inputs, Replays, StepUnderWay
from integrad.engines.torch.tensors import find_device, inputs_of, tensor

Learn = Callable[[str, Bounded], None]
"""Called with the name and gradient of a parameter as soon as its old value is no longer needed."""


class TorchEngine:
    """Computes with int16 weights on a device. See Engine.

    device: name of a Torch device; by default "cuda" if available, else "cpu". threads: CPU threads of Torch
    in this process; None leaves them unchanged. Raises IntegradError if the device is not available or does
    not compute the required products exactly.
    """

    name = "torch"
    learners = (Nitro.id,)
    layer_types = ("dense", "conv", "max_pool", "avg_pool", "dropout")

    def __init__(self, network: Network, device: str | None = None, threads: int | None = None):
        if threads is not None:
            torch.set_num_threads(threads)
        self.network = network
        self.device = find_device(device)
        self.arithmetic = Arithmetic(self.device)
        self.replays = Replays(self.device) if self.device.type == "cuda" else None
        self.parameters = {parameter.name: parameter for parameter in network.parameters()}
        self.weights: dict[str, torch.Tensor] = {}
        self.load()

    def step(self, x, labels, rule: NitroRule, kept=None) -> Step | StepUnderWay:
        def compute(inputs: Inputs) -> torch.Tensor:
            return self._learn(inputs, rule, lambda name, gradient: self._descend(name, gradient, rule))

        inputs = inputs_of(x, labels, kept)
        counts = self.replays.step(rule, compute, inputs) if self.replays else compute(inputs)
        return StepUnderWay(counts) if counts.is_cuda else Step(*counts.tolist())

    def gradients(self, x, labels, rule: NitroRule, kept=None) -> tuple[Gradients, Step]:
        found: dict[str, Bounded] = {}
        inputs = [given.to(self.device) for given in inputs_of(x, labels, kept)]
        counts = self._learn(inputs, rule, found.__setitem__)
        gradients = {name: g.values.to(torch.int64).cpu().numpy() for name, g in found.items()}
        return gradients, Step(*counts.tolist())

    def descend(self, gradients: Gradients, rule: NitroRule) -> None:
        for name, gradient in gradients.items():
            self._descend(name, Bounded(self._copy(gradient), magnitude(gradient)), rule)

    def logits(self, x: np.ndarray) -> np.ndarray:
        out = np.empty((len(x), self.network.classes), np.int8)
        for start in range(0, len(x), BATCH):
            h = self._maps(x[start : start + BATCH])
            layer = -1
            for stage in self.network.stages:
                layer += stage.block is not None
                h = self._between(stage, h, []) if stage.block is None else self._block(layer, stage, h).h
            out[start : start + BATCH] = self._output(layers.flatten(h)).cpu().numpy()
        return out

    def fetch(self) -> None:
        for name, array in self.network.arrays().items():
            array[...] = self.weights[name].cpu().numpy()

    def load(self) -> None:
        for name, parameter in self.parameters.items():
            array, limit = parameter.array, parameter.limit
            if magnitude(array) > limit:  # products are proved exact from this limit
                raise IntegradError(f"weights {name}: beyond the limit {limit} of their fan-in")
            if name in self.weights:
                self.weights[name].copy_(self._copy(array))  # in place, because a recorded step refers to it
            else:
                self.weights[name] = self._copy(array)

    def _learn(self, inputs: Inputs, rule: NitroRule, learn: Learn) -> torch.Tensor:
        """Process one batch; `learn` is called with the gradient of each parameter that learns, block by
        block.

        inputs: see inputs_of, on the device. Returns int64 [loss, correct].
        """
        x, classes, *kept = inputs
        targets = torch.zeros((len(x), self.network.classes), dtype=torch.int16, device=self.device)
        targets.scatter_(1, classes[:, None], TARGET)
        masks = [layers.channels_first(mask) for mask in kept]
        h = layers.channels_first(x)
        layer = 0
        for stage in self.network.stages:
            if stage.block is None:
                h = self._between(stage, h, masks)
                continue
            seen = self._block(layer, stage, h)
            if rule.learn_set.block_learns(layer):
                names = [parameter.name for parameter in stage.block.parameters(layer)]
                head = self.weights[names[1]]
                found = blocks.gradients(self.arithmetic, stage.block, seen, head, targets)
                for name, gradient in zip(names, found, strict=True):
                    learn(name, gradient)
            h = seen.h
            layer += 1
        features = layers.flatten(h)
        logits = self._output(features)
        error = logits - targets
        if rule.learn_set.output_learns:
            (output,) = self.network.output.parameters()
            learn(output.name, blocks.classifier_gradient(self.arithmetic, error, features))
        loss = error.to(torch.int64).square_().sum()
        correct = (logits.argmax(1) == classes).sum()
        return torch.stack([loss, correct])

    def _maps(self, array: np.ndarray) -> torch.Tensor:
        """Copy a batch to the device: (N, C, H, W) → (C, N, H, W); features keep their shape."""
        return layers.channels_first(self._copy(array))

    def _copy(self, array: np.ndarray) -> torch.Tensor:
        return tensor(array).to(self.device)

    def _between(self, stage: Stage, h: torch.Tensor, masks: list[torch.Tensor]) -> torch.Tensor:
        """Forward pass of a stage without a block; dropout removes the first of `masks`, if there is one."""
        if stage.kind == "max_pool":
            return layers.max_pool(h, stage.window)
        if stage.kind == "avg_pool":
            return layers.average_pool(self.arithmetic, h, stage.window)
        return layers.dropout(self.arithmetic, h, stage.percent, masks.pop(0)) if masks else h

    def _block(self, layer: int, stage: Stage, h: torch.Tensor) -> blocks.Activations:
        weights, _ = stage.block.parameters(layer)
        return blocks.forward(self.arithmetic, stage.block, h, self.weights[weights.name])

    def _output(self, features: torch.Tensor) -> torch.Tensor:
        (output,) = self.network.output.parameters()
        return blocks.classify(
            self.arithmetic, features, self.weights[output.name], self.network.output.bounds
        )

    def _descend(self, name: str, gradient: Bounded, rule: NitroRule) -> None:
        parameter = self.parameters[name]
        descent = rule.descent(parameter)
        layers.descend(self.arithmetic, self.weights[name], gradient, *descent, parameter.limit)


def describe(name: str | None = None) -> str:
    """Description for reports: version and device of Torch, and which products are exact. Raises
    IntegradError."""
    device = find_device(name)
    exact = [carrier.name for carrier in exact_carriers(device)]
    if "int8" in exact:
        exact[exact.index("int8")] = f"int8 ({int8_gain(device):.2g} times as fast as float64)"
    return f"PyTorch {torch.__version__} on {_device_name(device)}, exact products in {', '.join(exact)}"


def _device_name(device: torch.device) -> str:
    return torch.cuda.get_device_name(device) if device.type == "cuda" else "the CPU"


TORCH_ENGINES: dict[str, type[Engine]] = {
    learner: engine for engine in (TorchEngine, TorchBackpropEngine) for learner in engine.learners
}
"""By learner."""

"""The reference engine: NumPy, layer by layer. What the others compute is compared with this."""

from __future__ import annotations

import numpy as np

from integrad.arithmetic import TARGET, magnitude, saturate, tdiv, weight_limit
from integrad.engines.engine import Gradients, Rule, Step
from integrad.engines.heap import keep_freed_memory
from integrad.network.blocks import Block, BlockCache, classifier_gradient, classify
from integrad.network.layers import flatten
from integrad.network.network import Network


class NumpyEngine:
    """Computes in the network's own arrays. See Engine."""

    name = "numpy"

    def __init__(self, network: Network):
        self.network = network
        keep_freed_memory()

    def step(self, x, labels, rule: Rule, kept=None) -> Step:
        gradients, step = self.gradients(x, labels, rule, kept)
        self.descend(gradients, rule)
        return step

    def gradients(self, x, labels, rule: Rule, kept=None) -> tuple[Gradients, Step]:
        targets = np.zeros((len(x), self.network.classes), np.int16)
        targets[np.arange(len(x)), labels] = TARGET
        gradients: Gradients = {}
        kept = list(kept or [])
        number = 0
        for stage in self.network.stages:
            if stage.block is None:
                x = stage.forward_training(x, kept)
                continue
            cache = stage.forward_block(x)
            number += 1
            if rule.learn_set.block_learns(number - 1):
                gradients |= self.block_gradients(number, stage.block, cache, targets)
            x = cache.h
        logits, features = self._output(x)
        error = logits.astype(np.int16) - targets
        if rule.learn_set.output_learns:
            gradients["output.weights"] = classifier_gradient(error, features)
        loss = int(np.square(error.astype(np.int64)).sum())
        return gradients, Step(loss, int((logits.argmax(axis=1) == labels).sum()))

    def block_gradients(self, number: int, block: Block, cache: BlockCache, targets: np.ndarray) -> Gradients:
        """Gradients of a block and its head from the head's error. targets: int16 (B, classes)."""
        features = block.features(cache)
        error = classify(features, block.head).astype(np.int16) - targets
        return {
            f"block{number}.weights": block.weight_gradient(error, cache),
            f"block{number}.head": classifier_gradient(error, features),
        }

    def descend(self, gradients: Gradients, rule: Rule) -> None:
        weights = dict(self.network.parameters())
        for name, gradient in gradients.items():
            descend(weights[name], gradient, *rule.descent(name))

    def logits(self, x: np.ndarray) -> np.ndarray:
        return self.network.logits(x)

    def fetch(self) -> None:
        pass

    def load(self) -> None:
        pass

    def _output(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        features = flatten.forward(x)
        return self.network.output.forward(features), features


def descend(weights: np.ndarray, gradient: np.ndarray, divisor: int, decay_inv: int) -> None:
    """IntegerSGD with decoupled decay, in place: W ← saturate(W - tdiv(g, divisor) - tdiv(W, decay_inv))."""
    limit = weight_limit(int(np.prod(weights.shape[1:])))
    step = tdiv(gradient, divisor)
    if decay_inv and magnitude(weights) >= decay_inv:
        step = step + tdiv(weights, decay_inv)
    if magnitude(weights) + magnitude(step) <= limit:  # nothing saturates, and a step fits int16
        weights -= step.astype(np.int16)
    else:
        weights[...] = saturate(weights - step, limit)

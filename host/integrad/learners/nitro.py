"""NITRO-D: every block learns from its own head by integer SGD, the output layer from its own error.

Source: Pirillo, Colombo, Roveri, arXiv 2407.11698, integer local-loss blocks and IntegerSGD.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from integrad.arithmetic import AMPLIFICATION, TARGET, saturate, tdiv, weight_limit
from integrad.blocks import Block, BlockCache, classifier_gradient, classify
from integrad.layers import flatten
from integrad.learners.learn_set import LearnSet
from integrad.network import Network


@dataclass(frozen=True)
class Step:
    """Outcome of one training step, measured before the update.

    loss: exact sum of squared errors of the output layer; correct: samples predicted rightly.
    """

    loss: int
    correct: int


class Nitro:
    """Trains a network in place.

    learning_rate_inv: divisor of the heads' and the output layer's gradients, at least 1. Gradients
    are batch sums, so it scales with the batch (8 · batch size is a good start).
    decay_inv, head_decay_inv: a step takes tdiv(weight, decay) off the blocks' weights, and off the
    heads' and the output layer's; 0 means no decay. learn: "all", "last:K", "output" or "none".
    amplification: forward layers divide by learning_rate_inv · amplification; 64 · classes by default.
    """

    def __init__(
        self,
        network: Network,
        learning_rate_inv: int,
        decay_inv: int = 0,
        head_decay_inv: int = 0,
        learn: str = "all",
        amplification: int | None = None,
    ):
        self.network = network
        self.learning_rate_inv = learning_rate_inv
        self.decay_inv = decay_inv
        self.head_decay_inv = head_decay_inv
        self.learn_set = LearnSet.parse(learn, len(network.blocks))
        self.amplification = amplification or AMPLIFICATION * network.classes

    def step(self, x: np.ndarray, labels: np.ndarray, rng: np.random.Generator | None = None) -> Step:
        """One batch. x: int8 (B, *input_shape); labels: int (B,) in 0…classes-1.

        rng draws the dropouts; without it nothing is dropped, as on a device. Every block's forward
        pass uses the weights from before the batch.
        """
        targets = np.zeros((len(x), self.network.classes), np.int16)
        targets[np.arange(len(x)), labels] = TARGET
        number = 0
        for stage in self.network.stages:
            if stage.block is None:
                x = stage.forward_training(x, rng)
                continue
            cache = stage.forward_block(x)
            if self.learn_set.block_learns(number):
                self.update_block(stage.block, cache, targets)
            x, number = cache.h, number + 1
        return self._update_output(flatten.forward(x), targets, labels)

    def update_block(self, block: Block, cache: BlockCache, targets: np.ndarray) -> None:
        """Update a block and its head from the head's error. targets: int16 (B, classes)."""
        features = block.features(cache)
        error = classify(features, block.head).astype(np.int16) - targets
        gradient = block.weight_gradient(error, cache)
        self._descend(block.head, classifier_gradient(error, features), 1, self.head_decay_inv)
        self._descend(block.weights, gradient, self.amplification, self.decay_inv)

    def _update_output(self, features: np.ndarray, targets: np.ndarray, labels: np.ndarray) -> Step:
        output = self.network.output
        logits = output.forward(features)
        error = logits.astype(np.int16) - targets
        if self.learn_set.output_learns:
            self._descend(output.weights, classifier_gradient(error, features), 1, self.head_decay_inv)
        loss = int(np.square(error.astype(np.int64)).sum())
        return Step(loss, int((logits.argmax(axis=1) == labels).sum()))

    def _descend(self, weights: np.ndarray, gradient: np.ndarray, amplification: int, decay_inv: int) -> None:
        """IntegerSGD with decoupled decay: W ← saturate(W - tdiv(g, D) - tdiv(W, decay))."""
        limit = weight_limit(int(np.prod(weights.shape[1:])))
        # A step beyond twice the limit saturates whatever it started from; cut there, all fits int32.
        step = saturate(tdiv(gradient, self.learning_rate_inv * amplification), 2 * limit).astype(np.int32)
        if decay_inv:
            step += tdiv(weights, decay_inv)
        weights[...] = saturate(weights - step, limit)

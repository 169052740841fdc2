"""Dense blocks as loops that Numba compiles, written straightforwardly. Integers throughout, one thread."""

from __future__ import annotations

import zlib

import numpy as np
from numba import njit

from integrad.arithmetic import AMPLIFICATION, SLOPES, TARGET, weight_limit
from integrad.errors import IntegradError
from integrad.network.network import Network


class NumbaDense:
    """Trains by the rates of a NumPy step. Raises IntegradError unless blocks are dense, slope 1/4."""

    label = "Numba"

    def __init__(self, network: Network, learning_rate_inv: int, decay_inv: int, head_decay_inv: int):
        if any(stage.kind != "dense" or stage.block.alpha_inv != 4 for stage in network.stages):
            raise IntegradError("Numba: only dense blocks of slope 1/4 are written for it")
        self.blocks = [(b.weights.astype(np.int32), b.head.astype(np.int32)) for b in network.blocks]
        self.output = network.output.weights.astype(np.int32)
        self.head_rate = learning_rate_inv, head_decay_inv
        self.rate = learning_rate_inv * AMPLIFICATION * network.classes, decay_inv

    def step(self, x: np.ndarray, labels: np.ndarray) -> None:
        """x: int8 (B, …), labels: (B,)."""
        x = x.reshape(len(x), -1)
        for weights, head in self.blocks:
            s, h = forward(x, weights)
            error = head_error(h, head, labels)
            delta = block_delta(error, head, s)
            descend(head, error, h, *self.head_rate, weight_limit(head.shape[1]))
            descend(weights, delta, x, *self.rate, weight_limit(weights.shape[1]))
            x = h
        descend(self.output, head_error(x, self.output, labels), x, *self.head_rate, weight_limit(x.shape[1]))

    def crc(self) -> int:
        arrays = [*(array for pair in self.blocks for array in pair), self.output]
        return zlib.crc32(b"".join(array.astype("<i2").tobytes() for array in arrays))


MEAN = SLOPES[4].mean


@njit
def truncated(a, b):
    """a / b toward zero, b > 0."""
    return a // b if a >= 0 else -(-a // b)


@njit
def scaled_sum(x, weights):
    total = np.int32(0)
    for i in range(len(x)):
        total += np.int32(x[i]) * weights[i]
    return max(-127, min(127, truncated(total, 256 * len(x))))


@njit
def forward(x, weights):
    s = np.empty((len(x), len(weights)), np.int8)
    h = np.empty_like(s)
    for b in range(len(x)):
        for o in range(len(weights)):
            s[b, o] = scaled_sum(x[b], weights[o])
            h[b, o] = (s[b, o] if s[b, o] >= 0 else truncated(s[b, o], 4)) - MEAN
    return s, h


@njit
def head_error(h, head, labels):
    error = np.empty((len(h), len(head)), np.int32)
    for b in range(len(h)):
        for c in range(len(head)):
            error[b, c] = scaled_sum(h[b], head[c]) - (TARGET if labels[b] == c else 0)
    return error


@njit
def block_delta(error, head, s):
    delta = np.zeros(s.shape, np.int32)
    for b in range(len(s)):
        for c in range(len(head)):
            for o in range(s.shape[1]):
                delta[b, o] += error[b, c] * head[c, o]
        for o in range(s.shape[1]):
            if s[b, o] >= 127:
                delta[b, o] = 0
            elif s[b, o] < 0:
                delta[b, o] = truncated(delta[b, o], 4)
    return delta


@njit
def descend(weights, delta, x, rate, decay, limit):
    row = np.empty(weights.shape[1], np.int64)
    for o in range(len(weights)):
        row[:] = 0
        for b in range(len(x)):
            for i in range(len(row)):
                row[i] += delta[b, o] * np.int64(x[b, i])
        for i in range(len(row)):
            update = truncated(row[i], rate)
            if decay:
                update += truncated(weights[o, i], decay)
            weights[o, i] = max(-limit, min(limit, weights[o, i] - update))

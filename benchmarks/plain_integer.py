"""NITRO-D in plain NumPy integers: a slow, simple implementation to compare the engines with.

Written from the published description (arXiv 2407.11698) and independent of integrad: int32
weights and accumulators, `@` and einsum on integers, truncated division as floor division and its
correction. Overflow wraps, as in the published code. Squares only: square maps, kernels and
windows, stride 1, max-pools, slope 1/4.
"""

from __future__ import annotations

import numpy as np

ALPHA_INV, MEAN = 4, 36
TARGET = 32
SCALE = 256


class PlainInteger:
    """A network that learns in place.

    layers: of a network description: dense, conv without groups and max_pool. weights: block1.weights,
    block1.head, …, output.weights, any integers; kept as int32 in `weights`. The other arguments: see
    integrad's NITRO-D. dense_twice repeats the update of dense blocks behind convolutions, an accident of the
    published code.
    """

    def __init__(
        self,
        layers: list[dict],
        weights: dict[str, np.ndarray],
        learning_rate_inv: int,
        decay_inv: int = 0,
        head_decay_inv: int = 0,
        amplification: int | None = None,
        dense_twice: bool = False,
    ):
        if any(layer.get("groups", 1) > 1 for layer in layers):
            raise ValueError("plain integers convolve all channels together: no groups")
        self.layers = layers
        self.weights = {name: array.astype(np.int32) for name, array in weights.items()}
        self.classes = len(self.weights["output.weights"])
        self.head_rate = learning_rate_inv
        self.rate = learning_rate_inv * (amplification or 64 * self.classes)
        self.decay, self.head_decay = decay_inv, head_decay_inv
        self.dense_twice = dense_twice

    def step(self, x: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """One batch. x: int8 (B, …), labels: (B,); returns the predictions, int8 (B, classes)."""
        targets = np.zeros((len(x), self.classes), np.int8)
        targets[np.arange(len(x)), labels] = TARGET
        caches, number = [], 0
        for layer in self.layers:
            if layer["type"] == "max_pool":
                x, _ = max_pool(x, layer["size"][0], layer["size"][1], 0, 0)
                continue
            number += 1
            caches.append((number, layer, *self.forward(f"block{number}", layer, x)))
            x = caches[-1][-1]
        features = x.reshape(len(x), -1)
        predictions = classify(features, self.weights["output.weights"])
        error = predictions - targets
        self.descend("output.weights", error.astype(np.int32).T @ features, self.head_rate, self.head_decay)
        for cache in reversed(caches):
            self.learn(*cache, targets)
        if self.dense_twice:
            for cache in (c for c in reversed(caches) if c[1]["type"] == "dense"):
                self.learn(*cache, targets)
        return predictions

    def forward(self, name: str, layer: dict, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Input as int32 (flat or padded), scaled pre-activations and activations int8 of a block."""
        weights = self.weights[f"{name}.weights"]
        if layer["type"] == "dense":
            x = x.reshape(len(x), -1).astype(np.int32)
            z = x @ weights.T
        else:
            p = layer["padding"][0]
            x = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p))).astype(np.int32)
            # Without optimize, einsum loops over windows: the same sums, several times slower.
            z = np.einsum("nchwij,ocij->nohw", windows(x, weights), weights, optimize=True)
        s = scale(z, weights[0].size)
        h = np.where(s < 0, truncated(s, ALPHA_INV), s) - np.int8(MEAN)
        return x, s, h

    def learn(self, number: int, layer: dict, x, s, h, targets) -> None:
        """Update a block and its head from the head's error."""
        weights, head = self.weights[f"block{number}.weights"], self.weights[f"block{number}.head"]
        features, argmax = h, None
        if layer["type"] == "conv":
            window = head_window(*h.shape[1:3], layer["head_features"])
            features, argmax = max_pool(h, *window)
        flat = features.reshape(len(h), -1)
        error = classify(flat, head) - targets
        delta = (error @ head).reshape(features.shape)
        self.descend(f"block{number}.head", error.astype(np.int32).T @ flat, self.head_rate, self.head_decay)
        if layer["type"] == "conv":
            delta = unpool(delta, argmax, h.shape, *window)
        delta = np.where(s < 0, truncated(delta, ALPHA_INV), np.where(s < 127, delta, 0))
        if layer["type"] == "conv":
            gradient = np.einsum("nohw,nchwij->ocij", delta, windows(x, weights), optimize=True)
        else:
            gradient = delta.T @ x
        self.descend(f"block{number}.weights", gradient, self.rate, self.decay)

    def descend(self, name: str, gradient: np.ndarray, rate: int, decay: int) -> None:
        weights = self.weights[name]
        update = truncated(gradient, rate)
        if decay:
            update = update + truncated(weights, decay)
        weights -= update


def truncated(a: np.ndarray, b: int) -> np.ndarray:
    """a / b toward zero, b > 0: the floor, and one more where that went past a negative quotient."""
    quotient = a // b
    return quotient + ((a < 0) & (quotient * b != a)).astype(a.dtype)


def scale(z: np.ndarray, fan_in: int) -> np.ndarray:
    return np.clip(truncated(z, SCALE * fan_in), -127, 127).astype(np.int8)


def classify(features: np.ndarray, weights: np.ndarray) -> np.ndarray:
    return scale(features @ weights.T, weights.shape[1])


def windows(x: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(N, C, H, W) → view (N, C, oh, ow, K, K) of what lies under a kernel."""
    return np.lib.stride_tricks.sliding_window_view(x, weights.shape[2:], axis=(2, 3))


def head_window(channels: int, side: int, limit: int) -> tuple[int, int, int, int]:
    """(height, width, padding, padding) of the pool that leaves a head at most `limit` features."""
    height = width = 1
    while channels * ceil(side, height) * ceil(side, width) > limit and height < side:
        height *= 2
        if channels * ceil(side, height) * ceil(side, width) > limit:
            width *= 2
    paddings = (k * (ceil(side, k) - side // k) // 2 for k in (height, width))
    return height, width, *paddings


def ceil(a: int, b: int) -> int:
    return -(-a // b)


def max_pool(x: np.ndarray, kh: int, kw: int, ph: int, pw: int) -> tuple[np.ndarray, np.ndarray]:
    """(N, C, H, W) → maxima (N, C, oh, ow) and where in its window each stands first. Pads with 0."""
    x = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    n, c, oh, ow = *x.shape[:2], x.shape[2] // kh, x.shape[3] // kw
    cells = x[:, :, : oh * kh, : ow * kw].reshape(n, c, oh, kh, ow, kw).swapaxes(3, 4)
    cells = cells.reshape(n, c, oh, ow, kh * kw)
    return cells.max(-1), cells.argmax(-1)


def unpool(delta: np.ndarray, argmax: np.ndarray, shape: tuple, kh: int, kw: int, ph: int, pw: int):
    """Each delta at the cell that won its window; (N, C, oh, ow) → shape."""
    n, c, oh, ow = delta.shape
    cells = np.where(np.arange(kh * kw) == argmax[..., None], delta[..., None], 0)
    padded = np.zeros((n, c, shape[2] + 2 * ph, shape[3] + 2 * pw), delta.dtype)
    cells = cells.reshape(n, c, oh, ow, kh, kw).swapaxes(3, 4)
    padded[:, :, : oh * kh, : ow * kw] = cells.reshape(n, c, oh * kh, ow * kw)
    return padded[:, :, ph : ph + shape[2], pw : pw + shape[3]]

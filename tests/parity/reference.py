"""The learning rules once more: plain Python integers and loops, written from the algorithm alone.

Slow and small. Nothing is shared with the package; tensors are nested lists. A network is a list of
layers as in a network description, weights are a dict as in a model file.
Source: Pirillo, Colombo, Roveri, arXiv 2407.11698, with all ranges symmetric and saturated.
"""

from __future__ import annotations

from itertools import product

MEANS = {3: 31, 4: 36, 5: 38, 7: 40, 8: 42, 10: 43, 15: 44, 16: 44, 20: 45}


def divide(a: int, b: int) -> int:
    """Quotient truncated toward zero, b > 0."""
    quotient = abs(a) // b
    return quotient if a >= 0 else -quotient


def clip(a: int, limit: int) -> int:
    return min(limit, max(-limit, a))


def widest_weight(fan_in: int) -> int:
    return min(32639, (2**31 - 1) // (127 * fan_in))


def dot(a: list[int], b: list[int]) -> int:
    return sum(x * y for x, y in zip(a, b, strict=True))


def scaled(z: int, fan_in: int) -> int:
    return clip(divide(z, 256 * fan_in), 127)


def activate(s: int, alpha_inv: int) -> int:
    return (s if s >= 0 else divide(s, alpha_inv)) - MEANS[alpha_inv]


def activate_backward(delta: int, s: int, alpha_inv: int) -> int:
    if s == 127:
        return 0
    return delta if s >= 0 else divide(delta, alpha_inv)


def flatten(maps) -> list[int]:
    return [v for item in maps for v in flatten(item)] if isinstance(maps, list) else [maps]


def shape_of(maps) -> tuple[int, int, int]:
    return len(maps), len(maps[0]), len(maps[0][0])


def cell(maps, c: int, y: int, x: int) -> int:
    """Value of a map padded with zeros."""
    inside = 0 <= y < len(maps[0]) and 0 <= x < len(maps[0][0])
    return maps[c][y][x] if inside else 0


def windows(size: tuple[int, int], window, stride, padding):
    """((output row, column), (top, left)) of every window that lies on the padded map."""
    rows, columns = (
        (n + 2 * p - k) // s + 1 for n, k, s, p in zip(size, window, stride, padding, strict=True)
    )
    for r, c in product(range(rows), range(columns)):
        yield (r, c), (r * stride[0] - padding[0], c * stride[1] - padding[1])


def grid(channels: int, places: list[tuple[int, int]]) -> list:
    rows, columns = (max(place[axis] for place in places) + 1 for axis in (0, 1))
    return [[[0] * columns for _ in range(rows)] for _ in range(channels)]


def seen_by(o: int, outputs: int, inputs: int, count: int) -> range:
    """The `count` neighbouring input channels that output channel o sees."""
    group = o * (inputs // count) // outputs
    return range(group * count, group * count + count)


def convolve(maps, weights, stride, padding) -> list:
    """maps (C, H, W), weights (out, channels seen, kh, kw) → pre-activations (out, oh, ow)."""
    kh, kw = len(weights[0][0]), len(weights[0][0][0])
    placed = list(windows(shape_of(maps)[1:], (kh, kw), stride, padding))
    out = grid(len(weights), [place for place, _ in placed])
    for o, (place, (top, left)) in product(range(len(weights)), placed):
        out[o][place[0]][place[1]] = sum(
            weights[o][k][i][j] * cell(maps, c, top + i, left + j)
            for (k, c), i, j in product(
                enumerate(seen_by(o, len(weights), len(maps), len(weights[0]))), range(kh), range(kw)
            )
        )
    return out


def pool(maps, kind: str, window, padding=(0, 0)) -> list:
    """Windows side by side; padding counts as 0, both for a maximum and for an average."""
    placed = list(windows(shape_of(maps)[1:], window, window, padding))
    out = grid(len(maps), [place for place, _ in placed])
    for c, (place, (top, left)) in product(range(len(maps)), placed):
        values = [cell(maps, c, top + i, left + j) for i, j in product(range(window[0]), range(window[1]))]
        out[c][place[0]][place[1]] = max(values) if kind == "max" else divide(sum(values), len(values))
    return out


def pool_backward(delta, maps, kind: str, window, padding) -> list:
    """Gradient of the maps: to the first maximum unless it is padding, or in equal parts."""
    channels, height, width = shape_of(maps)
    out = [[[0] * width for _ in range(height)] for _ in range(channels)]
    cells = list(product(range(window[0]), range(window[1])))
    for c, (place, (top, left)) in product(
        range(channels), windows((height, width), window, window, padding)
    ):
        error = delta[c][place[0]][place[1]]
        values = [cell(maps, c, top + i, left + j) for i, j in cells]
        best = values.index(max(values))
        for index, (i, j) in enumerate(cells):
            y, x = top + i, left + j
            if not (0 <= y < height and 0 <= x < width):
                continue
            if kind == "avg":
                out[c][y][x] = divide(error, len(cells))
            elif index == best:
                out[c][y][x] = error
    return out


def head_window(channels: int, size: tuple[int, int], limit: int):
    """(window, padding) in front of a head: double height and width by turns until few features are left."""
    window = [1, 1]

    def features() -> int:
        return channels * -(-size[0] // window[0]) * -(-size[1] // window[1])

    while features() > limit and (window[0] < size[0] or window[1] < size[1]):
        for axis in (0, 1):
            if features() > limit and window[axis] < size[axis]:
                window[axis] *= 2
    padding = [(k * (-(-n // k) - n // k)) // 2 for n, k in zip(size, window, strict=True)]
    return tuple(window), tuple(padding)


def classify(features: list[int], weights: list[list[int]]) -> list[int]:
    return [scaled(dot(row, features), len(features)) for row in weights]


def error_of(logits: list[int], label: int) -> list[int]:
    return [score - (32 if k == label else 0) for k, score in enumerate(logits)]


def largest(logits: list[int]) -> int:
    return logits.index(max(logits))


def descend(weights: list[list[int]], gradient: list[list[int]], divisor: int, decay: int) -> None:
    """Update rows of weights in place."""
    for row, slope in zip(weights, gradient, strict=True):
        for i, w in enumerate(row):
            step = divide(slope[i], divisor) + (divide(w, decay) if decay else 0)
            row[i] = clip(w - step, widest_weight(len(row)))


def outer_sum(errors: list[list[int]], features: list[list[int]]) -> list[list[int]]:
    """Σ over the batch of error × features: the gradient of a linear layer."""
    return [
        [
            sum(error[k] * row[i] for error, row in zip(errors, features, strict=True))
            for i in range(len(features[0]))
        ]
        for k in range(len(errors[0]))
    ]


class Layer:
    """One layer with its weights as rows (out, fan-in), and its head's."""

    def __init__(self, layer: dict, number: int, weights: dict[str, list]):
        self.layer, self.kind = layer, layer["type"]
        if self.learns:
            self.weights = [flatten(row) for row in weights[f"block{number}.weights"]]
            self.head = weights[f"block{number}.head"]

    @property
    def learns(self) -> bool:
        return self.kind in ("dense", "conv")

    def forward(self, x):
        """Scaled pre-activations of a block, or the pooled maps."""
        layer = self.layer
        if self.kind in ("max_pool", "avg_pool"):
            return pool(x, self.kind[:3], layer["size"])
        if self.kind == "dropout":
            return x
        if self.kind == "dense":
            flat = flatten(x)
            return [scaled(dot(row, flat), len(flat)) for row in self.weights]
        kh, kw = layer["kernel"]
        seen = len(x) // layer.get("groups", 1)
        kernels = [
            [[row[(c * kh + i) * kw : (c * kh + i) * kw + kw] for i in range(kh)] for c in range(seen)]
            for row in self.weights
        ]
        z = convolve(x, kernels, layer["stride"], layer["padding"])
        return [[[scaled(v, len(self.weights[0])) for v in line] for line in plane] for plane in z]

    def activate(self, s):
        if not self.learns:
            return s
        if isinstance(s, list):
            return [self.activate(item) for item in s]
        return activate(s, self.layer["alpha_inv"])

    def head_pooling(self, h):
        layer = self.layer
        window, padding = head_window(len(h), shape_of(h)[1:], layer["head_features"])
        return layer["head_pool"], window, padding

    def features(self, h) -> list[int]:
        """What the head sees."""
        if self.kind == "conv":
            h = pool(h, *self.head_pooling(h))
        return flatten(h)

    def errors(self, error: list[int], s, h):
        """Error of the scaled pre-activations, from the head's error and weights."""
        back = [
            sum(e * row[i] for e, row in zip(error, self.head, strict=True)) for i in range(len(self.head[0]))
        ]
        slope = self.layer["alpha_inv"]
        if self.kind == "dense":
            return [activate_backward(d, v, slope) for d, v in zip(back, s, strict=True)]
        pooled = pool(h, *self.head_pooling(h))
        values = iter(back)
        shaped = [[[next(values) for _ in line] for line in plane] for plane in pooled]
        spread = pool_backward(shaped, h, *self.head_pooling(h))
        channels, height, width = shape_of(h)
        return [
            [
                [activate_backward(spread[c][y][x], s[c][y][x], slope) for x in range(width)]
                for y in range(height)
            ]
            for c in range(channels)
        ]

    def gradient(self, deltas: list, inputs: list) -> list[list[int]]:
        """Gradient of the rows of weights, summed over the batch and all positions."""
        if self.kind == "dense":
            return outer_sum(deltas, [flatten(x) for x in inputs])
        layer, channels = self.layer, len(inputs[0])
        seen, outputs = channels // layer.get("groups", 1), len(self.weights)
        kh, kw = layer["kernel"]
        placed = list(windows(shape_of(inputs[0])[1:], (kh, kw), layer["stride"], layer["padding"]))
        return [
            [
                sum(
                    delta[o][place[0]][place[1]] * cell(x, c, top + i, left + j)
                    for delta, x in zip(deltas, inputs, strict=True)
                    for place, (top, left) in placed
                )
                for c, i, j in product(seen_by(o, outputs, channels, seen), range(kh), range(kw))
            ]
            for o in range(outputs)
        ]


class Reference:
    """A network that infers and learns. weights: name → nested lists."""

    def __init__(self, layers: list[dict], weights: dict[str, list]):
        self.layers, number = [], 0
        for layer in layers:
            number += layer["type"] in ("dense", "conv")
            self.layers.append(Layer(layer, number, weights))
        self.output = weights["output.weights"]

    def logits(self, x) -> list[int]:
        for layer in self.layers:
            x = layer.activate(layer.forward(x))
        return classify(flatten(x), self.output)

    def step(self, batch: list, labels: list[int], rate: int, decay: int, head_decay: int, learning: int):
        """One training step; the last `learning` blocks learn, and the output layer.

        All forward passes and all gradients come first, then all updates. Returns (loss, correct).
        """
        amplified = rate * 64 * len(self.output)
        updates = []
        blocks = [layer for layer in self.layers if layer.learns]
        learners = blocks[len(blocks) - learning :]
        for layer in self.layers:
            s = [layer.forward(x) for x in batch]
            h = [layer.activate(v) for v in s]
            if layer.learns and layer in learners:
                features = [layer.features(v) for v in h]
                errors = [error_of(classify(f, layer.head), k) for f, k in zip(features, labels, strict=True)]
                deltas = [layer.errors(e, a, b) for e, a, b in zip(errors, s, h, strict=True)]
                updates.append((layer.weights, layer.gradient(deltas, batch), amplified, decay))
                updates.append((layer.head, outer_sum(errors, features), rate, head_decay))
            batch = h
        features = [flatten(x) for x in batch]
        scores = [classify(f, self.output) for f in features]
        errors = [error_of(score, k) for score, k in zip(scores, labels, strict=True)]
        updates.append((self.output, outer_sum(errors, features), rate, head_decay))
        for update in updates:
            descend(*update)
        return sum(dot(e, e) for e in errors), sum(
            largest(s) == k for s, k in zip(scores, labels, strict=True)
        )

    def rows(self) -> dict[str, list[list[int]]]:
        """name → rows of weights (out, fan-in)."""
        blocks = [layer for layer in self.layers if layer.learns]
        rows = {}
        for number, block in enumerate(blocks, 1):
            rows |= {f"block{number}.weights": block.weights, f"block{number}.head": block.head}
        return {**rows, "output.weights": self.output}

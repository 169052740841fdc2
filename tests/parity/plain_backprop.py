"""Integer backpropagation in plain Python integers, one number at a time: written from docs/backprop.md."""

from functools import lru_cache


def tdiv(a, b):
    return a // b if a >= 0 else -(-a // b)


def clip(a, limit):
    return max(-limit, min(limit, a))


def sign(a):
    return (a > 0) - (a < 0)


def nearest(a, s):
    if s <= 0:
        return a
    return sign(a) * ((abs(a) + 2 ** (s - 1)) // 2**s) if s < 31 else 0


def pseudo_stochastic(a, s):
    if s <= 0:
        return a
    if s >= 31:
        return 0
    m, h = abs(a), s // 2
    f = m % 2**s
    front, back = f // 2**h, (f % 2**h) * (2 if s % 2 else 1)
    return sign(a) * (m // 2**s + (1 if front > back else 0))


def width(m):
    """The smallest b with 2^b ≥ m."""
    b = 0
    while 2**b < m:
        b += 1
    return b


def needed(values):
    return max(width(max(abs(v) for v in values)) - 7, 0)


class PlainLayer:
    """A dense layer is a convolution of maps of one pixel. weights: [unit][group input][ky][kx].

    kind: dense, conv, max, average or dropout. Learning layers have: fraction (like weights, or None),
    exponent, out (output shift), back (error shift), leak (None: no activation). biased: each unit has a
    constant further input, channel CONSTANT, whose weight is the last one.
    """

    biased = False

    def __init__(self, kind, **values):
        self.kind = kind
        self.__dict__.update(values)

    @property
    def learnable(self):
        return self.kind in ("dense", "conv")


CONSTANT = None


def at(x, c, i, j):
    if c is CONSTANT:
        return 64
    return x[c][i][j] if 0 <= i < len(x[c]) and 0 <= j < len(x[c][0]) else 0


def taps(layer, x, u, i, j):
    """(input channel within the group, ky, kx, channel, row, column) of the inputs of an output."""
    inputs = len(layer.weights[0]) - layer.biased
    group = u // (len(layer.weights) // layer.groups)
    kernel = len(layer.weights[0][0]), len(layer.weights[0][0][0])
    first = i * layer.stride[0] - layer.padding[0], j * layer.stride[1] - layer.padding[1]
    return window(inputs, group, kernel, first, layer.biased)


@lru_cache(4096)
def window(inputs, group, kernel, first, biased):
    found = [
        (c, ky, kx, group * inputs + c, first[0] + ky, first[1] + kx)
        for c in range(inputs)
        for ky in range(kernel[0])
        for kx in range(kernel[1])
    ]
    return [*found, (inputs, 0, 0, CONSTANT, 0, 0)] if biased else found


def shaped(flat, shape):
    values = iter(flat)
    return [[[next(values) for _ in range(shape[2])] for _ in range(shape[1])] for _ in range(shape[0])]


def flat(x):
    return [v for rows in x for row in rows for v in row]


def shape_of(x):
    return len(x), len(x[0]), len(x[0][0])


def sums_of(layer, x):
    if layer.kind == "dense":
        x = shaped(flat(x), (len(flat(x)), 1, 1))
    _, height, width_ = shape_of(x)
    kernel = len(layer.weights[0][0]), len(layer.weights[0][0][0])
    rows = (height + 2 * layer.padding[0] - kernel[0]) // layer.stride[0] + 1
    columns = (width_ + 2 * layer.padding[1] - kernel[1]) // layer.stride[1] + 1
    out = []
    for u in range(len(layer.weights)):
        out.append([])
        for i in range(rows):
            out[-1].append([])
            for j in range(columns):
                total = sum(
                    layer.weights[u][c][ky][kx] * at(x, channel, r, q)
                    for c, ky, kx, channel, r, q in taps(layer, x, u, i, j)
                )
                assert abs(total) < 2**31
                out[-1][-1].append(total)
    return x, out


def mapped(function, *maps):
    return [
        [[function(*v) for v in zip(*rows, strict=True)] for rows in zip(*channels, strict=True)]
        for channels in zip(*maps, strict=True)
    ]


def cells(x, window):
    """(channel, row, column of the output, cells of its window in row-major order)"""
    channels, height, width_ = shape_of(x)
    for c in range(channels):
        for i in range(height // window[0]):
            for j in range(width_ // window[1]):
                yield (
                    c,
                    i,
                    j,
                    [
                        (i * window[0] + a, j * window[1] + b)
                        for a in range(window[0])
                        for b in range(window[1])
                    ],
                )


def pool(layer, x):
    channels, height, width_ = shape_of(x)
    size = (channels, height // layer.window[0], width_ // layer.window[1])
    out = []
    for c, _, _, found in cells(x, layer.window):
        values = [x[c][a][b] for a, b in found]
        out.append(max(values) if layer.kind == "max" else tdiv(sum(values), len(values)))
    return shaped(out, size)


def unpool(layer, x, error):
    below = shaped([0] * len(flat(x)), shape_of(x))
    for c, i, j, found in cells(x, layer.window):
        values = [x[c][a][b] for a, b in found]
        for n, (a, b) in enumerate(found):
            if layer.kind == "max":
                below[c][a][b] = error[c][i][j] if n == values.index(max(values)) else 0
            else:
                below[c][a][b] = tdiv(error[c][i][j], len(found))
    return below


SCALE = {10: 1111, 25: 1333, 50: 2000}


def drop(x, percent, kept):
    return mapped(lambda v, k: clip(tdiv(v * SCALE[percent], 1000), 127) if k else 0, x, kept)


def squared(scores, e, label):
    found = []
    for c, o in enumerate(scores):
        t = e + 11
        r = o * 2 ** min(t, 20) if t >= 0 else nearest(o, -t)
        found.append(clip(r - 2048 * (c == label), 2047))
    return found


def cross_entropy(scores, e, label):
    if e > -7:
        s = [tdiv(o * 47274, 32768) for o in scores]
        s = [v * 2 ** min(e, 20) if e >= 0 else tdiv(v, 2**-e) for v in s]
        g = [2 ** max(v - (max(s) - 10), 0) - 1 for v in s]
    else:
        k = min(-e, 9)
        o9 = [nearest(o, -e - 9) for o in scores]
        g = [2 ** (1 + 2 * k) + o * 2 ** (1 + k) + o * o for o in o9]
    assert all(0 <= 2048 * v < 2**31 for v in g) and sum(g) < 2**31
    p = [2048 * v // sum(g) for v in g]
    p[label] -= sum(p)
    return p


LOSSES = {"squared": squared, "cross-entropy": cross_entropy}


def in_two_bits(x):
    """What a packed stash keeps of the maps that a layer reads."""
    values, kept = flat(x), []
    for start in range(0, len(values), 64):
        group = values[start : start + 64]
        low, extent = min(group), max(group) - min(group)
        for v in group:
            q = ((v - low) * 3 + extent // 2) // extent if extent else 0
            assert 0 <= q <= 3
            kept.append(low + (2 * q * extent + 3) // 6)
    return shaped(kept, shape_of(x))


class PlainBackprop:
    """layers: PlainLayer, the output layer last. is_packed: whether the stash has 2 bits per value."""

    def __init__(self, layers, is_packed=False):
        self.layers, self.is_packed = layers, is_packed

    @property
    def learnable(self):
        return [layer for layer in self.layers if layer.learnable]

    def step(self, samples, labels, k, loss, update, scaling, first=0, masks=()):
        """One batch. samples: maps. first: index of the first layer, of those with weights, that learns.

        masks: for each dropout a list of maps of booleans. Returns the scores of every sample and the loss.
        """
        learns = {id(layer) for layer in self.learnable[first:]}
        exact_scale = scaling == "maximum"
        runs, masks, widths = [list(samples)], list(masks), {}
        kept = {}
        e, ends = -6, {}
        for layer in self.layers:
            x = runs[-1]
            if layer.kind == "dropout":
                kept[id(layer)] = masks.pop(0) if masks else None
                drops = kept[id(layer)]
                runs.append(
                    x
                    if drops is None
                    else [drop(one, layer.percent, m) for one, m in zip(x, drops, strict=True)]
                )
                continue
            if not layer.learnable:
                runs.append([pool(layer, one) for one in x])
                continue
            pairs = [sums_of(layer, one) for one in x]
            shift = own = needed([v for _, sums in pairs for v in flat(sums)])
            if not exact_scale:
                shift = layer.out
            widths[id(layer)] = [own, None]
            ends[id(layer)] = e
            e += layer.exponent + shift
            layer.seen = [one for one, _ in pairs]

            def activate(total, layer=layer, shift=shift):
                v = clip(nearest(total, shift), 127)
                if layer.leak is None or v > 0:
                    return v
                return tdiv(v, layer.leak) if layer.leak else 0

            runs.append([mapped(activate, sums) for _, sums in pairs])
        scores = [flat(one) for one in runs[-1]]
        fine = [LOSSES[loss](o, e, label) for o, label in zip(scores, labels, strict=True)]
        errors = [shaped([clip(pseudo_stochastic(r, 4), 127) for r in one], (len(one), 1, 1)) for one in fine]
        self.propagate(errors, runs, learns, kept, widths, ends, exact_scale, k, update)
        if scaling != "constant":
            for layer in self.learnable[first:]:
                own, below = widths[id(layer)]
                layer.out = own if exact_scale or own >= layer.out else layer.out - 1
                if below is not None:
                    layer.back = below if exact_scale or below >= layer.back else layer.back - 1
        return scores, sum(r * r for one in fine for r in one)

    def propagate(self, errors, runs, learns, kept, widths, ends, exact_scale, k, update):
        """errors: of the outputs of the last layer. Gradients and errors use the weights before the step."""
        e_err, gradients, left = -7, [], len(learns)
        for n in range(len(self.layers) - 1, -1, -1):
            layer, x = self.layers[n], runs[n]
            if not left:
                break
            if layer.kind == "dropout":
                if (drops := kept[id(layer)]) is not None:
                    errors = [drop(err, layer.percent, m) for err, m in zip(errors, drops, strict=True)]
                continue
            if not layer.learnable:
                errors = [unpool(layer, *pair) for pair in zip(x, errors, strict=True)]
                continue
            if layer.leak is not None:

                def pass_on(err, h, leak=layer.leak):
                    return err if h > 0 else tdiv(err, leak) if leak else 0

                errors = [mapped(pass_on, *pair) for pair in zip(errors, runs[n + 1], strict=True)]
            gradients.append((layer, self.gradient(layer, errors), e_err + ends[id(layer)]))
            left -= 1
            if not left:
                break
            belows = [self.below(layer, err, one) for err, one in zip(errors, layer.seen, strict=True)]
            belows = [shaped(flat(b), shape_of(one)) for b, one in zip(belows, x, strict=True)]
            under = self.layers[n - 1]
            if under.learnable and under.leak == 0:
                belows = [
                    mapped(lambda b, h: b if h > 0 else 0, *pair) for pair in zip(belows, x, strict=True)
                ]
            widths[id(layer)][1] = own = needed([v for b in belows for v in flat(b)])
            shift = own if exact_scale else layer.back
            errors = [mapped(lambda b, s=shift: clip(nearest(b, s), 127), b) for b in belows]
            e_err += layer.exponent + shift
        for layer, gradient, exponent in gradients:
            self.learn(layer, gradient, exponent, k, update)

    def gradient(self, layer, errors):
        found = mapped_weights(lambda w: 0, layer.weights)
        kept = layer.seen
        if self.is_packed and layer is not self.learnable[0]:
            kept = [in_two_bits(x) for x in kept]
        for err, x in zip(errors, kept, strict=True):
            units, rows, columns = shape_of(err)
            for u in range(units):
                for i in range(rows):
                    for j in range(columns):
                        if not err[u][i][j]:
                            continue
                        for c, ky, kx, channel, r, q in taps(layer, x, u, i, j):
                            found[u][c][ky][kx] += err[u][i][j] * at(x, channel, r, q)
        return found

    def below(self, layer, err, x):
        found = shaped([0] * len(flat(x)), shape_of(x))
        units, rows, columns = shape_of(err)
        for u in range(units):
            for i in range(rows):
                for j in range(columns):
                    for c, ky, kx, channel, r, q in taps(layer, x, u, i, j):
                        if channel is not CONSTANT and 0 <= r < len(x[0]) and 0 <= q < len(x[0][0]):
                            found[channel][r][q] += err[u][i][j] * layer.weights[u][c][ky][kx]
        return found

    def learn(self, layer, gradient, exponent, k, update):
        master = layer.fraction is not None
        largest = max(abs(g) for g in every(gradient))
        limit = 32512 if master else 127
        if update == "normalised":
            if width(largest) == 0:
                return
            s, rounding = width(largest) - ((11 if master else 3) - k), pseudo_stochastic
        else:
            s = k + layer.exponent - (8 if master else 0) - exponent
            rounding = nearest if master else pseudo_stochastic

        def learnt(w, f, g):
            d = rounding(g, s)
            if update == "exact" and s < 0:
                d = clip(g, 2 * limit) * 2 ** min(-s, 15)
            value = clip((256 * w + f if master else w) - d, limit)
            high = (value + 128) // 256 if master else value
            return high, value - 256 * high

        fraction = layer.fraction if master else mapped_weights(lambda w: 0, layer.weights)
        both = mapped_weights(learnt, layer.weights, fraction, gradient)
        layer.weights = mapped_weights(lambda pair: pair[0], both)
        if master:
            layer.fraction = mapped_weights(lambda pair: pair[1], both)


def with_bias(weights, bias):
    """weights: nested lists of units; bias: a number per unit, which becomes the last weight of the unit."""
    return [[*unit, [[b]]] for unit, b in zip(weights, bias, strict=True)]


def mapped_weights(function, *weights):
    return [mapped(function, *units) for units in zip(*weights, strict=True)]


def every(weights):
    return [v for unit in weights for v in flat(unit)]

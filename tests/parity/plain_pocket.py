"""PocketNN in plain Python integers, one number at a time: written from the publication's formulas."""


def tdiv(a, b):
    return a // b if a >= 0 else -(-a // b)


def clip(a, limit):
    return max(-limit, min(limit, a))


def pocket_tanh(x):
    """(value, inverse slope)"""
    if x < -127:
        return -127, 127
    if x < -74:
        return tdiv(x, 4) - 88, 8
    if x < -31:
        return x - 32, 2
    if x < 32:
        return 2 * x, 1
    if x < 75:
        return x + 32, 2
    if x < 128:
        return tdiv(x, 4) + 88, 8
    return 127, 127


def pocket_sigmoid(x):
    """(value, inverse slope)"""
    if x < -127:
        return 1, 127
    if x < -74:
        return tdiv(x, 8) + 20, 8
    if x < -31:
        return tdiv(x, 2) + 48, 2
    if x < 32:
        return x + 64, 1
    if x < 75:
        return tdiv(x, 2) + 80, 2
    if x < 128:
        return tdiv(x, 8) + 108, 8
    return 127, 127


class PlainPocket:
    """layers: (activation, weights by unit, bias, feedback by class or None), the output layer last."""

    def __init__(self, layers):
        self.layers = layers

    def forward(self, x):
        """x: a list of integers → the (activations, inverse slopes) of every layer, the input first."""
        outcomes = [(x, None)]
        for activation, weights, bias, _ in self.layers:
            fan_in, pairs = len(x), []
            for row, b in zip(weights, bias, strict=True):
                z = sum(w * v for w, v in zip(row, x, strict=True)) + b
                if activation == "tanh":
                    pairs.append(pocket_tanh(tdiv(z, 256 * fan_in)))
                else:
                    pairs.append(pocket_sigmoid(tdiv(z, 256)))
            x = [value for value, _ in pairs]
            outcomes.append((x, [slope for _, slope in pairs]))
        return outcomes

    def step(self, samples, labels, learning_rate_inv, first=0):
        """One batch; layers from index `first` on learn. Returns the scores of every sample."""
        runs = [self.forward(x) for x in samples]
        errors = []
        for run, label in zip(runs, labels, strict=True):
            errors.append([y - (15 if c == label else 0) for c, y in enumerate(run[-1][0])])
        for number, (_, weights, bias, feedback) in enumerate(self.layers):
            if number < first:
                continue
            fan_in = len(weights[0])
            limit = min(32639, (2**31 - 1 - 32639) // (127 * fan_in))
            deltas = []
            for run, error in zip(runs, errors, strict=True):
                slopes = run[number + 1][1]
                brought = error
                if feedback is not None:
                    brought = [
                        sum(e * feedback[c][o] for c, e in enumerate(error)) for o in range(len(weights))
                    ]
                deltas.append([tdiv(d, g) for d, g in zip(brought, slopes, strict=True)])
            for o, row in enumerate(weights):
                for i in range(fan_in):
                    gradient = sum(d[o] * run[number][0][i] for d, run in zip(deltas, runs, strict=True))
                    row[i] = clip(row[i] - tdiv(gradient, learning_rate_inv), limit)
                bias[o] = clip(bias[o] - tdiv(sum(d[o] for d in deltas), learning_rate_inv), 32639)
        return [run[-1][0] for run in runs]

"""Integer-only remedies for the slow start and for small steps that are truncated to 0, on validation
samples.

    python benchmarks/remedies.py nitro:mlp-2 fashion_mnist.npz --seeds 3 --epochs 40 [--only carry spread]

The preset unchanged, with amplification 8, and with one further change; test images are not used. Markdown
rows: validation accuracy after 1 and 5 epochs and of the best epoch, mean over seeds and individual seeds.
The changes affect the update rule or the initial weights, but not inference:

momentum: m <- m - tdiv(m, 10) + g, and m / 10 replaces the gradient
carry:    remainders of divisions are added to the next gradient (error feedback)
warm-up:  a learning rate four times smaller in the first epoch
spread:   initial weights of each block times the integer for which the mean of its scaled sums is 24
"""

import argparse

import numpy as np

from integrad.arithmetic import saturate, tdiv, weight_limit
from integrad.datasets import load_dataset
from integrad.training.progress import Silent
from integrad.training.training_run import TrainingRun

SPREAD = 24
"""Mean of |s| that the first weights are brought to; the slopes of NITRO-ReLU differ around 0."""

PLAIN = {"amplification": 8}
REMEDIES = {
    "as published": ({}, ()),
    "amplification 8": (PLAIN, ()),
    "momentum": (PLAIN, ("momentum",)),
    "carry": (PLAIN, ("carry",)),
    "warm-up": (PLAIN, ("warm-up",)),
    "spread": (PLAIN, ("spread",)),
    "spread, carry": (PLAIN, ("spread", "carry")),
}


class RemedyEngine:
    """Takes exact gradients from another engine, and updates the weights itself. See Engine."""

    def __init__(self, engine, remedies: tuple[str, ...], warm_steps: int):
        self.engine, self.remedies, self.left = engine, remedies, warm_steps
        self.name, self.network = engine.name, engine.network
        self.kept = {name: np.zeros(array.shape, np.int64) for name, array in self.network.arrays().items()}

    def step(self, x, labels, rule, kept=None):
        gradients, step = self.engine.gradients(x, labels, rule, kept)
        for parameter in self.network.parameters():
            name, weights = parameter.name, parameter.array
            divisor, decay_inv = rule.descent(parameter)
            wide = weights.astype(np.int64)
            wide -= self._update(name, gradients[name], divisor)
            if decay_inv:
                wide -= tdiv(weights, decay_inv)
            weights[...] = saturate(wide, parameter.limit)
        self.engine.load()
        self.left -= 1
        return step

    def _update(self, name: str, gradient: np.ndarray, divisor: int) -> np.ndarray:
        kept = self.kept[name]
        if "warm-up" in self.remedies and self.left > 0:
            divisor *= 4
        if "momentum" in self.remedies:
            kept += gradient - tdiv(kept, 10)
            return tdiv(kept, 10 * divisor)
        if "carry" in self.remedies:
            kept += gradient
            step = tdiv(kept, divisor)
            kept -= step * divisor
            return step
        return tdiv(gradient, divisor)

    def logits(self, x):
        return self.engine.logits(x)

    def fetch(self):
        """The weights are always at home."""


def spread(network, x: np.ndarray) -> list[int]:
    """Multiply each block's weights so that |s| is SPREAD in the mean over x; the factors."""
    factors, h = [], x
    for stage in network.stages:
        if stage.block is not None:
            block, small = stage.block, stage.block.weights.copy()
            limit = weight_limit(small[0].size)

            def mean(factor, block=block, small=small, limit=limit, stage=stage, h=h):
                block.weights[...] = saturate(small.astype(np.int64) * factor, limit)
                return np.abs(stage.forward_block(h).s.astype(np.int64)).mean()

            low, high = 1, limit
            while low < high:  # the least factor that reaches it
                middle = (low + high) // 2
                low, high = (low, middle) if mean(middle) >= SPREAD else (middle + 1, high)
            mean(low)
            factors.append(low)
        h = stage.forward(h)
    return factors


class Watch(Silent):
    def __init__(self):
        self.accuracies: list[float] = []

    def epoch(self, epoch):
        self.accuracies.append(100 * epoch.validation_accuracy)


def run(options, dataset, name: str, seed: int) -> list[float]:
    """Validation accuracy after each epoch, percent."""
    settings, remedies = REMEDIES[name]
    settings = settings | {"seed": seed, "epochs": options.epochs, "threads": options.threads}
    settings |= {"patience": options.patience, "stop_patience": 0}
    training = TrainingRun(dataset, options.preset, settings, by_class=True)
    trainer = training.trainer
    x, y = training._samples(training.split.train)
    if "spread" in remedies:
        print(f"{name}, seed {seed}: factors {spread(training.network, x[:512])}", flush=True)
    if remedies:
        warm = -(-len(x) // trainer.batch_size)
        usual = trainer.make_engine
        trainer.make_engine = lambda *whose: RemedyEngine(usual(*whose), remedies, warm)
    watch = Watch()
    trainer.fit(training.network, x, y, *training._samples(training.split.validation), watch)
    return watch.accuracies


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("preset")
    parser.add_argument("data")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--patience", type=int, default=6, help="epochs before the rate is refined")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--only", nargs="*", default=list(REMEDIES), choices=list(REMEDIES), metavar="NAME")
    options = parser.parse_args()
    dataset = load_dataset(options.data)
    print("| change | after 1 | after 5 | best | individual seeds |\n|---|---:|---:|---:|---|", flush=True)
    for name in options.only:
        runs = [run(options, dataset, name, seed) for seed in range(options.seeds)]
        first, fifth = (
            np.mean([accuracies[n] for accuracies in runs]) for n in (0, min(4, options.epochs - 1))
        )
        best = [max(accuracies) for accuracies in runs]
        each = ", ".join(f"{value:.2f}" for value in best)
        print(f"| {name} | {first:.2f} % | {fifth:.2f} % | {np.mean(best):.2f} % | {each} |", flush=True)


if __name__ == "__main__":
    main()

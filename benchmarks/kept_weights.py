"""Which weights of a training to keep: of the best epoch by validation, the last ones, or their average.

    python benchmarks/kept_weights.py letter.npz mlp:96,48 --seeds 2
    options: --epochs N (by default what integrad chooses)

A sixth of the samples, other ones with each seed, measures; samples that the data marks for tests are left
out altogether. Another tenth of the rest is the validation set. Prints a line per training and a Markdown
row: data, network, and the mean accuracy in % with the weights of the best epoch, the last ones, the average.
"""

import argparse
import os
import statistics
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # the matrix products are small

import numpy as np

from integrad.datasets import load_dataset
from integrad.training.defaults import choose_training
from integrad.training.training_run import TrainingRun

KEPT = ("best", "last", "average")
PERCENT, PART = 10, 6


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data")
    parser.add_argument("model")
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--epochs", type=int)
    return parser.parse_args()


def without_tests(dataset):
    if dataset.test is None:
        return dataset
    rest = ~dataset.test
    keys = {name: values[rest] for name, values in dataset.keys.items()}
    return replace(dataset, x=dataset.x[rest], y=dataset.y[rest], keys=keys, test=None)


def accuracy(dataset, options, seed, kept):
    """On the samples of dataset.test, and on those of validation."""
    settings = {"seed": seed, "keep": kept, "threads": 1}
    if options.epochs:
        settings["epochs"] = options.epochs
    choice = choose_training(dataset, options.model, settings, validation_percent=PERCENT)
    run = TrainingRun.chosen(dataset, options.model, choice)
    outcome = run.run()
    return outcome.test.accuracy, outcome.validation.accuracy


def main():
    options = parse()
    dataset = without_tests(load_dataset(options.data))
    found = {kept: [] for kept in KEPT}
    for seed in range(options.seeds):
        chosen = np.random.default_rng(100 + seed).permutation(len(dataset))[: len(dataset) // PART]
        measures = np.zeros(len(dataset), bool)
        measures[chosen] = True
        for kept in KEPT:
            held_out, validation = accuracy(replace(dataset, test=measures), options, seed, kept)
            found[kept].append(100 * held_out)
            print(f"seed {seed}, {kept}: {held_out:.2%}, validation {validation:.2%}", flush=True)
    means = " | ".join(f"{statistics.mean(found[kept]):.2f}" for kept in KEPT)
    print(f"| {Path(options.data).name} | `{options.model}` | {means} |")


if __name__ == "__main__":
    main()

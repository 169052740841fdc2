"""Test accuracy of a network trained by a learner of integrad, or in float32 with Adam, on the same splits.

    python benchmarks/learner_accuracy.py mnist.npz mlp:100,50 --learner backprop --seeds 3
    python benchmarks/learner_accuracy.py mnist.npz mlp:100,50 --learner adam --epochs 30
    options: --epochs N   --batch-size N   --set NAME=VALUE …   --holdout KEY=VALUE   --layer NAME=VALUE …
             --by KEY   --first-seed N

A tenth of every training class is the validation set, which chooses the epoch; the test samples are evaluated
once per seed, at the end. With --by, the samples of each value of KEY test in turn a network that is trained
on those of all others, such as each speaker of spoken-digits; figures of a seed are means over them. Adam
trains the same layers (leaky ReLU 1/4, no bias; cross entropy, 0.001, a third of it in the second and a ninth
in the last third of the epochs) on the same inputs, divided by 64. Prints one line per seed and one Markdown
row: data, network, learner, mean test accuracy and standard deviation, per seed, validation, epochs, time on
all cores together.
"""

import argparse
import os
import statistics
import time
from dataclasses import replace

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # the matrix products are small

import numpy as np

FLOAT = "adam"


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data")
    parser.add_argument("model")
    parser.add_argument("--learner", default="backprop")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--batch-size", type=int)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--holdout", action="append", default=[])
    parser.add_argument("--by", metavar="KEY")
    parser.add_argument("--set", nargs="*", default=[], metavar="NAME=VALUE")
    parser.add_argument("--layer", nargs="*", default=[], metavar="NAME=VALUE")
    return parser.parse_args()


def assignments(texts):
    """NAME=VALUE … → dict; integers where possible."""
    pairs = (text.split("=", 1) for text in texts)
    return {name: int(value) if value.lstrip("-").isdigit() else value for name, value in pairs}


def train_integers(run):
    """(test, validation, train accuracy, best epoch, number of epochs)."""
    outcome = run.run()
    history = outcome.history
    scores = (outcome.test.accuracy, outcome.validation.accuracy, outcome.train.accuracy)
    return *scores, history.best_epoch, len(history.epochs)


def train_floats(run, epochs):
    """The same in float32, with the split, the batch size and the order of samples of the run's seed."""
    import torch
    from float32_training import Float32Training

    torch.set_num_threads(1)
    torch.manual_seed(run.trainer.seed)
    parts = [run.samples(part) for part in (run.split.train, run.split.validation, run.split.test)]
    training = Float32Training(run.network, *parts[0])
    rng, best = np.random.default_rng(run.trainer.seed), (-1.0, 0, None)
    for epoch in range(1, epochs + 1):
        for group in training.optimiser.param_groups:
            group["lr"] = 0.001 / 3 ** (3 * (epoch - 1) // epochs)
        order = rng.permutation(len(parts[0][0]))
        for start in range(0, len(order), run.trainer.batch_size):
            training.step(order[start : start + run.trainer.batch_size])
        validation = float_accuracy(training.model, *parts[1])
        if validation > best[0]:
            best = (
                validation,
                epoch,
                {name: value.clone() for name, value in training.model.state_dict().items()},
            )
    training.model.load_state_dict(best[2])
    return (
        float_accuracy(training.model, *parts[2]),
        best[0],
        float_accuracy(training.model, *parts[0]),
        best[1],
        epochs,
    )


def float_accuracy(model, x, labels):
    import torch

    with torch.no_grad():
        pieces = [
            model(torch.from_numpy(x[i : i + 500]).float() / 64).argmax(1) for i in range(0, len(x), 500)
        ]
    return float((torch.cat(pieces).numpy() == labels).mean())


def main():
    options = parse()
    from integrad.datasets import load_dataset
    from integrad.training.training_run import TrainingRun

    dataset = load_dataset(options.data)
    learner = "nitro-d" if options.learner == FLOAT else options.learner
    holdouts = [options.holdout]
    if options.by:
        dataset = replace(dataset, test=None)
        holdouts = [[f"{options.by}={value}"] for value in np.unique(dataset.keys[options.by])]
    results, seconds = [], []
    for seed in range(options.first_seed, options.first_seed + options.seeds):
        settings = {"seed": seed, "epochs": options.epochs} | assignments(options.set)
        if options.batch_size:
            settings["batch_size"] = options.batch_size
        started = time.process_time()
        layer = assignments(options.layer)
        parts = []
        for holdout in holdouts:
            run = TrainingRun(
                dataset, options.model, settings, holdout, by_class=True, learner=learner, options=layer
            )
            parts.append(
                train_floats(run, options.epochs) if options.learner == FLOAT else train_integers(run)
            )
            if options.by:
                print(f"{holdout[0]}: test {parts[-1][0]:.2%}", flush=True)
        seconds.append(time.process_time() - started)
        result = [statistics.mean(column) for column in zip(*parts, strict=True)]
        results.append(result)
        test, validation, train, best, epochs = result
        print(
            f"seed {seed}: test {test:.2%}, validation {validation:.2%}, "
            f"train {train:.2%}, epoch {best:.0f} of {epochs:.0f}, {seconds[-1]:.0f} s",
            flush=True,
        )
    tests = [100 * result[0] for result in results]
    row = [
        os.path.basename(options.data),
        f"`{options.model}`",
        " ".join([options.learner, *options.set, *options.layer]),
        f"{statistics.mean(tests):.2f} ± {statistics.stdev(tests) if len(tests) > 1 else 0:.2f}",
        ", ".join(f"{test:.2f}" for test in tests),
        f"{100 * statistics.mean(result[1] for result in results):.2f}",
        ", ".join(f"{result[3]:.0f} of {result[4]:.0f}" for result in results),
        f"{statistics.mean(seconds):.0f} s",
    ]
    print(f"| {' | '.join(row)} |")


if __name__ == "__main__":
    main()

"""Test accuracy on small data sets, beside scikit-learn's networks of the same size.

    python benchmarks/small_data.py FOLDER [--sets wine vowel] [--learner backprop] [--set steps=8000 …]
    options: --model SPEC   --layer NAME=VALUE …   --validation PERCENT   --seeds N   --references FILE
             --cpu

FOLDER holds .npz files with x, y and a mask `test`. integrad trains with the defaults, unless --learner,
--set (settings of the trainer), --layer (of all layers) and --validation say otherwise. scikit-learn's
MLPClassifier((96, 48)) and LogisticRegression are trained on standardised inputs, on all samples that are no
test samples; --references keeps their figures in a file. With a convolutional SPEC, such as
cnn:c8,p2,c16,p2,d32, sets of plain features are left out; rows of at least 24 numbers are series.

Prints a row of a Markdown table for each set, with means and standard deviations over the seeds in %, and
macro-F1 where the largest class has at least twice as many samples as the smallest. The last row holds means.
"""

import argparse
import json
import os
import statistics
import time
import warnings
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # the matrix products are small

import numpy as np

from integrad.datasets import load_dataset
from integrad.training.defaults import choose_training
from integrad.training.training_run import TrainingRun

SERIES = 24
"""Rows of so many numbers are time series to a convolutional network."""

UNBALANCED = 2


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sets", nargs="*", default=[])
    parser.add_argument("--model", default="mlp:96,48")
    parser.add_argument("--learner")
    parser.add_argument("--set", nargs="*", default=[], metavar="NAME=VALUE")
    parser.add_argument("--layer", nargs="*", default=[], metavar="NAME=VALUE")
    parser.add_argument("--validation", type=int, metavar="PERCENT")
    parser.add_argument("--cpu", action="store_true", help="seconds of processor time, on a busy computer")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--references", type=Path, metavar="FILE")
    return parser.parse_args()


def assignments(texts):
    """NAME=VALUE … → dict; integers and truth values where possible."""
    pairs = (text.split("=", 1) for text in texts)
    words = {"true": True, "false": False}
    return {name: int(value) if value.isdigit() else words.get(value, value) for name, value in pairs}


def load(path, convolutional):
    """The data set; None if it has no axis that a convolution could extend over."""
    dataset = load_dataset(path)
    if convolutional and len(dataset.sample_shape) == 1:
        return load_dataset(path, axes="T") if dataset.sample_shape[0] >= SERIES else None
    return dataset


def is_unbalanced(labels):
    counts = np.unique(labels, return_counts=True)[1]
    return counts.max() >= UNBALANCED * counts.min()


def macro_f1(labels, predicted):
    """The mean over the classes among the labels."""
    scores = []
    for label in np.unique(labels):
        hits = int(((labels == label) & (predicted == label)).sum())
        scores.append(2 * hits / int((labels == label).sum() + (predicted == label).sum()))
    return statistics.mean(scores)


def figures(labels, predicted, seconds):
    """(accuracy, macro-F1, seconds), the first two in %."""
    return 100 * float((labels == predicted).mean()), 100 * macro_f1(labels, predicted), seconds


def train_integers(dataset, options, seed):
    started = time.perf_counter(), time.process_time()
    choice = choose_training(
        dataset,
        options.model,
        {"seed": seed} | assignments(options.set),
        learner=options.learner,
        layer_options=assignments(options.layer),
        validation_percent=options.validation,
    )
    run = TrainingRun.chosen(dataset, options.model, choice)
    run.run()
    seconds = time.perf_counter() - started[0], time.process_time() - started[1]
    x, labels = run.samples(run.split.test)
    return figures(labels, run.network.predict(x), seconds[1] if options.cpu else seconds[0])


def train_references(dataset, seeds):
    """Name → figures of every seed."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.neural_network import MLPClassifier
    from sklearn.preprocessing import StandardScaler

    x = dataset.x.reshape(len(dataset), -1).astype(np.float64)
    scaler = StandardScaler().fit(x[~dataset.test])
    x_train, x_test = scaler.transform(x[~dataset.test]), scaler.transform(x[dataset.test])
    y_train, y_test = dataset.y[~dataset.test], dataset.y[dataset.test]
    found = {}
    for name, make in {
        "mlp": lambda seed: MLPClassifier((96, 48), random_state=seed),
        "logistic": lambda seed: LogisticRegression(max_iter=1000, random_state=seed),
    }.items():
        found[name] = []
        for seed in range(seeds if name == "mlp" else 1):  # the other one has no random numbers
            started = time.perf_counter()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # 200 epochs are its default, converged or not
                model = make(seed).fit(x_train, y_train)
            seconds = time.perf_counter() - started
            found[name].append(figures(y_test, model.predict(x_test), seconds))
    return found


def references_of(name, dataset, options):
    """From the file, if it has the set with so many seeds; else trained and written to it."""
    path = options.references
    known = json.loads(path.read_text()) if path and path.exists() else {}
    if len(known.get(name, {}).get("mlp", [])) < options.seeds:
        known[name] = train_references(dataset, options.seeds)
        if path:
            path.write_text(json.dumps(known, indent=1))
    return known[name]


def spread(values):
    return f"{statistics.mean(values):.1f} ± {statistics.stdev(values) if len(values) > 1 else 0:.1f}"


def line(cells):
    print(f"| {' | '.join(cells)} |", flush=True)


def main():
    options = parse()
    paths = sorted(options.folder.glob("*.npz"))
    chosen = [path for path in paths if not options.sets or path.stem in options.sets]
    line(["set", "MLPClassifier", "LogisticRegression", "integrad", "difference", "macro-F1", "seconds"])
    line(["---"] + ["---:"] * 6)
    rows = []
    for path in chosen:
        dataset = load(path, options.model.startswith("cnn:"))
        if dataset is None:
            continue
        references = references_of(path.stem, dataset, options)
        ours = [train_integers(dataset, options, seed) for seed in range(options.seeds)]
        results = [references["mlp"][: options.seeds], references["logistic"], ours]
        accuracies = [[run[0] for run in result] for result in results]
        f1s = " / ".join(f"{statistics.mean(run[1] for run in result):.1f}" for result in results)
        seconds = [statistics.mean(run[2] for run in result) for result in results]
        means = [statistics.mean(values) for values in accuracies]
        rows.append((*means, means[2] - means[0]))
        line(
            [
                path.stem,
                *map(spread, accuracies),
                f"{means[2] - means[0]:+.1f}",
                f1s if is_unbalanced(dataset.y) else "–",
                " / ".join(f"{value:.1f}" for value in seconds),
            ]
        )
    *means, difference = (statistics.mean(column) for column in zip(*rows, strict=True))
    worst = min(row[3] for row in rows)
    line(["mean", *(f"{value:.1f}" for value in means), f"{difference:+.1f}, worst {worst:+.1f}", "", ""])


if __name__ == "__main__":
    main()

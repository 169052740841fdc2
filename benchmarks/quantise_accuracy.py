"""Accuracy of float networks, of what they are quantised to, and after learning further in integers.

    python benchmarks/quantise_accuracy.py digits [--seeds 3]
    python benchmarks/quantise_accuracy.py mnist mnist.npz [--seeds 3] [--images 20000]

Float networks, one of them with biases, are trained with Adam in PyTorch (integrad[torch]), on (value - mean)
/ divisor with the mean and the standard deviation of the training samples, and quantised by
integrad.quantisation.
digits: networks are trained without one speaker, quantised, and learn from 100 of his clips and 100 stored
ones of the others in 30 epochs with batches of 4, as on a device; means over two speakers, and over the other
four. mnist: networks are trained on the first images, quantised, and trained on them with exact updates for
two further epochs with batches of 16. Rows: rule by which exponents are chosen, and learning_rate_inv per
sample of a batch. Prints a line per seed, and Markdown tables of means and standard deviations.
"""

import argparse
import os
import statistics
from dataclasses import replace
from itertools import product

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import torch
from adaptation_runs import load_digits
from float32_training import build_model
from torch import nn

from integrad.datasets import load_dataset
from integrad.engines.choice import make_engine
from integrad.execute.adaptation import Tuning, choose_stored, split_for_tuning, tuning_steps
from integrad.learners.schedule import Schedule
from integrad.quantisation import InputScaling, quantise
from integrad.quantisation.float_network import FloatNetwork
from integrad.quantisation.rounding import CANDIDATES
from integrad.training.metrics import count_correct
from integrad.training.stepper import Stepper
from integrad.training.trainer import Trainer
from integrad.training.training_run import TrainingRun

CHOICE, CONFIRMATION = ("lucas", "theo"), ("george", "jackson", "nicolas", "yweweler")
"""Speakers on which the learning rate is chosen, and others on which it is confirmed."""

DIGITS = ("cnn:a2,c8,p2,c24,p2,d32", {"leak": 4}, "squared")
MNIST = (
    ("mlp:100,50", {}, "cross-entropy"),
    ("mlp:100,50", {"bias": True}, "cross-entropy"),
    ("cnn:c8,p2,c16,p2,d48", {}, "cross-entropy"),
)
ENCODINGS = ("int8", "int16-master")
RULES = {"least error": CANDIDATES, "largest weight": 1}
"""How exponents are chosen → number of candidates."""

DIGITS_RATES, CONFIRMED_RATES, MNIST_RATES = (16, 32, 64, 128), (32, 128), (16, 64, 256)
"""learning_rate_inv per sample of a batch."""

EPOCHS, MNIST_EPOCHS = 30, 8
BATCH = 32
TUNED_EPOCHS = 2

Rows = dict[str, list[float]]


def train_float(network, x: np.ndarray, labels: np.ndarray, loss: str, seed: int, epochs: int) -> dict:
    """Weights by name. The learning rate falls linearly to zero."""
    torch.manual_seed(seed)
    model = build_model(network)
    optimiser = torch.optim.Adam(model.parameters())
    steps = epochs * -(-len(x) // BATCH)
    schedule = torch.optim.lr_scheduler.LinearLR(optimiser, 1.0, 0.0, steps)
    images, classes = torch.from_numpy(x), torch.from_numpy(labels)
    one_hot = nn.functional.one_hot(classes, network.classes).float()
    for _ in range(epochs):
        for chosen in torch.randperm(len(images)).split(BATCH):
            scores = model(images[chosen])
            if loss == "squared":
                error = (scores - one_hot[chosen]).square().sum(axis=1).mean()
            else:
                error = nn.functional.cross_entropy(scores, classes[chosen])
            optimiser.zero_grad()
            error.backward()
            optimiser.step()
            schedule.step()
    return {name: value.numpy() for name, value in model.state_dict().items()}


def accuracy(network, x: np.ndarray, labels: np.ndarray) -> float:
    return 100 * count_correct(make_engine("native", network, threads=1), x, labels)[0] / len(labels)


def trained(dataset, spec: str, options: dict, loss: str, seed: int, holdouts: list[str], epochs: int):
    """(float weights, scaling) of a network trained on the training samples of a split without validation."""
    run = TrainingRun(dataset, spec, {"seed": seed}, holdouts, 0, learner="backprop", options=options)
    x = dataset.x[run.split.train]
    scaling = InputScaling((float(x.mean()),), (float(x.std()),))
    inputs = scaling.apply(x, dataset.axes)
    weights = train_float(run.network, inputs, dataset.y[run.split.train], loss, seed, epochs)
    return weights, scaling


def of_digits(speaker: str, seed: int, rules: dict[str, int], rates: tuple[int, ...]) -> Rows:
    """What → accuracy on (clips of the new speaker, test clips of the others)."""
    dataset, (spec, options, loss) = load_dataset("spoken-digits"), DIGITS
    holdout = [f"speaker={speaker}"]
    weights, scaling = trained(dataset, spec, options, loss, seed, holdout, EPOCHS)
    is_new = dataset.keys["speaker"] == speaker
    new = np.flatnonzero(is_new)
    learnt, tested = (new[part] for part in split_for_tuning(dataset.y[new], 100, seed))
    known = np.flatnonzero(dataset.test & ~is_new)
    pool = np.flatnonzero(~dataset.test & ~is_new)
    stored = pool[choose_stored(dataset.y[pool], 100, 4, seed)]
    found: Rows = {}
    for encoding, (rule, candidates) in product(ENCODINGS, rules.items()):
        given = {"holdouts": holdout, "loss": loss, "validation_percent": 0, "candidates": candidates}
        model = quantise(
            weights,
            spec,
            dataset,
            scaling=scaling,
            options=options | {"encoding": encoding},
            seed=seed,
            **given,
        ).model
        x = model.preprocessing.apply(dataset.x)
        if not found:
            scores = FloatNetwork(model.network, list(weights.values()))
            seen = scaling.apply(dataset.x, dataset.axes)
            found["float"] = [
                100 * float((scores.scores(seen[part]).argmax(axis=1) == dataset.y[part]).mean())
                for part in (tested, known)
            ]
        parts = [(x[part], dataset.y[part]) for part in (tested, known)]
        name = f"{encoding}, {rule}"
        found[name] = [accuracy(model.network, *part) for part in parts]
        for rate in rates:
            network = model.network.copy()
            fresh, old = ((x[part], dataset.y[part]) for part in (learnt, stored))
            tune(network, fresh, old, rate, loss, seed)
            found[f"{name}, after learning, {rate}"] = [accuracy(network, *part) for part in parts]
    return found


def tune(network, fresh, stored, rate: int, loss: str, seed: int) -> None:
    tuning = Tuning(30, 4, Schedule(4 * rate), seed)
    engine = make_engine("native", network, threads=1)
    learner = Stepper(network, 4 * rate, engine=engine, loss=loss)
    for step in tuning_steps(fresh, tuning, stored):
        learner.step(step.samples, step.labels)
    engine.fetch()


def of_mnist(dataset, spec: str, options: dict, loss: str, seed: int) -> Rows:
    weights, scaling = trained(dataset, spec, options, loss, seed, [], MNIST_EPOCHS)
    found: Rows = {}
    for encoding, (rule, candidates) in product(ENCODINGS, RULES.items()):
        given = {"loss": loss, "validation_percent": 0, "candidates": candidates}
        result = quantise(
            weights,
            spec,
            dataset,
            scaling=scaling,
            options=options | {"encoding": encoding},
            seed=seed,
            **given,
        )
        found["float"] = [100 * result.test_float.accuracy]
        name = f"{encoding}, {rule}"
        found[name] = [100 * result.test.accuracy]
        if rule != "least error":
            continue
        x, part = result.model.preprocessing.apply(dataset.x), np.flatnonzero(~dataset.test)
        for rate in MNIST_RATES:
            network = result.model.network.copy()
            settings = {"loss": loss, "update": "exact", "learning_rate_inv": 16 * rate, "batch_size": 16}
            trainer = Trainer("backprop", seed=seed, epochs=TUNED_EPOCHS, threads=1, **settings)
            trainer.fit(network, x[part], dataset.y[part])
            tested = accuracy(network, x[dataset.test], dataset.y[dataset.test])
            found[f"{name}, after learning, {rate}"] = [tested]
    return found


def show(title: str, runs: list[Rows], names: tuple[str, ...]) -> None:
    print(f"\n| {title} | {' | '.join(names)} |\n|---|{'---:|' * len(names)}")
    for what in runs[0]:
        cells = []
        for column in range(len(names)):
            values = [run[what][column] for run in runs]
            spread = statistics.stdev(values) if len(values) > 1 else 0
            cells.append(f"{statistics.mean(values):.2f} ± {spread:.2f}")
        print(f"| {what} | {' | '.join(cells)} |", flush=True)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=("digits", "mnist"))
    parser.add_argument("data", nargs="?")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--images", type=int, default=20_000)
    options = parser.parse_args()
    torch.set_num_threads(1)
    if options.what == "digits":
        best = {"least error": CANDIDATES}
        for speakers, *how in ((CHOICE, RULES, DIGITS_RATES), (CONFIRMATION, best, CONFIRMED_RATES)):
            runs = []
            for seed in range(options.seeds):
                each = [of_digits(speaker, seed, *how) for speaker in speakers]
                runs.append(
                    {what: np.mean([rows[what] for rows in each], axis=0).tolist() for what in each[0]}
                )
                print(f"seed {seed}: {runs[-1]}", flush=True)
            show(f"{DIGITS[0]}, {', '.join(speakers)}", runs, ("new speaker", "known speakers"))
        return
    dataset = load_digits(options.data)
    kept = np.flatnonzero(dataset.test | (np.cumsum(~dataset.test) <= options.images))
    dataset = replace(dataset, x=dataset.x[kept], y=dataset.y[kept], test=dataset.test[kept])
    for spec, settings, loss in MNIST:
        runs = []
        for seed in range(options.seeds):
            runs.append(of_mnist(dataset, spec, settings, loss, seed))
            print(f"seed {seed}: {runs[-1]}", flush=True)
        show(f"{spec}, {settings}" if settings else spec, runs, ("test",))


if __name__ == "__main__":
    main()

"""Accuracy of float networks, of what they are quantised to, and after learning further in integers.

    python benchmarks/quantise_accuracy.py digits [--seeds 3]
    python benchmarks/quantise_accuracy.py mnist mnist.npz [--seeds 3] [--images 20000]

Float networks without biases are trained with Adam in PyTorch (integrad[torch]), on (value - mean) / divisor
with the mean and the standard deviation of the training samples, and quantised by integrad.quantisation.
digits: a network is trained without one speaker, quantised, and learns from 100 of his clips and 100 stored
ones of the others in 30 epochs with batches of 4, as on a device. mnist: a network is trained on the first
images, quantised, and trained on them with exact updates for two further epochs. Prints a line per network
and seed, and a Markdown table.
"""

import argparse
import os
import statistics
from dataclasses import replace

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
from integrad.training.metrics import count_correct
from integrad.training.stepper import Stepper
from integrad.training.trainer import Trainer
from integrad.training.training_run import TrainingRun

SPEAKERS = ("theo", "george", "jackson", "nicolas", "lucas", "yweweler")
DIGITS = ("cnn:a2,c8,p2,c24,p2,d32", {"leak": 4}, "squared")
MNIST = (("mlp:100,50", {}, "cross-entropy"), ("cnn:c8,p2,c16,p2,d48", {}, "cross-entropy"))
ENCODINGS = {"int8": 32, "int16-master": 16}
"""Encoding → learning_rate_inv per sample of a batch of 4."""

EPOCHS, MNIST_EPOCHS = 30, 8
BATCH = 32
TUNED_EPOCHS = 2


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


def float_accuracy(result) -> float:
    return 100 * result.test_float.accuracy


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


def of_digits(seed: int) -> dict[str, list[float]]:
    """Means over the speakers: what → accuracy on (clips of the new one, test clips of the others)."""
    dataset, (spec, options, loss) = load_dataset("spoken-digits"), DIGITS
    found: dict[str, list] = {}
    for speaker in SPEAKERS:
        holdout = [f"speaker={speaker}"]
        weights, scaling = trained(dataset, spec, options, loss, seed, holdout, EPOCHS)
        is_new = dataset.keys["speaker"] == speaker
        new = np.flatnonzero(is_new)
        learnt, tested = (new[part] for part in split_for_tuning(dataset.y[new], 100, seed))
        known = np.flatnonzero(dataset.test & ~is_new)
        pool = np.flatnonzero(~dataset.test & ~is_new)
        stored = pool[choose_stored(dataset.y[pool], 100, 4, seed)]
        on_new = replace(dataset, test=np.isin(np.arange(len(dataset)), tested), keys={}, group=None)
        for encoding, rate in ENCODINGS.items():
            given = {
                "scaling": scaling, "options": options | {"encoding": encoding}, "loss": loss, "seed": seed,
                "validation_percent": 0,
            }  # fmt: skip
            result = quantise(weights, spec, dataset, holdouts=holdout, **given)
            largest = quantise(weights, spec, dataset, holdouts=holdout, candidates=1, **given)
            model, y = result.model, dataset.y
            parts = {
                "tested": (model.preprocessing.apply(dataset.x[tested]), y[tested]),
                "known": (model.preprocessing.apply(dataset.x[known]), y[known]),
            }
            if encoding == "int8":
                seen = quantise(weights, spec, on_new, **given)
                found.setdefault("float", []).append((float_accuracy(seen), float_accuracy(result)))
            both = [accuracy(model.network, *part) for part in parts.values()]
            found.setdefault(encoding, []).append(both)
            plain = largest.model
            both = [
                accuracy(plain.network, plain.preprocessing.apply(dataset.x[part]), y[part])
                for part in (tested, known)
            ]
            found.setdefault(f"{encoding}, largest weight", []).append(both)
            tune(model, (dataset.x[learnt], y[learnt]), (dataset.x[stored], y[stored]), rate, loss, seed)
            both = [accuracy(model.network, *part) for part in parts.values()]
            found.setdefault(f"{encoding}, after learning", []).append(both)
    return {name: np.mean(rows, axis=0).tolist() for name, rows in found.items()}


def tune(model, fresh, stored, rate: int, loss: str, seed: int) -> None:
    apply = model.preprocessing.apply
    fresh, stored = (apply(fresh[0]), fresh[1]), (apply(stored[0]), stored[1])
    tuning = Tuning(30, 4, Schedule(4 * rate), seed)
    engine = make_engine("native", model.network, threads=1)
    learner = Stepper(model.network, 4 * rate, engine=engine, loss=loss)
    for step in tuning_steps(fresh, tuning, stored):
        learner.step(step.samples, step.labels)
    engine.fetch()


def of_mnist(dataset, spec: str, options: dict, loss: str, seed: int) -> dict[str, list[float]]:
    weights, scaling = trained(dataset, spec, options, loss, seed, [], MNIST_EPOCHS)
    found = {}
    for encoding in ENCODINGS:
        given = {
            "scaling": scaling, "options": options | {"encoding": encoding}, "loss": loss, "seed": seed,
            "validation_percent": 0,
        }  # fmt: skip
        result = quantise(weights, spec, dataset, **given)
        largest = quantise(weights, spec, dataset, candidates=1, **given)
        found["float"] = [float_accuracy(result)]
        found[encoding] = [100 * result.test.accuracy]
        found[f"{encoding}, largest weight"] = [100 * largest.test.accuracy]
        network, part = result.model.network, np.flatnonzero(~dataset.test)
        x = result.model.preprocessing.apply(dataset.x)
        trainer = Trainer(
            "backprop", seed=seed, epochs=TUNED_EPOCHS, batch_size=16, loss=loss, update="exact", threads=1
        )
        trainer.fit(network, x[part], dataset.y[part])
        found[f"{encoding}, after learning"] = [accuracy(network, x[dataset.test], dataset.y[dataset.test])]
    return found


def show(title: str, runs: list[dict[str, list[float]]], names: tuple[str, ...]) -> None:
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
        runs = []
        for seed in range(options.seeds):
            runs.append(of_digits(seed))
            print(f"seed {seed}: {runs[-1]}", flush=True)
        show(DIGITS[0], runs, ("new speaker", "known speakers"))
        return
    dataset = load_digits(options.data)
    kept = np.flatnonzero(dataset.test | (np.cumsum(~dataset.test) <= options.images))
    dataset = replace(dataset, x=dataset.x[kept], y=dataset.y[kept], test=dataset.test[kept])
    for spec, settings, loss in MNIST:
        runs = []
        for seed in range(options.seeds):
            runs.append(of_mnist(dataset, spec, settings, loss, seed))
            print(f"seed {seed}: {runs[-1]}", flush=True)
        show(spec, runs, ("test",))


if __name__ == "__main__":
    main()

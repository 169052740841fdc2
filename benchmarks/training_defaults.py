"""Selection of the training defaults: accuracy on speakers that a network was not trained on.

    python benchmarks/training_defaults.py [--spec mlp:96,48] [--seeds 1] [--set batch_size=8 …] [--by-group]

Speaker george is excluded, because the demonstration uses him. Each of the other five is held out in turn;
the remaining four are used for training and validation. Prints one row of a Markdown table, with means over
speakers and seeds: settings, split of validation samples, validation accuracy, mean squared error, accuracy
on the held-out speaker before and after tuning all layers with 100 of his clips (15 passes, batch size 10, at
the learning rate of a device), epochs. The row of the defaults is the reference for the others.
"""

import argparse
import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from integrad.datasets import load_dataset
from integrad.training.stepper import Stepper
from integrad.training.training_run import TrainingRun

KEPT_OUT = "george"
CLIPS, PASSES, BATCH, RATE_PER_SAMPLE = 100, 15, 10, 16


def tune(model, x, labels, rng):
    """(accuracy before, after) of the samples that follow the first CLIPS, which tune a copy."""
    order = rng.permutation(len(x))
    x, labels = model.preprocessing.apply(x[order]), labels[order]
    rest = slice(CLIPS, None)
    before = (model.network.predict(x[rest]) == labels[rest]).mean()
    tuned = model.network.copy()
    learner = Stepper(tuned, RATE_PER_SAMPLE * BATCH)
    for _ in range(PASSES):
        for batch in np.split(rng.permutation(CLIPS), CLIPS // BATCH):
            learner.step(x[batch], labels[batch])
    return before, (tuned.predict(x[rest]) == labels[rest]).mean()


def measure(dataset, spec, speaker, by_class, settings):
    """Figures of one run: validation accuracy and loss of a sample, before, after, epochs."""
    holdouts = [f"speaker={KEPT_OUT}", f"speaker={speaker}"]
    outcome = TrainingRun(dataset, spec, settings, holdouts, by_class=by_class).run()
    his = dataset.keys["speaker"] == speaker
    rng = np.random.default_rng(settings["seed"])
    before, after = tune(outcome.model, dataset.x[his], dataset.y[his], rng)
    history = outcome.history
    loss = history.best.validation_loss / history.best.validation_samples
    return outcome.validation.accuracy, loss, before, after, len(history.epochs)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--spec", default="mlp:96,48")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--set", nargs="*", default=[], metavar="NAME=N")
    parser.add_argument("--by-group", action="store_true")
    options = parser.parse_args()
    settings = {name: int(value) for name, value in (item.split("=") for item in options.set)}
    dataset = load_dataset("spoken-digits")
    speakers = [name for name in np.unique(dataset.keys["speaker"]) if name != KEPT_OUT]
    figures = [
        measure(dataset, options.spec, speaker, not options.by_group, settings | {"seed": seed})
        for speaker in speakers
        for seed in range(options.seeds)
    ]
    validation, loss, before, after, epochs = np.mean(figures, axis=0)
    tried = f"{' '.join(options.set) or 'defaults'} | {'group' if options.by_group else 'class'}"
    measured = f"{validation:.1%} | {loss:.1f} | {before:.1%} | {after:.1%} | {epochs:.0f}"
    print(f"| `{options.spec}` | {tried} | {measured} |", flush=True)


if __name__ == "__main__":
    main()

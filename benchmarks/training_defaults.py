"""What the training defaults were chosen by: accuracy on speakers that a network never heard.

    python benchmarks/training_defaults.py [--spec mlp:96,48] [--seeds 1] [--set batch_size=8 …] [--by-group]

One speaker (george) is kept out of everything: he is for the demonstration. Each of the other five
is held out in turn; four train and validate. A line shows, as means over speakers and seeds: the
validation accuracy, the held-out speaker before and after tuning all layers with 100 of his clips
(15 passes, batch 10, as a device would), beside what an untuned reference run gave for george:
42.0 % before, 95.5 % after (mlp:96,48).
"""

import argparse
import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from integrad.datasets import load_dataset
from integrad.learners.nitro import Nitro
from integrad.training_run import TrainingRun

KEPT_OUT = "george"
CLIPS, PASSES, BATCH = 100, 15, 10


def tune(model, x, labels, rng):
    """(accuracy before, after) of the samples that follow the first CLIPS, which tune a copy."""
    order = rng.permutation(len(x))
    x, labels = model.preprocessing.apply(x[order]), labels[order]
    rest = slice(CLIPS, None)
    before = (model.network.predict(x[rest]) == labels[rest]).mean()
    tuned = model.network.copy()
    learner = Nitro(tuned, 8 * BATCH)
    for _ in range(PASSES):
        for batch in np.split(rng.permutation(CLIPS), CLIPS // BATCH):
            learner.step(x[batch], labels[batch])
    return before, (tuned.predict(x[rest]) == labels[rest]).mean()


def measure(dataset, spec, speaker, by_class, settings):
    """Figures of one run: validation, before, after, epochs, seconds."""
    holdouts = [f"speaker={KEPT_OUT}", f"speaker={speaker}"]
    outcome = TrainingRun(dataset, spec, settings, holdouts, by_class=by_class).run()
    his = dataset.keys["speaker"] == speaker
    rng = np.random.default_rng(settings["seed"])
    before, after = tune(outcome.model, dataset.x[his], dataset.y[his], rng)
    history = outcome.history
    return outcome.validation.accuracy, before, after, len(history.epochs), history.seconds


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
    validation, before, after, epochs, seconds = np.mean(figures, axis=0)
    print(
        f"{options.spec} {' '.join(options.set) or 'defaults'}: validation {validation:.2%}, "
        f"unheard speaker {before:.2%} before, {after:.2%} after 100 clips, "
        f"{epochs:.0f} epochs, {seconds:.1f} s  [reference, george: 42.0 % before, 95.5 % after]"
    )


if __name__ == "__main__":
    main()

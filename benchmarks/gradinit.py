"""Initial weights of integer backpropagation, chosen by what the first steps make of the loss.

    python benchmarks/gradinit.py DATA … --model mlp:96,48 [--seeds 3] [--only 100 percentages-8]
    options: --validation PERCENT   --set NAME=VALUE …   --layer NAME=VALUE …   --first-seed N

As in GradInit (Zhu et al., arXiv 2102.08098), but in integers: before training, each choice of initial
weights takes K normalised steps on a first batch, and is judged by the loss of a second batch, an exact
integer sum; where sums are equal, by the number of right samples. A coordinate descent from the output layer
downwards looks for the lowest one, until no layer changes. The batches are 256 training samples each,
halves of fewer, or as many as a step can take; one step takes a whole batch, several take mini-batches of
it. Compared are, on the same splits and with the same random numbers:

100, 50, 33      initial weights in this percentage of their usual range, in all layers
exponents-K      the exponent of the scores, changed by up to 3: normalised steps depend on no other exponent
percentages-K    for each layer, one of the percentages 100, 71, 50, 35 and 25
both-K           both

Training is the default for DATA, but with a validation set, which decides here and, in small sets, does not
choose the epoch. Prints a row of a Markdown table for each: accuracy in validation, mean and standard
deviation over the seeds in %, its difference to the first row of the data seed by seed, accuracy in the test,
seconds of processor time of a training and of the search, and what was chosen with the first seed:
percentages from the first layer to the output layer, and the change of the exponent.
"""

import argparse
import os
import statistics
import time

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # the matrix products are small

import numpy as np
from small_data import assignments, line, spread

from integrad.arithmetic import tdiv
from integrad.datasets import load_dataset
from integrad.learners.backprop import Backprop, largest_batch
from integrad.learners.backprop_loss import LOSSES
from integrad.learners.backprop_pass import BatchPass
from integrad.learners.backprop_scaling import MAXIMUM
from integrad.training.defaults import FEW_SAMPLES, choose_training
from integrad.training.stepper import Stepper
from integrad.training.training_run import TrainingRun
from integrad.training.workers import Alone

BATCH = 256
PERCENTAGES = (100, 71, 50, 35, 25)
OCTAVES = (0, -1, -2, -3, 1, 2, 3)

WHOLE = "100"
FIXED = (WHOLE, "50", "33")
CHOSEN = {
    f"{what}-{steps}": (what, steps) for steps in (1, 8) for what in ("exponents", "percentages", "both")
}


class Search:
    """Chooses initial weights of a network, which a learner has prepared.

    first, second: (x, labels) of the batches. batches: slices of the first one, one for each step.
    """

    def __init__(self, network, engine, learner, settings, first, second, batches):
        self.network, self.engine, self.learner, self.settings = network, engine, learner, settings
        self.first, self.second, self.batches = first, second, batches
        self.layers = [*network.blocks, network.output]
        self.whole = [layer.master() for layer in self.layers]
        self.exponent = network.output.weight_exponent
        self.stepper = Stepper(network, engine=engine, **settings)
        self.trials = 0

    def set(self, choice):
        """choice: the percentage of each layer, then the change of the exponent."""
        for layer, whole, percent in zip(self.layers, self.whole, choice[:-1], strict=True):
            layer.set_master(tdiv(whole.astype(np.int32) * percent, 100).astype(np.int16))
        self.network.output.scales[0] = self.exponent + choice[-1]
        self.learner.calibrate(self.network, *self.first, self.settings)
        self.engine.load()

    def judge(self, choice):
        """(loss of the second batch after the steps, minus the number of samples that are right)."""
        self.trials += 1
        self.set(choice)
        before = {name: array.copy() for name, array in self.network.arrays().items()}
        x, labels = self.first
        for part in self.batches:
            self.stepper.step(x[part], labels[part])
        self.engine.fetch()
        found = loss_of(self.network, *self.second, self.settings["loss"])
        self.network.load_parameters(before)
        return found

    def run(self, what):
        """Leave the network with the best choice, and return it."""
        values = [PERCENTAGES if what != "exponents" else (100,)] * len(self.layers)
        values.append(OCTAVES if what != "percentages" else (0,))
        choice = [100] * len(self.layers) + [0]
        best, stable, place = self.judge(choice), 0, len(choice)
        while stable < len(choice):
            place = (place or len(choice)) - 1
            stable += 1
            for value in values[place]:
                trial = [*choice[:place], value, *choice[place + 1 :]]
                if value != choice[place] and (found := self.judge(trial)) < best:
                    best, choice, stable = found, trial, 1
        self.set(choice)
        return choice


def loss_of(network, x, labels, loss):
    """(loss, minus the number of samples that are right), with the shifts that these samples need."""
    batch = BatchPass(network, MAXIMUM, 0)
    scores = batch.forward(x, None)
    error = LOSSES[loss](scores.astype(np.int32), batch.output_exponent, labels)
    return int(np.square(error.astype(np.int64)).sum()), -int((scores.argmax(axis=1) == labels).sum())


class ChosenStart(Backprop):
    """Backprop whose first step finds chosen initial weights."""

    def __init__(self, run, what, steps):
        self.run, self.what, self.steps = run, what, steps
        self.choice, self.seconds = None, 0.0

    def prepare(self, network, x, labels, settings):
        super().prepare(network, x, labels, settings)
        started = time.process_time()
        x_train, y_train = self.run.samples(self.run.split.train)
        # The order of training, drawn from another generator, is the same with and without a search.
        order = np.random.Generator(np.random.PCG64(self.run.trainer.seed)).permutation(len(x_train))
        layers = [*network.blocks, network.output]
        count = min(BATCH, len(order) // 2, largest_batch(layers))
        parts = order[:count], order[count : 2 * count]
        first, second = ((x_train[part], y_train[part]) for part in parts)
        size = count if self.steps == 1 else self.run.trainer.batch_size
        starts = range(0, count, size)
        batches = [slice(start, start + size) for start in (*starts,) * self.steps][: self.steps]
        own = {name: settings[name] for name in self.hyper_parameters}
        engine = self.run.trainer.make_engine(network, Alone())
        search = Search(network, engine, self, own, first, second, batches)
        self.choice = search.run(self.what)
        self.calibrate(network, x, labels, settings)
        self.seconds = time.process_time() - started


def train(dataset, options, name, seed):
    """(accuracy in validation and in the test in %, seconds, seconds of the search, choice or None)."""
    settings = {"seed": seed, "threads": 1} | assignments(options.set)
    if name in FIXED:
        settings["initial_weights"] = int(name)
    if (len(dataset) if dataset.test is None else int((~dataset.test).sum())) < FEW_SAMPLES:
        settings.setdefault("keep", "last")
    choice = choose_training(
        dataset,
        options.model,
        settings,
        layer_options=assignments(options.layer),
        validation_percent=options.validation,
        by_class=True,
    )
    run = TrainingRun.chosen(dataset, options.model, choice, by_class=True)
    start = None
    if name in CHOSEN:
        start = run.trainer.learner = ChosenStart(run, *CHOSEN[name])
    started = time.process_time()
    outcome = run.run()
    seconds = time.process_time() - started
    accuracies = 100 * outcome.validation.accuracy, 100 * outcome.test.accuracy
    return *accuracies, seconds, start.seconds if start else 0.0, start.choice if start else None


def parse():
    names = [*FIXED, *CHOSEN]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data", nargs="+")
    parser.add_argument("--model", default="mlp:96,48")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--validation", type=int, default=20, metavar="PERCENT")
    parser.add_argument("--set", nargs="*", default=[], metavar="NAME=VALUE")
    parser.add_argument("--layer", nargs="*", default=[], metavar="NAME=VALUE")
    parser.add_argument("--only", nargs="*", default=names, choices=names, metavar="NAME")
    return parser.parse_args()


def main():
    options = parse()
    line(["data", "initial weights", "validation", "difference", "test", "seconds", "search", "chosen"])
    line(["---", "---", *["---:"] * 5, "---"])
    for path in options.data:
        dataset, usual = load_dataset(path), None
        for name in options.only:
            seeds = range(options.first_seed, options.first_seed + options.seeds)
            validation, test, seconds, search, choices = zip(
                *(train(dataset, options, name, seed) for seed in seeds), strict=True
            )
            usual = validation if usual is None else usual
            differences = [own - whole for own, whole in zip(validation, usual, strict=True)]
            line(
                [
                    os.path.basename(path).removesuffix(".npz"),
                    name,
                    spread(validation),
                    spread(differences),
                    spread(test),
                    f"{statistics.mean(seconds):.0f}",
                    f"{statistics.mean(search):.1f}",
                    " ".join(map(str, choices[0])) if choices[0] else "",
                ]
            )


if __name__ == "__main__":
    main()

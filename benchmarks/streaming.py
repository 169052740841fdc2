"""Whether small batches, down to single samples, learn as much from the same samples as batches of 64.

    python benchmarks/streaming.py mnist.npz [--batches 64 16 8 4 1] [--seeds 2] [--passes 3]

Default settings throughout, including the learning rate. Prints a Markdown row for each batch size and seed:
validation accuracy after each pass. Test samples are not used.
"""

import argparse

from integrad.datasets import load_dataset
from integrad.training.progress import Silent
from integrad.training.training_run import TrainingRun


class Passes(Silent):
    """Keeps the validation accuracy of every pass."""

    def __init__(self):
        self.accuracies = []

    def epoch(self, epoch):
        self.accuracies.append(epoch.validation_accuracy)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data")
    parser.add_argument("--model", default="mlp:100,50")
    parser.add_argument("--batches", type=int, nargs="+", default=[64, 16, 8, 4, 1])
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--passes", type=int, default=3)
    options = parser.parse_args()
    dataset = load_dataset(options.data)
    for batch in options.batches:
        for seed in range(options.seeds):
            settings = {"batch_size": batch, "seed": seed, "epochs": options.passes, "threads": 1}
            run = TrainingRun(dataset, options.model, settings, by_class=True)
            passes = Passes()
            run.run(passes)
            each = " | ".join(f"{100 * accuracy:.2f} %" for accuracy in passes.accuracies)
            print(f"| {batch} | {run.trainer.learning_rate_inv} | {seed} | {each} |", flush=True)


if __name__ == "__main__":
    main()

"""Test accuracy of PocketNN's published networks, trained with the presets of the same name.

    python benchmarks/pocket_accuracy.py pocket:mlp-1 mnist.npz --seeds 3 [--epochs 30]

A tenth of every training class is the validation set: it selects the epoch, reduces the learning rate and
ends the training. The test images are evaluated once per seed, at the end. Prints one line per seed and one
Markdown row: preset, data, mean test accuracy and standard deviation, per seed, validation, epochs, time.
"""

import argparse
import os
import statistics
import time


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("preset")
    parser.add_argument("data")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, help="maximum number; the preset's by default")
    return parser.parse_args()


def main():
    options = parse()
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # small products: a second thread costs more than it gains

    from integrad.datasets import load_dataset
    from integrad.training.training_run import TrainingRun

    dataset = load_dataset(options.data)
    tests, validations, epochs, seconds = [], [], [], []
    for seed in range(options.seeds):
        settings = {"seed": seed} | ({"epochs": options.epochs} if options.epochs else {})
        started = time.perf_counter()
        outcome = TrainingRun(dataset, options.preset, settings, by_class=True).run()
        seconds.append(time.perf_counter() - started)
        tests.append(100 * outcome.test.accuracy)
        validations.append(100 * outcome.validation.accuracy)
        epochs.append(f"{outcome.history.best_epoch} of {len(outcome.history.epochs)}")
        print(
            f"seed {seed}: test {tests[-1]:.2f} %, validation {validations[-1]:.2f} %, epoch {epochs[-1]}, "
            f"train {outcome.train.accuracy:.2%}, {seconds[-1]:.0f} s, "
            f"CRC {outcome.model.network.weights_crc():08x}",
            flush=True,
        )
    spread = statistics.stdev(tests) if len(tests) > 1 else 0
    row = [
        f"`{options.preset}`",
        os.path.basename(options.data),
        f"{statistics.mean(tests):.2f} ± {spread:.2f}",
        ", ".join(f"{value:.2f}" for value in tests),
        f"{statistics.mean(validations):.2f}",
        ", ".join(epochs),
        f"{statistics.mean(seconds):.0f} s",
    ]
    print(f"| {' | '.join(row)} |")


if __name__ == "__main__":
    main()

"""Reproduces published results of NITRO-D with the presets of the same name.

    python benchmarks/nitro_tables.py nitro:mlp-1 mnist.npz --seeds 3 [--epochs 150] [--threads 1]

A tenth of the training images of each class is used for validation, which determines the best epoch, the
schedule and the end; the test images are evaluated once, with the weights of that epoch. Prints one line per
seed and one Markdown row at the end: preset, data, mean test accuracy with two standard deviations, per seed,
validation, epochs, wall time. `--set NAME=N` overrides a hyper-parameter of the preset. `--minutes N` ends
the training of a seed after the last epoch that was completed by then; the line then shows the number of
epochs.
"""

import argparse
import os
import time


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("preset")
    parser.add_argument("data")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--threads", type=int, help="of the native engine; all cores by default")
    parser.add_argument("--engine", default="auto", help="auto, numpy, native or torch")
    parser.add_argument("--minutes", type=float, help="of a seed; as long as it takes by default")
    parser.add_argument("--set", nargs="*", default=[], metavar="NAME=N")
    parser.add_argument("--checkpoint", help="file that keeps the run of a single seed; resumed if it exists")
    options = parser.parse_args()
    if options.minutes and not options.checkpoint:
        parser.error("--minutes needs --checkpoint, which holds the run when the time is over")
    return options


def main():
    options = parse()
    if options.threads:
        os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = str(options.threads)
    import numpy as np

    from integrad.datasets import load_dataset
    from integrad.training.progress import Silent
    from integrad.training.trainer import TrainingInterrupted
    from integrad.training.training_run import TrainingRun

    class Lines(Silent):
        def epoch(self, epoch):
            seconds = time.perf_counter() - started
            finished.append(epoch.number)
            print(
                f"seed {seed} epoch {epoch.number}: train {epoch.train_accuracy:.2%}, "
                f"validation {epoch.validation_accuracy:.2%}, {seconds:.0f} s",
                flush=True,
            )
            if options.minutes and seconds > 60 * options.minutes:
                run.trainer.interrupt()

    dataset = load_dataset(options.data)
    pairs = (item.split("=") for item in options.set)
    settings = {name: int(value) if value.isdigit() else value for name, value in pairs}
    settings |= {"engine": options.engine, "threads": options.threads}
    if options.epochs:
        settings["epochs"] = options.epochs

    def make_run(seed, **changes):
        return TrainingRun(dataset, options.preset, settings | {"seed": seed} | changes, by_class=True)

    finished, tests, validations, epochs, seconds = [], [], [], [], []
    for seed in range(options.first_seed, options.first_seed + options.seeds):
        run = make_run(seed)
        started = time.perf_counter()
        resume = bool(options.checkpoint) and os.path.exists(options.checkpoint)
        try:
            outcome = run.run(Lines(), options.checkpoint, resume)
        except TrainingInterrupted:
            # The time is over: what the checkpoint holds, with no more epochs than it has, is done.
            run = make_run(seed, epochs=finished[-1])
            outcome = run.run(Lines(), options.checkpoint, resume=True)
        seconds.append(time.perf_counter() - started)
        tests.append(100 * outcome.test.accuracy)
        validations.append(100 * outcome.validation.accuracy)
        epochs.append(f"{outcome.history.best_epoch} of {len(outcome.history.epochs)}")
        crc = outcome.model.network.weights_crc()
        print(
            f"seed {seed}: test {tests[-1]:.2f} %, validation {validations[-1]:.2f} %, epoch {epochs[-1]}, "
            f"train {outcome.train.accuracy:.2%}, {seconds[-1]:.0f} s, CRC {crc:08x}",
            flush=True,
        )
    each = ", ".join(f"{value:.2f}" for value in tests)
    print(
        f"| `{options.preset}` {' '.join(options.set)} | {os.path.basename(options.data)} | "
        f"{np.mean(tests):.2f} ± {2 * np.std(tests):.2f} | {each} | {np.mean(validations):.2f} | "
        f"{', '.join(epochs)} | {np.mean(seconds):.0f} s |"
    )


if __name__ == "__main__":
    main()

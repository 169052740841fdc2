"""What the learning rate of tuning was chosen by: the new speaker against the known ones.

    python benchmarks/tuning_rate.py

Two speakers in turn (lucas, theo; never george, whom the demonstration meets) are unknown to a network
that the other five train. It is tuned as the demonstration does it, at several rates. Each line shows
means over both: the new speaker's other 400 clips, and the test clips of the five known speakers,
before and after. A high rate learns the new one well and forgets the others; the first line of every
network, before tuning, is what to compare with.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from integrad.datasets import load_dataset
from integrad.emulator.adaptation import TUNING_RATE_PER_SAMPLE, split_for_tuning
from integrad.emulator.demonstration import SETUPS, TUNING_CLIPS, TUNING_EPOCHS, train_without
from integrad.learners.nitro import Nitro
from integrad.metrics import count_correct
from integrad.progress import Silent

SPEAKERS = ("lucas", "theo")
RATES = (8, 16, 32, 64)
SEED = 0


def tune(network, x, labels, rate, batch, learn):
    """A tuned copy: TUNING_EPOCHS passes in orders as adaptation.tuning_steps draws them."""
    tuned = network.copy()
    learner = Nitro(tuned, rate * batch, learn=learn)
    rng = np.random.Generator(np.random.PCG64(SEED))
    for _ in range(TUNING_EPOCHS):
        order = rng.permutation(len(x))
        for start in range(0, len(x), batch):
            chosen = order[start : start + batch]
            learner.step(x[chosen], labels[chosen])
    return tuned


def measure(dataset, speaker, setup):
    """{(learn, rate): (new speaker, known speakers)}, fractions; ("nothing", 0) is before tuning."""
    model = train_without(dataset, speaker, setup.spec, SEED, Silent())
    mine = dataset.keys["speaker"] == speaker
    x, labels = model.preprocessing.apply(dataset.x), dataset.y
    tuning, rest = (np.flatnonzero(mine)[part] for part in split_for_tuning(labels[mine], TUNING_CLIPS, SEED))
    known = np.flatnonzero(dataset.test & ~mine)

    def scores(network):
        return [count_correct(network, x[part], labels[part])[0] / len(part) for part in (rest, known)]

    figures = {("nothing", 0): scores(model.network)}
    for learn in ("all", "output"):
        for rate in RATES:
            tuned = tune(model.network, x[tuning], labels[tuning], rate, setup.batch_size, learn)
            figures[learn, rate] = scores(tuned)
    return figures


def main():
    dataset = load_dataset("spoken-digits")
    print("| network | learns | rate per sample | new speaker | known speakers |")
    print("|---|---|---:|---:|---:|")
    for setup in SETUPS[:2]:
        runs = [measure(dataset, speaker, setup) for speaker in SPEAKERS]
        for learn, rate in runs[0]:
            new, known = np.mean([run[learn, rate] for run in runs], axis=0)
            shown = f"**{rate}**" if rate == TUNING_RATE_PER_SAMPLE else rate or "–"
            print(
                f"| `{setup.spec}`, batch {setup.batch_size} | {learn} | {shown} | {new:.2%} | {known:.2%} |"
            )


if __name__ == "__main__":
    main()

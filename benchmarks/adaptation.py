"""How well a device learns: a new speaker, and digits that turned; and what it forgets meanwhile.

    python benchmarks/adaptation.py choose            stored samples and rates, on lucas and theo
    python benchmarks/adaptation.py confirm           all six speakers, learn sets, numbers of clips
    python benchmarks/adaptation.py drift MNIST       digits turned by 30 and 45 degrees
    python benchmarks/adaptation.py device            one case on an emulated core: equal CRCs
    options: --seeds 3   --models FOLDER   --picture FILE

MNIST: the usual archive mnist.npz. Each speaker in turn is unknown to a network that the other five
train. *new*: his 400 clips that nobody learns from; *known*: the other five speakers' test clips. A
seed decides the training, the clips that are learnt and stored, and every order. Settings were chosen
with `choose`, on lucas and theo alone; the four others confirm them. Base models are kept in a folder.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import statistics
import tempfile
from pathlib import Path

from adaptation_plots import plot_drift, plot_speakers
from adaptation_runs import (
    SETUP,
    Method,
    digits_model,
    load_digits,
    measure,
    speaker_model,
    speaker_parts,
    turned_parts,
)

from integrad.datasets import load_dataset
from integrad.emulator.adaptation import (
    STORED_SAMPLES,
    TUNING_EPOCHS,
    TUNING_RATE_PER_SAMPLE,
    Tuning,
    adapt,
    tuning_steps,
)
from integrad.emulator.boards import get_board
from integrad.emulator.demonstration import TUNING_CLIPS
from integrad.emulator.device_model import DeviceModel
from integrad.emulator.session import Schedule, Weights

CHOOSING = ("lucas", "theo")
CONFIRMING = ("george", "jackson", "nicolas", "yweweler")
LEARN_SETS = ("output", "last:1", "last:2", "all")
CLIPS = (10, 20, 50, 100)
IMAGES = (*CLIPS, 1000)
DIGIT_EPOCHS = 12


def mean(values):
    """(mean, standard deviation; 0 for a single value) in percent."""
    percent = [100 * value for value in values]
    return statistics.mean(percent), statistics.stdev(percent) if len(percent) > 1 else 0.0


def columns(scores):
    """The four figures of a Markdown row."""
    names = ("new_before", "new_after", "known_before", "known_after")
    return " | ".join(f"{mean([getattr(s, name) for s in scores])[0]:.1f} %" for name in names)


def on_speakers(dataset, speakers, seeds, folder, method, clips=TUNING_CLIPS, spec=SETUP.spec):
    """Scores of every speaker and seed, speaker by speaker."""
    scores = []
    for speaker in speakers:
        for seed in range(seeds):
            model = speaker_model(dataset, speaker, spec, seed, folder)
            parts = speaker_parts(model, dataset, speaker, clips, seed, method.stored)
            scores.append(measure(model, parts, method, SETUP.batch_size, seed))
    return scores


def choose(arguments):
    dataset = load_dataset("spoken-digits")
    print("| stored | epochs | rate per sample | new, before | after | known, before | after |")
    print("|---:|---:|---:|---:|---:|---:|---:|")
    for stored in (0, 50, 100, 250):
        for epochs in (15, TUNING_EPOCHS):
            for rate in (16, TUNING_RATE_PER_SAMPLE, 64):
                method = Method("all", epochs, rate, stored)
                scores = on_speakers(dataset, CHOOSING, arguments.seeds, arguments.models, method)
                print(f"| {stored} | {epochs} | {rate} | {columns(scores)} |", flush=True)


def confirm(arguments):
    dataset = load_dataset("spoken-digits")
    print("| speaker | new, before | after | known, before | after | new after, by seed |")
    print("|---|---:|---:|---:|---:|---|")
    everybody = {}
    for speaker in (*CONFIRMING, *CHOOSING):
        scores = on_speakers(dataset, [speaker], arguments.seeds, arguments.models, Method())
        each = ", ".join(f"{100 * score.new_after:.2f}" for score in scores)
        print(f"| {speaker} | {columns(scores)} | {each} |", flush=True)
        everybody[speaker] = scores
    confirmed = [score for speaker in CONFIRMING for score in everybody[speaker]]
    print(f"| **mean of the four** | {columns(confirmed)} | |")
    for what in ("new_after", "known_after"):
        by_seed = zip(*([getattr(s, what) for s in everybody[name]] for name in CONFIRMING), strict=True)
        centre, spread = mean([statistics.mean(values) for values in by_seed])
        print(f"{what}, mean of the four confirming speakers over seeds: {centre:.2f} ± {spread:.2f} %")
    print("\n| learns | stored | clips | new, before | after | known, before | after |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    curves = {}
    for learn, stored in [*((learn, STORED_SAMPLES) for learn in LEARN_SETS), ("all", 0)]:
        for clips in CLIPS:
            method = Method(learn, stored=stored)
            scores = on_speakers(dataset, CONFIRMING, arguments.seeds, arguments.models, method, clips)
            print(f"| {learn} | {stored} | {clips} | {columns(scores)} |", flush=True)
            curves.setdefault((learn, stored), []).append((clips, scores))
    plot_speakers(arguments.picture or "adaptation.png", curves)


def drift(arguments):
    dataset = load_digits(arguments.data)
    print("| degrees | learns | images | turned, before | after | upright, before | after |")
    print("|---:|---|---:|---:|---:|---:|---:|")
    curves = {}
    for degrees in (30, 45):
        for learn in LEARN_SETS:
            for images in IMAGES:
                scores = []
                for seed in range(arguments.seeds):
                    model = digits_model(dataset, seed, DIGIT_EPOCHS, arguments.models)
                    parts = turned_parts(model, dataset, degrees, images, max(IMAGES), seed)
                    scores.append(measure(model, parts, Method(learn), SETUP.batch_size, seed))
                print(f"| {degrees} | {learn} | {images} | {columns(scores)} |", flush=True)
                curves.setdefault((degrees, learn), []).append((images, scores))
    plot_drift(arguments.picture or "adaptation-drift.png", curves)


def device(arguments):
    """George, seed 0, all layers: the same steps on an emulated Cortex-M3, the generated C, both engines."""
    dataset, speaker, seed, batch = load_dataset("spoken-digits"), "george", 0, SETUP.batch_size
    model = speaker_model(dataset, speaker, SETUP.spec, seed, arguments.models)
    parts = speaker_parts(model, dataset, speaker, TUNING_CLIPS, seed, Method.stored)
    tuning = Tuning(TUNING_EPOCHS, batch, Schedule(TUNING_RATE_PER_SAMPLE * batch), seed)
    with tempfile.TemporaryDirectory() as folder:
        generated = DeviceModel.generate(model, Path(folder), "all", batch, "digits")
        board = get_board("m3")
        outcome = adapt(
            generated,
            generated.build(board),
            parts.test,
            parts.tune,
            tuning,
            stored=parts.stored,
            known=parts.known,
        )
        actions = [*tuning_steps(parts.tune, tuning, parts.stored), Weights()]
        compiled = generated.network_with(generated.run_host(actions, sanitize=False)[-1])
    native = measure(model, parts, Method(), batch, seed)
    print(f"{board.core} ({board.part}), emulated  {outcome.crc_device:08x}")
    print(f"generated C on the host            {compiled.weights_crc():08x}")
    print(f"NumPy                              {outcome.crc_host:08x}")
    print(f"native engine                      {native.weights_crc:08x}")
    print(f"new {outcome.before:.2%} -> {outcome.after:.2%} on the core, {native.new_after:.2%} natively")
    print(f"known {outcome.known_before:.2%} -> {outcome.known_after:.2%}, {native.known_after:.2%} natively")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("what", choices=("choose", "confirm", "drift", "device"))
    parser.add_argument("data", nargs="?", help="of drift: mnist.npz")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--models", type=Path, default=Path(tempfile.gettempdir(), "integrad-adaptation"))
    parser.add_argument("--picture")
    arguments = parser.parse_args()
    if arguments.what == "drift" and arguments.data is None:
        parser.error("drift needs the path of mnist.npz")
    {"choose": choose, "confirm": confirm, "drift": drift, "device": device}[arguments.what](arguments)


if __name__ == "__main__":
    main()

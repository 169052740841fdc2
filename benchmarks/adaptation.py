"""On-device adaptation to a new speaker and to rotated digits, and the accuracy lost on known data.

    python benchmarks/adaptation.py networks          networks that fit, on lucas and theo
    python benchmarks/adaptation.py choose            stored samples and rates, on lucas and theo
    python benchmarks/adaptation.py confirm           all six speakers, learn sets, numbers of clips
    python benchmarks/adaptation.py stash             activations kept in 8 and in 2 bits; --learner backprop
    python benchmarks/adaptation.py drift MNIST       digits rotated by 30 and 45 degrees
    python benchmarks/adaptation.py device            one case on an emulated core: equal CRCs
    options: --seeds 3   --models FOLDER   --picture FILE
             --learner backprop   --batch-size 4   --set NAME=VALUE …   --layer NAME=VALUE …

MNIST: the usual archive mnist.npz. Each speaker is held out in turn, and a network is trained on the other
five. *new*: accuracy on 400 clips of the held-out speaker that are not learnt; *known*: accuracy on the test
clips of the other five. The seed determines the training, the clips that are learnt and stored, and the order
of all samples. Settings were selected with `networks` and `choose`, on lucas and theo alone; the other four
speakers confirm them. Base models are kept in a folder.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import statistics
import tempfile
from dataclasses import replace
from pathlib import Path

from adaptation_device import compare_executors
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
from learner_accuracy import assignments

from integrad.datasets import load_dataset
from integrad.execute.adaptation import STORED_SAMPLES, TUNING_EPOCHS
from integrad.execute.demonstration import TUNING_CLIPS, Setup
from integrad.learners.table import LEARNERS
from integrad_codegen.plan import make_plan

CHOOSING = ("lucas", "theo")
CONFIRMING = ("george", "jackson", "nicolas", "yweweler")
LEARN_SETS = ("output", "last:1", "last:2", "all")
CLIPS = (10, 20, 50, 100)
IMAGES = (*CLIPS, 1000)
DIGIT_EPOCHS = 12
NETWORKS = (
    "cnn:p2,c8,p2,c12,p2,d48",
    "cnn:p2,c8,p2,c24,p2,d32",
    "cnn:a2,c8,p2,c24,p2,d32",
    "cnn:p4,c8,p2,c16,p2,d32",
    "cnn:p4,c12,p2,c24,p2,d16",
    "cnn:a4,c12,p2,c24,p2,d16",
)


def mean(values):
    """(mean, standard deviation; 0 for a single value) in percent."""
    percent = [100 * value for value in values]
    return statistics.mean(percent), statistics.stdev(percent) if len(percent) > 1 else 0.0


def columns(scores):
    """The four figures of a Markdown row."""
    names = ("new_before", "new_after", "known_before", "known_after")
    return " | ".join(f"{mean([getattr(s, name) for s in scores])[0]:.1f} %" for name in names)


def on_speakers(dataset, setup, speakers, seeds, folder, method, clips=TUNING_CLIPS):
    """Scores of all speakers and seeds, speaker by speaker."""
    scores = []
    for speaker in speakers:
        for seed in range(seeds):
            model = speaker_model(dataset, speaker, setup, seed, folder)
            parts = speaker_parts(model, dataset, setup, speaker, clips, seed, method.stored)
            scores.append(measure(model, parts, method, setup.batch_size, seed))
    return scores


def networks(arguments):
    dataset = load_dataset("spoken-digits")
    print("| network | weights and scratch, bytes | new, before | after | known, before | after |")
    print("|---|---:|---:|---:|---:|---:|")
    for spec in NETWORKS:
        setup = replace(arguments.setup, spec=spec)
        scores = on_speakers(dataset, setup, CHOOSING, arguments.seeds, arguments.models, Method())
        model = speaker_model(dataset, CHOOSING[0], setup, 0, arguments.models)
        plan = make_plan(model.network, "digits", "all", setup.batch_size)
        print(f"| `{spec}` | {plan.weights_bytes + plan.scratch.bytes:,} | {columns(scores)} |", flush=True)


def choose(arguments):
    dataset = load_dataset("spoken-digits")
    print("| stored | epochs | rate per sample | new, before | after | known, before | after |")
    print("|---:|---:|---:|---:|---:|---:|---:|")
    for stored in (0, 50, 100, 250):
        for epochs in (15, TUNING_EPOCHS):
            for rate in (16, 32, 64):
                method = Method("all", epochs, rate, stored)
                scores = on_speakers(
                    dataset, arguments.setup, CHOOSING, arguments.seeds, arguments.models, method
                )
                print(f"| {stored} | {epochs} | {rate} | {columns(scores)} |", flush=True)


def confirm(arguments):
    dataset = load_dataset("spoken-digits")
    print("| speaker | new, before | after | known, before | after | new after, by seed |")
    print("|---|---:|---:|---:|---:|---|")
    everybody = {}
    for speaker in (*CONFIRMING, *CHOOSING):
        scores = on_speakers(dataset, arguments.setup, [speaker], arguments.seeds, arguments.models, Method())
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
            scores = on_speakers(
                dataset, arguments.setup, CONFIRMING, arguments.seeds, arguments.models, method, clips
            )
            print(f"| {learn} | {stored} | {clips} | {columns(scores)} |", flush=True)
            curves.setdefault((learn, stored), []).append((clips, scores))
    plot_speakers(arguments.picture or "adaptation.png", curves)


def stash(arguments):
    dataset = load_dataset("spoken-digits")
    print("| stash, bits | scratch, bytes | new, before | after | known, before | after |")
    print("|---:|---:|---:|---:|---:|---:|")
    size = arguments.setup.batch_size
    for options in ({"stash": bits} for bits in ("8", "2")):
        method = Method(options=options)
        scores = on_speakers(dataset, arguments.setup, CONFIRMING, arguments.seeds, arguments.models, method)
        model = speaker_model(dataset, CONFIRMING[0], arguments.setup, 0, arguments.models)
        plan = make_plan(model.network, "digits", "all", size, options)
        print(f"| {options['stash']} | {plan.scratch.bytes:,} | {columns(scores)} |", flush=True)


def drift(arguments):
    dataset = load_digits(arguments.data)
    print("| degrees | learns | images | rotated, before | after | upright, before | after |")
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
    compare_executors(load_dataset("spoken-digits"), arguments.setup, "george", 0, arguments.models)


COMMANDS = {
    "networks": networks,
    "choose": choose,
    "confirm": confirm,
    "stash": stash,
    "drift": drift,
    "device": device,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("what", choices=COMMANDS)
    parser.add_argument("data", nargs="?", help="of drift: mnist.npz")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--models", type=Path, default=Path(tempfile.gettempdir(), "integrad-adaptation"))
    parser.add_argument("--picture")
    parser.add_argument("--learner", choices=LEARNERS, default=SETUP.learner)
    parser.add_argument("--batch-size", type=int, default=SETUP.batch_size)
    parser.add_argument("--set", nargs="*", default=[], metavar="NAME=VALUE")
    parser.add_argument("--layer", nargs="*", default=[], metavar="NAME=VALUE")
    arguments = parser.parse_args()
    arguments.setup = Setup(
        0,
        SETUP.spec,
        arguments.batch_size,
        arguments.learner,
        assignments(arguments.set),
        assignments(arguments.layer),
    )
    if arguments.what == "drift" and arguments.data is None:
        parser.error("drift needs the path of mnist.npz")
    COMMANDS[arguments.what](arguments)


if __name__ == "__main__":
    main()

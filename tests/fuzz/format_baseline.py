"""Baselines of `integrad check`: figures and their shares, compared with those of a program."""

from __future__ import annotations

import json
import random

from fuzz_target import File, Target, check_message
from json_mutations import mutated

from integrad.testing.baseline import Baseline, differences, read_baseline
from integrad.testing.budget import Budget
from integrad.testing.budgets import compare
from integrad.testing.figures import FIGURES, Measurement
from integrad.testing.tolerance import read_tolerances

FILE = File("base.json")
FIGURE_VALUES = {figure.key: 0.5 if figure.more_is_better else 1000 for figure in FIGURES}
NOW = Baseline(
    "664df0ff",
    {"learn": "all", "batch-size": 4},
    {
        "m0": Measurement(
            "GCC: 12", FIGURE_VALUES, {"flash": {"main": 9}, "instructions_per_step": {"rest": 5}}
        )
    },
)


def read(data: bytes) -> None:
    """A baseline that is read can be compared with; every line about it is clear."""
    found = read_baseline(str(FILE.holding(data)))
    for line in (text for lines in differences("base.json", found, NOW, None) for text in lines):
        check_message(line)
    rows = compare(NOW.cores["m0"], Budget(flash=1), found.cores.get("m0"), read_tolerances(["1%"]))
    for line in (text for row in rows for text in [row.change or "-", *row.sentences()]):
        check_message(line)
    json.loads(NOW.updated(found).encode())


def seeds() -> list[bytes]:
    other = Baseline("", {}, {"m4": Measurement("", {"flash": 1, "accuracy": 0.5})})
    return [NOW.encode(), other.encode()]


def mutate(data: bytes, rng: random.Random, bytewise) -> bytes:
    try:
        document = json.loads(data)
        if isinstance(document, dict):
            return json.dumps(mutated(document, rng)).encode()
    except (ValueError, RecursionError):
        pass
    return bytewise(data)


TARGET = Target("baseline", read, seeds, mutate)

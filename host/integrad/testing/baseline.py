"""The baseline: figures of an earlier version of a program, in a file that belongs beside its sources.

    {
     "cores": {"m0": {"compiler": …, "figures": {"flash": …}, "shares": {"flash": {"main": …}}}},
     "format": "integrad baseline 1",
     "model": "664df0ff",
     "settings": {"batch-size": 1, "learn": "all"}
    }

Its keys are sorted and each stands on a line of its own, so that `git diff` shows one line for each figure,
function and layer that changed.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from integrad.errors import IntegradError, one_line
from integrad.files import read_bounded
from integrad.testing.figures import BY_KEY, Measurement
from integrad.testing.settings import shown_path
from integrad.testing.values import LARGEST

FORMAT = "integrad baseline 1"
MAX_BYTES = 2**24
AGAIN = "write it anew with integrad check --update-baseline"


@dataclass(frozen=True)
class Baseline:
    """model: CRC of its weights, or "" without a model. settings: those on which figures depend."""

    model: str
    settings: dict[str, str | int]
    cores: dict[str, Measurement] = field(default_factory=dict)

    def is_of(self, other: Baseline) -> bool:
        """Whether both are of the same model."""
        return self.model == other.model

    def updated(self, before: Baseline | None) -> Baseline:
        """With the figures of cores that another baseline of the same model has in addition."""
        cores = before.cores if before and self.is_of(before) else {}
        return replace(self, cores=cores | self.cores)

    def encode(self) -> bytes:
        document = {"format": FORMAT, **asdict(self)}
        return (json.dumps(document, indent=1, sort_keys=True) + "\n").encode()


def read_baseline(path: str) -> Baseline:
    """Raises IntegradError, naming the file, if it is missing or is no baseline."""
    try:
        text = read_bounded(path, MAX_BYTES, "a baseline")
        document = json.loads(text, parse_constant=_refuse)
        if document["format"] != FORMAT:
            found = one_line(repr(document["format"]))
            raise IntegradError(f"{path}: has the format {found}, not {FORMAT!r}; {AGAIN}")
        cores = {name: _measurement(entry) for name, entry in document["cores"].items()}
        return Baseline(one_line(document["model"]), dict(document["settings"]), cores)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise IntegradError(f"{path}: is not a baseline; {AGAIN}") from None


def _refuse(constant: str):
    raise ValueError(constant)


def _measurement(entry) -> Measurement:
    figures, shares = entry["figures"], entry["shares"]
    numbers = [*figures.values(), *(share for named in shares.values() for share in named.values())]
    if not all(type(number) in (int, float) and 0 <= number <= LARGEST for number in numbers):
        raise ValueError
    if not (set(figures) | set(shares)) <= set(BY_KEY):
        raise ValueError
    return Measurement(one_line(entry["compiler"]), figures, shares)


def differences(
    path: str, baseline: Baseline, now: Baseline, model: Path | None
) -> tuple[list[str], list[str]]:
    """(reasons why the baseline is out of date, notes about what may explain a difference).

    model: file of the model of now, for messages.
    """
    if not baseline.is_of(now):
        theirs, ours = (f"weights of CRC {crc}" if crc else "none" for crc in (baseline.model, now.model))
        now_of = shown_path(model) if model else "the program"
        text = f"{path}: is of another model ({theirs}) than {now_of} ({ours})"
        return [f"{text}; if the model was replaced on purpose, {AGAIN}"], []
    missing = [core for core in now.cores if core not in baseline.cores]
    reasons = [f"{path}: has no figures of the core {core}; {AGAIN}" for core in missing]
    notes = []
    for key, value in now.settings.items():
        if baseline.settings.get(key) != value:
            before = one_line(str(baseline.settings.get(key)))
            notes.append(f"{path}: was measured with {key} = {before}, now {value}")
    for core in now.cores.keys() & baseline.cores.keys():
        before, after = baseline.cores[core], now.cores[core]
        if before.compiler != after.compiler:
            how = f"was compiled by {_short(before.compiler)}, now by {_short(after.compiler)}"
            notes.append(f"{path}: {core} {how}; differences may come from the compiler")
        if lost := sorted(before.figures.keys() - after.figures.keys()):
            notes.append(f"{path}: {core} has {', '.join(lost)}, which is no longer measured")
    return reasons, sorted(notes)


def _short(compiler: str) -> str:
    return re.sub(r"^GCC: ", "gcc ", compiler) or "a compiler without a name"

"""Compiled code is compared with NumPy before it is used."""

from __future__ import annotations

from collections.abc import Callable
from ctypes import CDLL
from pathlib import Path

from integrad.errors import IntegradError


def require_trust(library: CDLL, suffix: str, agrees: Callable[[CDLL], bool]) -> CDLL:
    """The library, after a comparison with NumPy whose result is stored next to it.

    suffix: of the file that stores it. Raises IntegradError if they disagree: a compiler may have bugs, and a
    wrong bit would spoil a training run.
    """
    verdict = Path(library._name).with_suffix(suffix)
    try:
        right = verdict.read_text() == "right"
    except OSError:
        right = agrees(library)
        _remember(verdict, "right" if right else "wrong")
    if not right:
        raise IntegradError("the native engine, as compiled here, computes wrong results on this machine")
    return library


def _remember(verdict: Path, text: str) -> None:
    try:
        verdict.write_text(text)
    except OSError:
        return  # the next process will compare again

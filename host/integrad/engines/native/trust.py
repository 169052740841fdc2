"""Compiled code is compared with NumPy before it is used."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from ctypes import CDLL
from pathlib import Path

from integrad.errors import IntegradError
from integrad.files import write_atomically

RIGHT, WRONG = "right", "wrong"


def require_trust(library: CDLL, suffix: str, agrees: Callable[[CDLL], bool]) -> CDLL:
    """The library, after a comparison with NumPy whose result is stored next to it.

    suffix: of the file that stores it. Raises IntegradError if they disagree: a compiler may have bugs, and a
    wrong bit would spoil a training run.
    """
    verdict = Path(library._name).with_suffix(suffix)
    text = _recall(verdict)
    if text not in (RIGHT, WRONG):  # none yet, or cut off on a full disk
        text = RIGHT if agrees(library) else WRONG
        _remember(verdict, text)
    if text == WRONG:
        raise IntegradError("the native engine, as compiled here, computes wrong results on this machine")
    return library


def _recall(verdict: Path) -> str:
    try:
        return verdict.read_text(errors="replace")
    except OSError:
        return ""


def _remember(verdict: Path, text: str) -> None:
    with suppress(IntegradError):  # the next process will compare again
        write_atomically(verdict, text.encode())

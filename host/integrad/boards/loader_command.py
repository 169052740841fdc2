"""Run the programs that flash boards, and say what they complain about in one line."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence

from integrad.errors import IntegradError, one_line

SECONDS = 300


def run_loader(name: str, words: Sequence[str], remedy: str) -> str:
    """The output of a program. Raises IntegradError if the program cannot be run, does not end or fails."""
    try:
        done = subprocess.run(
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        raise IntegradError(f"{name} did not end within {SECONDS} s; {remedy}") from error
    except OSError as error:
        raise IntegradError(f"{name}: cannot be run: {error.strerror}") from error
    if done.returncode:
        raise IntegradError(f"{name}: {_complaint(done.stdout)} (exit status {done.returncode}); {remedy}")
    return done.stdout


def _complaint(text: str) -> str:
    """The last line about an error, or else the last one that says something."""
    lines = [line.strip() for line in text.splitlines() if any(map(str.isalnum, line))]
    errors = [line for line in lines if "error" in line.lower()]
    return one_line((errors or lines or ["ended without a message"])[-1])

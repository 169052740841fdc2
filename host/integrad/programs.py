"""Programs that others installed: found only if they can be run, and asked only for a limited time."""

from __future__ import annotations

import os
import shutil
import subprocess
import warnings
from collections.abc import Sequence
from functools import cache

from integrad.errors import IntegradError, IntegradNote

SECONDS = 20.0
"""Time limit of a query such as --version, which takes milliseconds on an idle computer."""

VERSION = ("--version",)

CANNOT_RUN = 126
"""Smallest exit status that says that a program did not start, such as one whose libraries are missing."""


def find_program(*names: str) -> str | None:
    """Path of the first of these programs that is on the PATH and can be run, or None.

    One that cannot be run, such as one for another processor, is taken for missing: the next one of its name
    on the PATH is tried, and a note says so.
    """
    for name in names:
        first = shutil.which(name)
        if first is None:
            continue
        if not why_not(first):
            return first
        for folder in os.get_exec_path():
            if (path := shutil.which(name, path=folder)) and not why_not(path):
                return path
    return None


def ask(*command: str) -> str:
    """What a query prints. Raises IntegradError if the program cannot be run or does not answer in time."""
    try:
        result = _version(command[0]) if command[1:] == VERSION else _run(command, SECONDS)
    except OSError as error:
        raise IntegradError(f"{command[0]}: cannot be run: {error.strerror}; install it again") from error
    except subprocess.TimeoutExpired as error:
        raise IntegradError(f"{' '.join(command)} did not end within {SECONDS:g} s") from error
    return result.stdout


@cache
def why_not(path: str) -> str:
    """Why a program cannot be run, or "". Each is tried once per process."""
    try:
        status = _version(path).returncode
        reason = f"exit status {status}" if status < 0 or status >= CANNOT_RUN else ""
    except OSError as error:
        reason = error.strerror or str(error)
    except subprocess.TimeoutExpired:
        reason = f"--version did not end within {SECONDS:g} s"
    if reason:
        warnings.warn(f"{path} cannot be run and is taken for missing: {reason}", IntegradNote, stacklevel=3)
    return reason


@cache
def _version(path: str) -> subprocess.CompletedProcess:
    """The answer to --version. Each program that can be run is asked once per process."""
    return _run((path, *VERSION), SECONDS)


def _run(command: Sequence[str], seconds: float) -> subprocess.CompletedProcess:
    return subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", timeout=seconds
    )

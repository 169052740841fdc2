"""Options of a training step on a device that belong to no model: how it uses memory."""

from __future__ import annotations

from collections.abc import Mapping

NO, YES = "no", "yes"
SWITCH = (NO, YES)
"""Choices of an option without a value on the command line."""


def option_words(options: Mapping[str, str]) -> list[str]:
    """Options that were given, name → choice, as words of a command line: `--stash 2 --recompute`."""
    return [word for name, choice in options.items() for word in _words(name, choice)]


def _words(name: str, choice: str) -> list[str]:
    return [f"--{name}"] if choice == YES else [f"--{name}", choice]

"""A plot of the demonstration: the accuracy that learning on the device gains, and the memory it needs."""

from __future__ import annotations

import os
from textwrap import wrap

from integrad.report.figure import GRID, INK, new_figure, plain, save

TITLE_CHARACTERS = 42
"""Maximum length of a line of the title of the right plot."""

BARS = ["#9aa5b1", "#7fb3d5", "#1f78b4"]


def plot_demo(
    path: str | os.PathLike,
    speaker: str,
    accuracies: dict[str, float],
    part: str,
    memory: dict[str, tuple[int, int]],
) -> None:
    """Write a PNG.

    accuracies: label → fraction, in order. memory: "flash" and "RAM" → (used, available), bytes.
    Raises IntegradError if matplotlib is missing or the file cannot be written.
    """
    figure = new_figure(10, 4.2)
    left, right = figure.subplots(1, 2, width_ratios=[3, 2])
    _accuracy(left, speaker, accuracies)
    _memory(right, part, memory)
    save(figure, path, "--picture")


def _accuracy(axes, speaker: str, accuracies: dict[str, float]) -> None:
    values = [100 * value for value in accuracies.values()]
    bars = axes.bar(list(accuracies), values, color=BARS, width=0.62, zorder=2)
    axes.bar_label(bars, [f"{value:.1f} %" for value in values], padding=3, color=INK, fontsize=12)
    axes.set_ylim(0, 112)
    axes.set_yticks([0, 25, 50, 75, 100])
    axes.set_ylabel("digits recognised, %", color=INK)
    axes.set_title(f"{speaker}, a speaker unknown to the host", color=INK, loc="left")
    plain(axes)
    axes.grid(axis="y", color=GRID, zorder=0)


def _memory(axes, part: str, memory: dict[str, tuple[int, int]]) -> None:
    names = list(memory)[::-1]
    for row, name in enumerate(names):
        used, available = memory[name]
        axes.barh(row, 100, color=GRID, height=0.42, zorder=1)
        axes.barh(row, 100 * used / available, color=BARS[2], height=0.42, zorder=2)
        axes.text(
            0, row + 0.28, f"{name}: {used:,} of {available:,} bytes", color=INK, fontsize=10.5, va="bottom"
        )
    axes.set_yticks([])
    axes.set_ylim(-0.6, len(names) - 0.2)
    axes.set_xlim(0, 100)
    axes.set_xlabel("used, %", color=INK)
    title = wrap(f"Memory of the {part}, all layers learning", TITLE_CHARACTERS, break_on_hyphens=False)
    axes.set_title("\n".join(title), color=INK, loc="left")
    plain(axes)

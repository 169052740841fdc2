"""A plot of the demonstration: the accuracy that learning on the device gains, and the memory it needs."""

from __future__ import annotations

import os

from integrad.report.figure import GRID, INK, MUTED, new_figure, plain, save

BARS = ["#c2dbee", "#7fb3d5", "#1f78b4"]
KNOWN = "#cbd2d9"
WIDTH = 0.4
"""Of a bar; two of them belong to a label."""


def plot_demo(
    path: str | os.PathLike,
    speaker: str,
    accuracies: dict[str, tuple[float, float]],
    part: str,
    memory: dict[str, tuple[int, int, int]],
    story: str,
) -> None:
    """Write a PNG.

    accuracies: label → fractions of the new and of the known speakers, in order. memory: "flash" and "RAM" →
    bytes used by the firmware, by it and the clips together, and available. story: a line below the plots.
    Raises IntegradError if matplotlib is missing or the file cannot be written.
    """
    figure = new_figure(10, 4.6)
    left, right = figure.subplots(1, 2, width_ratios=[3, 2])
    _accuracy(left, speaker, accuracies)
    _memory(right, part, memory)
    figure.supxlabel(story, color=INK, fontsize=9.5)
    save(figure, path, "--picture")


def _accuracy(axes, speaker: str, accuracies: dict[str, tuple[float, float]]) -> None:
    places = range(len(accuracies))
    for who in (0, 1):
        values = [100 * pair[who] for pair in accuracies.values()]
        at = [place + (who - 0.5) * WIDTH for place in places]
        bars = axes.bar(at, values, color=KNOWN if who else BARS, width=WIDTH - 0.03, zorder=2)
        colour = MUTED if who else INK
        axes.bar_label(bars, [f"{value:.1f}" for value in values], padding=3, color=colour, fontsize=11)
    axes.set_xticks(places, list(accuracies))
    axes.set_ylim(0, 112)
    axes.set_yticks([0, 25, 50, 75, 100])
    axes.set_ylabel("digits recognised, %", color=INK)
    axes.set_title(
        f"{speaker}, unknown to the host; grey: five known speakers", color=INK, loc="left", fontsize=11
    )
    plain(axes)
    axes.grid(axis="y", color=GRID, zorder=0)


def _memory(axes, part: str, memory: dict[str, tuple[int, int, int]]) -> None:
    names = list(memory)[::-1]
    for row, name in enumerate(names):
        firmware, used, available = memory[name]
        axes.barh(row, 100, color=GRID, height=0.42, zorder=1)
        axes.barh(row, 100 * used / available, color=BARS[1], height=0.42, zorder=2)
        axes.barh(row, 100 * firmware / available, color=BARS[2], height=0.42, zorder=3)
        text = f"{name}: {used:,} of {available:,} bytes"
        if used > firmware:
            text += f"\n{firmware:,} of them firmware, the rest clips"
        axes.text(0, row + 0.27, text, color=INK, fontsize=10, va="bottom")
    axes.set_yticks([])
    axes.set_ylim(-0.5, len(names) - 0.1)
    axes.set_xlim(0, 100)
    axes.set_xlabel("used, %", color=INK)
    axes.set_title(f"Memory of the {part}", color=INK, loc="left", fontsize=11)
    plain(axes)

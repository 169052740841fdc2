"""An arena as a PNG."""

from __future__ import annotations

import os

from integrad.report.arena_picture import ArenaPicture
from integrad.report.figure import INK, new_figure, plain, rectangle, save

ROW = 0.21
"""Height of a line of the legend, in inches."""

LABEL_SIZE = 9


def plot_arena(path: str | os.PathLike, picture: ArenaPicture) -> None:
    """Write a PNG. Raises IntegradError if matplotlib is missing or the file cannot be written."""
    save(draw_arena(picture), path, "--arena")


def draw_arena(picture: ArenaPicture):
    """The figure: the chart, whose labels all lie inside their rectangles, and a legend next to it."""
    height = max(4.5, ROW * (len(picture.tiles) + 4))
    figure = new_figure(max(10, 5 + 0.7 * len(picture.steps)), height)
    chart, legend = figure.subplots(1, 2, width_ratios=[max(6, 0.7 * len(picture.steps)), 4])
    _chart(chart, picture)
    _legend(legend, picture)
    figure.canvas.draw()  # positions are known only after drawing
    for tile, label in _labels(chart, picture):
        box = chart.transData.transform([(tile.first, tile.offset), (tile.last + 1, tile.offset + tile.size)])
        extent = label.get_window_extent()
        if extent.width > box[1][0] - box[0][0] - 6 or extent.height > box[1][1] - box[0][1] - 4:
            label.remove()
    return figure


def _chart(axes, picture: ArenaPicture) -> None:
    steps = len(picture.steps)
    for tile in picture.tiles:
        place = tile.first, tile.offset, tile.last + 1 - tile.first, tile.size
        axes.add_patch(rectangle(place, tile.colour))
    axes.axhline(picture.lower_bound, color="#b03a2e", linewidth=1.4, linestyle="--", zorder=4)
    if picture.size != picture.lower_bound:
        axes.axhline(picture.size, color=INK, linewidth=1.4, zorder=4)
    axes.set_xlim(0, steps)
    axes.set_ylim(0, 1.04 * max(picture.size, 1))
    turned = {"rotation": 45, "ha": "right", "rotation_mode": "anchor"} if steps > 7 else {}
    axes.set_xticks([step + 0.5 for step in range(steps)], picture.steps, fontsize=LABEL_SIZE, **turned)
    axes.set_xlabel("step", color=INK)
    axes.set_ylabel("address in the arena, bytes", color=INK)
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.set_title(picture.title, color=INK, loc="left", fontsize=11)
    plain(axes)


def _labels(axes, picture: ArenaPicture):
    """(tile, its label) of every tile, whether or not the label fits into it."""
    for tile in picture.tiles:
        middle = (tile.first + tile.last + 1) / 2, tile.offset + tile.size / 2
        options = {"ha": "center", "va": "center", "fontsize": LABEL_SIZE, "color": INK, "zorder": 5}
        yield tile, axes.text(*middle, tile.name, **options)


def _legend(axes, picture: ArenaPicture) -> None:
    """All buffers by name, including those that are too small for a label in the chart."""
    axes.axis("off")
    rows = len(picture.tiles) + 2
    axes.set_xlim(0, 1)
    axes.set_ylim(rows, 0)
    axes.plot([0, 0.05], [0.5, 0.5], color="#b03a2e", linewidth=1.4, linestyle="--")
    axes.text(0.08, 0.5, picture.bound_text, va="center", fontsize=LABEL_SIZE, color=INK)
    if picture.size != picture.lower_bound:
        axes.plot([0, 0.05], [1.5, 1.5], color=INK, linewidth=1.4)
        axes.text(0.08, 1.5, f"arena: {picture.size:,} bytes", va="center", fontsize=LABEL_SIZE, color=INK)
    for row, tile in enumerate(picture.tiles, 2):
        axes.add_patch(rectangle((0, row + 0.15, 0.05, 0.7), tile.colour))
        axes.text(0.08, row + 0.5, tile.legend, va="center", fontsize=LABEL_SIZE, color=INK)

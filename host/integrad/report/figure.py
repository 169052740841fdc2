"""Plots as PNG files: the only module that requires matplotlib."""

from __future__ import annotations

import os
from io import BytesIO

from integrad.errors import IntegradError
from integrad.files import write_atomically

INK, MUTED, GRID = "#1f2933", "#7b8794", "#e4e7eb"


def new_figure(width: float, height: float):
    """A matplotlib figure of width x height inches. Raises IntegradError if matplotlib is missing."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        raise IntegradError("plots require matplotlib: pip install 'integrad[plots]'") from None
    figure = Figure(figsize=(width, height), dpi=150, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def require_matplotlib() -> None:
    """Raise IntegradError if plots cannot be drawn, before the work whose results they would show."""
    new_figure(1, 1)


def save(figure, path: str | os.PathLike, option: str) -> None:
    """Write a PNG. Raises IntegradError, which suggests another value of `option`, if that fails."""
    drawn = BytesIO()
    figure.savefig(drawn, format="png")
    try:
        write_atomically(path, drawn.getvalue())
    except IntegradError as error:
        raise IntegradError(f"{error}; choose another {option}") from error


def rectangle(place: tuple[float, float, float, float], colour: str):
    """A patch with a thin border, to be added to axes. place: left, bottom, width, height."""
    from matplotlib.patches import Rectangle

    left, bottom, width, height = place
    return Rectangle(
        (left, bottom), width, height, facecolor=colour, edgecolor=MUTED, linewidth=0.8, zorder=2
    )


def plain(axes) -> None:
    """Remove the ticks and the frame except for the bottom line."""
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(MUTED)
    axes.tick_params(length=0, colors=INK)

"""An arena as a self-contained HTML page: an SVG plot and a table of the buffers."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path

from integrad.errors import IntegradError
from integrad.files import utf8, write_together
from integrad.report.arena_picture import ArenaPicture, Tile

LEFT, TOP, BELOW, HEIGHT = 80, 20, 40, 460
STEP = 92
"""In pixels, like the constants above. A step is wide enough for the name of any layer."""

CHARACTER, LINE = 6.7, 16
"""Maximum width of a character and height of a line of text, in pixels."""


def write_arena_page(path: str | os.PathLike, picture: ArenaPicture) -> None:
    """Write the page. Raises IntegradError if the file cannot be written."""
    import jinja2  # other commands start without it

    loader = jinja2.PackageLoader("integrad_templates", "")
    environment = jinja2.Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    text = environment.get_template("report/arena.html.jinja").render(picture=picture, chart=_chart(picture))
    try:
        write_together({Path(path): utf8(text)})
    except OSError as error:
        raise IntegradError(f"{path}: {error.strerror}; choose another --arena") from error


def _chart(picture: ArenaPicture) -> dict:
    """Pixel positions of everything in the plot."""
    right = LEFT + STEP * len(picture.steps)
    ticks = [picture.size * part // 4 for part in range(5)]
    return {
        "left": LEFT,
        "right": right,
        "top": TOP,
        "bottom": TOP + HEIGHT,
        "width": right + 20,
        "height": TOP + HEIGHT + BELOW,
        "bound": _y(picture, picture.lower_bound),
        "ticks": [(_y(picture, tick), f"{tick:,}") for tick in ticks],
        "steps": [(LEFT + STEP * (number + 0.5), name) for number, name in enumerate(picture.steps)],
        "tiles": [_place(picture, tile) for tile in picture.tiles],
    }


def _place(picture: ArenaPicture, tile: Tile) -> dict:
    width = STEP * (tile.last + 1 - tile.first)
    top = _y(picture, tile.offset + tile.size)
    height = round(_y(picture, tile.offset) - top, 2)
    label_fits = height >= LINE and width >= CHARACTER * len(tile.name)
    own = {"legend": tile.legend, "label": tile.name if label_fits else ""}
    return {**asdict(tile), **own, "x": LEFT + STEP * tile.first, "y": top, "width": width, "height": height}


def _y(picture: ArenaPicture, address: int) -> float:
    return round(TOP + HEIGHT * (1 - address / max(1, picture.size)), 2)

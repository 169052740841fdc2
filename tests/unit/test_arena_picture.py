"""Plots of arenas: positions of all buffers, labels within their rectangles, self-contained files."""

import re
import sys
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrad.errors import IntegradError
from integrad.network.network import Network
from integrad.report.arena_page import HEIGHT, LEFT, STEP, TOP, write_arena_page
from integrad.report.arena_picture import arena_picture
from integrad.report.arena_plot import draw_arena, plot_arena
from integrad.training.specification import parse_spec
from integrad_codegen.plan import make_plan

SPECS = ["mlp:96,48", "cnn:c8,p2,c16,p2,c32,p2,d48", "cnn:c4,c4,c4,c4,c4,c4,d9", "cnn:p4,c3,a2,d500"]


def make_picture(spec="cnn:c8,p2,c16,p2,d24", learn="all", batch=4):
    plan = make_plan(Network((1, 32, 32), 10, parse_spec(spec, (1, 32, 32))), "model", learn, batch)
    arena = plan.training_arena or plan.inference_arena
    steps = [*(o.name for o in plan.operations), "output"]
    return arena, arena_picture("A <title> & more", steps, arena)


def test_every_buffer_has_its_tile():
    arena, picture = make_picture()
    tiles = {(tile.offset, tile.size, tile.first, tile.last) for tile in picture.tiles}
    assert tiles == {(arena.offsets[b.name], b.size, b.first, b.last) for b in arena.buffers}
    names = [tile.name for tile in picture.tiles]
    assert len(names) == len(set(names)) and {"block1", "block1, workspace", "pool2"} < set(names)
    assert (picture.size, picture.lower_bound) == (arena.bytes, arena.lower_bound)


def lies_inside(inner, outer):
    across = outer.x0 < inner.x0 and inner.x1 < outer.x1
    return across and outer.y0 < inner.y0 and inner.y1 < outer.y1


@pytest.mark.parametrize("spec", SPECS)
def test_labels_lie_inside_their_rectangles(spec):
    _, picture = make_picture(spec, batch=16)
    figure = draw_arena(picture)
    chart, legend = figure.axes
    boxes = [patch.get_window_extent() for patch in chart.patches]
    assert len(boxes) == len(picture.tiles)
    shown = [text for text in chart.texts if text.get_text()]
    assert shown
    for text in shown:
        extent = text.get_window_extent()
        assert any(
            b.x0 < extent.x0 and extent.x1 < b.x1 and b.y0 < extent.y0 and extent.y1 < b.y1 for b in boxes
        )
    lines = sorted(text.get_window_extent().y0 for text in legend.texts)
    heights = [text.get_window_extent().height for text in legend.texts]
    assert len(lines) > len(picture.tiles)
    assert min(b - a for a, b in pairwise(lines)) >= max(heights)
    width = figure.get_window_extent().width
    assert all(text.get_window_extent().x1 <= width for text in legend.texts)


def read_svg(path):
    """(rectangles as x, y, width, height; texts) of the drawing in a page."""
    text = path.read_text()
    drawing = ElementTree.fromstring(re.search(r"<svg.*?</svg>", text, re.DOTALL)[0])
    keys = ("x", "y", "width", "height")
    return [tuple(float(r.get(key)) for key in keys) for r in drawing.iter("rect")], text


@settings(max_examples=20, deadline=None)
@given(st.sampled_from(SPECS), st.sampled_from(["none", "output", "last:1", "all"]), st.integers(1, 40))
def test_page_draws_to_scale(tmp_path_factory, spec, learn, batch):
    arena, picture = make_picture(spec, learn, batch)
    path = tmp_path_factory.mktemp("page") / "arena.html"
    write_arena_page(path, picture)
    rectangles, text = read_svg(path)
    scale = HEIGHT / arena.bytes
    expected = sorted(
        (
            LEFT + STEP * b.first,
            TOP + HEIGHT - (arena.offsets[b.name] + b.size) * scale,
            STEP * (b.last + 1 - b.first),
            b.size * scale,
        )
        for b in arena.buffers
    )
    for found, wanted in zip(sorted(rectangles), expected, strict=True):
        assert found == pytest.approx(wanted, abs=0.02)
    assert "A &lt;title&gt; &amp; more" in text and f"lower bound {arena.lower_bound:,} bytes" in text
    assert not re.search(r"https?:|<script|<link", text), "a page stands alone"


def test_png_is_one(tmp_path):
    plot_arena(tmp_path / "arena.png", make_picture()[1])
    assert (tmp_path / "arena.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("write", [plot_arena, write_arena_page])
def test_files_that_cannot_be_written(tmp_path, write):
    with pytest.raises(IntegradError, match="none"):
        write(tmp_path / "none" / "arena", make_picture()[1])


def test_png_without_matplotlib(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(IntegradError, match=r"pip install 'integrad\[plots\]'"):
        plot_arena(tmp_path / "arena.png", make_picture()[1])

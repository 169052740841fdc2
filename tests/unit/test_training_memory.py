"""The page about training RAM: the figures of its script, and bounds of all orders of a step."""

import re
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))
import step_orders  # noqa: E402
import training_memory  # noqa: E402

CNN, IMAGE = "cnn:c8,p2,c16,p2,c32,p2,d48", (1, 32, 32)


@pytest.mark.parametrize("learn", training_memory.LEARN)
def test_need_is_that_of_the_plan(learn):
    plan = training_memory.plan_of(CNN, IMAGE, learn, 8)
    need = training_memory.need(plan)
    assert need.total == plan.weights_bytes + plan.scratch.bytes + 8 * 1025 + training_memory.STACK


@pytest.mark.parametrize("batch", [1, 8, 16])
@pytest.mark.parametrize("order", ["recomputed", "summed"])
def test_orders_chosen_block_by_block_never_need_more(order, batch):
    for spec, shape in training_memory.NETWORKS.items():
        plan = training_memory.plan_of(spec, shape, "all", batch)
        padding = 16  # between struct members here, which are buffers there
        assert training_memory.need(plan, order).total <= training_memory.need(plan).total + padding


def test_a_block_alone_as_counted_by_hand():
    """One convolution and its pool: a map, its gradient, and what stays of a batch of 4."""
    plan = training_memory.plan_of("cnn:c8,p2", IMAGE, "all", 4)
    conv, pool = plan.operations
    work = next(b.size for b in plan.training_arena.buffers if b.name == "block1_work")
    row = conv.fan_in * conv.gradient_bits // 8
    kept = conv.outputs + 4 * pool.outputs + 4 * conv.head.features + work
    beside = plan.scratch.bytes - plan.scratch.arena - row
    scratch, samples = step_orders.summed(plan)
    assert samples == 4 and scratch == kept + row + 8 * row + beside
    scratch, _ = step_orders.recomputed(plan)
    assert scratch == kept + row + conv.positions + beside
    assert step_orders.extra_work(plan, "recomputed") == conv.macs / plan.training_macs
    assert step_orders.extra_work(plan, "summed") == 0


@pytest.mark.parametrize("family", training_memory.FAMILIES)
@pytest.mark.parametrize("ram", [16, 64])
def test_the_widest_fits_and_the_next_does_not(family, ram):
    width = training_memory.widest(family, "all", 1, ram * 1024)
    spec = training_memory.FAMILIES[family]
    totals = [
        training_memory.need(training_memory.plan_of(spec(w), IMAGE, "all", 1)).total
        for w in (width, width + 1)
        if w
    ]
    assert totals[-1] > ram * 1024
    assert width == 0 or totals[0] <= ram * 1024


def test_the_page_is_whole(capsys):
    training_memory.main()
    page = capsys.readouterr().out
    assert "<<" not in page
    rows = re.findall(r"^\| `[^`]+` \| (?:output|last:\d|all) \| \d+ \|", page, re.MULTILINE)
    assert len(rows) == len(training_memory.NETWORKS) * 12

"""The arena: buffers with overlapping lifetimes are disjoint, and arenas of networks are minimal."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrad.execute.demonstration import SETUPS
from integrad.network.network import Network
from integrad.training.presets import NITRO
from integrad.training.specification import parse_spec
from integrad_codegen.memory import ALIGNMENT, Buffer, lay_out, lower_bound
from integrad_codegen.plan import make_plan


@st.composite
def buffer_lists(draw):
    buffers = []
    for number in range(draw(st.integers(0, 12))):
        first = draw(st.integers(0, 8))
        last = first + draw(st.integers(0, 4))
        buffers.append(Buffer(f"b{number}", draw(st.integers(1, 300)), first, last))
    return buffers


@st.composite
def chains(draw):
    """Outputs that live until the next step has read them, as in an inference."""
    sizes = draw(st.lists(st.integers(1, 5000), min_size=1, max_size=10))
    return [Buffer(f"b{i}", size, i, i + 1) for i, size in enumerate(sizes)]


def check(arena, buffers):
    """Properties that kernels rely on."""
    spans = {b.name: range(arena.offsets[b.name], arena.offsets[b.name] + b.size) for b in buffers}
    assert len(spans) == len(buffers)
    for a in buffers:
        assert spans[a.name].start % ALIGNMENT == 0
        assert spans[a.name].start >= 0 and spans[a.name].stop <= arena.bytes
        for b in buffers:
            live_together = set(range(a.first, a.last + 1)) & set(range(b.first, b.last + 1))
            if a is not b and live_together:
                apart = spans[a.name].stop <= spans[b.name].start or spans[b.name].stop <= spans[a.name].start
                assert apart, f"{a} and {b} overlap"
    assert arena.bytes % ALIGNMENT == 0
    assert arena.bytes >= arena.lower_bound == lower_bound(buffers)
    assert arena.distance == arena.bytes - arena.lower_bound
    assert arena.proved or arena.distance > 0


@settings(max_examples=300)
@given(buffer_lists())
def test_live_buffers_never_overlap(buffers):
    arena = lay_out(buffers)
    check(arena, buffers)
    assert list(arena.buffers) == buffers


@given(buffer_lists(), st.randoms())
def test_the_layout_does_not_depend_on_the_order_of_the_list(buffers, random):
    shuffled = buffers.copy()
    random.shuffle(shuffled)
    assert lay_out(shuffled).offsets == lay_out(buffers).offsets


@given(buffer_lists())
def test_the_lower_bound_is_the_busiest_moment(buffers):
    moments = [
        sum(-(-b.size // ALIGNMENT) * ALIGNMENT for b in buffers if b.first <= step <= b.last)
        for step in range(20)
    ]
    assert lower_bound(buffers) == max(moments)


@given(chains())
def test_chains_meet_the_lower_bound(buffers):
    arena = lay_out(buffers)
    check(arena, buffers)
    assert arena.bytes == arena.lower_bound and arena.proved


def test_no_buffers_need_no_arena():
    assert lay_out([]).bytes == lower_bound([]) == 0


def test_a_buffer_fits_into_a_gap_exactly():
    buffers = [Buffer("a", 40, 0, 1), Buffer("gap", 8, 1, 2), Buffer("b", 8, 0, 0), Buffer("c", 40, 2, 3)]
    arena = lay_out(buffers)
    check(arena, buffers)
    assert arena.bytes == lower_bound(buffers) == 48


def test_an_arena_may_have_to_be_larger_than_its_busiest_step():
    """Found by chance: the search proves that nothing meets the bound here."""
    lives = [(8, 2, 5), (12, 1, 4), (16, 0, 1), (8, 1, 3), (12, 4, 6), (16, 5, 5), (4, 2, 4), (16, 0, 0)]
    arena = lay_out([Buffer(f"b{number}", *life) for number, life in enumerate(lives)])
    assert (arena.bytes, arena.lower_bound, arena.distance, arena.proved) == (40, 36, 4, True)


def test_what_the_quick_orders_waste_the_search_finds():
    lives = [(16, 0, 0), (16, 4, 4), (4, 3, 5), (8, 2, 3), (4, 0, 3)]
    arena = lay_out([Buffer(f"b{number}", *life) for number, life in enumerate(lives)])
    assert arena.bytes == arena.lower_bound == 20


INPUTS = {"mlp": (784,), "vgg": (3, 32, 32)}
PLANS = {name: (f"nitro:{name}", INPUTS[name[:3]]) for name in NITRO}
PLANS |= {setup.spec: (setup.spec, (1, 32, 32)) for setup in SETUPS}


@pytest.mark.parametrize("name", PLANS)
def test_published_and_demonstrated_networks_need_no_more_than_their_busiest_step(name):
    """No arena can be smaller, whatever learns and whatever the batch."""
    spec, shape = PLANS[name]
    network = Network(shape, 10, parse_spec(spec, shape))
    for learn in ("none", "output", "last:1", "last:2", "all"):
        for batch in (1, 4, 16, 64):
            plan = make_plan(network, "model", learn, batch)
            arenas = [plan.inference_arena, plan.training_arena]
            for arena in arenas if plan.batch else arenas[:1]:
                check(arena, list(arena.buffers))
                assert arena.distance == 0, (learn, batch)

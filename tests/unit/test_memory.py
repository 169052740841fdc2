"""The arena: no two live buffers share a byte, and little is wasted."""

from hypothesis import given, settings
from hypothesis import strategies as st

from integrad.network import Network
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
    """What a kernel relies on."""
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
    assert arena.bytes >= lower_bound(buffers)


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
def test_chains_stay_near_the_lower_bound(buffers):
    """Placing the largest first is no optimum, but on a chain it wastes at most one small neighbour."""
    arena = lay_out(buffers)
    check(arena, buffers)
    assert arena.bytes <= 1.5 * lower_bound(buffers)


def test_no_buffers_need_no_arena():
    assert lay_out([]).bytes == lower_bound([]) == 0


def test_a_buffer_fits_into_a_gap_exactly():
    buffers = [Buffer("a", 40, 0, 1), Buffer("gap", 8, 1, 2), Buffer("b", 8, 0, 0), Buffer("c", 40, 2, 3)]
    arena = lay_out(buffers)
    check(arena, buffers)
    assert arena.bytes == lower_bound(buffers) == 48


def test_networks_of_the_guide_need_no_more_than_their_busiest_step():
    """The distance to the lower bound, in bytes, of plans that people will make."""
    conv = {"type": "conv", "kernel": [3, 3], "stride": [1, 1], "padding": [1, 1], "alpha_inv": 4}
    conv |= {"head_features": 256, "head_pool": "max"}
    pool = {"type": "max_pool", "size": [2, 2]}
    cnn = [pool, conv | {"channels": 8}, pool, conv | {"channels": 16}, pool]
    dense = [{"type": "dense", "units": units, "alpha_inv": 4} for units in (96, 48)]
    distances = {}
    for name, network in {
        "mlp": Network((1024,), 10, dense),
        "cnn": Network((1, 32, 32), 10, [*cnn, dense[1]]),
    }.items():
        for learn in ("none", "output", "last:1", "all"):
            plan = make_plan(network, "model", learn, 16)
            for kind, arena in (("inference", plan.inference_arena), ("training", plan.training_arena)):
                if arena is not None:
                    check(arena, arena.buffers)
                    distances[name, learn, kind] = arena.bytes - lower_bound(list(arena.buffers))
    assert set(distances.values()) == {0}, distances

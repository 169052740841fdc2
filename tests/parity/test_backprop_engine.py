"""The native engine of backpropagation computes the same bits as NumPy for any network, batch, rule, number
of threads and build."""

import re

import numpy as np
import pytest
from backprop_networks import sessions
from backprop_sessions import SESSIONS, BackpropSession, conv
from engine_sessions import compare
from executors import DifferenceError
from hypothesis import given, settings
from hypothesis import strategies as st
from native_builds import QUICK, SANITIZED, VARIANTS, build, open_build, run_sanitized

from integrad.engines.choice import make_engine
from integrad.engines.native.backprop_engine import BackpropEngine
from integrad.engines.native.library import read_sources
from integrad.errors import IntegradError
from integrad.learners.table import learner_of
from integrad.network.network import Network


@settings(max_examples=150)
@given(sessions(), st.sampled_from([1, 1, 1, 3]))
def test_any_session_gives_the_reference_s_bits(session, threads):
    compare(session, lambda network: BackpropEngine(network, threads))


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("name", SESSIONS)
def test_hard_sessions_give_the_reference_s_bits(name, threads):
    compare(SESSIONS[name], lambda network: BackpropEngine(network, threads))


@pytest.mark.parametrize("name", SESSIONS)
def test_hard_sessions_change_weights_of_every_layer_that_learns(name):
    """Otherwise they would compare zeros."""
    network = SESSIONS[name].network()
    engine = BackpropEngine(network, 1)
    before = {parameter.name: parameter.array.copy() for parameter in network.parameters()}
    learning = set()
    for x, labels, rule, kept in SESSIONS[name].steps(network):
        engine.step(x, labels, rule, kept)
        learning |= {p.name for p in network.parameters() if rule.learns(p) and p.role in ("weights", "bias")}
    changed = {n for n in learning if not np.array_equal(before[n], network.arrays()[n])}
    assert changed == learning or SESSIONS[name].weights == "extreme"


def test_it_is_the_engine_of_choice():
    network = SESSIONS["backprop, maps"].network()
    for name in ("auto", "native"):
        assert isinstance(make_engine(name, network, gpu=False), BackpropEngine)


def test_shares_of_a_batch_add_up_to_its_gradients():
    session = SESSIONS["backprop, dense"]
    whole, parts = session.network(), session.network()
    one, two = BackpropEngine(whole, 1), BackpropEngine(parts, 1)
    x, labels, rule, kept = next(session.steps(whole))
    masks = [[mask[:4] for mask in kept], [mask[4:] for mask in kept]]
    before = parts.weights_crc()
    first, second = (
        two.gradients(x[rows], labels[rows], rule, mask)[0]
        for rows, mask in zip((slice(4), slice(4, None)), masks, strict=True)
    )
    assert parts.weights_crc() == before
    two.descend({name: first[name] + second[name] for name in first}, rule)
    one.step(x, labels, rule, kept)
    assert parts.weights_crc() == whole.weights_crc() != before


def test_a_batch_whose_gradients_may_exceed_32_bits_is_refused():
    network = Network((1, 200, 200), 2, [conv(1)], "backprop")
    engine = BackpropEngine(network, 1)
    x, labels, rule, _ = next(BackpropSession((1, 200, 200), 2, (conv(1),), batches=(4,)).steps(network))
    with pytest.raises(IntegradError, match="at most 3 samples"):
        engine.step(x, labels, rule)
    learner_of(network).check_batch(network, 3)


@pytest.mark.parametrize("name", VARIANTS)
def test_other_processors_get_the_same_bits(name, tmp_path):
    compare_all(open_build(tmp_path, VARIANTS[name]))


def compare_all(library):
    for session in SESSIONS.values():
        compare(session, lambda network: BackpropEngine(network, 1, library))


def test_no_access_outside_an_array_and_no_undefined_behaviour(tmp_path):
    result = run_sanitized(build(tmp_path, SANITIZED), SESSIONS)
    assert result.returncode == 0 and "all sessions are equal" in result.stdout, result.stderr[:3000]


MISTAKES = {
    "sums are floored": ("requantise.c", r"sums\[i\]\) \+ half\)", "sums[i]))"),
    "all errors count for the maximum": ("requantise.c", r"x\[at \+ i\] > 0 \? (sums\[at \+ i\]) : 0", r"\1"),
    "odd shifts round like even ones": ("rounding.h", r" << \(shift & 1\)", ""),
    "the leak floors": ("rounding.h", r"a < 0 \? leak - 1 : 0", "0"),
    "the last maximum learns, too": ("pools.c", r"pending &= ~hit;", ""),
    "a share floors": ("pools.c", r"share\[c\] = ([^;]*);", r"share[c] = \1; share[c] -= error[c] < 0;"),
    "a fraction is not signed": ("update.c", r"master \+ FRACTION / 2\)", "master)"),
    "a bias is halved": ("model.h", r"BIAS_INPUT = 64", "BIAS_INPUT = 32"),
    "biases have no part in the maximum": ("update.c", r"l->bias != NULL \? (largest_of.*) : ", r""),
    "a shift shrinks too early": ("update.c", r"own >= \*shift", "own > *shift"),
    "steps have a bit more": ("update.c", r"MASTER_STEP_BITS = 11", "MASTER_STEP_BITS = 12"),
    "kernels are not mirrored": (
        "maps.c", r"j = l->kernel_width - 1; j >= 0; j--", "j = 0; j < l->kernel_width; j++"
    ),
    "strides are ignored": ("maps.c", r"j \* l->stride_width \+ left", "j + left"),
    "an odd error is lost": ("sparse.c", r"e\[0\]\.patch, 0\};\n\s+count\+\+;", "e[0].patch, 0}; count--;"),
    "errors have the features' order": ("step.c", r"i > first && is_flattened", "0 && is_flattened"),
    "the label has no error": ("loss.c", r"fine\[label\] -= sum", "fine[label] -= 0"),
    "far scores have a probability": ("loss.c", r"OCTAVES = 10", "OCTAVES = 11"),
    "small scores are not rounded": ("loss.c", r"-exponent - LARGEST_SMALL", "0"),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_in_the_c_is_noticed(mistake, tmp_path):
    name, pattern, replacement = MISTAKES[mistake]
    sources, name = read_sources(), f"backprop_{name}"
    text, count = re.subn(pattern, replacement, sources[name].decode())
    assert count, f"{pattern} does not stand in {name} any more"
    library = open_build(tmp_path, QUICK, sources | {name: text.encode()})
    with pytest.raises(DifferenceError):
        compare_all(library)

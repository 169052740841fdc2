"""The native engine of backpropagation computes the same bits as NumPy for any network, batch, rule, number
of threads and build."""

import numpy as np
import pytest
from backprop_networks import sessions
from backprop_sessions import SESSIONS, BackpropSession, conv
from engine_sessions import compare
from hypothesis import given, settings
from hypothesis import strategies as st

from integrad.engines.choice import make_engine
from integrad.engines.native.backprop_engine import BackpropEngine
from integrad.errors import IntegradError
from integrad.learners.table import learner_of
from integrad.network.network import Network


@settings(max_examples=50)
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

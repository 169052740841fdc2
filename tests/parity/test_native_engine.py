"""The native engine computes the same bits as NumPy for any network, batch, rule, number of threads and
build."""

from dataclasses import replace

import numpy as np
import pytest
from engine_sessions import SESSIONS, Session, compare
from hypothesis import given, settings
from hypothesis import strategies as st
from native_divisions import compare_divisions
from networks import cases

from integrad.arithmetic import saturate, tdiv
from integrad.engines.native.engine import LARGEST_GRADIENT, NativeEngine, describe
from integrad.engines.native.library import load_library
from integrad.engines.native.reservation import usable_cores
from integrad.engines.numpy_engine import NumpyEngine
from integrad.errors import IntegradError
from integrad.network import description as network_description
from integrad.network.layer_types import checks
from integrad.network.network import Network


@st.composite
def sessions(draw):
    """Any case with up to 70 samples per step, with dropout as a host draws it or without."""
    case = draw(cases())
    batches = draw(st.lists(st.one_of(st.integers(1, 9), st.integers(1, 70)), min_size=1, max_size=3))
    amplification = draw(st.sampled_from([None, None, 1]))
    return Session(case, tuple(batches), draw(st.booleans()), amplification)


@settings(max_examples=40)
@given(sessions(), st.sampled_from([1, 1, 1, 1, 3]))
def test_any_session_gives_the_reference_s_bits(session, threads):
    compare(session, lambda network: NativeEngine(network, threads))


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("name", SESSIONS)
def test_hard_sessions_give_the_reference_s_bits(name, threads):
    compare(SESSIONS[name], lambda network: NativeEngine(network, threads))


@pytest.mark.parametrize("wanted, cores", [("1", 1), ("", 3), ("99", 3), ("many", 3), ("0", 3)])
def test_cores_are_those_that_openmp_may_use(monkeypatch, wanted, cores):
    monkeypatch.setattr("os.sched_getaffinity", lambda process: {0, 1, 5})
    monkeypatch.setenv("OMP_NUM_THREADS", wanted)
    assert usable_cores() == cores


def test_two_threads_and_a_chosen_number_give_the_same_bits():
    session = replace(SESSIONS["dense"], batches=(5,))
    for threads in (2, None):
        compare(session, lambda network, threads=threads: NativeEngine(network, threads))


@pytest.mark.parametrize("name", ["many classes", "many classes of maps"])
def test_the_sessions_reach_errors_of_three_digits(name):
    """Without them a mistake in the third digit would go unnoticed."""
    session = SESSIONS[name]
    network = session.network()
    x, labels, rule, _ = next(session.steps(network))
    for sample in range(len(x)):
        one = slice(sample, sample + 1)
        gradients, _ = NumpyEngine(network).gradients(x[one], labels[one], rule)
        assert np.abs(gradients["block1.weights"]).max() >= 127 * 2**29


def test_inference_takes_no_mask_from_the_step_before():
    session = SESSIONS["maps"]
    network = session.network()
    engine = NativeEngine(network, 1)
    for x, labels, rule, kept in session.steps(network):
        engine.step(x, labels, rule, kept)
        del kept
        assert np.array_equal(engine.logits(x), network.logits(x))
        one, other = (e.gradients(x, labels, rule, None)[0] for e in (engine, NumpyEngine(network)))
        assert all(np.array_equal(one[name], other[name]) for name in other)


def test_gradients_change_no_weight_and_their_sums_may_be_descended():
    session = SESSIONS["dense"]
    whole, parts = session.network(), session.network()
    one, two = NativeEngine(whole, 1), NativeEngine(parts, 1)
    x, labels, rule, _ = next(session.steps(whole))
    before = parts.weights_crc()
    first, second = two.gradients(x[:2], labels[:2], rule)[0], two.gradients(x[2:], labels[2:], rule)[0]
    assert parts.weights_crc() == before
    two.descend({name: first[name] + second[name] for name in first}, rule)
    one.step(x, labels, rule)
    assert parts.weights_crc() == whole.weights_crc() != before


def test_more_classes_than_32_bit_errors_hold_are_refused(monkeypatch):
    monkeypatch.setattr(network_description, "MAX_CLASSES", 1000)
    monkeypatch.setattr(checks, "classes_of_error", lambda *_: None)
    layers = [{"type": "dense", "units": 2, "alpha_inv": 4}]
    NativeEngine(Network((3,), 413, layers), 1)
    with pytest.raises(IntegradError, match="block 1"):
        NativeEngine(Network((3,), 414, layers), 1)


def test_gradients_that_a_double_may_not_divide_are_refused():
    network = SESSIONS["many classes"].network()
    engine = NativeEngine(network, 1)
    rule = next(SESSIONS["many classes"].steps(network))[2]
    with pytest.raises(IntegradError, match="batch"):
        engine.step(np.zeros((5000, 9), np.int8), np.zeros(5000, int), rule)
    gradients = {"output.weights": np.full(network.output.weights.shape, -LARGEST_GRADIENT)}
    with pytest.raises(IntegradError, match=r"output\.weights"):
        engine.descend(gradients, rule)


def test_samples_of_another_shape_are_refused():
    engine = NativeEngine(SESSIONS["maps"].network(), 1)
    with pytest.raises(ValueError, match="shape"):
        engine.logits(np.zeros((2, 3, 9, 9), np.int8))


def test_divisions_are_those_of_integers():
    compare_divisions(load_library())


@given(st.integers(-LARGEST_GRADIENT + 1, LARGEST_GRADIENT - 1), st.integers(1, 2**31 - 1))
def test_any_gradient_is_divided_as_an_integer(gradient, divisor):
    weights = np.zeros(1, np.int16)
    gradients = np.array([gradient])
    load_library().integrad_descend(weights.ctypes.data, gradients.ctypes.data, 1, 32639, 1 / divisor, 0.0)
    assert weights[0] == -saturate(tdiv(gradient, divisor), 32639)


def test_the_description_names_the_vectors():
    assert describe() in ("AVX-512 with VNNI", "AVX-512", "AVX2", "portable vectors")

"""All engines compared with the NumPy engine: steps, gradients and logits, bit for bit."""

import numpy as np
import pytest
from fixed import FIXED
from hypothesis import given, settings
from hypothesis import strategies as st
from networks import cases

from integrad.arithmetic import ERROR_LIMIT, INT16_WEIGHT_LIMIT, INT32_LIMIT, weight_limit
from integrad.engines.choice import make_engine
from integrad.engines.numpy_engine import NumpyEngine
from integrad.errors import IntegradError
from integrad.execute.session import Train
from integrad.learners.nitro import NitroSchedule
from integrad.network.blocks import HeadPooling
from integrad.network.description import MAX_CLASSES
from integrad.network.network import Network
from integrad.training.specification import parse_spec
from integrad.training.stepper import Stepper, draw_dropouts


def require_equal(expected: Network, found: Network, what: str):
    pairs = zip(expected.arrays().items(), found.arrays().items(), strict=True)
    for (name, wanted), (_, weights) in pairs:
        assert np.array_equal(wanted, weights), f"{what}: {name} differs"


def compare(network: Network, batches: list, rule: dict, engine: str, threads: int, seed: int = 0):
    """batches: (x, labels). Trains twins on both engines, by step() and by gradients() and descend()."""
    twin, split = network.copy(), network.copy()
    reference = Stepper(network, **rule)
    whole = Stepper(twin, **rule, engine=make_engine(engine, twin, threads))
    parts = make_engine(engine, split, threads)
    assert parts.name == engine
    for number, (x, labels) in enumerate(batches):
        assert np.array_equal(whole.engine.logits(x), network.logits(x)), "logits differ"
        kept = draw_dropouts(network, len(x), np.random.default_rng(seed + number))
        wanted, _ = NumpyEngine(network).gradients(x, labels, reference.rule, kept)
        gradients, _ = parts.gradients(x, labels, reference.rule, kept)
        assert gradients.keys() == wanted.keys()
        assert all(np.array_equal(gradients[name], wanted[name]) for name in wanted), "gradients differ"
        parts.descend(gradients, reference.rule)
        rng, same = (np.random.default_rng(seed + number) for _ in range(2))
        assert whole.step(x, labels, rng) == reference.step(x, labels, same)
        whole.engine.fetch()
        parts.fetch()
        require_equal(network, twin, "step")
        require_equal(network, split, "gradients and descend")


def compare_case(case, engine: str, threads: int):
    network, preprocessing = case.network(), case.model().preprocessing
    schedule, batches = NitroSchedule(1, 0, 0), []
    for action in case.actions():
        if isinstance(action, Train):
            schedule = action.schedule
            batches.append((preprocessing.apply(action.samples), action.labels))
    rule = {
        "learning_rate_inv": schedule.learning_rate_inv,
        "decay_inv": schedule.decay_inv,
        "head_decay_inv": schedule.head_decay_inv,
        "learn": case.learn,
    }
    compare(network, batches, rule, engine, threads)


@settings(max_examples=50)
@given(cases(), st.integers(1, 3))
def test_drawn_native(case, threads):
    compare_case(case, "native", threads)


@pytest.mark.parametrize("name", FIXED)
def test_fixed_native(name):
    compare_case(FIXED[name], "native", 2)


SPECS = {
    "mlp:100,50": (784,),
    "mlp:7,x50,5,x95": (3,),
    "cnn:c5k5s2,x20,a2,c7k1,d9": (3, 13, 11),
    "cnn:c20,c9": (3, 9, 9),
    "cnn:c70,p2,c33": (1, 10, 10),
    "cnn:c8k5,p4,c16,d20": (3, 1, 40),
}


@pytest.mark.parametrize("batch", [1, 2, 7, 16, 65])
@pytest.mark.parametrize("spec", SPECS)
def test_batches_and_widths(spec, batch):
    """Tails of tiles, pairs and vectors; weights and inputs at their limits, too."""
    rng = np.random.default_rng(batch)
    network = Network(SPECS[spec], 10, parse_spec(spec, SPECS[spec]))
    network.initialise(rng)
    for extreme in (False, True):
        if extreme:
            network.load_parameters({n: full_range(w, rng) for n, w in network.arrays().items()})
        shape = (batch, *SPECS[spec])
        x = rng.choice([-127, 127], shape) if extreme else rng.integers(-127, 128, shape)
        batches = [(x.astype(np.int8), rng.integers(0, 10, batch))] * 2
        rule = {"learning_rate_inv": 1 if extreme else 8 * batch, "decay_inv": 3, "head_decay_inv": 50}
        compare(network, batches, rule, "native", 1 + batch % 2)


def full_range(weights, rng):
    limit = weight_limit(int(np.prod(weights.shape[1:])))
    return rng.choice([-limit, limit], weights.shape).astype(np.int16)


def test_more_products_than_32_bits_hold():
    """More than 512 samples, errors of more than 29 bits: sums are flushed, errors take three digits."""
    rng = np.random.default_rng(3)
    network = Network((5,), MAX_CLASSES, parse_spec("mlp:4", (5,)))
    network.load_parameters({name: full_range(w, rng) for name, w in network.arrays().items()})
    network.blocks[0].head[...] = np.where(network.blocks[0].head[:, :1] > 0, 32639, -32639)
    x = np.full((1100, 5), 127, np.int8)
    batches = [(x, rng.integers(0, MAX_CLASSES, 1100))]
    compare(network, batches, {"learning_rate_inv": 7}, "native", 2)


def test_errors_fit_32_bits_for_any_network():
    assert ERROR_LIMIT * MAX_CLASSES * INT16_WEIGHT_LIMIT <= INT32_LIMIT


def test_a_batch_whose_gradients_may_not_be_divided_exactly_is_refused():
    network = Network((1, 64, 64), MAX_CLASSES, parse_spec("cnn:c1", (1, 64, 64)))
    network.blocks[0].head_pooling = HeadPooling.fit(1, (64, 64), 256, "avg")
    learner = Stepper(network, 8, engine=make_engine("native", network))
    x = np.zeros((40, 1, 64, 64), np.int8)
    with pytest.raises(IntegradError, match="smaller --batch-size or --engine numpy"):
        learner.step(x, np.zeros(40, int))

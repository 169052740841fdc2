"""Everything that can train a workload, behind one interface: the engines and the baselines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from workloads import Built, learning_rate_inv

from integrad.engines.choice import ENGINES, make_engine
from integrad.training.stepper import Stepper

PLAIN, FLOAT32 = "plain", "float32"
GENERATED, NUMBA = "generated-c", "numba"


@dataclass
class Executor:
    """label: what it turned out to be. step(indices) trains on one batch, its gathering included.

    crc(): CRC-32 of all weights, or None where they are no integers.
    """

    label: str
    step: Callable[[np.ndarray], object]
    crc: Callable[[], int | None]


def make_executor(name: str, built: Built, batch: int, threads: int | None) -> Executor:
    """name: of an engine, or one of the constants above. batch: the largest, and what sets the rate.

    threads: of the native engine. Raises IntegradError or ImportError where the machine lacks it.
    """
    rates = {
        "learning_rate_inv": learning_rate_inv(batch),
        "decay_inv": built.decay_inv,
        "head_decay_inv": built.head_decay_inv,
    }
    network, x, labels = built.network, built.x, built.labels
    if name == FLOAT32:
        from float32_training import Float32Training

        training = Float32Training(network, x, labels)
        return Executor(training.label, training.step, lambda: None)
    if name in ENGINES:
        engine = make_engine(name, network, threads)
        learner, crc = Stepper(network, **rates, engine=engine), lambda: fetched_crc(engine)
        device = f" on {engine.device}" if hasattr(engine, "device") else ""
        label = f"{name}: {engine.name}" if name == "auto" else engine.name + device
    elif name == PLAIN:
        from plain_integer import PlainInteger

        learner = PlainInteger(network.describe()["layers"], network.arrays(), **rates)
        label, crc = "plain NumPy integers", lambda: plain_crc(network, learner)
    else:
        learner = make_candidate(name, network, batch, rates)
        label, crc = learner.label, learner.crc
    return Executor(label, lambda chosen: learner.step(x[chosen], labels[chosen]), crc)


def make_candidate(name: str, network, batch: int, rates: dict[str, int]):
    if name == GENERATED:
        from generated_c import GeneratedC

        return GeneratedC(network, batch, **rates)
    from numba_dense import NumbaDense

    return NumbaDense(network, **rates)


def fetched_crc(engine) -> int:
    engine.fetch()
    return engine.network.weights_crc()


def plain_crc(network, plain) -> int:
    """Raises IntegradError if a weight has left what 16 bits hold."""
    copy = network.copy()
    limits = np.iinfo(np.int16)
    arrays = {name: np.clip(w, limits.min, limits.max).astype(np.int16) for name, w in plain.weights.items()}
    copy.load_parameters(arrays)
    return copy.weights_crc()

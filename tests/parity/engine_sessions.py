"""Training sessions on which an engine must give NumPy's bits: how they are made and compared."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from cases import Case
from executors import DifferenceError
from fixed import CONV

from integrad.arithmetic import AMPLIFICATION
from integrad.engines.engine import Engine
from integrad.engines.numpy_engine import NumpyEngine
from integrad.learners.nitro import NitroRule
from integrad.network.learn_set import LearnSet
from integrad.network.network import Network
from integrad.training.stepper import draw_dropouts


@dataclass(frozen=True)
class Session:
    """A case's network, learn set and schedules; batches: the sizes of its training steps, on int8 inputs.

    weak_blocks: blocks' weights are divided by 300, so that with the highest ones no unit saturates.
    """

    case: Case
    batches: tuple[int, ...]
    drops: bool = True
    amplification: int | None = None
    weak_blocks: bool = False

    def network(self) -> Network:
        network = self.case.network()
        for block in network.blocks if self.weak_blocks else []:
            block.weights //= 300
        return network

    def steps(self, network: Network) -> Iterator[tuple]:
        """x, labels, rule and what the dropouts keep, for every training step."""
        rng = np.random.default_rng(self.case.seed)
        blocks = len(network.blocks)
        amplification = self.amplification or AMPLIFICATION * network.classes
        for rate, decay, head_decay in self.case.schedules:
            rule = NitroRule(rate, decay, head_decay, amplification, LearnSet.parse(self.case.learn, blocks))
            for batch in self.batches:
                x = self.inputs_of(network, batch, rng)
                kept = draw_dropouts(network, batch, rng if self.drops else None)
                yield x, rng.integers(0, network.classes, batch), rule, kept

    def inputs_of(self, network: Network, count: int, rng: np.random.Generator) -> np.ndarray:
        shape = (count, *network.input_shape)
        if self.case.inputs == "constant":
            return np.full(shape, 127, np.int8)
        if self.case.inputs == "extreme":
            return rng.choice(np.array([-127, 127], np.int8), shape)
        return rng.integers(-127, 127, shape, np.int8, endpoint=True)


class AnySession(Protocol):
    """What compare() needs of a session."""

    def network(self) -> Network: ...

    def steps(self, network: Network) -> Iterator[tuple]: ...

    def inputs_of(self, network: Network, count: int, rng: np.random.Generator) -> np.ndarray: ...


@dataclass(frozen=True)
class Step:
    """A training step and what NumPy makes of it; gradients: of an odd step. arrays: those of the network
    afterwards."""

    x: np.ndarray
    labels: np.ndarray
    rule: object
    kept: list | None
    score: object
    gradients: dict[str, np.ndarray] | None
    arrays: dict[str, np.ndarray]


@dataclass(frozen=True)
class Reference:
    """What NumPy makes of a session; at the end, the logits of `inputs`."""

    steps: list[Step]
    inputs: np.ndarray
    logits: np.ndarray


KEPT = 64
"""Maximum number of references in memory, so that NumPy computes a session once for all engines."""

_references: dict[str, Reference] = {}


def reference_of(session: AnySession) -> Reference:
    key = repr(session)  # everything follows from the fields
    if key not in _references:
        if len(_references) == KEPT:
            del _references[next(iter(_references))]
        _references[key] = _compute(session)
    return _references[key]


def _compute(session: AnySession) -> Reference:
    network, steps = session.network(), []
    engine = NumpyEngine(network)
    for number, (x, labels, rule, kept) in enumerate(session.steps(network)):
        gradients, given = None, deepcopy((x, labels, kept))
        if number % 2:
            gradients, score = engine.gradients(x, labels, rule, kept)
            engine.descend(gradients, rule)
        else:
            score = engine.step(x, labels, rule, kept)
        arrays = {name: array.copy() for name, array in network.arrays().items()}
        steps.append(Step(*given[:2], rule, given[2], score, gradients, arrays))
    x = session.inputs_of(network, 260, np.random.default_rng(0))
    return Reference(steps, x, engine.logits(x))


def compare(session: AnySession, make_engine: Callable[[Network], Engine]) -> None:
    """Raise DifferenceError at the first bit that differs. Odd steps go through gradients() and descend()."""
    reference, network = reference_of(session), session.network()
    engine = make_engine(network)
    for number, step in enumerate(reference.steps):
        here = f"step {number} of {session}"
        x, labels, kept = deepcopy((step.x, step.labels, step.kept))
        if number % 2:
            gradients, score = engine.gradients(x, labels, step.rule, kept)
            engine.descend(gradients, step.rule)
            wanted = step.gradients
            _require(gradients.keys() == wanted.keys(), f"other gradients than {wanted.keys()}", here)
            for name, gradient in wanted.items():
                _require(np.array_equal(gradients[name], gradient), f"gradient of {name}", here)
        else:
            score = engine.step(x, labels, step.rule, kept)
        engine.fetch()
        _require(same_step(step.score, score), f"{step.score} is {score}", here)
        for (name, ours), (_, theirs) in zip(step.arrays.items(), network.arrays().items(), strict=True):
            _require(np.array_equal(ours, theirs), name, here)
    logits = engine.logits(reference.inputs.copy())
    _require(np.array_equal(reference.logits, logits), "logits", f"the end of {session}")


def same_step(a, b):
    return (a.loss, a.correct) == (b.loss, b.correct)


def _require(equal: bool, what: str, where: str) -> None:
    if not equal:
        raise DifferenceError(f"{what} differs in {where}")


def _case(shape: tuple[int, ...], classes: int, layers: list[dict], **fields) -> Case:
    axes = {1: "F", 3: "CHW"}[len(shape)]
    constants = (0,) * shape[0]
    return Case(axes, "int8", shape, constants, constants, classes, layers, **fields)


def _dense(units: int, alpha_inv: int = 4) -> dict:
    return {"type": "dense", "units": units, "alpha_inv": alpha_inv}


def _conv(channels: int, kernel: list[int], padding: list[int], features: int, pool: str, **fields) -> dict:
    shape = {"channels": channels, "kernel": kernel, "padding": padding}
    return CONV | shape | {"head_features": features, "head_pool": pool} | fields


SESSIONS = {
    "dense": Session(
        _case((70,), 5, [_dense(35), _dense(64, 3), _dense(7, 20)], schedules=((3, 7, 9), (1, 1, 1)), seed=1),
        (6, 5, 1),
    ),
    # Samples and positions beyond the 512 products that a 32-bit lane may sum.
    "many samples": Session(
        _case(
            (33,), 3, [_dense(17)], weights="all highest", inputs="constant", seed=2,
            schedules=((2**27, 0, 0),),
        ),
        (2101, 513),
        amplification=1,
        weak_blocks=True,
    ),
    "many positions": Session(
        _case(
            (2, 12, 11),
            3,
            [_conv(3, [3, 3], [1, 1], 400, "avg"), _conv(2, [2, 3], [1, 2], 400, "max", stride=[1, 1])],
            schedules=((5, 90, 30),),
            weights="typical",
            seed=3,
        ),
        (33, 8),
    ),
    # Errors of three digits: many classes pull a few widest weights the same way.
    "many classes": Session(
        _case(
            (9,), 255, [_dense(2), _dense(3)], weights="all highest", inputs="constant", seed=4,
            schedules=((2**24, 0, 0), (1, 0, 0)),
        ),
        (3, 4),
        amplification=1,
        weak_blocks=True,
    ),
    "many classes of maps": Session(
        _case(
            (1, 5, 5), 255, [_conv(3, [2, 2], [1, 1], 3, "max"), _conv(2, [3, 1], [0, 0], 2, "avg")],
            weights="all highest", inputs="constant", schedules=((2**24, 9, 9), (1, 0, 0)), seed=5,
        ),
        (5, 2),
        amplification=1,
        weak_blocks=True,
    ),
    # Runs of whole vectors and more; strides; padded windows; pools and dropouts in between.
    "maps": Session(
        _case(
            (3, 9, 10),
            4,
            [
                _conv(21, [3, 3], [1, 1], 90, "max", alpha_inv=7),
                {"type": "max_pool", "size": [2, 2]},
                {"type": "dropout", "percent": 50},
                _conv(34, [3, 4], [2, 1], 300, "avg", stride=[2, 1]),
                {"type": "avg_pool", "size": [1, 2]},
                {"type": "dropout", "percent": 10},
                _conv(5, [1, 1], [0, 0], 9, "max"),
                _dense(40),
            ],
            schedules=((40, 300, 500), (1, 2, 2)),
            weights="typical",
            seed=6,
        ),
        (7, 4, 2),
    ),
    "extremes": Session(
        _case(
            (2, 6, 7), 3, [_conv(4, [3, 3], [2, 2], 20, "max"), _dense(33)],
            schedules=((1, 1, 1), (1, 0, 0), (2**20, 2**31 - 1, 2)),
            weights="extreme", inputs="extreme", seed=7,
        ),
        (9, 3),
        amplification=1,
    ),
    # Depthwise of few and of many channels; groups of several, of one that gives two, of whole vectors.
    "groups": Session(
        _case(
            (4, 9, 8),
            4,
            [
                _conv(4, [3, 3], [1, 1], 60, "max", groups=4),
                _conv(70, [2, 3], [0, 1], 90, "avg", groups=2, stride=[2, 1]),
                {"type": "dropout", "percent": 25},
                _conv(70, [3, 3], [1, 1], 200, "max", groups=70, stride=[1, 2], alpha_inv=5),
                _conv(140, [1, 3], [0, 1], 300, "max", groups=70, alpha_inv=10),
                {"type": "max_pool", "size": [1, 2]},
                _conv(6, [3, 2], [1, 1], 50, "max", groups=2),
                _conv(9, [2, 2], [1, 0], 20, "avg", groups=3),
                _dense(11),
            ],
            schedules=((40, 300, 500), (1, 2, 2)),
            weights="typical",
            seed=9,
        ),
        (7, 4, 2),
    ),
    "extremes of a depthwise block": Session(
        _case(
            (5, 6, 7), 3,
            [_conv(5, [3, 3], [1, 1], 20, "max", groups=5), _conv(5, [2, 2], [1, 1], 400, "avg", groups=5)],
            schedules=((1, 1, 1), (1, 0, 0), (2**20, 2**31 - 1, 2)),
            weights="extreme", inputs="extreme", seed=10,
        ),
        (9, 3, 40),
        amplification=1,
    ),
    # Sums beyond 32 bits: of vectors that are longer than what lanes may sum, of a head, of an output layer.
    "wide": Session(
        _case(
            (8500,), 3, [_dense(3), _dense(760), _dense(2)],
            weights="all highest", inputs="constant", schedules=((2**27, 0, 0), (9, 5, 7)), seed=11, sums=64,
        ),
        (5, 2),
        amplification=1,
    ),
    "wide output": Session(
        _case((600,), 4, [], learn="output", weights="extreme", inputs="extreme", seed=12, sums=64), (7, 4)
    ),
    # Runs that together are longer; groups; a depthwise convolution without a kernel of its own.
    "wide maps": Session(
        _case(
            (1000, 3, 3),
            3,
            [
                _conv(2, [3, 3], [1, 1], 8, "max"),
                _conv(4, [1, 1], [0, 0], 20, "avg", groups=1),
            ],
            schedules=((1, 1, 1),),
            weights="extreme",
            inputs="extreme",
            seed=13,
            sums=64,
        ),
        (3, 1),
        amplification=1,
    ),
    "wide groups": Session(
        _case(
            (1056, 3, 2),
            3,
            [
                _conv(6, [1, 1], [0, 0], 20, "avg", groups=2),
                _conv(6, [2, 2], [1, 1], 20, "max", groups=6),
            ],
            schedules=((1, 1, 1),),
            weights="extreme",
            inputs="extreme",
            seed=14,
            sums=64,
        ),
        (3, 1),
        amplification=1,
    ),
    "wide depthwise": Session(
        _case(
            (2, 24, 25), 3, [_conv(2, [24, 23], [0, 2], 20, "max", groups=2)],
            schedules=((1, 1, 1),), weights="all highest", inputs="constant", seed=15, sums=64,
        ),
        (3, 2),
        amplification=1,
    ),
    "no block": Session(_case((40,), 2, [], learn="output", seed=8), (3, 2)),
}  # fmt: skip

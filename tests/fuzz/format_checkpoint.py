"""Checkpoints."""

from __future__ import annotations

import container_mutations
import numpy as np
from fuzz_target import File, Target, contents

from integrad.network.network import Network
from integrad.training.checkpoint import load_checkpoint, save_checkpoint
from integrad.training.divergence import DivergenceWatch
from integrad.training.history import Epoch
from integrad.training.plateau import Plateau
from integrad.training.specification import parse_spec
from integrad.training.training_state import TrainingState

FILE = File("file.checkpoint")
SAMPLES = 6
NETWORK = Network((4,), 3, parse_spec("mlp:3", (4,)))
IDENTITY = {"network": NETWORK.describe(), "data": "0" * 64, "epochs": 9, "seed": 1, "tool_version": "0.1.0"}


def read(data: bytes) -> None:
    """A state that is read can be saved again, and is the same afterwards."""
    network, state = NETWORK.copy(), make_state()
    load_checkpoint(FILE.holding(data), IDENTITY, network, state, SAMPLES)
    save_checkpoint(FILE.path, IDENTITY, network, state)
    again, same = NETWORK.copy(), make_state()
    load_checkpoint(FILE.path, IDENTITY, again, same, SAMPLES)
    assert again.weights_crc() == network.weights_crc() and same.epochs == state.epochs
    for text in (*state.warnings, state.finished, *state.watch.said):
        assert text.isprintable(), text
    state.rng.permutation(SAMPLES)


def make_state() -> TrainingState:
    watch, plateau = DivergenceWatch(2, 2, 3), Plateau(4)
    return TrainingState(np.random.default_rng(1), 9, 128, plateau, plateau, watch)


def seeds() -> list[bytes]:
    found = []
    for epochs, order in ((0, True), (2, False), (1200, True)):
        network, state = NETWORK.copy(), make_state()
        network.initialise(state.rng)
        state.epochs = [epoch(number) for number in range(1, epochs + 1)]
        state.best = {name: array.copy() for name, array in network.arrays().items()} if epochs else {}
        state.best_epoch, state.best_score = min(1, epochs), (3, -5) if epochs else None
        if order:
            state.start_epoch(SAMPLES)
            state.position = 2
        identity = IDENTITY | ({"balance": True} if epochs == 0 else {})
        found.append(contents(lambda path, i=identity, n=network, s=state: save_checkpoint(path, i, n, s)))
    return found


def epoch(number: int) -> Epoch:
    values = dict.fromkeys(Epoch.__dataclass_fields__, 1) | {"number": number, "samples": SAMPLES}
    return Epoch(**values)


TARGET = Target("checkpoint", read, seeds, container_mutations.mutate, most=200_000)

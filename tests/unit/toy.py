"""A small data set and network for tests of training: noisy clusters that are separated after a few
epochs."""

import numpy as np

from integrad.network.network import Network
from integrad.training.specification import parse_spec
from integrad.training.trainer import Trainer

FEATURES, CLASSES = 16, 3


def make_samples(count, seed, noise=110):
    """x int8 (count, 16), y int64 (count,)."""
    centres = np.random.default_rng(99).integers(-60, 61, (CLASSES, FEATURES))
    rng = np.random.default_rng(seed)
    y = rng.integers(0, CLASSES, count)
    x = centres[y] + rng.integers(-noise, noise + 1, (count, FEATURES))
    return np.clip(x, -127, 127).astype(np.int8), y


def make_parts():
    """x_train, y_train, x_validation, y_validation."""
    return (*make_samples(205, 1), *make_samples(60, 2))


def make_run(spec="mlp:12,x10,8", **settings):
    """(Trainer, network initialised from its generator)."""
    trainer = Trainer(**{"epochs": 8, "seed": 1} | settings)
    network = Network((FEATURES,), CLASSES, parse_spec(spec, (FEATURES,)))
    network.initialise(trainer.rng)
    return trainer, network

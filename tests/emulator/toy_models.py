"""Untrained models of any shape, and samples for them."""

import numpy as np

from integrad.datasets.preprocessing import Preprocessing
from integrad.model_file import Model
from integrad.network.network import Network
from integrad.training.specification import parse_spec

CLASSES = 5


def make_samples(shape, dtype="uint8", count=24, seed=0):
    """Raw samples (count, *shape) over the whole range of dtype, labels (count,)."""
    rng = np.random.default_rng(seed)
    limits = np.iinfo(dtype)
    x = rng.integers(limits.min, limits.max, (count, *shape), dtype=dtype, endpoint=True)
    return x, rng.integers(0, CLASSES, count)


def make_model(spec, shape=(8, 8), axes="HW", dtype="uint8"):
    """A model with initial weights."""
    preprocessing = Preprocessing.fit(make_samples(shape, dtype)[0], axes)
    network = Network(preprocessing.input_shape, CLASSES, parse_spec(spec, preprocessing.input_shape))
    network.initialise(np.random.default_rng(1))
    return Model(network, preprocessing, [f"class {k}" for k in range(CLASSES)], {})

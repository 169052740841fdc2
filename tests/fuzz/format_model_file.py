"""Model files."""

from __future__ import annotations

import container_mutations
import numpy as np
from fuzz_target import File, Target, contents

from integrad.datasets.preprocessing import Preprocessing
from integrad.model_file import Model, load_model, save_model
from integrad.network.network import Network
from integrad.training.specification import load_spec

FILE, COPY = File("file.model"), File("copy.model")
SPECS = [("nitro-d", "mlp:3", (4,)), ("pocket", "mlp:3,2", (4,)), ("backprop", "cnn:c2,p2,d3", (1, 4, 4))]


def read(data: bytes) -> None:
    """A file that is read can be used, and written again."""
    model = load_model(FILE.holding(data))
    assert model.channels and isinstance(model.constants, dict)
    model.schedule(1)
    if model.network.block_macs < 100_000:
        model.network.logits(np.zeros((1, *model.network.input_shape), np.int8))
    save_model(model, COPY.path)
    assert load_model(COPY.path).network.weights_crc() == model.network.weights_crc()


def make_model(learner: str, spec: str, shape: tuple[int, ...], floats: bool = False) -> Model:
    found = load_spec(spec, shape, learner)
    network = Network(shape, 3, found.layers, found.learner, found.sums)
    rng = np.random.default_rng(1)
    network.initialise(rng)
    x = rng.integers(-900, 900, (30, *shape)).astype(np.float64 if floats else np.int16)
    axes = "F" if len(shape) == 1 else "CHW"
    record = {"seed": 1, "hyper_parameters": {"learn": "all", "batch_size": 4}, "accuracies": [0.5, 1]}
    names = [f"channel {n}" for n in range(shape[0])]
    return Model(network, Preprocessing.fit(x, axes), ["a", "b", "other one"], record, names)


def seeds() -> list[bytes]:
    models = [make_model(*spec, floats=number == 1) for number, spec in enumerate(SPECS)]
    return [contents(lambda path, model=model: save_model(model, path)) for model in models]


TARGET = Target("model", read, seeds, container_mutations.mutate, describes_networks=True)

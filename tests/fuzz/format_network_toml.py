"""network.toml: networks and settings of their training."""

from __future__ import annotations

from fuzz_target import File, Target

from integrad.errors import IntegradError
from integrad.network.description import check_description
from integrad.training.specification import load_spec

FILE = File("network.toml")
SHAPES = [(6,), (2, 1, 32), (1, 8, 8)]


def read(data: bytes) -> None:
    """A network that is read is a valid description or says why not."""
    path, found, error = str(FILE.holding(data)), [], None
    for shape in SHAPES:
        try:
            spec = load_spec(path, shape)
        except IntegradError as problem:
            error = problem
            continue
        found.append(spec)
        described = {"input_shape": list(shape), "classes": 3, "layers": spec.layers, "learner": spec.learner}
        check_description(described | {"sums": spec.sums})
    if not found:
        raise error


NITRO = b"""learner = "nitro-d"
alpha_inv = 4
head_features = 256
[[layer]]
type = "conv"
channels = 8
kernel = 3
stride = [1, 1]
head_pool = "avg"
[[layer]]
type = "max_pool"
size = 2
[[layer]]
type = "dropout"
percent = 10
[learning]
batch_size = 16
epochs = 3
augment_by = "sample"
schedule = "annealed"
last_learning_rate_inv = 4096
"""


def seeds() -> list[bytes]:
    pocket = b'learner = "pocket"\n[[layer]]\ntype = "pocket_dense"\nunits = 5\n'
    backprop = (
        b'learner="backprop"\nleak=8\nbias=true\nencoding="int8"\n[[layer]]\ntype="backprop_dense"\nunits=4\n'
    )
    return [NITRO, pocket, backprop, b'sums = 64\n[[layer]]\ntype = "dense"\nunits = 7\n']


TARGET = Target("toml", read, seeds)

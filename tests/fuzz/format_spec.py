"""SPEC, the short notation of networks on the command line."""

from __future__ import annotations

import os

from fuzz_target import Target

from integrad.errors import IntegradError
from integrad.network.description import check_description
from integrad.training.specification import load_spec

SHAPES = [(6,), (2, 1, 32), (3, 32, 32)]
LEARNERS = [None, "nitro-d", "pocket", "backprop"]


def read(data: bytes) -> None:
    """The text as the command line has it, for each shape of samples and each learner."""
    text = os.fsdecode(data).replace(".toml", "")
    error = None
    for shape in SHAPES:
        for learner in LEARNERS:
            try:
                spec = load_spec(text, shape, learner)
                described = {"input_shape": list(shape), "classes": 3, "layers": spec.layers}
                check_description(described | {"learner": spec.learner, "sums": spec.sums})
            except IntegradError as problem:
                error = problem
            else:
                return
    raise error


def seeds() -> list[bytes]:
    texts = (
        "mlp:96,48",
        "mlp:d8,x10",
        "cnn:p2,c8,x20,p2,c16k5s2,a2,dw,dwk5s2,d48",
        "nitro:vgg8b",
        "pocket:mlp",
    )
    return [text.encode() for text in texts]


TARGET = Target("spec", read, seeds, lines=3, most=400)

"""A self-test that needs no data: some inferences and training steps on samples that a device generates
itself, whose checksums must equal those of the host."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np

from integrad.model_file import Model
from integrad.training.stepper import Stepper
from integrad_codegen.encodings import packed
from integrad_codegen.plan import Plan, make_plan
from integrad_codegen.weights_file import frozen_parameters, learning_parameters

PREDICTIONS, STEPS = 4, 3


@dataclass(frozen=True)
class Checksums:
    """CRC-32 of all scores and of all weights after the training steps."""

    scores: int
    weights: int


def expected_checksums(model: Model, plan: Plan) -> Checksums:
    """The checksums according to the arithmetic of the host."""
    twin = model.network.copy()
    samples = _samples(model, PREDICTIONS + (STEPS if plan.batch else 0))
    scores = zlib.crc32(twin.logits(samples[:PREDICTIONS]).tobytes())
    if plan.batch:
        stepper = Stepper.on_device(twin, model.schedule(1), plan.learn.name, constants=plan.constants)
        for n in range(STEPS):
            at = PREDICTIONS + n
            stepper.step(samples[at : at + 1], np.array([n % plan.classes]))
    learnt = make_plan(twin, plan.prefix, plan.learn.name, max(1, plan.batch), plan.constants)
    data = packed([*frozen_parameters(learnt), *learning_parameters(learnt)])
    return Checksums(scores, zlib.crc32(data))


def _samples(model: Model, count: int) -> np.ndarray:
    """Network inputs for the samples that a device generates; any bytes are valid raw values."""
    p = model.preprocessing.of_raw_samples()
    dtype = np.dtype(p.raw_dtype).newbyteorder("<")
    size, state, drawn = int(np.prod(p.raw_shape)) * dtype.itemsize, 1, bytearray()
    for _ in range(count * size):
        state = state * 75 % 65537
        drawn.append(state & 255)
    return p.apply(np.frombuffer(bytes(drawn), dtype).reshape(count, *p.raw_shape).astype(p.raw_dtype))

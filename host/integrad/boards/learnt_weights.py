"""Weights that were learnt on a board: load them into their model, and read files of older exports."""

from __future__ import annotations

import struct
import zlib
from dataclasses import replace

from integrad.errors import IntegradError
from integrad.model_file import Model
from integrad_codegen.encodings import bytes_of, unpacked
from integrad_codegen.plan import Plan, make_plan
from integrad_codegen.weights_file import (
    HEADER,
    HEADER_BYTES,
    MAGIC,
    VERSION,
    layout,
    learning_parameters,
    origin_crc,
)


def model_with(model: Model, data: bytes, name: str) -> tuple[Model, str]:
    """(the model with the weights of a file of an older export, the learn set it was exported with).

    name: of the file. Raises IntegradError, as the board would, if the file is damaged or belongs to another
    model.
    """
    fields = _fields(data, name)
    plan = plans_by_layout(model).get(fields[3])
    if plan is None:
        raise IntegradError(f"{name}: made for another model; pass the model that was installed")
    learning = learning_parameters(plan)
    if fields[4] != origin_crc(plan) or fields[5]:
        raise IntegradError(
            f"{name}: learnt from other weights than those of this model; pass the model that was installed"
        )
    part = data[HEADER_BYTES:]
    expected = bytes_of(learning)
    if len(part) != expected:
        raise IntegradError(f"{name}: damaged ({len(part)} bytes of weights, expected {expected})")
    if zlib.crc32(part) != fields[7]:
        raise IntegradError(f"{name}: damaged (CRC-32 {zlib.crc32(part):08x}, expected {fields[7]:08x})")
    return with_weights(model, plan, part, name), plan.learn.name


def with_weights(model: Model, plan: Plan, weights: bytes, name: str) -> Model:
    """A copy of the model with the trainable weights of a plan, and without the accuracies of the old ones.

    name: of the file. Raises IntegradError if a value is out of range.
    """
    network = model.network.copy()
    try:
        network.load_parameters(network.arrays() | unpacked(learning_parameters(plan), weights))
    except IntegradError as error:
        raise IntegradError(f"{name}: {error}") from error
    record = {key: value for key, value in model.training.items() if not key.endswith("accuracy")}
    return replace(model, network=network, training=record)


def _fields(data: bytes, name: str) -> tuple:
    if len(data) >= HEADER_BYTES and data.startswith(MAGIC):
        fields = HEADER.unpack_from(data)
        (crc,) = struct.unpack_from("<I", data, HEADER.size)
        if fields[1:3] == (VERSION, HEADER_BYTES) and crc == zlib.crc32(data[: HEADER.size]):
            return fields
    raise IntegradError(f"{name}: not a weights file")


def plans_by_layout(model: Model) -> dict[int, Plan]:
    """Layout → plan, for every learn set with which the model can be exported."""
    blocks, found = len(model.network.blocks), {}
    for learn in ("none", *(f"last:{k}" for k in range(1, blocks)), "output", "all"):
        plan = make_plan(model.network, "model", learn, 1, model.constants)
        found[layout(model, plan)] = plan
    return found

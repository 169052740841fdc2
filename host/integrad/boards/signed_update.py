"""Signed updates of the weights of a program in C, in the format of docs/security.md."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from integrad.boards.learnt_weights import plans_by_layout, with_weights
from integrad.boards.signatures import SIGNATURE_BYTES, is_signed, sign
from integrad.errors import IntegradError, UsageError
from integrad.model_file import Model
from integrad_codegen.encodings import bytes_of, packed
from integrad_codegen.plan import make_plan
from integrad_codegen.weights_file import frozen_parameters, layout, learning_parameters

MAGIC, FORMAT = b"iUPD", 1
HEADER = struct.Struct("<4s5I8x")
"""Magic, format, layout, model, bytes of the weights, version. The weights and the signature follow."""

LAST_VERSION = 2**32 - 1


@dataclass(frozen=True)
class Update:
    """layout, model: CRC-32s of the program that it is for; version: of the update; weights: as they lie in
    the struct of the program."""

    layout: int
    model: int
    version: int
    weights: bytes


def make_update(learnt: Model, exported: Model, learn: str, version: int) -> Update:
    """The update that gives the weights of one model to a program that was exported from another one with
    this learn set.

    Raises UsageError if the models differ in more than the weights that learn there.
    """
    plan, own = (make_plan(m.network, "model", learn, 1, exported.constants) for m in (exported, learnt))
    if not learning_parameters(plan):
        raise UsageError("--learn none: a program in which nothing learns has no weights to update")
    for what, one, other in (
        ("another network", exported.network.describe(), learnt.network.describe()),
        ("other preprocessing", exported.preprocessing.describe(), learnt.preprocessing.describe()),
        ("other classes", exported.class_names, learnt.class_names),
    ):
        if one != other:
            raise UsageError(f"--for: has {what}; it must be the model that was exported")
    if layout(exported, plan) != layout(learnt, own):
        raise UsageError(
            "--for: has other shifts, which are constants of the program; "
            "sign weights that learnt on from the exported model"
        )
    if packed(frozen_parameters(plan)) != packed(frozen_parameters(own)):
        raise UsageError(f"--learn {learn}: the models differ in weights that do not learn in the program")
    weights = packed(learning_parameters(own))
    return Update(layout(exported, plan), exported.network.weights_crc(), version, weights)


def signed_image(update: Update, key_path: str) -> bytes:
    """The image of an update, signed with the private key in a file."""
    fields = (FORMAT, update.layout, update.model, len(update.weights), update.version)
    message = HEADER.pack(MAGIC, *fields) + update.weights
    return message + sign(message, key_path)


def read_update(image: bytes, key_path: str, name: str) -> Update:
    """The update in an image. name: of its file. Raises IntegradError if it is damaged or was not signed with
    the key to which the public key in a file belongs."""
    if len(image) < HEADER.size + SIGNATURE_BYTES or not image.startswith(MAGIC):
        raise IntegradError(f"{name}: not a signed update, or only the beginning of one")
    _, form, program, model, size, version = HEADER.unpack_from(image)
    expected = HEADER.size + size + SIGNATURE_BYTES
    if form != FORMAT or version == 0:
        raise IntegradError(f"{name}: damaged, or made by a newer version of integrad")
    if len(image) != expected:
        raise IntegradError(f"{name}: damaged ({len(image):,} bytes, expected {expected:,})")
    message, signature = image[:-SIGNATURE_BYTES], image[-SIGNATURE_BYTES:]
    if not is_signed(message, signature, key_path):
        raise IntegradError(f"{name}: not signed with the key of {key_path}, or changed since")
    return Update(program, model, version, message[HEADER.size :])


def require_program(update: Update, exported: Model, name: str) -> str:
    """The learn set of the program that an update is for. Raises IntegradError unless it was exported from
    this model, or if a weight is out of range."""
    if update.model != exported.network.weights_crc():
        raise IntegradError(
            f"{name}: for a program with other weights than those of this model; "
            "pass the model that was exported"
        )
    plan = plans_by_layout(exported).get(update.layout)
    if plan is None:
        raise IntegradError(f"{name}: made for another model; pass the model that was exported")
    if len(update.weights) != bytes_of(learning_parameters(plan)):
        raise IntegradError(f"{name}: damaged ({len(update.weights):,} bytes of weights)")
    with_weights(exported, plan, update.weights, name)
    return plan.learn.name

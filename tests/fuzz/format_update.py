"""Signed updates, whose inner fields are reached with the right signature."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from format_store_image import MODEL
from fuzz_target import Target

from integrad.boards.signatures import SIGNATURE_BYTES
from integrad.boards.signed_update import HEADER, MAGIC, make_update, read_update, require_program

KEY = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32))
FOLDER = tempfile.TemporaryDirectory(prefix="integrad-fuzz-")
PUBLIC = Path(FOLDER.name, "public.pem")
PUBLIC.write_bytes(KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))


def read(data: bytes) -> None:
    update = read_update(data, str(PUBLIC), "image")
    assert update.version > 0 and require_program(update, MODEL, "image") == "all"


def signed(message: bytes) -> bytes:
    return message + KEY.sign(message)


def mutate(data: bytes, rng: random.Random, mutate_bytes) -> bytes:
    """Other bytes, mostly with the right size in the header and the right signature."""
    message = mutate_bytes(data[:-SIGNATURE_BYTES])
    if rng.randrange(4) == 0:
        return message + data[-SIGNATURE_BYTES:]
    if len(message) >= HEADER.size and rng.randrange(4):
        message = message[:16] + (len(message) - HEADER.size).to_bytes(4, "little") + message[20:]
    return signed(message)


def seeds() -> list[bytes]:
    update = make_update(MODEL, MODEL, "all", 3)
    fields = (1, update.layout, update.model, len(update.weights), update.version)
    return [signed(HEADER.pack(MAGIC, *fields) + update.weights)]


TARGET = Target("update", read, seeds, mutate)

"""Weights that MicroPython saved, as `pull` reads them: in the format of the store, or of older exports."""

from __future__ import annotations

import random
import zlib

import format_store_image
from format_store_image import MODEL, PLAN, WEIGHTS
from fuzz_target import Target

from integrad.boards.learnt_file import learnt_file
from integrad_codegen.weights_file import HEADER, HEADER_BYTES, MAGIC, VERSION, layout, origin_crc


def read(data: bytes) -> None:
    found = learnt_file(MODEL, data, "file")
    assert found.learn == "all" and found.sequence >= 0


def old_file(weights: bytes) -> bytes:
    sizes = (origin_crc(PLAN), 0, len(weights), zlib.crc32(weights))
    return with_crc(HEADER.pack(MAGIC, VERSION, HEADER_BYTES, layout(MODEL, PLAN), *sizes)) + weights


def with_crc(fields: bytes) -> bytes:
    return fields + zlib.crc32(fields).to_bytes(4, "little")


def mutate(data: bytes, rng: random.Random, mutate_bytes) -> bytes:
    if not data.startswith(MAGIC):
        return format_store_image.mutate(data, rng, mutate_bytes)
    if rng.randrange(2):
        weights = mutate_bytes(data[HEADER_BYTES:])
        fields = bytearray(data[: HEADER.size])
        if rng.randrange(3) and len(fields) == HEADER.size:
            fields[-4:] = zlib.crc32(weights).to_bytes(4, "little")
        return with_crc(bytes(fields)) + weights
    return with_crc(mutate_bytes(data[: HEADER.size])) + data[HEADER_BYTES:]


def seeds() -> list[bytes]:
    return [
        format_store_image.slot(WEIGHTS, 1, 1),
        old_file(WEIGHTS),
        format_store_image.slot(WEIGHTS, 2, 1, 1),
    ]


TARGET = Target("learnt-file", read, seeds, mutate)

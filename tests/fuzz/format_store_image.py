"""Images of a memory that holds a weight store, as `integrad store` reads them."""

from __future__ import annotations

import random
import struct
import zlib

from format_model_file import make_model
from fuzz_target import Target

from integrad.boards.store_image import CHECKED_BYTES, HEADER_BYTES, MAGIC, model_of, saves_in
from integrad.errors import IntegradError
from integrad_codegen.encodings import packed
from integrad_codegen.plan import make_plan
from integrad_codegen.weights_file import layout, learning_parameters

MODEL = make_model("nitro-d", "mlp:3", (4,))
PLAN = make_plan(MODEL.network, "model", "all", 1, MODEL.constants)
WEIGHTS = packed(learning_parameters(PLAN))


def read(data: bytes) -> None:
    saves = saves_in(data)
    if not saves:
        raise IntegradError("no save")
    assert all(save.address + HEADER_BYTES + len(save.weights) <= len(data) for save in saves)
    for save in saves[:3]:
        learnt, learn = model_of(MODEL, save, "image")
        assert learn == "all" and learnt.network.weights_crc() == zlib.crc32(save.weights)


def slot(weights: bytes, sequence: int, unit: int, flags: int = 0) -> bytes:
    """Bytes of a slot that holds a save."""
    crcs = layout(MODEL, PLAN), MODEL.network.weights_crc()
    fields = (1, *crcs, len(weights), zlib.crc32(weights), sequence, 7, flags)
    header = with_crc(MAGIC + struct.pack("<8I", *fields) + bytes(8))
    mark = b"iSOK" + header[CHECKED_BYTES:] if flags else b""
    parts = (header, 48), (mark, 8), (weights, len(weights))
    return b"".join(part.ljust(-(-size // unit) * unit, b"\xff") for part, size in parts)


def with_crc(checked: bytes) -> bytes:
    return checked + struct.pack("<I", zlib.crc32(checked))


def mutate(data: bytes, rng: random.Random, mutate_bytes) -> bytes:
    """Other bytes, with the CRC-32s of headers, and sometimes of weights, made right."""
    way, image = rng.randrange(6), bytearray(data)
    if way == 0:
        return mutate_bytes(data)
    if way == 1:
        image[rng.randrange(len(image) + 1) :] = slot(mutate_bytes(WEIGHTS)[: len(WEIGHTS)], way, 8)
    elif way == 2:
        at = rng.randrange(len(image) + 1)
        image[at:at] = slot(WEIGHTS, rng.randrange(9), rng.choice((1, 8, 200)), rng.randrange(2))[
            : rng.choice((48, 400))
        ]
    else:
        image = bytearray(mutate_bytes(data))
    at = image.find(MAGIC)
    while at >= 0 and len(image) - at >= HEADER_BYTES:
        if rng.randrange(3) == 0:
            field = rng.choice((12, 16, 16, 16, 20, 24, 32))
            value = rng.choice((0, 1, 2**31, 2**32 - 1, len(image), len(image) // 2, rng.randrange(1000)))
            struct.pack_into("<I", image, at + field, value)
        (size,) = struct.unpack_from("<I", image, at + 16)
        if rng.randrange(2):
            begin = at + 56
            struct.pack_into("<I", image, at + 20, zlib.crc32(image[begin : begin + size]))
        struct.pack_into("<I", image, at + CHECKED_BYTES, zlib.crc32(image[at : at + CHECKED_BYTES]))
        at = image.find(MAGIC, at + 4)
    return bytes(image)


def seeds() -> list[bytes]:
    one, two = slot(WEIGHTS, 1, 8), slot(WEIGHTS, 2, 8, flags=1)
    crowd = b"".join(slot(b"", n, 1)[:48] for n in range(40))
    return [one, bytes(64) + one + b"\xff" * 32 + two, slot(WEIGHTS, 9, 256), crowd, slot(bytes(9), 1, 1)]


TARGET = Target("store-image", read, seeds, mutate)

"""The weights file that the MicroPython modules read: a header of 32 bytes, then rows of weights.

The format is described in docs/micropython-weights.md. All integers are little-endian.
"""

from __future__ import annotations

import json
import struct
import zlib
from dataclasses import dataclass

from integrad.model_file import Model
from integrad.network.parameter import Parameter
from integrad_codegen.encodings import Encoding, alignment_of, bytes_of, encoding_of, packed
from integrad_codegen.plan import Plan

MAGIC = b"iWGT"
VERSION = 1
HEADER = struct.Struct("<4sHHIIIII")
"""magic, version, bytes of the header, layout, CRC-32 of the frozen weights (in a file of learnt
weights, of the whole original model), bytes of the frozen weights, bytes of the trainable weights,
CRC-32 of the trainable weights. The header's own CRC-32 follows."""

HEADER_BYTES = HEADER.size + 4
SMALL_INTEGER = 2**30 - 1
"""Largest integer that is a small integer of MicroPython on every machine."""


@dataclass(frozen=True)
class Member:
    """An array of weights in the file. offset: bytes from the beginning of its part, frozen or trainable."""

    name: str
    rows: int
    columns: int
    learns: bool
    offset: int
    encoding: Encoding


def members(plan: Plan) -> list[Member]:
    """All arrays in the order of the file: first the frozen ones, then the trainable ones."""
    found = []
    for learns, arrays in ((False, frozen_parameters(plan)), (True, learning_parameters(plan))):
        offset = 0
        for parameter in arrays:
            rows, columns = parameter.matrix.shape
            encoding = encoding_of(parameter)
            found.append(Member(parameter.member, rows, columns, learns, offset, encoding))
            offset += encoding.bytes * parameter.array.size
    return found


def frozen_parameters(plan: Plan) -> list[Parameter]:
    """Parameters that do not learn on the device: all of them if nothing does."""
    return plan.frozen_parameters() if plan.batch else plan.parameters()


def learning_parameters(plan: Plan) -> list[Parameter]:
    """Parameters that learn on the device."""
    return plan.parameters() if plan.batch else []


def part_bytes(plan: Plan) -> tuple[int, int]:
    """Bytes of the frozen and of the trainable weights."""
    parts = frozen_parameters(plan), learning_parameters(plan)
    return bytes_of(parts[0]), bytes_of(parts[1])


def alignment(plan: Plan) -> int:
    """Alignment required for the frozen weights of a file in memory."""
    return alignment_of([*frozen_parameters(plan), *learning_parameters(plan)])


def layout_text(model: Model, plan: Plan) -> str:
    """Description of what a module is compiled for: the preprocessing and the network as JSON, then one
    line per array with whether it learns, its name, rows and values per row, and one line per parameter whose
    values are constants of the module."""
    compiled = {"preprocessing": model.preprocessing.describe(), "network": model.network.describe()}
    arrays = [f"{'learning' if m.learns else 'frozen'} {m.name} {m.rows} {m.columns}" for m in members(plan)]
    fixed = [p for p in model.network.parameters() if not p.on_device]
    constants = [f"constant {p.name} {' '.join(map(str, p.array.ravel()))}" for p in fixed]
    return "\n".join([json.dumps(compiled, sort_keys=True), *arrays, *constants, ""])


def layout(model: Model, plan: Plan) -> int:
    """Number that a file and a module must share to be compatible: 30 bits of the layout's CRC-32."""
    return zlib.crc32(layout_text(model, plan).encode()) & SMALL_INTEGER


def weights_file(model: Model, plan: Plan) -> bytes:
    """Contents of the file with all weights of the plan's network."""
    frozen, learning = packed(frozen_parameters(plan)), packed(learning_parameters(plan))
    sizes = (zlib.crc32(frozen), len(frozen), len(learning), zlib.crc32(learning))
    fields = HEADER.pack(MAGIC, VERSION, HEADER_BYTES, layout(model, plan), *sizes)
    return fields + zlib.crc32(fields).to_bytes(4, "little") + frozen + learning


def origin_crc(plan: Plan) -> int:
    """CRC-32 of all weights in the order of the file, to which files of learnt weights refer."""
    return zlib.crc32(packed(learning_parameters(plan)), zlib.crc32(packed(frozen_parameters(plan))))

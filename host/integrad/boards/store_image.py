"""Saves of the weight store in an image of a memory or in a file, in the format of docs/weight-store.md."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import ClassVar

from integrad.boards.learnt_weights import plans_by_layout, with_weights
from integrad.errors import IntegradError
from integrad.model_file import Model
from integrad_codegen.encodings import bytes_of
from integrad_codegen.store_format import (
    CHECKED_BYTES,
    HEADER_BYTES,
    LARGEST_UNIT,
    MAGIC,
    MARK,
    MARK_BYTES,
    NEEDS_CONFIRMATION,
    VERSION,
    rounded,
)
from integrad_codegen.weights_file import learning_parameters, origin_crc


@dataclass(frozen=True)
class StoredSave:
    """A save with an intact header.

    address: of its slot in the image; layout, model: CRC-32 of the program that saved; size: of the weights
    in bytes; update: version of the last update that was installed before, 0 for none; unit: size of a
    program unit, None if the weights are damaged, since their CRC-32 tells it.
    """

    INTACT: ClassVar[str] = "intact"
    DAMAGED: ClassVar[str] = "damaged"
    UNCONFIRMED: ClassVar[str] = "unconfirmed"

    address: int
    layout: int
    model: int
    size: int
    sequence: int
    steps: int
    update: int
    state: str
    unit: int | None
    weights: bytes


def saves_in(image: bytes) -> list[StoredSave]:
    """All saves in an image, in the order of their sequence numbers.

    Slots do not overlap: a save whose weights would reach beyond the header of the next one is damaged.
    """
    addresses, at = [], image.find(MAGIC)
    while at >= 0:
        if _is_header(image[at : at + HEADER_BYTES]):
            addresses.append(at)
        at = image.find(MAGIC, at + len(MAGIC))
    ends = [*addresses[1:], len(image)]
    found = [_save_at(image, address, end) for address, end in zip(addresses, ends, strict=False)]
    return sorted(found, key=lambda save: save.sequence)


def model_of(model: Model, save: StoredSave, name: str) -> tuple[Model, str]:
    """(the model with the weights of a save, the learn set it was exported with).

    name: of the image. Raises IntegradError if the save is damaged or belongs to another model.
    """
    where = f"{name}: save {save.sequence}"
    plan = plans_by_layout(model).get(save.layout)
    if plan is None:
        raise IntegradError(f"{where}: made for another model; pass the model that was exported")
    if save.model not in (model.network.weights_crc(), origin_crc(plan)):
        raise IntegradError(
            f"{where}: learnt from other weights than those of this model; pass the model that was exported"
        )
    if save.state == StoredSave.DAMAGED or len(save.weights) != bytes_of(learning_parameters(plan)):
        raise IntegradError(f"{where}: damaged; another save may be intact")
    return with_weights(model, plan, save.weights, where), plan.learn.name


def newest_of(saves: list[StoredSave], model: Model) -> StoredSave:
    """The save that a start of a program with this model loads; if none, another, to say what is wrong."""
    known = _origins(model)
    own = [save for save in saves if (save.layout, save.model) in known] or saves
    intact = [save for save in own if save.state == StoredSave.INTACT]
    return (intact or own)[-1]


def _origins(model: Model) -> set[tuple[int, int]]:
    """(layout, model) in the saves of all programs with this model. MicroPython knows weights of other
    exports than its own by a CRC-32 that it can compute."""
    crc, found = model.network.weights_crc(), set()
    for number, plan in plans_by_layout(model).items():
        found |= {(number, crc), (number, origin_crc(plan))}
    return found


def _is_header(header: bytes) -> bool:
    if len(header) < HEADER_BYTES:
        return False
    version, crc = (*struct.unpack_from("<I", header, 4), *struct.unpack_from("<I", header, CHECKED_BYTES))
    return version == VERSION and crc == zlib.crc32(header[:CHECKED_BYTES])


def _save_at(image: bytes, address: int, end: int) -> StoredSave:
    """The save whose header begins at an address. end: of what may belong to it."""
    fields = struct.unpack_from("<8I", image, address + 8)
    layout, model, size, weights_crc, sequence, steps, flags, update = fields
    (crc,) = struct.unpack_from("<I", image, address + CHECKED_BYTES)
    unit = _unit_of(image, address, end, size, weights_crc)
    state = StoredSave.INTACT if unit else StoredSave.DAMAGED
    if unit and flags & NEEDS_CONFIRMATION:
        begin = address + rounded(HEADER_BYTES, unit)
        if image[begin : begin + MARK_BYTES] != MARK + struct.pack("<I", crc):
            state = StoredSave.UNCONFIRMED
    weights = image[_weights_at(address, unit) :][:size] if unit else b""
    return StoredSave(address, layout, model, size, sequence, steps, update, state, unit, weights)


def _unit_of(image: bytes, address: int, end: int, size: int, crc: int) -> int | None:
    """The size of a program unit with which the weights have this CRC-32. Sizes that put the weights at the
    same place are equivalent."""
    tried = set()
    for unit in range(1, LARGEST_UNIT + 1):
        begin = _weights_at(address, unit)
        if begin not in tried and begin + size <= end:
            tried.add(begin)
            if zlib.crc32(memoryview(image)[begin : begin + size]) == crc:
                return unit
    return None


def _weights_at(address: int, unit: int) -> int:
    return address + rounded(HEADER_BYTES, unit) + rounded(MARK_BYTES, unit)

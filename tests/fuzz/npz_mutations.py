"""Changes of .npz files: of the archive, of the header of an array, of its values."""

from __future__ import annotations

import io
import random
import warnings
import zipfile
from collections.abc import Callable

HEADERS = [
    "{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999,), }",
    "{'descr': '|O', 'fortran_order': False, 'shape': (3,), }",
    "{'descr': [('a', '<i2'), ('b', '<U3')], 'fortran_order': True, 'shape': (2, 3), }",
    "{'descr': '<U9', 'fortran_order': False, 'shape': (), }",
    "{'descr': '<M8[ns]', 'fortran_order': False, 'shape': (6,), }",
    "{'descr': '<i2', 'fortran_order': False, 'shape': (-1, 6), }",
    "((((((((((((((((((((((((((((((((((((((((((",
    "{'descr': '<i2', 'fortran_order': False, 'shape': (0, 6), }",
]
NAMES = [
    "x.npy",
    "y.npy",
    "group.npy",
    "test.npy",
    "class_names.npy",
    "x_train.npy",
    "y_test.npy",
    "\x1b.npy",
]
WAYS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)


def mutate(data: bytes, rng: random.Random, mutate_bytes: Callable[[bytes], bytes]) -> bytes:
    way = rng.randrange(7)
    members = members_of(data)
    if way < 2 or not members:
        return mutate_bytes(data)
    number = rng.randrange(len(members))
    name, array = members[number]
    if way == 2:
        members[number] = (rng.choice(NAMES), array)
    elif way == 3:
        members[number:number] = [(rng.choice(NAMES), array)] * rng.choice((1, 1, 2, 200))
    elif way == 4:
        members[number] = (name, mutate_bytes(array))
    elif way == 5:
        members[number] = (name, _with_header(array, rng, mutate_bytes))
    else:
        del members[number]
    return archive(members, rng.choice(WAYS))


def _with_header(array: bytes, rng: random.Random, mutate_bytes) -> bytes:
    length = int.from_bytes(array[8:10], "little")
    header, values = array[10 : 10 + length], array[10 + length :]
    header = mutate_bytes(header) if rng.randrange(2) else rng.choice(HEADERS).encode()
    version = rng.choice((1, 1, 1, 2, 3))
    size = len(header).to_bytes(2 if version == 1 else 4, "little")
    return b"\x93NUMPY" + bytes([version, 0]) + size + header + values


def members_of(data: bytes) -> list[tuple[str, bytes]]:
    """Small members of an archive that can be read."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as whole:
            infos = [info for info in whole.infolist() if info.file_size < 50_000]
            return [(info.filename, whole.read(info)) for info in infos]
    except Exception:
        return []


def archive(members: list[tuple[str, bytes]], way: int) -> bytes:
    file = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(file, "w", way) as whole:
        warnings.simplefilter("ignore")  # about names that occur twice
        for name, data in members:
            whole.writestr(name, data)
    return file.getvalue()


def expanded(data: bytes) -> int:
    """Bytes of the members that are there, whatever the directory says."""
    total = len(data)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as whole:
            for info in whole.infolist():
                with whole.open(info) as member:
                    while part := member.read(65536):
                        total += len(part)
    except Exception:
        pass
    return total

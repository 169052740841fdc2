"""Read .npz files that may be missing, damaged or malicious, with one-line error messages."""

from __future__ import annotations

import struct
import sys
import tokenize
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from math import prod
from pathlib import Path

import numpy as np

from integrad.errors import IntegradError, one_line

ZIP_MAGIC = (b"PK\x03\x04", b"PK\x05\x06")
NPY_MAGIC = b"\x93NUMPY"
DAMAGED_ZIP = (
    *(ValueError, OSError, EOFError, KeyError, RuntimeError),
    *(zipfile.BadZipFile, zlib.error, struct.error),
)
"""Exceptions of zipfile for damaged archives; RuntimeError means encrypted or an unknown compression."""

DAMAGED_ARRAY = (*DAMAGED_ZIP, SyntaxError, TypeError, OverflowError, tokenize.TokenError)
"""Further exceptions of NumPy when it parses the header of an array."""


MOST_HEADER = 2**16
"""Bytes of the header of an array; NumPy refuses even shorter ones, but reads longer ones before."""

Shapes = dict[str, tuple[int, ...]]


def read_archive(path: Path) -> dict[str, np.ndarray]:
    """All arrays of an .npz file by name. Never unpickles. Raises IntegradError naming the file."""
    return read_chosen(path, set)[0]


def read_chosen(
    path: Path, choose: Callable[[Shapes], Collection[str]]
) -> tuple[dict[str, np.ndarray], list[str]]:
    """(some arrays of an .npz file by name, names of the others, whose values are not read).

    choose: the names to read, by the shapes of all arrays. Never unpickles. Raises IntegradError naming the
    file.
    """
    try:
        with path.open("rb") as file:
            _check_magic(path, file.read(8))
            file.seek(0)
            return _read_arrays(path, file, choose)
    except FileNotFoundError:
        raise IntegradError(f"{path}: no such file") from None
    except IsADirectoryError:
        raise IntegradError(f"{path}: is a directory, expected an .npz file") from None
    except PermissionError:
        raise IntegradError(f"{path}: permission denied; make it readable (chmod +r)") from None
    except OSError as error:
        raise IntegradError(f"{path}: cannot be read: {error.strerror or error}") from None


def _check_magic(path: Path, start: bytes) -> None:
    if start.startswith(NPY_MAGIC):
        raise IntegradError(f"{path}: is a single array; save x and y in one file with np.savez")
    if not start.startswith(ZIP_MAGIC):
        raise IntegradError(
            f"{path}: is not an .npz file; save one with np.savez_compressed(path, x=x, y=y), "
            "or let the name of a table end in .csv"
        )


def _read_arrays(
    path: Path, file, choose: Callable[[Shapes], Collection[str]]
) -> tuple[dict[str, np.ndarray], list[str]]:
    try:
        with zipfile.ZipFile(file) as archive:
            members = [info for info in archive.infolist() if not info.filename.endswith("/")]
            names = [info.filename for info in members]
            _check_names(path, names)
            _check_compression(path, members)
            chosen = choose({_field(name): _read_shape(path, archive, name) for name in names})
            arrays = {
                _field(name): _read_array(path, archive, name) for name in names if _field(name) in chosen
            }
            return arrays, [_field(name) for name in names if _field(name) not in chosen]
    except DAMAGED_ZIP as error:
        raise IntegradError(
            f"{path}: is damaged or truncated ({_first_line(error)}); copy it again"
        ) from None


def _check_names(path: Path, names: list[str]) -> None:
    counts = Counter(names)
    for name in names:
        if not name.isprintable():
            raise IntegradError(f"{path}: contains an array named {name!r}; rename it")
        if counts[name] > 1:
            raise IntegradError(f"{path}: contains {name.removesuffix('.npy')} twice; save the file again")
        if not name.endswith(".npy"):
            raise IntegradError(
                f"{path}: contains {name}, which is not an array; save the file with np.savez"
            )


def _check_compression(path: Path, members: list[zipfile.ZipInfo]) -> None:
    """Others than NumPy's can demand gigabytes of memory, whatever the size of the file."""
    for info in members:
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise IntegradError(
                f"{path}: {info.filename} is compressed as NumPy never does; save it with np.savez_compressed"
            )


def _field(name: str) -> str:
    return name.removesuffix(".npy")


def _read_shape(path: Path, archive: zipfile.ZipFile, name: str) -> tuple[int, ...]:
    with _explained(path, _field(name)), archive.open(name) as member:
        return _read_header(member)[0]


def _read_header(member) -> tuple[tuple[int, ...], np.dtype]:
    header = _Header(member)
    version = np.lib.format.read_magic(header)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else _read_later_header
    shape, _, dtype = read(header)
    if dtype.hasobject:
        raise ValueError("Object arrays cannot be loaded")
    return shape, dtype


class _Header:
    """The beginning of a member, in which no header says that it is longer than those of NumPy."""

    def __init__(self, member):
        self._member = member

    def read(self, count: int) -> bytes:
        if count > MOST_HEADER:
            raise ValueError("the header of an array is too long")
        return self._member.read(count)


def _read_later_header(member) -> tuple[tuple[int, ...], bool, np.dtype]:
    """Of version 2 and 3, which differ in the encoding of names that no array used here has."""
    return np.lib.format.read_array_header_2_0(member)


def _read_array(path: Path, archive: zipfile.ZipFile, name: str) -> np.ndarray:
    with _explained(path, _field(name)):
        with archive.open(name) as member:
            shape, dtype = _read_header(member)
        if min(shape, default=0) < 0 or prod(shape) * dtype.itemsize > archive.getinfo(name).file_size:
            raise ValueError(f"its values are missing, the shape is {shape}")
        with archive.open(name) as member:
            array = np.lib.format.read_array(member, allow_pickle=False)
            if member.read(1):
                raise ValueError("bytes after the end of an array")
        if dtype.kind == "U" and array.nbytes and _largest_character(array) > sys.maxunicode:
            raise ValueError("a string has a character that does not exist")
        return array


def _largest_character(strings: np.ndarray) -> int:
    """NumPy stores any 32-bit numbers as characters, of which Python then makes no string."""
    return int(np.ascontiguousarray(strings).view(strings.dtype.byteorder.replace("|", "=") + "u4").max())


@contextmanager
def _explained(path: Path, field: str) -> Iterator[None]:
    """Raise the exceptions of NumPy about an array as IntegradError."""
    try:
        yield
    except MemoryError:
        raise IntegradError(f"{path}: {field} does not fit in memory") from None
    except DAMAGED_ARRAY as error:
        if "Object arrays" in str(error):
            raise IntegradError(
                f"{path}: {field} is an array of Python objects, which are never loaded; "
                "save numbers or strings of equal shape, for example np.array(values, dtype=np.int16)"
            ) from None
        raise IntegradError(
            f"{path}: {field} is damaged or truncated ({_first_line(error)}); copy the file again"
        ) from None


def _first_line(error: BaseException) -> str:
    return one_line((str(error).splitlines() or [type(error).__name__])[0])

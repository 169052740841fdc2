"""Read .npz files that may be missing, damaged or malicious, with one-line error messages."""

from __future__ import annotations

import tokenize
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from integrad.errors import IntegradError

ZIP_MAGIC = (b"PK\x03\x04", b"PK\x05\x06")
NPY_MAGIC = b"\x93NUMPY"
DAMAGED_ZIP = (ValueError, OSError, EOFError, KeyError, RuntimeError, zipfile.BadZipFile, zlib.error)
"""Exceptions of zipfile for damaged archives; RuntimeError means encrypted or an unknown compression."""

DAMAGED_ARRAY = (*DAMAGED_ZIP, SyntaxError, TypeError, OverflowError, tokenize.TokenError)
"""Further exceptions of NumPy when it parses the header of an array."""


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
            names = [name for name in archive.namelist() if not name.endswith("/")]
            _check_names(path, names)
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


def _field(name: str) -> str:
    return name.removesuffix(".npy")


def _read_shape(path: Path, archive: zipfile.ZipFile, name: str) -> tuple[int, ...]:
    with _explained(path, _field(name)), archive.open(name) as member:
        version = np.lib.format.read_magic(member)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else _read_later_header
        shape, _, dtype = read(member)
        if dtype.hasobject:
            raise ValueError("Object arrays cannot be loaded")
        return shape


def _read_later_header(member) -> tuple[tuple[int, ...], bool, np.dtype]:
    """Of version 2 and 3, which differ in the encoding of names that no array used here has."""
    return np.lib.format.read_array_header_2_0(member)


def _read_array(path: Path, archive: zipfile.ZipFile, name: str) -> np.ndarray:
    with _explained(path, _field(name)), archive.open(name) as member:
        array = np.lib.format.read_array(member, allow_pickle=False)
        if member.read(1):
            raise ValueError("bytes after the end of an array")
        return array


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
    return (str(error).splitlines() or [type(error).__name__])[0]

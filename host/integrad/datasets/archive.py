"""Read .npz files that may be missing, damaged or malicious, with one-line error messages."""

from __future__ import annotations

import tokenize
import zipfile
import zlib
from pathlib import Path

import numpy as np

from integrad.errors import IntegradError

ZIP_MAGIC = (b"PK\x03\x04", b"PK\x05\x06")
NPY_MAGIC = b"\x93NUMPY"
DAMAGED_ZIP = (ValueError, OSError, EOFError, KeyError, RuntimeError, zipfile.BadZipFile, zlib.error)
"""Exceptions of zipfile for damaged archives; RuntimeError means encrypted or an unknown compression."""

DAMAGED_ARRAY = (*DAMAGED_ZIP, SyntaxError, TypeError, OverflowError, tokenize.TokenError)
"""Further exceptions of NumPy when it parses the header of an array."""


def read_archive(path: Path) -> dict[str, np.ndarray]:
    """All arrays of an .npz file by name. Never unpickles. Raises IntegradError naming the file."""
    try:
        with path.open("rb") as file:
            _check_magic(path, file.read(8))
            file.seek(0)
            return _read_arrays(path, file)
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


def _read_arrays(path: Path, file) -> dict[str, np.ndarray]:
    try:
        with zipfile.ZipFile(file) as archive:
            names = [name for name in archive.namelist() if not name.endswith("/")]
            _check_names(path, names)
            return {name.removesuffix(".npy"): _read_array(path, archive, name) for name in names}
    except DAMAGED_ZIP as error:
        raise IntegradError(
            f"{path}: is damaged or truncated ({_first_line(error)}); copy it again"
        ) from None


def _check_names(path: Path, names: list[str]) -> None:
    for name in names:
        if not name.isprintable():
            raise IntegradError(f"{path}: contains an array named {name!r}; rename it")
        if names.count(name) > 1:
            raise IntegradError(f"{path}: contains {name.removesuffix('.npy')} twice; save the file again")
        if not name.endswith(".npy"):
            raise IntegradError(
                f"{path}: contains {name}, which is not an array; save the file with np.savez"
            )


def _read_array(path: Path, archive: zipfile.ZipFile, name: str) -> np.ndarray:
    field = name.removesuffix(".npy")
    try:
        with archive.open(name) as member:
            array = np.lib.format.read_array(member, allow_pickle=False)
            if member.read(1):
                raise ValueError("bytes after the end of an array")
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
    return array


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]

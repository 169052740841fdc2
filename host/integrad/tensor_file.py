"""Integer tensors and a JSON document in a safetensors file, which is validated when it is read.

Models and checkpoints are such files. The document is the only entry of the safetensors metadata,
under the key `integrad`; its fields `format` and `version` determine the meaning of the rest. Any reader of
safetensors can open the file.
"""

from __future__ import annotations

import json
import os
import zlib
from pathlib import Path

import numpy as np
import safetensors
import safetensors.numpy

from integrad.errors import IntegradError, one_line
from integrad.files import write_atomically

KEY = "integrad"
CHECKSUM = "checksum"
MAX_HEADER = 2**25
"""Bytes; a checkpoint of 100,000 epochs has 20 million."""

MAX_FILE = 2**31
DTYPES = {"I8", "U8", "I16", "I32", "I64"}
FLOAT_DTYPES = {"F16", "F32", "F64"}


def write_tensors(
    path: str | os.PathLike, kind: str, version: int, document: dict, tensors: dict[str, np.ndarray]
) -> None:
    """Write a file of this kind atomically; equal contents yield equal bytes.

    document: JSON-serialisable, without NaN. tensors: integer arrays. Raises IntegradError if it cannot be
    written.
    """
    arrays = {name: np.ascontiguousarray(array) for name, array in tensors.items()}
    whole = {"format": kind, "version": version, **document}
    text = _text(whole | {CHECKSUM: checksum(whole, arrays)})
    write_atomically(path, safetensors.numpy.save(arrays, metadata={KEY: text}))


def read_tensors(path: str | os.PathLike, kind: str, version: int) -> tuple[dict, dict[str, np.ndarray]]:
    """Document and tensors of a file of this kind; the checksum is left to require_checksum.

    Raises IntegradError, naming the file, if it is missing, unreadable, damaged, truncated, of
    another kind, newer than this version, or contains anything but integers.
    """
    _check_size(path)
    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            document = _parse_document(path, file.metadata(), kind, version)
            tensors = {name: _read_tensor(path, file, name) for name in file.keys()}  # noqa: SIM118
    except OSError as error:
        raise IntegradError(f"{path}: cannot be read: {error.strerror or error}") from error
    except safetensors.SafetensorError as error:
        raise IntegradError(f"{path}: is damaged or not a safetensors file: {one_line(error)}") from error
    except MemoryError as error:
        raise IntegradError(f"{path}: its tensors do not fit in memory") from error
    return document, tensors


def require_checksum(document: dict, tensors: dict[str, np.ndarray]) -> bool:
    """Whether there is a checksum, which older files lack. Raises IntegradError if it is wrong.

    Called when everything else has been checked, since other messages say more.
    """
    if CHECKSUM not in document:
        return False
    if document[CHECKSUM] != checksum(document, tensors):
        raise IntegradError("is damaged: its contents do not match its checksum; copy the file again")
    return True


def checksum(document: dict, tensors: dict[str, np.ndarray]) -> str:
    """CRC-32 of the document, without a checksum in it, and of names, types, shapes and values of tensors."""
    rest = {name: value for name, value in document.items() if name != CHECKSUM}
    crc = zlib.crc32(_text(rest, allow_nan=True).encode())
    for name, array in sorted(tensors.items()):
        crc = zlib.crc32(f"{name} {array.dtype.name} {array.shape}".encode(), crc)
        crc = zlib.crc32(np.ascontiguousarray(array, array.dtype.newbyteorder("<")).tobytes(), crc)
    return f"{crc:08x}"


def _text(document: dict, allow_nan: bool = False) -> str:
    return json.dumps(document, sort_keys=True, separators=(",", ":"), allow_nan=allow_nan)


def read_any_tensors(path: str | os.PathLike) -> dict[str, np.ndarray]:
    """All tensors of a safetensors file that other software wrote, by name.

    Raises IntegradError, naming the file, if it is missing, unreadable, damaged or truncated, or has tensors
    of a type that NumPy does not know.
    """
    _check_size(path)
    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            return {name: _read_any_tensor(path, file, name) for name in file.keys()}  # noqa: SIM118
    except OSError as error:
        raise IntegradError(f"{path}: cannot be read: {error.strerror or error}") from error
    except safetensors.SafetensorError as error:
        raise IntegradError(f"{path}: is damaged or not a safetensors file: {one_line(error)}") from error
    except MemoryError as error:
        raise IntegradError(f"{path}: its tensors do not fit in memory") from error


def _read_any_tensor(path: str | os.PathLike, file, name: str) -> np.ndarray:
    dtype = file.get_slice(name).get_dtype()
    if dtype not in DTYPES | FLOAT_DTYPES:
        raise IntegradError(f"{path}: tensor {one_line(name)} has dtype {dtype}; save it as float32")
    return file.get_tensor(name)


def _check_size(path: str | os.PathLike) -> None:
    """Reject anything but a file of a plausible size before it is parsed."""
    try:
        if Path(path).is_dir():
            raise IntegradError(f"{path}: is a folder, expected a file")
        if not Path(path).is_file():
            raise IntegradError(
                f"{path}: {'is not a regular file' if Path(path).exists() else 'no such file'}"
            )
        size = os.path.getsize(path)
        with open(path, "rb") as file:
            header = int.from_bytes(file.read(8), "little")
    except (OSError, ValueError) as error:  # ValueError: a path with a zero byte
        raise IntegradError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from error
    if size < 8 or header > size - 8:
        raise IntegradError(f"{path}: is truncated or not a safetensors file")
    if header > MAX_HEADER or size > MAX_FILE:
        raise IntegradError(f"{path}: is too large ({size:,} bytes, header {header:,})")


def _parse_document(path: str | os.PathLike, metadata: dict | None, kind: str, version: int) -> dict:
    if not metadata or KEY not in metadata:
        raise IntegradError(f"{path}: is a safetensors file, but not written by integrad")
    try:
        document = json.loads(metadata[KEY], parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise IntegradError(f"{path}: its JSON metadata is damaged: {one_line(error)}") from error
    if not isinstance(document, dict) or not isinstance(document.get("format"), str):
        raise IntegradError(f"{path}: its JSON metadata has no format")
    if document["format"] != kind:
        found = one_line(document["format"])
        raise IntegradError(f"{path}: contains '{found}', expected '{kind}'")
    if type(document.get("version")) is not int or document["version"] < 1:
        raise IntegradError(f"{path}: its format version is not a positive integer")
    if document["version"] > version:
        found = document["version"]
        raise IntegradError(f"{path}: format version {found} is newer than {version}; update integrad")
    return document


def _read_tensor(path: str | os.PathLike, file, name: str) -> np.ndarray:
    dtype = file.get_slice(name).get_dtype()
    if dtype not in DTYPES:
        raise IntegradError(f"{path}: tensor {one_line(name)} has dtype {dtype}, expected integers")
    return file.get_tensor(name)


def _refuse_constant(name: str):
    raise ValueError(f"{name} is not a number")

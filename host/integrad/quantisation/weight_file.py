"""Arrays of floats from .npz and .safetensors files, which may be damaged or malicious."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from integrad.datasets.archive import ZIP_MAGIC, read_archive
from integrad.errors import IntegradError
from integrad.tensor_file import read_any_tensors

SUFFIX = ".safetensors"


def read_weights(path: str | os.PathLike) -> dict[str, np.ndarray]:
    """All arrays of a file by name, in the order of the file; never unpickles.

    The order of a .safetensors file is that of the numbers in the names, see in_natural_order. Raises
    IntegradError, naming the file, if it is missing, unreadable, damaged, or of another kind.
    """
    if str(path).endswith(SUFFIX):
        return read_any_tensors(path)
    _check_magic(Path(path))
    return read_archive(Path(path))


def _check_magic(path: Path) -> None:
    """What cannot be opened is left to read_archive."""
    try:
        with path.open("rb") as file:
            start = file.read(4)
    except OSError:
        return
    if not start.startswith(ZIP_MAGIC):
        raise IntegradError(
            f"{path}: is neither an .npz nor a {SUFFIX} file; save one array per layer with "
            "np.savez(path, layer1, layer2, …)"
        )

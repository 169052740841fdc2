"""Helpers that write valid and damaged .npz files."""

import io
import zipfile

import numpy as np


def samples(shape=(12, 4), classes=3, dtype=np.uint8, seed=0):
    """x of this shape and dtype, y with every class."""
    rng = np.random.default_rng(seed)
    return rng.integers(0, 100, shape).astype(dtype), np.arange(shape[0]) % classes


def save(path, **arrays):
    """np.savez that also takes lists."""
    np.savez(path, **{name: np.asarray(array) for name, array in arrays.items()})
    return path


def npy(array) -> bytes:
    """One array as .npy bytes."""
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def save_members(path, members):
    """A zip of (name, bytes), whatever they are."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members:
            archive.writestr(name, content)
    return path

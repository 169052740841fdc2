"""Data sets in .npz files."""

from __future__ import annotations

import io
from contextlib import suppress

import npz_mutations
import numpy as np
from fuzz_target import File, Target

from integrad.datasets import load_dataset, load_samples
from integrad.datasets.preprocessing import Preprocessing
from integrad.errors import IntegradError

FILE = File("file.npz")


def read(data: bytes) -> None:
    """A data set that is read can be preprocessed."""
    path = FILE.holding(data)
    with suppress(IntegradError):
        load_samples(path)
    dataset = load_dataset(path)
    if 0 < dataset.x.size < 10_000:
        Preprocessing.fit(dataset.x, dataset.axes).apply(dataset.x)
    assert all(name.isprintable() for name in (*dataset.class_names, *dataset.ignored, *dataset.keys))


def archive(**arrays) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def seeds() -> list[bytes]:
    x = np.arange(24, dtype=np.int16).reshape(6, 4)
    y, names = np.array([0, 1, 2] * 2), np.array(["a", "b", "c"])
    group = np.array(["k", "l"] * 3)
    parts = {"x_train": x / 3, "y_train": names[y], "x_test": x / 7, "y_test": names[y], "z": x[0]}
    return [
        archive(x=x, y=y, group=group, test=np.array([0, 0, 0, 0, 1, 1], bool), class_names=names),
        archive(**parts, speaker_train=group, speaker_test=group),
        archive(x=x.reshape(6, 2, 2).astype(np.uint8), y=y, channel_names=np.array(["v"])),
    ]


TARGET = Target("npz", read, seeds, npz_mutations.mutate, expands=npz_mutations.expanded)

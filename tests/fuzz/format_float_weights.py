"""Weights of float networks in .npz and .safetensors files."""

from __future__ import annotations

import io
import json
import random

import container_mutations
import npz_mutations
import numpy as np
from fuzz_target import File, Target

from integrad.datasets import build_dataset
from integrad.quantisation.quantise import quantise
from integrad.quantisation.weight_file import read_weights

FILES = {True: File("weights.npz"), False: File("weights.safetensors")}
SPEC = "mlp:3"
_rng = np.random.default_rng(1)
DATASET = build_dataset("data", _rng.integers(-90, 90, (24, 4)).astype(np.int8), np.arange(24) % 3)


def is_archive(data: bytes) -> bool:
    return data.startswith(b"PK")


def read(data: bytes) -> None:
    """Weights that are read become a model."""
    path = FILES[is_archive(data)].holding(data)
    arrays = read_weights(path)
    with np.errstate(all="ignore"):
        model = quantise(arrays, SPEC, DATASET, source=str(path), candidates=2).model
    assert len(model.network.logits(np.zeros((1, 4), np.int8))[0]) == 3


def mutate(data: bytes, rng: random.Random, mutate_bytes) -> bytes:
    if is_archive(data):
        return npz_mutations.mutate(data, rng, mutate_bytes)
    try:
        text, tensors = container_mutations.taken_apart(data)
        if rng.randrange(3) and tensors:
            container_mutations.change_tensor(tensors, rng, mutate_bytes)
            return container_mutations.put_together(text, tensors)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError):
        pass
    return mutate_bytes(data)


def tensors_file(arrays: dict[str, np.ndarray]) -> bytes:
    body, header = b"", {}
    for name, array in arrays.items():
        offsets = [len(body), len(body) + array.nbytes]
        header[name] = {"dtype": f"F{8 * array.itemsize}", "shape": array.shape, "data_offsets": offsets}
        body += array.tobytes()
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + body


def seeds() -> list[bytes]:
    rng = np.random.default_rng(2)
    first, last = rng.normal(size=(3, 4)).astype(np.float32), rng.normal(size=(3, 3)).astype(np.float32)
    found = []
    for arrays in (
        {"0.weight": first, "0.bias": first[:, 0], "2.weight": last},
        {
            "a": first.T,
            "b": last.T.astype(np.float16),
            "input.mean": np.full(4, 0.5),
            "input.divisor": np.ones(1),
        },
    ):
        file = io.BytesIO()
        np.savez(file, **arrays)
        found += [file.getvalue(), tensors_file(arrays)]
    return found


def expanded(data: bytes) -> int:
    return npz_mutations.expanded(data) if is_archive(data) else len(data)


TARGET = Target("weights", read, seeds, mutate, expands=expanded)

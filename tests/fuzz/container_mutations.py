"""Changes of model files and checkpoints: safetensors files with a JSON document and a checksum, which is
made right again."""

from __future__ import annotations

import json
import random
from collections.abc import Callable

import json_mutations
import numpy as np

from integrad.tensor_file import CHECKSUM, KEY, checksum

SIZES = {"I8": 1, "U8": 1, "I16": 2, "I32": 4, "I64": 8, "F16": 2, "F32": 4, "F64": 8, "BF16": 2}
DTYPES = {"I8": "i1", "U8": "u1", "I16": "<i2", "I32": "<i4", "I64": "<i8"}
FORMS = [[], [0], [1], [2, 2], [3, 1, 1], [2**31], [2**40, 0], [1, 65536]]

Tensors = dict[str, tuple[str, list[int], bytes]]
"""Name → type, shape, bytes."""


def taken_apart(data: bytes) -> tuple[str, Tensors]:
    """(text of the document, tensors). Raises ValueError, KeyError or TypeError for what is no container."""
    size = int.from_bytes(data[:8], "little")
    header, body = json.loads(data[8 : 8 + size]), data[8 + size :]
    text = header.pop("__metadata__", {}).get(KEY, "{}")
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        tensors[name] = (entry["dtype"], entry["shape"], body[begin:end])
    return text, tensors


def put_together(text: str, tensors: Tensors) -> bytes:
    header: dict = {"__metadata__": {KEY: text}}
    body = b""
    for name, (dtype, shape, data) in tensors.items():
        offsets = [len(body), len(body) + len(data)]
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": offsets}
        body += data
    encoded = json.dumps(header).encode()
    encoded += b" " * (-len(encoded) % 8)
    return len(encoded).to_bytes(8, "little") + encoded + body


def with_checksum(document, tensors: Tensors) -> str:
    """The document as text, with the right checksum if it has any."""
    if isinstance(document, dict) and CHECKSUM in document:
        arrays = {
            name: np.frombuffer(data, DTYPES[dtype]).reshape(shape)
            for name, (dtype, shape, data) in tensors.items()
        }
        document[CHECKSUM] = checksum(document, arrays)
    return json.dumps(document)


def mutate(data: bytes, rng: random.Random, mutate_bytes: Callable[[bytes], bytes]) -> bytes:
    way = rng.randrange(8)
    if way == 0:
        return mutate_bytes(data)
    try:
        text, tensors = taken_apart(data)
        if way == 1:
            text = mutate_bytes(text.encode()).decode(errors="replace")
            return put_together(text, tensors)
        document = json.loads(text)
        if way < 6:
            document = json_mutations.mutated(document, rng)
        elif tensors:
            change_tensor(tensors, rng, mutate_bytes)
        return put_together(with_checksum(document, tensors), tensors)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError):
        return mutate_bytes(data)


def change_tensor(tensors: Tensors, rng: random.Random, mutate_bytes) -> None:
    name = rng.choice(list(tensors))
    dtype, shape, data = tensors[name]
    way = rng.randrange(6)
    if way == 0:
        del tensors[name]
    elif way == 1:
        tensors[rng.choice((name + "x", "block9.weights", "epochs", "order", "\n"))] = tensors[name]
    elif way == 2:
        new = rng.choice(list(SIZES))
        tensors[name] = (new, shape, (data * 8)[: int(np.prod(shape)) * SIZES[new]])
    elif way == 3:
        form = rng.choice(FORMS)
        size = int(np.prod(form)) * SIZES[dtype]
        tensors[name] = (dtype, form, (data * 64)[:size] if size < 4096 else b"")
    else:
        changed = mutate_bytes(data)[: len(data)]
        tensors[name] = (dtype, shape, changed + data[len(changed) :])

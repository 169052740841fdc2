"""Changes of JSON documents that keep them JSON."""

from __future__ import annotations

import copy
import random

ODD = [
    *(None, True, False, 0, 1, -1, 2, 127, 128, 255, 256, 32767, 65536, 2**31 - 1, 2**31, 2**32, 2**63),
    *(2**64, 10**30, -(2**63), 0.5, 1e300, -0.0, "", "x", "all", "last:1", "a" * 70, "\n", "\x1b[31m"),
    *('"', "\\", "*/", "??/", "{{", "\ud800", "é", [], {}, [0], [[]], [[[[[]]]]], {"": 0}, ["a", "a"]),
]


def mutated(document, rng: random.Random):
    """A copy with one to three values replaced, removed, repeated or exchanged."""
    document = copy.deepcopy(document)
    for _ in range(rng.choice((1, 1, 2, 3))):
        places = _places(document)
        if not places:
            return rng.choice(ODD)
        holder, key = rng.choice(places)
        _change(holder, key, places, rng)
    return document


def _change(holder, key, places, rng: random.Random) -> None:
    value, way = holder[key], rng.randrange(6)
    if way == 0 and type(value) is int:
        holder[key] = rng.choice((value + 1, value - 1, -value, value * 2, value << 16))
    elif way == 1:
        del holder[key]
    elif way == 2:
        other, name = rng.choice(places)
        if _is_in(other, name):
            holder[key] = copy.deepcopy(other[name])
    elif way == 3 and isinstance(holder, list):
        holder[key:key] = [copy.deepcopy(value) for _ in range(rng.choice((1, 2, 300)))]
    elif way == 4 and isinstance(holder, dict):
        holder[str(rng.choice(ODD))] = copy.deepcopy(value)
    else:
        holder[key] = copy.deepcopy(rng.choice(ODD))


def _is_in(holder, key) -> bool:
    return key in holder if isinstance(holder, dict) else key < len(holder)


def _places(value) -> list[tuple]:
    """(dict or list, key or index) of all values in a document."""
    found, left = [], [value]
    while left and len(found) < 2000:
        holder = left.pop()
        keys = list(holder) if isinstance(holder, dict) else range(len(holder))
        for key in keys:
            found.append((holder, key))
            if isinstance(holder[key], dict | list):
                left.append(holder[key])
    return found

"""Messages of the MicroPython modules about wrong arguments, the same in C and in Python."""

from __future__ import annotations

from integrad_codegen.normalisation import Normalisation
from integrad_codegen.plan import Plan
from integrad_codegen.weights_file import HEADER_BYTES, alignment, part_bytes

TYPE_CODES = {"int8": "b", "uint8": "B", "int16": "h", "uint16": "H", "int32": "i"}
"""Type of a raw value → its type code in the array module."""

RAW_BYTES = {"b": 1, "B": 1, "h": 2, "H": 2, "i": 4}


def raw_code(normalisation: Normalisation) -> str:
    """Type code of a raw value."""
    return TYPE_CODES[normalisation.raw]


def sample_bytes(plan: Plan, normalisation: Normalisation) -> int:
    """Bytes of one raw sample."""
    return plan.inputs * RAW_BYTES[raw_code(normalisation)]


def weights_bytes(plan: Plan) -> int:
    """Bytes of a weights file that a module reads: the header and the frozen weights."""
    return HEADER_BYTES + part_bytes(plan)[0]


def texts(plan: Plan, normalisation: Normalisation) -> dict[str, str]:
    """Name → text, of a TypeError for a wrong type and of a ValueError for a wrong length or value."""
    code, size = raw_code(normalisation), sample_bytes(plan, normalisation)
    aligned = ", aligned" if RAW_BYTES[code] > 1 else ""
    even = " at an even address" if alignment(plan) > 1 else ""
    last = plan.classes - 1
    return {
        "sample": f"sample: expected {plan.inputs} integers of type '{code}' or their {size} bytes{aligned}",
        "samples": f"samples: expected {size} bytes per label, integers of type '{code}' or bytes{aligned}",
        "labels": f"labels: expected one byte per sample, each from 0 to {last}",
        "label": f"label: expected an integer from 0 to {last}",
        "count": f"first, count: expected 1 to {plan.batch} existing samples",
        "out": f"out: expected {plan.classes} bytes, an array('b') or a bytearray",
        "schedule": _schedule(plan),
        "weights": f"weights: expected {weights_bytes(plan)} bytes or more{even}",
        "whole": "weights: expected the path of a weights file, or its contents as bytes",
        "path": "path: expected a string",
        "epochs": "epochs: expected an integer, 1 or more",
        "buffers": "buffers: expected the tuple made by Model",
        "data": "data: expected bytes",
    }


def _schedule(plan: Plan) -> str:
    first, *others = plan.schedule_fields
    if not others:
        return f"schedule: expected one 32-bit integer from 1 to {first.high}"
    count = ("two", "three")[len(others) - 1]
    return (
        f"schedule: expected {count} 32-bit integers, the first from 1 to {first.high}, the others 0 or more"
    )

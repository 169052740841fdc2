"""The targets `arduino` and `platformio`: libraries in C for sketches in C++, on boards of any architecture.

A linker of either refuses two libraries with the same functions, so the runtime is a library of its own,
`integrad`, on which those of models depend: a sketch can use several models.
"""

from __future__ import annotations

import numpy as np

from integrad.errors import UsageError
from integrad.export.leftovers import MARKER
from integrad.export.package import Layout, package_target
from integrad.export.target import Files, Request

TAKEN = ("arduino", "eeprom", "hid", "integrad", "serial", "softwareserial", "spi", "string", "wire")
"""Libraries and headers of Arduino, and the runtime: a model of such a name would hide one of them."""


def _check_name(prefix: str) -> None:
    if prefix.lower() in TAKEN:
        raise UsageError(f"name {prefix!r}: is a library of Arduino or the runtime; choose another --name")


def _context(request: Request) -> dict:
    plan, dtype = request.plan, np.dtype(request.model.preprocessing.raw_dtype)
    p, upper, learns = plan.prefix, plan.prefix.upper(), plan.batch > 0
    readings = {"int8": "(analogRead(A0) >> 2) - 128", "uint8": "analogRead(A0) >> 2"}
    learning = ("training_scratch", "schedule") if learns else ()
    saving = ("train", "load", "save", "confirm", "update") if learns else ()
    constants = ("INPUTS", "CLASSES", "MODEL_CRC", "LAYOUT_CRC", *(("BATCH",) if learns else ()))
    values = ("class_names", "initial_weights", *(("default_schedule",) if learns else ()))
    return {
        "reading": readings.get(dtype.name, "analogRead(A0)"),
        "keywords": {
            "types": [f"{p}_{name}" for name in ("raw", "weights", "scratch", *learning)],
            "functions": [f"{p}_{name}" for name in ("normalise", "predict", *saving)],
            "constants": [*(f"{upper}_{name}" for name in constants), *(f"{p}_{name}" for name in values)],
        },
    }


def _libraries(files: Files, request: Request) -> Files:
    """The library of the model and that of the runtime, in a folder with others: two models do not meet."""
    name = request.plan.prefix
    moved = {MARKER: f"{name}/{MARKER}"}
    return {moved.get(path, _named(path, name)): text for path, text in files.items()}


def _project(files: Files, request: Request) -> Files:
    return {_named(path, request.plan.prefix): text for path, text in files.items()}


def _named(path: str, name: str) -> str:
    return path.replace("NAME/", f"{name}/")


ARDUINO = package_target(
    "arduino",
    "libraries for Arduino, in its folder libraries",
    Layout("NAME/src", "NAME/src", "integrad/src"),
    check_name=_check_name,
    context=_context,
    finish=_libraries,
)
PLATFORMIO = package_target(
    "platformio",
    "a project for PlatformIO with the Arduino framework",
    Layout("lib/NAME/src", "lib/NAME/src", "lib/integrad/src"),
    check_name=_check_name,
    context=_context,
    finish=_project,
)

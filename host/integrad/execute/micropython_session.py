"""Sessions in MicroPython, on the host and on emulated cores, with native modules or Python backends."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import jinja2
import numpy as np

from integrad.build.micropython_modules import build_module, get_architecture
from integrad.emulate.micropython_firmware import run_firmware
from integrad.emulate.micropython_unix import run_unix
from integrad.errors import IntegradError, one_line
from integrad.execute.device_model import DeviceModel
from integrad.execute.session import HEADER, Action, Predict, Reset, Weights
from integrad.targets.cores import Core
from integrad_codegen.micropython.export import emit_module
from integrad_codegen.micropython.python_files import emit_pure
from integrad_codegen.weights_file import weights_file


@dataclass(frozen=True)
class Place:
    """Where MicroPython runs. execute: runs a script with files in `folder` and returns its output."""

    execute: Callable[[str, Mapping[str, bytes]], str]
    folder: str = ""


def on_host(time_limit: float = 600) -> Place:
    """The host."""
    return Place(lambda script, files: run_unix(script, files, time_limit))


def on_core(core: Core, time_limit: float = 600, firmware: Path | None = None) -> Place:
    """An emulated core. firmware: used instead of that of build_micropython()."""

    def execute(script: str, files: Mapping[str, bytes]) -> str:
        return run_firmware(core, script, files, firmware=firmware, time_limit=time_limit)

    return Place(execute, "/rom/")


def native_backend(device: DeviceModel, architecture: str) -> dict[str, bytes]:
    """Name → contents of a native module."""
    name = f"_{device.plan.prefix}"
    kind = get_architecture(architecture)
    module = build_module(emit_module(device.model, device.plan), name, kind)
    return {f"{name}.mpy": module}


def python_backend(device: DeviceModel, folder: str) -> dict[str, bytes]:
    """Name → contents of a Python backend. folder: of the export, `pure` (viper) or `plain`."""
    name = f"_{device.plan.prefix}.py"
    return {name: emit_pure(device.model, device.plan)[f"{folder}/{name}"].encode()}


def run_session(
    device: DeviceModel, actions: list[Action], backend: Mapping[str, bytes], place: Place
) -> list:
    """Results of the actions by a backend, which is given as file name → contents of the module _PREFIX, or
    empty if it is part of the firmware.

    Raises IntegradError if the output is not one line per result.
    """
    prefix = device.plan.prefix
    files = {
        **backend,
        f"{prefix}.weights": weights_file(device.model, device.plan),
        "session.bin": device.session(actions).encode(),
    }
    words = len(device.plan.schedule_fields)
    text = _script().render(p=prefix, folder=place.folder, schedule_words=words, header_bytes=HEADER.size)
    lines = iter(place.execute(text, files).split())
    try:
        results = [_result(device, action, lines) for action in actions]
    except (StopIteration, ValueError) as error:
        raise IntegradError(
            f"unexpected output of MicroPython: {one_line(error) or 'too few lines'}"
        ) from error
    if rest := list(lines):
        raise IntegradError(f"unexpected output of MicroPython: {len(rest)} lines too many")
    return results


@cache
def _script() -> jinja2.Template:
    loader = jinja2.PackageLoader("integrad_templates", "micropython")
    return jinja2.Environment(loader=loader).get_template("session.py.jinja")


def _result(device: DeviceModel, action: Action, lines) -> object:
    if isinstance(action, Reset):
        return None
    if isinstance(action, Predict):
        rows = [bytes.fromhex(next(lines)) for _ in action.samples]
        if any(len(row) != device.plan.classes for row in rows):
            raise ValueError("a row of scores has another length")
        return np.frombuffer(b"".join(rows), np.int8).reshape(-1, device.plan.classes)
    if isinstance(action, Weights):
        data, crc = bytes.fromhex(next(lines)), int(next(lines))
        if zlib.crc32(data) != crc:
            raise IntegradError("the weights returned by MicroPython do not match their CRC-32")
        return data
    return int(next(lines))

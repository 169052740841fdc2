"""Sessions in MicroPython: on this machine and on emulated cores, through native modules or Python."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping

import jinja2
import numpy as np

from integrad.emulator.device_model import DeviceModel
from integrad.emulator.micropython_boards import MicroPythonBoard
from integrad.emulator.micropython_firmware import run_firmware
from integrad.emulator.micropython_modules import build_module, get_architecture
from integrad.emulator.micropython_unix import run_unix
from integrad.emulator.session import Action, Predict, Reset, Weights
from integrad.errors import IntegradError
from integrad_codegen.emit_micropython import emit_module
from integrad_codegen.weights_file import weights_file

Execute = Callable[[str, Mapping[str, bytes]], str]
"""Runs a script with files beside it; what it prints."""


def run_native_on_host(device: DeviceModel, actions: list[Action], time_limit: float = 600) -> list:
    """Results of the actions by the native module for x64."""
    core = native_core(device, "x64")
    return run_session(device, actions, core, lambda script, files: run_unix(script, files, time_limit))


def run_native_on_board(
    device: DeviceModel, board: MicroPythonBoard, actions: list[Action], time_limit: float = 600
) -> list:
    """Results of the actions by the native module for the board's core."""
    core = native_core(device, board.architecture)
    return run_session(device, actions, core, on_board(board, time_limit), folder="/rom/")


def on_board(board: MicroPythonBoard, time_limit: float = 600) -> Execute:
    """How run_session() runs scripts on an emulated board."""
    return lambda script, files: run_firmware(board, script, files, time_limit=time_limit)


def native_core(device: DeviceModel, architecture: str) -> dict[str, bytes]:
    """The file of a native module, by its name."""
    name = f"_{device.plan.prefix}"
    kind = get_architecture(architecture)
    module = build_module(emit_module(device.model, device.plan, core=kind.core), name, kind)
    return {f"{name}.mpy": module}


def run_session(
    device: DeviceModel, actions: list[Action], core: Mapping[str, bytes], execute: Execute, folder: str = ""
) -> list:
    """Results of the actions by a core: one module under the name _PREFIX, as file name → contents.

    folder: where the script finds the files. Raises IntegradError where the answer is not one line a result.
    """
    prefix = device.plan.prefix
    loader = jinja2.PackageLoader("integrad_templates", "micropython")
    script = jinja2.Environment(loader=loader).get_template("session.py.jinja")
    files = {
        **core,
        f"{prefix}.weights": weights_file(device.model, device.plan),
        "session.bin": device.session(actions).encode(),
    }
    lines = iter(execute(script.render(p=prefix, folder=folder), files).split())
    try:
        results = [_result(device, action, lines) for action in actions]
    except (StopIteration, ValueError) as error:
        raise IntegradError(
            f"MicroPython's answer is not what a session is answered with: {error}"
        ) from error
    if rest := list(lines):
        raise IntegradError(f"MicroPython answered {len(rest)} lines too many")
    return results


def _result(device: DeviceModel, action: Action, lines) -> object:
    if isinstance(action, Reset):
        return None
    if isinstance(action, Predict):
        rows = b"".join(bytes.fromhex(next(lines)) for _ in action.samples)
        return np.frombuffer(rows, np.int8).reshape(-1, device.plan.classes)
    if isinstance(action, Weights):
        data, crc = bytes.fromhex(next(lines)), int(next(lines))
        if zlib.crc32(data) != crc:
            raise IntegradError("MicroPython's weights do not match their CRC-32")
        return data
    return int(next(lines))

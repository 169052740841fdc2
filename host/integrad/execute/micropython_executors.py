"""Executors in MicroPython: native modules, viper, bytecode, and a user C module in firmware."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from integrad.build.micropython_firmware import build_micropython
from integrad.execute.device_model import DeviceModel
from integrad.execute.executors import HOST, Executor
from integrad.execute.micropython_session import (
    Place,
    native_backend,
    on_core,
    on_host,
    python_backend,
    run_session,
)
from integrad.execute.session import Action
from integrad.targets.cores import USUAL_MICROPYTHON, Core
from integrad_codegen.c.module import write_files
from integrad_codegen.micropython.export import emit_firmware_folder


def micropython_executors(device: DeviceModel, cores: list[Core], time_limit: float) -> list[Executor]:
    """Executors on the host, then on the cores that support MicroPython.

    Bytecode runs on the host only: on an emulated core it would take hours where viper takes minutes. The
    user C module runs on one core only, because its firmware has to be built for each model.
    """
    executors = _on(device, on_host(time_limit), "x64", HOST)
    executors.append(_executor(device, "bytecode", HOST, on_host(time_limit), python_backend, "plain"))
    emulated = [core for core in cores if core.micropython]
    for core in emulated:
        place = on_core(core, time_limit)
        executors += _on(device, place, core.micropython.architecture, core.name, f" on {core.product}")
    usual = [core for core in emulated if core.name == USUAL_MICROPYTHON] or emulated[:1]
    executors += [_built_in(device, core, time_limit) for core in usual]
    return executors


def run_built_in(device: DeviceModel, core: Core, actions: list[Action], time_limit: float = 600) -> list:
    """Results of the actions by the user C module, in firmware that contains it."""
    with TemporaryDirectory(prefix="integrad-") as folder:
        files = emit_firmware_folder(device.model, device.plan)
        write_files(files, Path(folder))
        firmware = build_micropython(core, user_modules=Path(folder, "usermod"))
    return run_session(device, actions, {}, on_core(core, time_limit, firmware))


def _on(device: DeviceModel, place: Place, architecture: str, where: str, suffix: str = "") -> list[Executor]:
    """A native module and viper in one place."""
    return [
        _executor(device, f"native{suffix}", where, place, native_backend, architecture),
        _executor(device, f"viper{suffix}", where, place, python_backend, "pure"),
    ]


def _executor(device: DeviceModel, name: str, where: str, place: Place, backend, kind: str) -> Executor:
    def perform(actions: list[Action]) -> list:
        return run_session(device, actions, backend(device, kind), place)

    return Executor(f"MicroPython, {name}", where, perform)


def _built_in(device: DeviceModel, core: Core, time_limit: float) -> Executor:
    def perform(actions: list[Action]) -> list:
        return run_built_in(device, core, actions, time_limit)

    return Executor(f"MicroPython, user C module on {core.product}", core.name, perform)

"""Every way in which MicroPython performs a session: native modules, in firmware, in viper, in bytecode."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from integrad.build.micropython_boards import MICROPYTHON_BOARDS, MicroPythonBoard, build_micropython
from integrad.execute.device_model import DeviceModel
from integrad.execute.micropython_session import (
    Place,
    native_core,
    on_board,
    on_host,
    python_core,
    run_session,
)
from integrad.execute.session import Action
from integrad.targets.cores import Board
from integrad_codegen.c.module import write_files
from integrad_codegen.micropython.export import emit_firmware_folder

USUAL = "m3"
"""Whose firmware gets the user C module, if that core takes part: it is built anew for each model."""

Executor = tuple[str, str, Callable[[], list]]
"""What it is called, the core that it runs on, and what gives the results."""


def micropython_executors(
    device: DeviceModel, boards: list[Board], actions: list[Action], time_limit: float
) -> list[Executor]:
    """Those on this machine, then those on the boards that have a MicroPython.

    Bytecode runs on this machine only: on an emulated core it would take hours where viper takes minutes.
    """
    here = on_host(time_limit)
    executors = [
        ("native", "host", lambda: run_session(device, actions, native_core(device, "x64"), here)),
        ("viper", "host", lambda: run_session(device, actions, python_core(device, "pure"), here)),
        ("bytecode", "host", lambda: run_session(device, actions, python_core(device, "plain"), here)),
    ]
    emulated = [MICROPYTHON_BOARDS[board.name] for board in boards if board.name in MICROPYTHON_BOARDS]
    for board in emulated:
        executors += _on_core(device, board, actions, on_board(board, time_limit))
    for board in [board for board in emulated if board.board.name == USUAL] or emulated[:1]:
        executors.append(
            (
                f"user C module on {board.board.core}",
                board.board.name,
                lambda board=board: run_built_in(device, board, actions, time_limit),
            )
        )
    return [(f"MicroPython, {name}", core, execute) for name, core, execute in executors]


def run_built_in(
    device: DeviceModel, board: MicroPythonBoard, actions: list[Action], time_limit: float = 600
) -> list:
    """Results of the actions by the user C module, in firmware that is built with it."""
    with TemporaryDirectory(prefix="integrad-") as folder:
        files = emit_firmware_folder(device.model, device.plan, core=board.board.name)
        write_files(files, Path(folder))
        firmware = build_micropython(board, user_modules=Path(folder, "usermod"))
    return run_session(device, actions, {}, on_board(board, time_limit, firmware))


def _on_core(
    device: DeviceModel, board: MicroPythonBoard, actions: list[Action], place: Place
) -> list[Executor]:
    name, core = board.board.core, board.board.name

    def native() -> list:
        return run_session(device, actions, native_core(device, board.architecture), place)

    def viper() -> list:
        return run_session(device, actions, python_core(device, "pure"), place)

    return [(f"native on {name}", core, native), (f"viper on {name}", core, viper)]

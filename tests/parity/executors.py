"""Run a case on every executor and say where the first difference is."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
from cases import Case

from integrad.build.host_program import build_host, run_host
from integrad.build.objects import compile_object
from integrad.build.toolchain import DEVICE, WARNINGS
from integrad.execute.device_model import DeviceModel
from integrad.execute.session import Action, Weights
from integrad.targets.cores import Core
from integrad_codegen.encodings import unpacked

CLANG = (
    # Traps instead of messages: Debian's clang comes without the sanitizers' libraries.
    ("clang", "-std=c99", "-O2", "-fsanitize=undefined", "-fsanitize-undefined-trap-on-error", *WARNINGS)
)


class DifferenceError(AssertionError):
    """Two executors do not hold the same bits."""


def run_gcc(device: DeviceModel, actions: list[Action], optimisation: str = "-O2") -> list:
    """Generated C under the address and undefined-behaviour sanitizers of gcc."""
    where = device.folder / f"gcc{optimisation}"
    program = build_host(device.sources, [device.source_folder], where, optimisation=optimisation)
    session = device.session(actions)
    return session.decode(run_host(program, session.encode()))


def run_clang(device: DeviceModel, actions: list[Action]) -> list:
    """Generated C compiled by clang at -O2; undefined behaviour traps."""
    compile_program(CLANG, device.sources, device.source_folder, program := device.folder / "clang-session")
    session = device.session(actions)
    return session.decode(run_host(program, session.encode()))


def compile_program(command: tuple[str, ...], sources: list[Path], includes: Path, program: Path) -> None:
    """Compile sources with a session program's transport and checksum."""
    assert shutil.which(command[0]), f"{command[0]} is not installed"
    objects = []
    for source in [*sources, DEVICE / "checksum.c", DEVICE / "host/transport.c"]:
        objects.append(program.with_name(f"{program.name}-{source.stem}.o"))
        compile_object(command[0], [*command], [includes, DEVICE], source, objects[-1])
    words = [*command, *map(str, objects), "-o", str(program)]
    result = subprocess.run(words, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr


def run_emulated(device: DeviceModel, core: Core, actions: list[Action]) -> list:
    """Generated C on an emulated core with the machine's whole memory."""
    return device.run_emulated(device.build(core, whole_machine=True), actions)[0]


def require_equal(case: Case, device: DeviceModel, expected: list, found: list, name: str) -> None:
    """Raise DifferenceError, saying which result differs first and where, unless all bits are equal."""
    actions = case.actions()
    assert len(expected) == len(found) == len(actions)
    for number, (action, a, b) in enumerate(zip(actions, expected, found, strict=True)):
        if isinstance(action, Weights):
            if a != b:
                where = _first_weight(device, a, b)
                raise DifferenceError(f"{name}: weights differ after action {number}: {where}")
        elif not np.array_equal(a, b):
            what = type(action).__name__
            raise DifferenceError(f"{name}: action {number} ({what}): expected {a}, found {b}")


def _first_weight(device: DeviceModel, a: bytes, b: bytes) -> str:
    parameters = device.plan.parameters()
    expected, answered = unpacked(parameters, a), unpacked(parameters, b)
    for parameter in parameters:
        name, one, other = parameter.member, expected[parameter.name], answered[parameter.name]
        if len(different := np.argwhere(one != other)):
            first = tuple(map(int, different[0]))
            return (
                f"{name}{list(first)}: expected {one[first]}, found {other[first]} ({len(different)} differ)"
            )
    return "only in size"

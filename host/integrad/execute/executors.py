"""Executors of sessions: NumPy, the generated C on the host and on emulated cores, and MicroPython.

All of them yield the same results, bit for bit. A new one, such as a real board, is another Executor.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from integrad.execute.device_model import DeviceModel
from integrad.execute.session import Action
from integrad.targets.cores import Core

HOST = "host"


@dataclass(frozen=True)
class Executor:
    """Performs the actions of a session with one model.

    name: for display. where: HOST, or the name of the core. perform: returns one result per action; raises
    IntegradError if an action fails or a tool is not installed.
    """

    name: str
    where: str
    perform: Callable[[list[Action]], list]


def numpy_executor(device: DeviceModel) -> Executor:
    """The specification, with which all other executors are compared."""
    return Executor("NumPy", HOST, device.run_numpy)


def host_executor(device: DeviceModel, time_limit: float) -> Executor:
    """The generated C on the host, with sanitizers."""
    return Executor("C, sanitized", HOST, lambda actions: device.run_host(actions, time_limit=time_limit))


def core_executor(device: DeviceModel, core: Core, time_limit: float) -> Executor:
    """The generated C on an emulated core. It may use the whole memory of the emulated machine, since only
    its results matter."""

    def perform(actions: list[Action]) -> list:
        firmware = device.build(core, whole_machine=True)
        return device.run_emulated(firmware, actions, time_limit=time_limit)[0]

    return Executor(f"C on {core.product}", core.name, perform)


def without_small(
    device: DeviceModel, cores: list[Core], actions: list[Action]
) -> tuple[list[Core], dict[str, str]]:
    """The cores whose machines have the memory for these actions, and what others lack, by name. Only
    machines that are a chip, with no memory beyond that of the part, are asked: they are too small for most
    models."""
    lacking = {}
    for core in cores:
        if core.machine.ram_bytes == core.part.ram_bytes and (shortage := device.shortage(core, actions)):
            lacking[core.name] = shortage
    return [core for core in cores if core.name not in lacking], lacking


def c_executors(device: DeviceModel, cores: list[Core], time_limit: float) -> list[Executor]:
    """NumPy, then the generated C on the host and on cores. time_limit: in seconds, for each executor."""
    emulated = [core_executor(device, core, time_limit) for core in cores]
    return [numpy_executor(device), host_executor(device, time_limit), *emulated]

"""What can perform a session: NumPy, the generated C on this machine or on an emulated core, MicroPython.

All of them give the same results, bit for bit. A new one, such as a real board, is an Executor more.
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
    """Performs the actions of a session on one model.

    name: for people. where: HOST, or the name of the core that it runs on. perform: the results of the
    actions, one each; raises IntegradError where that fails or something is not installed.
    """

    name: str
    where: str
    perform: Callable[[list[Action]], list]


def numpy_executor(device: DeviceModel) -> Executor:
    """The specification, which the others must equal."""
    return Executor("NumPy", HOST, device.run_numpy)


def host_executor(device: DeviceModel, time_limit: float) -> Executor:
    """The generated C on this machine, watched by sanitizers."""
    return Executor("C, sanitized", HOST, lambda actions: device.run_host(actions, time_limit=time_limit))


def core_executor(device: DeviceModel, core: Core, time_limit: float) -> Executor:
    """The generated C on an emulated core, with the whole memory of its machine: this is about bits, not
    about fitting."""

    def perform(actions: list[Action]) -> list:
        firmware = device.build(core, whole_machine=True)
        return device.run_emulated(firmware, actions, time_limit=time_limit)[0]

    return Executor(f"C on {core.product}", core.name, perform)


def c_executors(device: DeviceModel, cores: list[Core], time_limit: float) -> list[Executor]:
    """NumPy first, then the generated C everywhere. time_limit: seconds that each may take."""
    emulated = [core_executor(device, core, time_limit) for core in cores]
    return [numpy_executor(device), host_executor(device, time_limit), *emulated]

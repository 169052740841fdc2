"""A board that runs generated C with the serial protocol."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from integrad.boards.learnt_file import LearntFile
from integrad.boards.learnt_weights import with_weights
from integrad.boards.self_test import STEPS
from integrad.boards.serial_port import PortInUseError, PortStream, only_port
from integrad.errors import IntegradError
from integrad.execute.device_model import DeviceModel
from integrad.execute.executors import numpy_executor
from integrad.execute.serial_session import serial_executor
from integrad.execute.session import Action
from integrad.execute.verification import Verdict, random_actions, verify
from integrad.model_file import Model
from integrad.protocol.client import Client
from integrad.protocol.messages import Info, OtherVersionError, RefusedError, What
from integrad_codegen.plan import Plan, make_plan
from integrad_codegen.weights_file import layout

FIRST_PATIENCE = 5.0
"""Seconds within which a board must answer first. Opening the port resets some boards."""

ASKING = 2.0
"""Seconds within which a board that may also run MicroPython must answer. Some need one after a reset."""

NAME = "device"
"""Of plans; it says nothing about the device."""


@contextmanager
def connect_c(port: str | None) -> Iterator[Client]:
    """A conversation with the board at a port; None for the only one. Raises IntegradError if there is no
    answer."""
    with PortStream(port or only_port()) as stream:
        client = Client(stream)
        client.begin(FIRST_PATIENCE)
        yield client


def speaks_protocol(port: str | None) -> bool:
    """Whether the board at a port answers as generated C does. Does not disturb programs of MicroPython.

    Raises PortInUseError if another program uses the port.
    """
    try:
        with PortStream(port or only_port()) as stream:
            Client(stream).begin(ASKING)
            return True
    except (OtherVersionError, RefusedError):
        return True
    except PortInUseError:
        raise
    except IntegradError:  # whoever opens the port next says what is wrong
        return False


def plan_of(model: Model, info: Info, where: str, batch: int | None = None) -> Plan:
    """The plan with which a device was generated. batch: samples of a training step, if fewer than the device
    takes. Raises IntegradError if it was generated from another model."""
    crc = model.network.weights_crc()
    if info.model != crc:
        raise IntegradError(
            f"{where}: the device has another model: {info.name}, whose CRC-32 is {info.model:08x} and not "
            f"{crc:08x}; pass the model that was exported"
        )
    batch = min(batch or info.batch, info.batch) or 1
    try:
        plan = make_plan(model.network, NAME, info.learn, batch, model.constants | info.options)
    except IntegradError as error:
        raise IntegradError(f"{where}: the device cannot be generated here: {error}") from error
    if layout(model, plan) != info.layout or plan.weights_bytes != info.weights_bytes:
        raise IntegradError(
            f"{where}: the device has weights of another layout; export and flash the model again"
        )
    return plan


def device_of(client: Client, model: Model, batch: int | None = None) -> DeviceModel:
    """The model as generated for the device; see plan_of()."""
    plan = plan_of(model, client.info, client.stream.name, batch)
    return DeviceModel(model, plan, Path(), [])


def with_weights_of(client: Client, device: DeviceModel) -> tuple[DeviceModel, int]:
    """(the same, with the weights that the device has now, its training steps)."""
    weights, steps = client.read_weights()
    if not device.plan.batch:
        return device, steps
    model = with_weights(device.model, device.plan, weights, client.stream.name)
    return replace(device, model=model), steps


def weights_of(client: Client, model: Model) -> LearntFile:
    """What the device has learnt. Raises IntegradError if nothing learns there."""
    plan = plan_of(model, client.info, client.stream.name)
    if not client.info.can_learn:
        raise IntegradError(f"{client.stream.name}: nothing learns on this device; export with --learn")
    weights, steps = client.read_weights()
    learnt = with_weights(model, plan, weights, client.stream.name)
    return LearntFile("the weights", learnt, client.info.learn, 0, steps)


def compare(client: Client, device: DeviceModel, actions: list[Action]) -> list[Verdict]:
    """Perform actions from the initial weights, on NumPy and on the board, which then has its own weights
    again. Raises IntegradError if it could not have them back."""
    executors = [numpy_executor(device), serial_executor(client, f"C on {client.stream.name}")]
    if not device.plan.batch:
        return list(verify(device, executors, actions))
    kept, steps = client.read_weights()
    initial = device.struct_of(device.model.network)
    if (kept != initial or steps) and not client.info.can_write:
        raise IntegradError(
            f"{client.stream.name}: the board has learnt and cannot take its weights back after the test; "
            "copy them with integrad pull, and restart the board"
        )
    client.reset(What.WEIGHTS)
    try:
        return list(verify(device, executors, actions))
    finally:
        if kept == initial and not steps:
            client.reset(What.WEIGHTS)
        else:
            client.write_weights(kept, steps)


def self_test(client: Client, device: DeviceModel) -> list[Verdict]:
    """(verdict of the host, verdict of the board) on a few inferences and training steps of one sample."""
    steps = STEPS if device.plan.batch else 0
    return compare(client, device, random_actions(device, steps, device.model.schedule(1), seed=0))

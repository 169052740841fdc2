"""The executor that performs sessions over the serial protocol: on a board, or on anything that speaks it."""

from __future__ import annotations

import numpy as np

from integrad.execute.executors import Executor
from integrad.execute.session import Action, Predict, Reset, Stack, Train, Weights
from integrad.protocol.client import Client
from integrad.protocol.messages import What

PORT = "port"
"""Where it computes, in tables of executors."""


def serial_executor(client: Client, name: str = "C over the serial protocol") -> Executor:
    """Performs actions on the device of a client, beginning with the weights that it has. The result of
    Stack is 0: devices do not measure it."""
    return Executor(name, PORT, lambda actions: [_act(client, action) for action in actions])


def _act(client: Client, action: Action):
    if isinstance(action, Predict):
        return _predict(client, action)
    if isinstance(action, Train):
        return _train(client, action)
    if isinstance(action, Reset):
        return client.reset(What.WEIGHTS)
    if isinstance(action, Weights):
        return client.read_weights()[0]
    assert isinstance(action, Stack)
    return 0


def _predict(client: Client, action: Predict) -> np.ndarray:
    logits = np.empty((len(action.samples), client.info.classes), np.int8)
    for row, sample in zip(logits, action.samples, strict=True):
        client.send_sample(0, sample)
        row[:] = client.predict()[1]
    return logits


def _train(client: Client, action: Train) -> int:
    for slot, (sample, label) in enumerate(zip(action.samples, action.labels, strict=True)):
        client.send_sample(slot, sample, int(label))
    return client.learn(len(action.samples), action.schedule.words(client.info.schedule_fields))

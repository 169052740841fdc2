"""The plain-integer implementation as an executor: same actions, same results."""

from __future__ import annotations

import numpy as np
from cases import Case
from plain_pocket import PlainPocket
from reference import Reference

from integrad.execute.device_model import DeviceModel
from integrad.execute.session import Action, Predict, Reset, Train
from integrad.learners.nitro import NitroSchedule
from integrad.learners.schedule import Schedule
from integrad.network.network import Network

MOST_WORK = 3000
"""Multiply-accumulates of one sample that plain Python may take."""


def is_small(case: Case) -> bool:
    """Whether plain Python is done with the case in about a second."""
    network = case.network()
    work = sum(block.weights.size * block.positions for block in network.blocks)
    return work + network.output.weights.size <= MOST_WORK


def run_plain(case: Case, device: DeviceModel, actions: list[Action]) -> list:
    """Results of the actions, as any executor gives them."""
    preprocessing = case.model().preprocessing
    twin, results = TWINS[case.learner](case, device), []
    for action in actions:
        if isinstance(action, Predict):
            x = preprocessing.apply(action.samples).tolist()
            results.append(np.array([twin.logits(sample) for sample in x], np.int8))
        elif isinstance(action, Train):
            x = preprocessing.apply(action.samples).tolist()
            results.append(twin.correct(x, action.labels.tolist(), action.schedule))
        elif isinstance(action, Reset):
            twin = TWINS[case.learner](case, device)
            results.append(None)
        else:
            results.append(device.struct_of(twin.network()))
    return results


class NitroTwin:
    def __init__(self, case: Case, device: DeviceModel):
        self._empty, self._learning = case.network(), len(device.plan.learning_blocks)
        weights = {name: w.tolist() for name, w in self._empty.arrays().items()}
        self._reference = Reference(case.layers, weights)

    def logits(self, sample: list[int]) -> list[int]:
        return self._reference.logits(sample)

    def correct(self, x: list, labels: list[int], s: NitroSchedule) -> int:
        rates = (s.learning_rate_inv, s.decay_inv, s.head_decay_inv)
        return self._reference.step(x, labels, *rates, self._learning)[1]

    def network(self) -> Network:
        network, rows = self._empty.copy(), self._reference.rows()
        for name, array in network.arrays().items():
            array[...] = np.array(rows[name], np.int16).reshape(array.shape)
        return network


class PocketTwin:
    def __init__(self, case: Case, device: DeviceModel):
        self._empty = case.network()
        self._first = len(self._empty.blocks) - len(device.plan.learning_blocks)
        layers = []
        for block in self._layers(self._empty):
            feedback = None if block is self._empty.output else block.feedback.tolist()
            layers.append((block.activation, block.weights.tolist(), block.bias.tolist(), feedback))
        self._plain = PlainPocket(layers)

    def _layers(self, network: Network) -> list:
        return [*network.blocks, network.output]

    def logits(self, sample: list) -> list[int]:
        return self._plain.forward(np.array(sample).ravel().tolist())[-1][0]

    def correct(self, x: list, labels: list[int], s: Schedule) -> int:
        flat = [np.array(sample).ravel().tolist() for sample in x]
        scores = self._plain.step(flat, labels, s.learning_rate_inv, self._first)
        return sum(row.index(max(row)) == label for row, label in zip(scores, labels, strict=True))

    def network(self) -> Network:
        network = self._empty.copy()
        for block, (_, weights, bias, _) in zip(self._layers(network), self._plain.layers, strict=True):
            block.weights[...], block.bias[...] = weights, bias
        return network


TWINS = {"nitro-d": NitroTwin, "pocket": PocketTwin}
"""Learner → the plain implementation of a case."""

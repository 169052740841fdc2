"""The plain-integer implementation as an executor: same actions, same results."""

from __future__ import annotations

import numpy as np
from cases import Case
from reference import Reference

from integrad.execute.device_model import DeviceModel
from integrad.execute.session import Action, Predict, Reset, Train

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
    learning = len(device.plan.learning_blocks)
    twin, results = _twin(case), []
    for action in actions:
        if isinstance(action, Predict):
            x = preprocessing.apply(action.samples).tolist()
            results.append(np.array([twin.logits(sample) for sample in x], np.int8))
        elif isinstance(action, Train):
            x, s = preprocessing.apply(action.samples).tolist(), action.schedule
            rates = (s.learning_rate_inv, s.decay_inv, s.head_decay_inv)
            results.append(twin.step(x, action.labels.tolist(), *rates, learning)[1])
        elif isinstance(action, Reset):
            twin = _twin(case)
            results.append(None)
        else:
            results.append(device.struct_of(_network(case, twin)))
    return results


def _twin(case: Case) -> Reference:
    return Reference(case.layers, {name: w.tolist() for name, w in case.network().arrays().items()})


def _network(case: Case, twin: Reference):
    network, rows = case.network(), twin.rows()
    network.load_parameters(
        {name: np.array(rows[name], np.int16).reshape(w.shape) for name, w in network.arrays().items()}
    )
    return network

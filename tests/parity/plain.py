"""The plain-integer implementation as an executor: same actions, same results."""

from __future__ import annotations

import copy

import numpy as np
from cases import Case
from plain_backprop import PlainBackprop, PlainLayer, flat, with_bias
from plain_pocket import PlainPocket
from reference import Reference

from integrad.execute.device_model import DeviceModel
from integrad.execute.session import Action, Predict, Reset, Train
from integrad.learners.backprop_loss import SQUARED
from integrad.learners.nitro import NitroSchedule
from integrad.learners.schedule import Schedule
from integrad.network.backprop_blocks import BackpropLayer
from integrad.network.network import Network
from integrad.network.stage import Stage

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


class BackpropTwin:
    def __init__(self, case: Case, device: DeviceModel):
        self._empty = case.network()
        self._first = len(self._empty.blocks) - len(device.plan.learning_blocks)
        self._loss = device.plan.constants.get("loss", SQUARED)
        layers = [*map(self._layer, self._empty.stages), self._with_weights("dense")]
        self._plain = PlainBackprop(layers, device.plan.constants.get("stash") == "2")

    def _layer(self, stage: Stage) -> PlainLayer:
        if stage.block is None:
            kind = {"max_pool": "max", "avg_pool": "average"}.get(stage.kind, stage.kind)
            return PlainLayer(kind, window=stage.window, percent=stage.percent)
        return self._with_weights(stage.kind.removeprefix("backprop_"), stage.block)

    def _with_weights(self, kind: str, block: BackpropLayer | None = None) -> PlainLayer:
        layer = block or self._empty.output
        exponent, out, back = layer.scales.tolist()
        geometry = {"stride": (1, 1), "padding": (0, 0), "groups": 1}
        if kind == "conv":
            geometry = {name: getattr(layer, name) for name in geometry}
        weights = self._rows(layer.weights, layer.bias)
        fraction = None if layer.fraction is None else self._rows(layer.fraction, layer.bias_fraction)
        return PlainLayer(
            kind,
            weights=weights,
            fraction=fraction,
            exponent=exponent,
            out=out,
            back=back,
            leak=layer.leak,
            biased=layer.bias is not None,
            **geometry,
        )

    def _rows(self, array: np.ndarray, bias: np.ndarray | None) -> list:
        rows = array.reshape(*array.shape, *[1] * (4 - array.ndim)).tolist()
        return rows if bias is None else with_bias(rows, bias.tolist())

    def logits(self, sample: list) -> list[int]:
        return self._step(copy.deepcopy(self._plain), [sample], [0], 1, len(self._plain.learnable))[0]

    def correct(self, x: list, labels: list[int], s: Schedule) -> int:
        scores = self._step(self._plain, x, labels, s.learning_rate_inv, self._first)
        return sum(row.index(max(row)) == label for row, label in zip(scores, labels, strict=True))

    def _step(self, plain: PlainBackprop, x: list, labels: list[int], divisor: int, first: int) -> list:
        maps = [np.reshape(sample, self._maps_shape).tolist() for sample in x]
        k = divisor.bit_length() - 1
        return plain.step(maps, labels, k, self._loss, "exact", "constant", first)[0]

    @property
    def _maps_shape(self) -> tuple[int, ...]:
        shape = self._empty.input_shape
        return shape if len(shape) == 3 else (*shape, 1, 1)

    def network(self) -> Network:
        network = self._empty.copy()
        for layer, plain in zip([*network.blocks, network.output], self._plain.learnable, strict=True):
            self._copy(layer.weights, layer.bias, plain.weights)
            if layer.fraction is not None:
                self._copy(layer.fraction, layer.bias_fraction, plain.fraction)
        return network

    def _copy(self, array: np.ndarray, bias: np.ndarray | None, rows: list) -> None:
        units = np.array([flat(unit) for unit in rows])
        if bias is not None:
            units, bias[...] = units[:, :-1], units[:, -1]
        array[...] = units.reshape(array.shape)


TWINS = {"nitro-d": NitroTwin, "pocket": PocketTwin, "backprop": BackpropTwin}
"""Learner → the plain implementation of a case."""

"""A training step that a GPU repeats by itself: hundreds of kernels, started by one call.

To start them one by one takes a processor several times longer than a GPU takes to compute them.
"""

from __future__ import annotations

from collections.abc import Callable

import torch

from integrad.learners.step import Step

Inputs = list[torch.Tensor]
Computed = Callable[[Inputs], torch.Tensor]
"""Takes a batch, changes weights in place, returns int64 [loss, correct]; waits for nothing."""


class Replay:
    """A step recorded once and repeated for every batch of the same shapes.

    Everything it touches must keep its place in memory: weights, divisors, scratch.
    """

    def __init__(self, step: Computed, inputs: Inputs, device: torch.device):
        self._inputs = [tensor.to(device, copy=True) for tensor in inputs]
        self._graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self._graph):
            self._counts = step(self._inputs)

    def __call__(self, inputs: Inputs) -> torch.Tensor:
        for own, new in zip(self._inputs, inputs, strict=True):
            own.copy_(new)
        self._graph.replay()
        return self._counts


class Replays:
    """The replays of one rule. A kind of batch is computed as usual the first time, which finds out what
    fits the device and reserves memory, and recorded the second time.

    record: makes a Replay; another one where there is no GPU, in tests.
    """

    def __init__(self, device: torch.device, record: Callable[..., Computed] = Replay):
        self._device, self._record = device, record
        self._rule: object = None
        self._seen: dict[tuple, Computed | None] = {}

    def step(self, rule: object, compute: Computed, inputs: Inputs) -> torch.Tensor:
        """compute: what the rule makes of inputs, which may be the host's. Returns what it returns."""
        if rule != self._rule:
            self._rule, self._seen = rule, {}
        kind = tuple(tensor.shape for tensor in inputs)
        if kind not in self._seen:
            self._seen[kind] = None
            return compute([tensor.to(self._device) for tensor in inputs])
        replay = self._seen[kind]
        if replay is None:
            replay = self._seen[kind] = self._record(compute, inputs, self._device)
        return replay(inputs)


class StepUnderWay:
    """A Step that a GPU still works on: loss and correct wait for it. Until then the host may go on."""

    def __init__(self, counts: torch.Tensor):
        self._counts = torch.empty(2, dtype=torch.int64, pin_memory=True).copy_(counts, non_blocking=True)
        self._done = torch.cuda.Event()
        self._done.record()

    @property
    def loss(self) -> int:
        return self.result().loss

    @property
    def correct(self) -> int:
        return self.result().correct

    def result(self) -> Step:
        self._done.synchronize()
        return Step(*self._counts.tolist())

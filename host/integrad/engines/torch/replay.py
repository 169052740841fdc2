"""Recorded training steps (CUDA graphs): hundreds of GPU kernels that are started by one call.

Starting them one by one takes the CPU several times longer than the GPU takes to execute them.
"""

from __future__ import annotations

from collections.abc import Callable

import torch

from integrad.learners.step import Step

Inputs = list[torch.Tensor]
Computed = Callable[[Inputs], torch.Tensor]
"""Processes a batch, updates weights in place, returns int64 [loss, correct]; does not synchronise."""


class Replay:
    """A step that is recorded once and repeated for all batches of the same shapes.

    Everything that it accesses must stay at its address in memory: weights, divisors, scratch.
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
    """The recorded steps of one rule. The first batch of a given shape is computed normally, which reserves
    memory, and the second one is recorded.

    record: creates a Replay; tests without a GPU replace it.
    """

    def __init__(self, device: torch.device, record: Callable[..., Computed] = Replay):
        self._device, self._record = device, record
        self._rule: object = None
        self._seen: dict[tuple, Computed | None] = {}

    def step(self, rule: object, compute: Computed, inputs: Inputs) -> torch.Tensor:
        """compute: the step for a batch. inputs: may be on the host. Returns the result of compute."""
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
    """A Step that a GPU may still be computing; loss and correct wait for it."""

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

"""What the layers with weights of integer backpropagation have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from integrad_codegen.encodings import Encoding
from integrad_codegen.operations.backprop_stash import packed_bytes, signs_bytes
from integrad_codegen.operations.operation import Operation

INT32, INT16 = 4, 2
"""Bytes of a sum, and of the number of an error."""


@dataclass(frozen=True)
class Scales:
    """The constants by which a layer scales. All but leak are shifts.

    output: of sums that become outputs. error: of sums that become errors of the layer below. update: of
    gradients, for a learning rate of 1. leak: inverse slope of negative outputs; 0: they become 0, 1: they
    stay.
    """

    output: int
    error: int
    update: int
    leak: int

    @property
    def values(self) -> tuple[int, int, int, int]:
        """In the order of the struct in C."""
        return self.output, self.error, self.update, self.leak


def activation_kernels(passes_back: bool, packs: bool) -> set[str]:
    """What passes errors back through an activation."""
    if not passes_back:
        return set()
    return {"backprop_signs", "backprop_activation_signs"} if packs else {"backprop_activation"}


@dataclass(frozen=True, eq=False)
class BackpropLayer(Operation):
    """encoding: of the weights. fraction: member of the struct of weights with the fractions of its masters,
    "" if the weights are their own masters. bias, bias_fraction: the same for its biases, one per row, "" if
    it has none. updated: whether the device updates its weights. back: whether it passes errors to the layer
    below. below: name of that layer, "" if its outputs pass a pool. packs: whether a training step keeps its
    inputs in a packed stash.
    """

    header: ClassVar[str] = "backprop.h"
    encoding: Encoding
    scales: Scales
    fraction: str = ""
    bias: str = ""
    bias_fraction: str = ""
    updated: bool = False
    back: bool = False
    below: str = ""
    packs: bool = False

    @property
    def learns(self) -> bool:
        return self.updated

    @property
    def weights(self) -> int:
        """Number of its weights."""
        raise NotImplementedError

    @property
    def biases(self) -> int:
        """Number of its biases."""
        return self.rows if self.bias else 0

    @property
    def summands(self) -> int:
        """Most products of int8 values of which an output is the sum; a bias is one of an input of 64."""
        return self.fan_in + bool(self.bias)

    @property
    def fan_out(self) -> int:
        """Most weights through which one input receives errors."""
        raise NotImplementedError

    @property
    def gradient_terms(self) -> int:
        """Most products that one sample adds to a gradient, that of a bias too."""
        return 1

    @property
    def arrays(self) -> int:
        """Of the size of its weights."""
        return 2 if self.learns and self.fraction else 1

    @property
    def weights_bytes(self) -> int:
        return self.arrays * self.encoding.bytes * (self.weights + self.biases)

    # Memory

    @property
    def packed_bytes(self) -> int:
        """Of the packed inputs of a sample."""
        return packed_bytes(self.inputs)

    def unpacked_bytes(self, batch: int) -> int:
        """Of the packed inputs that are unpacked at a time."""
        raise NotImplementedError

    @property
    def signs_bytes(self) -> int:
        """Of the signs of a sample's inputs, 0 where no activation is passed back through."""
        return signs_bytes(self.inputs) if self.back and self.below else 0

    # Costs

    @property
    def training_macs(self) -> int:
        """Each pass takes as many as the forward pass, if no error is 0."""
        return self.macs * (1 + self.learns + self.back)

    # Code

    def kernels(self) -> set[str]:
        names = {f"{self.kind}_{'biased' if self.bias else 'forward'}"}
        if self.learns:
            names |= {f"{self.kind}_learn{'_packed' if self.packs else ''}", "backprop_rate"}
        if self.learns and self.bias:
            names.add("backprop_bias_learn")
        if self.back:
            names.add(f"{self.kind}_back")
        if self.packs:
            names.add("backprop_pack")
        return names | activation_kernels(self.back and bool(self.below), self.packs)

    def stash_constants(self) -> list[tuple[str, int]]:
        """(quantity, value) of the sizes of its packed stash."""
        if not self.packs:
            return []
        sizes = [("inputs", self.inputs), ("packed", self.packed_bytes), ("signs", self.signs_bytes)]
        return [(what, size) for what, size in sizes if size]

    @property
    def divides(self) -> bool:
        """All scales are powers of two."""
        return False

    def ingredients(self, batch: int) -> list[str]:
        names = [self.kind]
        if self.learns:
            names.append(f"{self.kind} learns")
        if self.back:
            names.append(f"{self.kind} passes errors")
        if self.bias:
            names.append(f"{self.kind} with biases")
        if self.bias and self.learns:
            names.append(f"{self.kind} with biases learns")
        return names

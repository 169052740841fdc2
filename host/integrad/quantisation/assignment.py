"""Which array of a file is the weights, or the biases, of which layer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from integrad.errors import IntegradError, UsageError, one_line
from integrad.network.network import Network
from integrad.quantisation.array_checks import check_values
from integrad.quantisation.biases import Biases, find_biases
from integrad.quantisation.weight_file import SUFFIX
from integrad.quantisation.weight_layout import (
    KERAS,
    LAYOUTS,
    TORCH,
    USUAL_FLATTENING,
    Target,
    targets_of,
)


@dataclass(frozen=True)
class Reading:
    """What the user says about the arrays. order: names of the weights in the order of the layers, biases
    after the weights of their layer; layout, flattening: see weight_layout. None: found out.
    """

    order: Sequence[str] | None = None
    layout: str | None = None
    flattening: str | None = None


@dataclass(frozen=True)
class Assigned:
    """float64 weights and biases of each layer, blocks first, output layer last, in the layers' shapes."""

    weights: list[np.ndarray]
    biases: Biases


def assign(arrays: dict[str, np.ndarray], network: Network, reading: Reading, source: str) -> Assigned:
    """The arrays of a file by layer.

    source: name of the file, for messages. Raises IntegradError, naming file and array, if an array is
    missing, superfluous, not finite or all zero, or has another shape; UsageError if the layout is not clear.
    """
    targets = targets_of(network)
    names = _names_by_layer(arrays, targets, reading.order, source)
    order = list(arrays if reading.order is None else reading.order)
    if reading.order is None and source.endswith(SUFFIX):
        order = []
    biases = find_biases(arrays, names, order, reading.order is not None, targets, source)
    for name in names:
        _check_weights(name, arrays[name], source)
    found = [arrays[name].astype(np.float64) for name in names]
    layout = reading.layout or _detect(names, found, targets, network, source)
    _check_shapes(names, found, targets, (layout,), network, source)
    flattening = reading.flattening or USUAL_FLATTENING[layout]
    pairs = zip(targets, found, strict=True)
    return Assigned([target.arranged(array, layout, flattening) for target, array in pairs], biases)


def _names_by_layer(arrays, targets: list[Target], order: Sequence[str] | None, source: str) -> list[str]:
    if order is not None:
        if missing := [name for name in order if name not in arrays]:
            raise UsageError(f"{source}: has no array {one_line(missing[0])}; it has {_some(arrays)}")
        return _counted([name for name in order if arrays[name].ndim > 1], targets, source)
    own = [target.name for target in targets]
    if set(own) & set(arrays):
        if missing := [name for name in own if name not in arrays]:
            raise IntegradError(f"{source}: array {missing[0]} is missing; it has {_some(arrays)}")
        if extra := [name for name in arrays if name not in own and arrays[name].ndim > 1]:
            raise IntegradError(
                f"{source}: array {one_line(extra[0])} is not part of the network; "
                "remove it, or change --like"
            )
        return own
    found = [name for name, array in arrays.items() if array.ndim > 1]
    if source.endswith(SUFFIX):
        found = _in_natural_order(found, source)
    return _counted(found, targets, source)


def _counted(names: list[str], targets: list[Target], source: str) -> list[str]:
    if len(names) != len(targets):
        wanted = ", ".join(target.name for target in targets)
        raise IntegradError(
            f"{source}: has {len(names)} arrays of weights ({_some(names)}), but the network has "
            f"{len(targets)} layers ({wanted}); change --like, or name the arrays with --arrays"
        )
    return names


def _in_natural_order(names: list[str], source: str) -> list[str]:
    """Names that differ in numbers only, such as 0.weight and 10.weight, by these numbers: a .safetensors
    file does not keep the order in which arrays were saved."""
    if len({re.sub(r"\d+", "#", name) for name in names}) > 1:
        raise UsageError(
            f"{source}: the order of {_some(names)} is not clear; give it with --arrays, such as "
            f"--arrays {','.join(map(one_line, names[:12]))}"
        )
    return sorted(names, key=lambda name: [int(number) for number in re.findall(r"\d+", name)])


def _check_weights(name: str, array: np.ndarray, source: str) -> None:
    check_values(name, array, source)
    if not array.any():
        raise IntegradError(
            f"{source}: array {one_line(name)} is all zero, so that nothing behind it can learn; "
            "save trained weights"
        )


def _detect(names, arrays, targets: list[Target], network: Network, source: str) -> str:
    fitting = [layout for layout in LAYOUTS if not _misfits(arrays, targets, layout)]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        if all(_is_same(array, target) for array, target in zip(arrays, targets, strict=True)):
            return TORCH
        raise UsageError(
            f"{source}: the shapes of the arrays fit both PyTorch and Keras; add --layout torch or "
            "--layout keras"
        )
    _check_shapes(names, arrays, targets, LAYOUTS, network, source)
    odd = {layout: names[_misfits(arrays, targets, layout)[0]] for layout in LAYOUTS}
    raise IntegradError(
        f"{source}: array {one_line(odd[KERAS])} has the layout of PyTorch, but {one_line(odd[TORCH])} "
        "that of Keras; transpose one of them"
    )


def _is_same(array: np.ndarray, target: Target) -> bool:
    return np.array_equal(target.arranged(array, TORCH, "chw"), target.arranged(array, KERAS, "hwc"))


def _misfits(arrays, targets: list[Target], layout: str) -> list[int]:
    pairs = enumerate(zip(arrays, targets, strict=True))
    return [index for index, (array, target) in pairs if array.shape not in target.shapes(layout)]


def _check_shapes(names, arrays, targets: list[Target], layouts, network: Network, source: str) -> None:
    for name, array, target in zip(names, arrays, targets, strict=True):
        if any(array.shape in target.shapes(layout) for layout in layouts):
            continue
        wanted = " or ".join(f"{target.shapes(layout)[0]} ({layout})" for layout in layouts)
        samples = "x".join(map(str, network.input_shape))
        raise IntegradError(
            f"{source}: array {one_line(name)} has shape {array.shape}, but {target.name} is {wanted} for "
            f"that network and samples of {samples}; change --like or --data"
        )


def _some(names) -> str:
    listed = [one_line(name) for name in names]
    more = f", … ({len(listed)} in total)" if len(listed) > 12 else ""
    return (", ".join(listed[:12]) or "no arrays") + more

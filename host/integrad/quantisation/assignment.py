"""Which array of a file is the weights of which layer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from integrad.errors import IntegradError, UsageError
from integrad.network.network import Network
from integrad.quantisation.weight_layout import (
    KERAS,
    LAYOUTS,
    TORCH,
    USUAL_FLATTENING,
    Target,
    targets_of,
)
from integrad.tensor_file import one_line

WITHOUT = "train without biases and normalisation (bias=False in PyTorch, use_bias=False in Keras)"


@dataclass(frozen=True)
class Reading:
    """What the user says about the arrays. order: names in the order of the layers; layout, flattening: see
    weight_layout. None: found out.
    """

    order: Sequence[str] | None = None
    layout: str | None = None
    flattening: str | None = None


def assign(
    arrays: dict[str, np.ndarray], network: Network, reading: Reading, source: str
) -> list[np.ndarray]:
    """float64 weights of each layer, blocks first, output layer last, in the shape of the layer's.

    source: name of the file, for messages. Raises IntegradError, naming file and array, if an array is
    missing, superfluous, not finite or all zero, or has another shape; UsageError if the layout is not clear.
    """
    targets = targets_of(network)
    names = _names_by_layer(arrays, targets, reading.order, source)
    _check_others(arrays, names, source)
    for name in names:
        _check_values(name, arrays[name], source)
    found = [arrays[name].astype(np.float64) for name in names]
    layout = reading.layout or _detect(names, found, targets, network, source)
    _check_shapes(names, found, targets, (layout,), network, source)
    flattening = reading.flattening or USUAL_FLATTENING[layout]
    return [target.arranged(array, layout, flattening) for target, array in zip(targets, found, strict=True)]


def _names_by_layer(arrays, targets: list[Target], order: Sequence[str] | None, source: str) -> list[str]:
    if order is not None:
        if missing := [name for name in order if name not in arrays]:
            raise UsageError(f"{source}: has no array {one_line(missing[0])}; it has {_some(arrays)}")
        return _counted(list(order), targets, source)
    own = [target.name for target in targets]
    if set(own) & set(arrays):
        if missing := [name for name in own if name not in arrays]:
            raise IntegradError(f"{source}: array {missing[0]} is missing; it has {_some(arrays)}")
        if extra := [name for name in arrays if name not in own and arrays[name].ndim > 1]:
            raise IntegradError(
                f"{source}: array {one_line(extra[0])} is not part of the network; remove it, or change SPEC"
            )
        return own
    found = [name for name, array in arrays.items() if array.ndim > 1]
    if source.endswith(".safetensors"):
        found = _in_natural_order(found, source)
    return _counted(found, targets, source)


def _counted(names: list[str], targets: list[Target], source: str) -> list[str]:
    if len(names) != len(targets):
        wanted = ", ".join(target.name for target in targets)
        raise IntegradError(
            f"{source}: has {len(names)} arrays of weights ({_some(names)}), but the network has "
            f"{len(targets)} layers ({wanted}); change SPEC, or name the arrays with --arrays"
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


def _check_others(arrays: dict[str, np.ndarray], names: list[str], source: str) -> None:
    """Biases that change nothing are ignored: zeros, and an equal one for all classes."""
    for name, array in arrays.items():
        if name in names or array.ndim > 1 or (array.dtype.kind in "fiu" and not array.any()):
            continue
        belongs_to_output = _stem(name) == _stem(names[-1]) and len(_stem(name)) > 0
        if belongs_to_output and array.dtype.kind == "f" and np.ptp(array) == 0:
            continue
        raise IntegradError(
            f"{source}: array {one_line(name)} is not zero, but layers have weights only; {WITHOUT}"
        )


def _stem(name: str) -> str:
    """The name of a layer, without that of its parameter."""
    return re.split(r"[./]", name[::-1], maxsplit=1)[-1][::-1] if re.search(r"[./]", name) else ""


def _check_values(name: str, array: np.ndarray, source: str) -> None:
    where = f"{source}: array {one_line(name)}"
    if array.dtype.kind != "f":
        raise IntegradError(f"{where} is {array.dtype}; save floats (float32 or float64)")
    if not np.isfinite(array).all():
        raise IntegradError(f"{where} contains nan or infinity; train again with a smaller learning rate")
    if not array.any():
        raise IntegradError(f"{where} is all zero, so that nothing behind it can learn; save trained weights")


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
            f"SPEC and samples of {samples}; change SPEC or DATA"
        )


def _some(names) -> str:
    listed = [one_line(name) for name in names]
    more = f", … ({len(listed)} in total)" if len(listed) > 12 else ""
    return (", ".join(listed[:12]) or "no arrays") + more

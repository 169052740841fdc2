"""Which array of a file is the biases of which layer, and networks whose layers have them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np

from integrad.errors import IntegradError, one_line
from integrad.network.backprop_blocks import BackpropConv
from integrad.network.description import OUTPUT_BIAS
from integrad.network.layer_types.backprop_dense import BIAS
from integrad.network.network import Network
from integrad.quantisation.array_checks import check_values, split_name
from integrad.quantisation.weight_layout import Target

Biases = Sequence[np.ndarray | None]
"""Of each layer, blocks first, output layer last; None for a layer without."""

USUAL_NAME = re.compile(r".*bias.*|b|\d+", re.IGNORECASE)
"""Of an array of biases, after the name of its layer; a number where weights have a number as well."""


def find_biases(
    arrays: dict[str, np.ndarray],
    names: Sequence[str],
    order: Sequence[str],
    given: bool,
    targets: list[Target],
    source: str,
) -> Biases:
    """float64 biases. Those that change nothing are left out: zeros, and an equal one for all classes.

    names: of the arrays of weights, in the order of targets. order: of names, where biases follow the weights
    of their layer; given: whether the user has stated it, so that it counts more than names. Raises
    IntegradError, naming file and array, for arrays that are neither weights nor biases, and for biases that
    do not fit.
    """
    found: list[np.ndarray | None] = [None] * len(targets)
    others = {n: a for n, a in arrays.items() if n not in names and a.ndim <= 1 and not _is_zero(a)}
    owners = _owners(others, names, order, given)
    for name, array in others.items():
        where = f"{source}: array {one_line(name)}"
        if name not in owners:
            raise IntegradError(
                f"{where} is not zero, but is not the biases of a layer; train without normalisation, or "
                "state the order with --arrays, biases after the weights of their layer"
            )
        target, is_output = targets[owners[name]], owners[name] == len(targets) - 1
        if is_output and array.dtype.kind == "f" and np.ptp(array) == 0:
            continue
        check_values(name, array, source)
        outputs = len(target.layer.weights)
        if array.shape != (outputs,):
            what = "channels" if isinstance(target.layer, BackpropConv) else "units"
            raise IntegradError(
                f"{where} has shape {array.shape}, but {target.place} has {outputs} {what}; change SPEC"
            )
        found[owners[name]] = array.astype(np.float64)
    return found


def with_biases(network: Network, biases: Biases) -> Network:
    """A network like this one whose layers have biases where there are any; its weights are zero."""
    description, remaining = network.describe(), list(biases)
    for layer, stage in zip(description["layers"], network.stages, strict=True):
        if stage.block is not None and remaining.pop(0) is not None:
            layer[BIAS] = True
    if remaining.pop() is not None:
        description[OUTPUT_BIAS] = True
    return Network.from_description(description)


def _is_zero(array: np.ndarray) -> bool:
    return array.dtype.kind in "fiu" and not array.any()


def _owners(others: Iterable[str], names: Sequence[str], order: Sequence[str], given: bool) -> dict[str, int]:
    """Name of an array of biases → index of its layer. No layer has two of them."""
    by_layer: dict[int, list[str]] = {}
    for name in others:
        if (index := _owner(name, names, order, given)) is not None:
            by_layer.setdefault(index, []).append(name)
    return {found[0]: index for index, found in by_layer.items() if len(found) == 1}


def _owner(name: str, names: Sequence[str], order: Sequence[str], given: bool) -> int | None:
    """Index of the layer, known from the names, or from the order if these have no layers."""
    layer, own = split_name(name)
    if name in order and (given or not layer):
        before = [other for other in order[: order.index(name)] if other in names]
        is_known = before and (given or not split_name(before[-1])[0])
        return names.index(before[-1]) if is_known else None
    same = [index for index, other in enumerate(names) if layer and split_name(other)[0] == layer]
    return same[0] if len(same) == 1 and USUAL_NAME.fullmatch(own) else None

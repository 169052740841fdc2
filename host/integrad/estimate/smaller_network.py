"""A smaller network of the same kind that would fit a part."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from integrad.errors import IntegradError
from integrad.estimate.shortage import Shortage
from integrad.model_file import Model
from integrad.network.network import Network
from integrad.training.specification import load_spec
from integrad_codegen.plan import Plan, make_plan

WIDTH = re.compile(r"(?<=[:,])([cd]?)(\d+)")
"""Units or channels in the short notation."""

HALVINGS = 6


def smaller_network(model: Model, plan: Plan, lacks: Callable[[Model, Plan], Shortage | None]) -> str:
    """The short notation of the network with all layers half as wide, a quarter as wide, … that fits with the
    same learn set and batch size; "" if there is none, or if the network has no short notation.

    lacks: what a plan lacks, or None if it fits.
    """
    spec = model.training.get("model_spec")
    if not isinstance(spec, str) or not spec.startswith(("mlp:", "cnn:")):
        return ""
    for halvings in range(1, HALVINGS + 1):
        smaller = narrowed(spec, 2**halvings)
        try:
            other = replace(model, network=_network(model, smaller))
            planned = make_plan(other.network, plan.prefix, plan.learn.name, plan.batch, plan.constants)
        except IntegradError:
            return ""
        if lacks(other, planned) is None:
            return smaller
    return ""


def narrowed(spec: str, divisor: int) -> str:
    """The notation of a network with that fraction of units and channels, at least 2."""
    return WIDTH.sub(lambda found: f"{found[1]}{max(2, int(found[2]) // divisor)}", spec)


def _network(model: Model, spec: str) -> Network:
    network = model.network
    layers = load_spec(spec, network.input_shape, network.learner).layers
    return Network.from_description(network.describe() | {"layers": layers})

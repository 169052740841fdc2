"""Suggestions for firmware that does not fit a part. They are verified by building the firmware."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Protocol

import numpy as np

from integrad.estimate.shortage import shortage
from integrad.estimate.smaller_network import smaller_network
from integrad.learners.memory_options import YES, option_words
from integrad.learners.table import learner_of
from integrad.model_file import Model
from integrad.targets.cores import CORES, Core, core_of
from integrad.targets.parts import Part, all_parts
from integrad_codegen.plan import Plan, make_plan

if TYPE_CHECKING:  # whoever only predicts builds nothing
    from integrad.build.firmware import DoesNotFitError

Attempt = Callable[[Plan, Core], "DoesNotFitError | None"]
"""Builds a plan for a core and returns the error of the linker, or None if it fits."""


class Obstacle(Protocol):
    """The reason why a plan does not fit a part. needs: "flash" or "RAM" → (needed, available), bytes."""

    needs: dict[str, tuple[int, int]]


def advice(model: Model, plan: Plan, error: DoesNotFitError, attempt: Attempt) -> str:
    """Suggest what would fit: a smaller learn set or batch, a larger part, or a smaller network.

    error: the error of the linker for the plan.
    """
    core = error.core
    option = thriftier_option(model, plan, error, lambda other: attempt(other, core))
    smaller = smaller_plan(model, plan, core.part, lambda other: attempt(other, core))
    network = smaller_network(model, plan, lambda other, plan: shortage(other, plan, core.part))
    ways = [option] if option else []
    if smaller is not None:
        batch = f" --batch-size {smaller.batch}" if smaller.batch else ""
        ways.append(f"--learn {smaller.learn.name}{batch}")
    ways += _larger(model, plan, error, attempt)
    if ways:
        return f"{' or '.join(ways)} would fit{remarks(smaller is not None, network)}"
    if plan.batch:
        plan = make_plan(model.network, plan.prefix, "none", constants=plan.constants)
        error = attempt(plan, core) or error
    return f"a network would fit if {limits(plan, error)}"


def remarks(less: bool, network: str) -> str:
    """What to know about suggestions. less: whether one of them learns less; network: a smaller one."""
    cost = "; what less learning costs in accuracy was not measured" if less else ""
    return cost + (f"; --model {network}, trained anew, would fit as it is" if network else "")


def thriftier_option(
    model: Model, plan: Plan, error: Obstacle, obstacle: Callable[[Plan], Obstacle | None]
) -> str:
    """The device options of the learner with which the same training step fits, such as `--stash 2`; "" if
    there are none, or if flash is short, which they do not save. Options that change no bit are preferred.
    error: why the plan does not fit; obstacle: see smaller_plan."""
    if not plan.batch or "flash" in error.needs:
        return ""
    declared = learner_of(model.network).device_options
    used = {name: plan.constants.get(name, option.default) for name, option in declared.items()}
    # A switch that was given stays, for a training step takes no less memory without it.
    choices = [(YES,) if used[name] == YES else option.choices for name, option in declared.items()]
    for chosen in product(*choices):
        options = {n: choice for n, choice in zip(declared, chosen, strict=True) if choice != used[n]}
        if not options:
            continue
        constants = plan.constants | options
        other = make_plan(model.network, plan.prefix, plan.learn.name, plan.batch, constants)
        if obstacle(other) is None:
            return " ".join(option_words(options))
    return ""


def smaller_plan(
    model: Model, plan: Plan, part: Part, obstacle: Callable[[Plan], Obstacle | None]
) -> Plan | None:
    """The first plan that fits: with the batch size halved repeatedly, then with ever fewer learning
    blocks.

    obstacle: returns the reason why a plan does not fit the part, or None if it fits.
    """
    batches = [plan.batch >> halvings for halvings in range(plan.batch.bit_length())]
    for learn in _learn_sets(model, plan):
        for batch in batches if learn != "none" else [0]:
            other = make_plan(model.network, plan.prefix, learn, batch, plan.constants)
            if not _may_fit(model, other, part):
                continue
            error = obstacle(other)
            if error is None:
                return other
            if "flash" in error.needs:
                break  # a smaller batch reduces RAM, but not flash
    return None


def _learn_sets(model: Model, plan: Plan) -> list[str]:
    """The learn sets that are not larger than that of the plan, the largest first."""
    if not plan.batch:
        return []
    blocks = len(model.network.blocks)
    depths = range(blocks - plan.learn.first_block, 0, -1)
    return [*("all" if depth == blocks else f"last:{depth}" for depth in depths), "output", "none"]


def _larger(model: Model, plan: Plan, error: DoesNotFitError, attempt: Attempt) -> list[str]:
    """The option for a larger part, if there is one: of the same core if the user has chosen the part."""
    core = error.core
    usual = CORES.get(core.name)
    if usual is not None and core.part is not usual.part:
        needed = {"flash": core.part.flash_bytes, "RAM": core.part.ram_bytes}
        needed |= {memory: bytes_needed for memory, (bytes_needed, _) in error.needs.items()}
        parts = [part for part in all_parts() if core_of(part) is usual]
        enough = [p for p in parts if p.flash_bytes >= needed["flash"] and p.ram_bytes >= needed["RAM"]]
        enough.sort(key=lambda part: (part.ram_bytes, part.flash_bytes))
        return [f"--part {part.name}" for part in enough[:1]]
    others = [c for c in CORES.values() if c != core and c.family is core.family]
    others = [c for c in others if _may_fit(model, plan, c.part)]
    others.sort(key=lambda other: other.part.ram_bytes)
    larger = next((other for other in others if attempt(plan, other) is None), None)
    return [f"--core {larger.name}"] if larger else []


def _may_fit(model: Model, plan: Plan, part: Part) -> bool:
    """Whether the data alone fits; otherwise a build is pointless."""
    raw_bytes = np.dtype(model.preprocessing.raw_dtype).itemsize * prod(model.preprocessing.raw_shape)
    ram = raw_bytes + max(1, plan.batch) * plan.inputs
    ram += plan.weights_bytes + plan.scratch.bytes if plan.batch else plan.inference_scratch_bytes
    return plan.weights_bytes + plan.frozen_bytes <= part.flash_bytes and ram <= part.ram_bytes


def limits(plan: Plan, error: Obstacle) -> str:
    """What prevents a plan without training from fitting, and by how much it would have to be reduced."""
    takes = {"flash": ("weights", plan.weights_bytes), "RAM": ("activations", plan.inference_scratch_bytes)}
    found = []
    for memory, (needed, there) in error.needs.items():
        what, has = takes[memory]
        most = has - (needed - there)
        fits = f"its {what} took at most {most:,} bytes instead of {has:,}"
        found.append(fits if most > 0 else "its samples were smaller")
    return " and ".join(found)

"""Named constants of the generated module: no bare number in a loop."""

from __future__ import annotations

from integrad.arithmetic import INPUT_SPREAD
from integrad.errors import UsageError
from integrad_codegen.normalisation import Normalisation
from integrad_codegen.operations import Classifier, Operation, Pool
from integrad_codegen.plan import Plan

PUBLIC_WORDS = ("INPUTS", "CLASSES", "BATCH", "OK", "ERROR_COUNT", "ERROR_LABEL", "ERROR_SCHEDULE", "H")
"""What follows the prefix in public macros and enumerators."""


def constants(plan: Plan, normalisation: Normalisation) -> list[tuple[str, int]]:
    """(name, value) of every enumerator, in order of use."""
    named = [("INPUT_SPREAD", INPUT_SPREAD)]
    if normalisation.channels > 1:
        named.append(("INPUT_CHANNELS", normalisation.channels))
        named.append(("INPUT_POSITIONS", plan.inputs // normalisation.channels))
    for operation in plan.operations:
        if operation.pool:
            named += _pool(operation.name.upper(), operation.pool)
        elif operation.kind == "dense":
            named += _dense(operation)
        else:
            named += _conv(operation)
        if operation.learns:
            named += _classifier(operation.head, learns=True)
    named += _classifier(plan.output, learns=plan.batch > 0)
    _check_prefix(plan.prefix, {name for name, _ in named})
    return named


def _check_prefix(prefix: str, names: set[str]) -> None:
    """A prefix such as `block1` would define the module's own BLOCK1_INPUTS a second time."""
    if taken := sorted(names & {f"{prefix.upper()}_{word}" for word in PUBLIC_WORDS}):
        raise UsageError(f"name {prefix!r}: {taken[0]} is a name of the module itself; choose another --name")


def _dense(o: Operation) -> list[tuple[str, int]]:
    name = o.name.upper()
    named = [(f"{name}_INPUTS", o.inputs), (f"{name}_OUTPUTS", o.outputs), (f"{name}_SCALE", o.scale)]
    return [*named, (f"{name}_LIMIT", o.limit)] if o.learns else named


def _conv(o: Operation) -> list[tuple[str, int]]:
    name = o.name.upper()
    named = [(f"{name}_INPUTS", o.inputs), (f"{name}_OUTPUTS", o.outputs), (f"{name}_SCALE", o.scale)]
    channels, height, width = o.input_shape
    named += [
        (f"{name}_INPUT_CHANNELS", channels),
        (f"{name}_INPUT_HEIGHT", height),
        (f"{name}_INPUT_WIDTH", width),
        (f"{name}_CHANNELS", o.rows),
        (f"{name}_HEIGHT", o.output_shape[1]),
        (f"{name}_WIDTH", o.output_shape[2]),
        *_pairs(name, "KERNEL", o.kernel),
        *_pairs(name, "STRIDE", o.stride),
        *_pairs(name, "PADDING", o.padding),
    ]
    if o.groups > 1:
        named += _groups(o)
    if not o.learns:
        return named
    learning = [(f"{name}_POSITIONS", o.positions), (f"{name}_FAN_IN", o.fan_in), (f"{name}_LIMIT", o.limit)]
    return named + learning + (_head_pool(f"{name}_POOL", o.head_pool) if o.head_pool else [])


def _groups(o: Operation) -> list[tuple[str, int]]:
    name = o.name.upper()
    return [
        (f"{name}_GROUPS", o.groups),
        (f"{name}_GROUP_INPUT_CHANNELS", o.group_shape[0]),
        (f"{name}_GROUP_CHANNELS", o.group_rows),
        (f"{name}_GROUP_INPUTS", o.inputs // o.groups),
        (f"{name}_GROUP_OUTPUTS", o.outputs // o.groups),
    ]


def _head_pool(name: str, pool: Pool) -> list[tuple[str, int]]:
    """It is asked for its windows' errors too."""
    _, height, width = pool.output_shape
    return [*_pool(name, pool), (f"{name}_POSITIONS", height * width)]


def _pool(name: str, pool: Pool) -> list[tuple[str, int]]:
    channels, height, width = pool.input_shape
    named = [
        (f"{name}_INPUTS", channels * height * width),
        (f"{name}_INPUT_HEIGHT", height),
        (f"{name}_INPUT_WIDTH", width),
        (f"{name}_CHANNELS", channels),
        (f"{name}_HEIGHT", pool.output_shape[1]),
        (f"{name}_WIDTH", pool.output_shape[2]),
        (f"{name}_OUTPUTS", channels * pool.output_shape[1] * pool.output_shape[2]),
        *_pairs(name, "WINDOW", pool.window),
    ]
    padded = pool.padding != (0, 0)
    if padded:
        named += _pairs(name, "PADDING", pool.padding)
    return [*named, (f"{name}_WINDOW_AREA", pool.area)] if padded or pool.kind == "avg_pool" else named


def _classifier(classifier: Classifier, learns: bool) -> list[tuple[str, int]]:
    name = classifier.name.upper()
    named = [(f"{name}_FEATURES", classifier.features), (f"{name}_SCALE", classifier.scale)]
    return [*named, (f"{name}_LIMIT", classifier.limit)] if learns else named


def _pairs(name: str, what: str, pair: tuple[int, int]) -> list[tuple[str, int]]:
    return [(f"{name}_{what}_HEIGHT", pair[0]), (f"{name}_{what}_WIDTH", pair[1])]

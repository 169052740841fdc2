"""The table of export targets: to add a target is to add a file here, and a row."""

from __future__ import annotations

from collections.abc import Mapping

from integrad.errors import UsageError
from integrad.export.c import C
from integrad.export.cmake import CMAKE
from integrad.export.micropython import MICROPYTHON
from integrad.export.target import Option, Target

TARGETS: dict[str, Target] = {target.name: target for target in (C, MICROPYTHON, CMAKE)}


def all_options() -> list[Option]:
    """The options of all targets; those of one name are one option."""
    return list({option.name: option for target in TARGETS.values() for option in target.options}.values())


def check_options(target: Target, values: Mapping[str, str | None]) -> dict[str, str | None]:
    """The values of the target's own options. Raises UsageError for one that belongs to another target."""
    own = {option.name: option for option in target.options}
    for name, value in values.items():
        if value is None:
            continue
        if name not in own:
            owners = [t.name for t in TARGETS.values() if name in {option.name for option in t.options}]
            raise UsageError(f"--{name.replace('_', '-')} requires --target {' or '.join(owners)}")
        own[name].check(value)
    return {name: values.get(name) for name in own}

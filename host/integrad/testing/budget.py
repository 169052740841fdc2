"""What firmware may need at most and must reach at least: the table `budget` of the settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from integrad.execute.adaptation import TUNING_EPOCHS
from integrad.testing import values
from integrad.testing.values import Place


@dataclass(frozen=True)
class TuningTask:
    """What the device learns from before its accuracy is measured again: options of `integrad emulate`.

    samples: of --tune. only: selectors KEY=VALUE. replay: number of stored samples; None for the usual one.
    """

    samples: int
    only: tuple[str, ...] = ()
    epochs: int = TUNING_EPOCHS
    replay: int | None = None
    learning_rate_inv: int | None = None
    seed: int = 0


@dataclass(frozen=True)
class Budget:
    """Limits of one core; None where there is none. The first five are maxima, the others minima."""

    flash: int | None = None
    ram: int | None = None
    stack: int | None = None
    instructions_per_inference: int | None = None
    instructions_per_step: int | None = None
    accuracy: float | None = None
    accuracy_after_tuning: float | None = None
    tuning: TuningTask | None = None


def _selectors(place: Place, value) -> tuple[str, ...]:
    found = values.texts(place, [value] if isinstance(value, str) else value)
    if wrong := [text for text in found if "=" not in text.strip("=")]:
        raise place.refusal(f"must select samples by KEY=VALUE, not {wrong[0]!r:.50}")
    return found


TUNING_KEYS = {
    "samples": lambda place, value: values.whole(place, value, 1),
    "only": _selectors,
    "epochs": lambda place, value: values.whole(place, value, 1),
    "replay": values.whole,
    "learning-rate-inv": lambda place, value: values.whole(place, value, 1),
    "seed": values.whole,
}


def _tuning(place: Place, value) -> TuningTask:
    found = read_keys(place, value, TUNING_KEYS)
    if "samples" not in found:
        raise place.refusal("lacks samples, the number of samples to learn from")
    return TuningTask(**found)


BUDGET_KEYS = {
    "flash": values.size,
    "ram": values.size,
    "stack": values.size,
    "instructions-per-inference": values.instructions,
    "instructions-per-step": values.instructions,
    "accuracy": values.fraction,
    "accuracy-after-tuning": values.fraction,
    "tuning": _tuning,
}


def read_keys(place: Place, value, keys: Mapping) -> dict:
    """Name of a field → its value, of a table. keys: key → function of the place and the value."""
    found = values.table(place, value, keys)
    return {key.replace("-", "_"): keys[key](place.inner(key), item) for key, item in found.items()}


def read_budgets(place: Place, value, cores: tuple[str, ...]) -> dict[str, Budget]:
    """Core → its budget: that of all cores, with what its own table says instead."""
    values.table(place, value, [*BUDGET_KEYS, *cores])
    own = {core: value[core] for core in cores if core in value}
    common = Budget(**read_keys(place, {key: value[key] for key in value if key not in own}, BUDGET_KEYS))
    budgets = {}
    for core in cores:
        at = place.inner(core) if core in own else place
        budgets[core] = replace(common, **read_keys(at, own.get(core, {}), BUDGET_KEYS))
        if budgets[core].accuracy_after_tuning is not None and budgets[core].tuning is None:
            raise at.inner("accuracy-after-tuning").refusal("requires tuning = {samples = …} beside it")
    return budgets

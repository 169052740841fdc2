"""Hyper-parameters and their ranges, for options, network files and model files.

Devices use 32-bit integers, so that values accepted by the host must fit in 32 bits.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from integrad.arithmetic import INT32_LIMIT
from integrad.errors import IntegradError

FEWEST_CLASSES = 2
"""If the number of classes is not known yet, the widest range applies, which is that for two classes."""

PLATEAU, QUARTERS, ANNEALED = "plateau", "quarters", "annealed"
"""Learning-rate schedules: reduce the rate where the validation result no longer improves, after each quarter
of the epochs, or by the same factor in every epoch."""


@dataclass(frozen=True)
class HyperParameter:
    """An integer from `low` to `high`, or one of the strings `choices`.

    default: None if it depends on something else. in_network_file: whether a network.toml may set it.
    per_class: whether the largest value is `high` divided by the number of classes.
    """

    low: int = 0
    high: int = INT32_LIMIT
    default: int | str | None = 0
    choices: tuple[str, ...] = ()
    in_network_file: bool = True
    per_class: bool = False

    def check(self, name: str, value, classes: int = FEWEST_CLASSES) -> int | str:
        """Validate a value and return it.

        name: used in error messages. classes: of the network. Raises IntegradError with name and range.
        """
        if self.choices:
            if not isinstance(value, str) or value not in self.choices:
                raise IntegradError(f"{name} must be {' or '.join(self.choices)}, not {value!r:.50}")
            return value
        high = self.high // classes if self.per_class else self.high
        if type(value) is not int or not self.low <= value <= high:
            raise IntegradError(f"{name} must be an integer from {self.low} to {high:,}, not {value!r:.50}")
        return value


BEFORE = {
    "batch_size": HyperParameter(low=1, default=16),
    "epochs": HyperParameter(low=1, default=100),
}
AFTER = {
    "patience": HyperParameter(default=10, in_network_file=False),
    "stop_patience": HyperParameter(default=25, in_network_file=False),
    "augment_crop": HyperParameter(),
    "augment_flip": HyperParameter(high=1),
    "augment_by": HyperParameter(default="sample", choices=("batch", "sample")),
    "steps": HyperParameter(),
    "halvings": HyperParameter(high=30),
    "keep": HyperParameter(default="best", choices=("best", "last", "average")),
    "balance": HyperParameter(high=2),
}
"""Hyper-parameters of the trainer, which are independent of the learner. In a training record, those of the
learner come in between."""


def with_trainers(
    own: dict[str, HyperParameter], rate_schedules: tuple[str, ...]
) -> dict[str, HyperParameter]:
    """All hyper-parameters of a training run in the order of the training record. own, rate_schedules: those
    of the learner. Like every learning_rate_inv, that of the last epoch is limited by the number of
    classes."""
    of_schedule = {
        "schedule": HyperParameter(default=rate_schedules[0], choices=rate_schedules),
        "last_learning_rate_inv": replace(own["learning_rate_inv"], low=0, default=0, per_class=False),
    }
    return BEFORE | own | AFTER | of_schedule

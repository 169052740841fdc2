"""What steers training, and the range of each, said once for options, network files and model files.

The device computes with the integers in 32 bits, so that what the host accepts must fit there.
"""

from __future__ import annotations

from integrad.arithmetic import AMPLIFICATION, INT32_LIMIT, learning_rate_limit
from integrad.errors import IntegradError

LEAST = {
    "batch_size": 1,
    "epochs": 1,
    "learning_rate_inv": 1,
    "amplification": 1,
    "decay_inv": 0,
    "head_decay_inv": 0,
    "patience": 0,
    "stop_patience": 0,
    "augment_crop": 0,
    "augment_flip": 0,
}
"""Smallest value of each integer; 0 switches a decay, a patience or an augmentation off."""

CHOICES = {"augment_by": ("batch", "sample")}
"""Values of those that are words."""

NAMES = (*LEAST, *CHOICES)

FEWEST_CLASSES = 2
"""Where the classes are not known yet, the widest range holds: the one of two classes."""


def check_hyper_parameter(
    name: str, value, classes: int = FEWEST_CLASSES, shown: str | None = None
) -> int | str:
    """The value, if it is one that `name`, one of NAMES, can have.

    classes: of the network; with more of them the largest learning_rate_inv is smaller. shown: what
    an error calls it. Raises IntegradError with the name and the range.
    """
    if name in CHOICES:
        if not isinstance(value, str) or value not in CHOICES[name]:
            raise IntegradError(f"{shown or name} must be {' or '.join(CHOICES[name])}, not {value!r:.50}")
        return value
    low, high = LEAST[name], INT32_LIMIT
    if name == "learning_rate_inv":
        high = learning_rate_limit(classes)
    elif name == "amplification":
        high = AMPLIFICATION
    elif name == "augment_flip":
        high = 1
    if type(value) is not int or not low <= value <= high:
        raise IntegradError(f"{shown or name} must be an integer from {low} to {high:,}, not {value!r:.50}")
    return value

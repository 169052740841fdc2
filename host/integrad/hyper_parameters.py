"""Ranges of the integers that steer training, said once for options, network files and model files.

The device computes with them in 32 bits, so that what the host accepts must fit there.
"""

from __future__ import annotations

from integrad.arithmetic import INT32_LIMIT, learning_rate_limit
from integrad.errors import IntegradError

LEAST = {
    "batch_size": 1,
    "epochs": 1,
    "learning_rate_inv": 1,
    "decay_inv": 0,
    "head_decay_inv": 0,
    "patience": 0,
    "stop_patience": 0,
}
"""Smallest value of each; 0 switches a decay or a patience off."""

FEWEST_CLASSES = 2
"""Where the classes are not known yet, the widest range holds: the one of two classes."""


def check_hyper_parameter(name: str, value, classes: int = FEWEST_CLASSES, shown: str | None = None) -> int:
    """The value, if it is an integer in the range of `name`, a key of LEAST.

    classes: of the network; with more of them the largest learning_rate_inv is smaller. shown: what
    an error calls it. Raises IntegradError with the name and the range.
    """
    low = LEAST[name]
    high = learning_rate_limit(classes) if name == "learning_rate_inv" else INT32_LIMIT
    if type(value) is not int or not low <= value <= high:
        raise IntegradError(f"{shown or name} must be an integer from {low} to {high:,}, not {value!r:.50}")
    return value

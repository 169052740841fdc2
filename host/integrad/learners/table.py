"""The learners by id."""

from __future__ import annotations

from integrad.errors import UsageError
from integrad.learners.backprop import Backprop
from integrad.learners.learner import Learner
from integrad.learners.nitro import Nitro
from integrad.learners.pocket import Pocket
from integrad.network.network import Network

LEARNERS: dict[str, Learner] = {learner.id: learner for learner in (Nitro(), Pocket(), Backprop())}

USUAL = Nitro.id
"""Of network descriptions and network files that name none."""

PREFERRED = (Backprop.id, Nitro.id)
"""For networks in short notation if nobody names one: the first that has all settings that were given."""


def find_learner(name: str) -> Learner:
    """The learner with this id. Raises UsageError, which lists the known ones."""
    if name not in LEARNERS:
        raise UsageError(f"learner {name!r:.50}: expected {' or '.join(LEARNERS)}")
    return LEARNERS[name]


def learner_of(network: Network) -> Learner:
    """The learner of a network."""
    return LEARNERS[network.learner]

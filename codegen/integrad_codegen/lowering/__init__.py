"""Learner → lowering of its networks; one module per learner."""

from __future__ import annotations

from collections.abc import Callable

from integrad.network.learn_set import LearnSet
from integrad.network.network import Network
from integrad_codegen.lowering.lowered import Lowered
from integrad_codegen.lowering.nitro import lower_nitro
from integrad_codegen.lowering.pocket import lower_pocket

LOWERINGS: dict[str, Callable[[Network, LearnSet, int], Lowered]] = {
    "nitro-d": lower_nitro,
    "pocket": lower_pocket,
}
"""Id of a learner → function of a network, a learn set and the batch (0 if nothing learns)."""

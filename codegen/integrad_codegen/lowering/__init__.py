"""Learner → how its networks are lowered; one file for each learner."""

from __future__ import annotations

from collections.abc import Callable

from integrad.network.learn_set import LearnSet
from integrad.network.network import Network
from integrad_codegen.lowering.lowered import Lowered
from integrad_codegen.lowering.nitro import lower_nitro

LOWERINGS: dict[str, Callable[[Network, LearnSet, int], Lowered]] = {"nitro-d": lower_nitro}
"""Learner's id → function of a network, what learns, and the batch, 0 where nothing does."""

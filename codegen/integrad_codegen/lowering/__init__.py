"""Learner → lowering of its networks; one module per learner."""

from __future__ import annotations

from collections.abc import Callable

from integrad_codegen.lowering.backprop import lower_backprop
from integrad_codegen.lowering.lowered import Lowered
from integrad_codegen.lowering.nitro import lower_nitro
from integrad_codegen.lowering.pocket import lower_pocket

LOWERINGS: dict[str, Callable[..., Lowered]] = {
    "nitro-d": lower_nitro,
    "pocket": lower_pocket,
    "backprop": lower_backprop,
}
"""Id of a learner → function of a network, a learn set and the batch (0 if nothing learns), and, by name, of
hyper-parameters that are constants of a training step."""

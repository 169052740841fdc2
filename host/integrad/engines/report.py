"""Which engines work on this machine, and with what."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from integrad.errors import IntegradError


class EngineReport(NamedTuple):
    """text: what the engine computes with, or why it is not available and what brings it."""

    name: str
    available: bool
    text: str


def describe_engines() -> list[EngineReport]:
    """All engines, the fastest on a CPU first. The first time compiles and tests: seconds."""
    return [
        _try("native", _describe_native),
        _try("torch", _describe_torch),
        EngineReport("numpy", True, f"NumPy {np.__version__}, products in float64"),
    ]


def _try(name: str, describe) -> EngineReport:
    try:
        return EngineReport(name, True, describe())
    except IntegradError as error:
        return EngineReport(name, False, str(error))


def _describe_native() -> str:
    from integrad.engines.native.engine import describe

    return describe()


def _describe_torch() -> str:
    from integrad.engines.torch.engine import describe

    return describe()

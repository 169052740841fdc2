"""Which engines are available on this computer, and what they use."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from integrad.errors import IntegradError


class EngineReport(NamedTuple):
    """text: what the engine uses, or why it is not available and how to install it."""

    name: str
    available: bool
    text: str


def describe_engines() -> list[EngineReport]:
    """All engines, the fastest on a CPU first. The first call takes seconds, since it compiles and tests."""
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

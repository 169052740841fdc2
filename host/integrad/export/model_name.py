"""What a model is called in generated code, if nobody says."""

from __future__ import annotations

from pathlib import Path

from integrad.targets.generated_names import LONGEST, c_name
from integrad_codegen.names import is_taken


def model_name(path: Path) -> str:
    """The name of a module, derived from that of the model file; `_model` is appended to reserved names, or
    `model_` put before those that begin as the runtime's do."""
    name = c_name(path)
    candidates = name, f"{name}_model", f"model_{name}"[:LONGEST]
    return next(candidate for candidate in candidates if not is_taken(candidate))

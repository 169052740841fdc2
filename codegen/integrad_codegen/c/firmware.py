"""Plan + templates → the session program that runs the generated module on a board or a host."""

from __future__ import annotations

from integrad import __version__
from integrad.model_file import Model
from integrad_codegen.c.module import emit_c
from integrad_codegen.kind_templates import environment_for
from integrad_codegen.plan import Plan


def emit_firmware(model: Model, plan: Plan, command: str = "", core: str | None = None) -> dict[str, str]:
    """File name → text: the C module of emit_c() and session.c, its main program. core: as there."""
    context = {"p": plan.prefix, "P": plan.prefix.upper(), "plan": plan, "version": __version__}
    session = environment_for("firmware").get_template("session.c.jinja").render(**context)
    return {**emit_c(model, plan, command, core), "session.c": session}

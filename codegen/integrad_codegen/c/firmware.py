"""Plan and templates → the session program, which runs the generated module on a board or a host."""

from __future__ import annotations

from integrad import __version__
from integrad.learners.schedule import SCHEDULE_WORDS
from integrad.model_file import Model
from integrad_codegen.c.module import emit_c
from integrad_codegen.c.runtime import FOLDER
from integrad_codegen.kind_templates import environment_for
from integrad_codegen.plan import Plan


def emit_firmware(model: Model, plan: Plan, command: str = "") -> dict[str, str]:
    """Path → text: the files of emit_c(); session-main.c, the program; session-kernels.c, the runtime.

    Their names contain a hyphen, which no file of a model has.
    """
    context = {"p": plan.prefix, "P": plan.prefix.upper(), "plan": plan, "version": __version__}
    context["schedule_words"] = SCHEDULE_WORDS
    session = environment_for("firmware").get_template("session.c.jinja").render(**context)
    runtime = f'#include "{FOLDER}/all_kernels.h"\n'
    return {**emit_c(model, plan, command), "session-main.c": session, "session-kernels.c": runtime}

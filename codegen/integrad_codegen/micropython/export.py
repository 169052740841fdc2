"""Plan and templates → the files of a MicroPython export: weights, C for native modules and for firmware."""

from __future__ import annotations

from dataclasses import replace
from importlib.resources import files

from integrad import __version__
from integrad.model_file import Model
from integrad_codegen import weights_file
from integrad_codegen.c.header_text import summary
from integrad_codegen.c.module import emit_c
from integrad_codegen.file_sets import merged
from integrad_codegen.kind_templates import environment_for
from integrad_codegen.micropython.python_files import emit_pure
from integrad_codegen.micropython.texts import raw_code, sample_bytes, texts
from integrad_codegen.normalisation import Normalisation
from integrad_codegen.plan import Plan


def emit_micropython(model: Model, plan: Plan, command: str = "") -> dict[str, str | bytes]:
    """Path → contents of all files except the native modules, which are compiled from emit_module()."""
    return merged(
        {f"{plan.prefix}.weights": weights_file.weights_file(model, plan)},
        emit_pure(model, plan, command),
        emit_firmware_folder(model, plan, command),
    )


def emit_module(model: Model, plan: Plan, command: str = "") -> dict[str, str]:
    """Path → text of the C sources of a native module or of a module in firmware."""
    pointing = replace(plan, weights_by_pointer=True)
    device = files("integrad_device")
    return merged(
        emit_c(model, pointing, command),
        {f"{plan.prefix}_module.c": _render("module.c", plan, **_module(model, plan))},
        {name: (device / name).read_text("utf-8") for name in ("checksum.c", "checksum.h")},
    )


def emit_firmware_folder(model: Model, plan: Plan, command: str = "") -> dict[str, str]:
    """Path → text of usermod/: the module for USER_C_MODULES, and a manifest that freezes its wrapper."""
    folder = f"usermod/_{plan.prefix}"
    built = {name: _render(name, plan) for name in ("micropython.mk", "micropython.cmake")}
    sources = merged(emit_module(model, plan, command), built)
    return merged(
        {f"{folder}/{name}": text for name, text in sources.items()},
        {"usermod/manifest.py": _render("manifest.py", plan)},
    )


def _render(template: str, plan: Plan, **context: object) -> str:
    names = {"p": plan.prefix, "P": plan.prefix.upper(), "plan": plan}
    return environment_for("micropython").get_template(f"{template}.jinja").render(**names, **context)


def _module(model: Model, plan: Plan) -> dict:
    normalisation = Normalisation.of(model.preprocessing)
    frozen, learning = weights_file.part_bytes(plan)
    return {
        "summary": summary(plan),
        "version": __version__,
        "members": weights_file.members(plan),
        "weights_alignment": weights_file.alignment(plan),
        "place": _place,
        "frozen_bytes": frozen,
        "header_bytes": weights_file.HEADER_BYTES,
        "raw_code": raw_code(normalisation),
        "texts": texts(plan, normalisation),
        "constants": [
            ("SAMPLE_BYTES", sample_bytes(plan, normalisation)),
            ("FROZEN_BYTES", frozen),
            ("LEARNING_BYTES", learning),
            ("LAYOUT", weights_file.layout(model, plan)),
        ],
        "functions": ["predict", "logits", *(["train"] if plan.batch else []), "crc32"],
    }


def _place(member: weights_file.Member) -> str:
    part = "learning" if member.learns else "frozen"
    return f"({part} + {member.offset})" if member.offset else part

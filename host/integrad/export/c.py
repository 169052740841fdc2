"""The target `c`: C99 for any compiler."""

from __future__ import annotations

from integrad.export.target import Files, Option, Request, Target
from integrad_codegen.c.module import emit_c
from integrad_codegen.c.serial import emit_serial

SERIAL = Option(
    "serial",
    None,
    "Add the serial protocol, by which a host tests, teaches and reads the model.",
    is_flag=True,
)


def _files(request: Request) -> Files:
    files = emit_c(request.model, request.plan, request.command, request.measurements)
    return {**files, **(emit_serial(request.model, request.plan) if request.options.get("serial") else {})}


C = Target("c", "C99 sources", _files, options=(SERIAL,), predicts_parts=True)

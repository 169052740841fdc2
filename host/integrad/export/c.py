"""The target `c`: C99 for any compiler."""

from __future__ import annotations

from integrad.export.target import Files, Request, Target
from integrad_codegen.c.module import emit_c


def _files(request: Request) -> Files:
    return dict(emit_c(request.model, request.plan, request.command, request.measurements))


C = Target("c", "C99 sources", _files, predicts_parts=True)

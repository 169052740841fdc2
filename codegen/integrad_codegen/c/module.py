"""Plan + templates → C99 files: PREFIX.h, PREFIX.c, its PREFIX_kernels.h and, unless others hold the
weights, PREFIX_weights.c."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined

from integrad import __version__, arithmetic
from integrad.model_file import Model
from integrad.network.parameter import Parameter
from integrad_codegen.c.constants import constants
from integrad_codegen.c.header_text import class_lines, origin_lines, summary
from integrad_codegen.c.kernels import emit_kernels
from integrad_codegen.c.layout import commented, wrapped, wrapped_call
from integrad_codegen.c.steps import ArenaBuffer, batch_buffers, inference_buffers, training_steps
from integrad_codegen.costs import layer_rows, memory_rows
from integrad_codegen.normalisation import Normalisation
from integrad_codegen.operations import Operation
from integrad_codegen.plan import Plan
from integrad_codegen.weights_file import members

COLUMNS = 96


def emit_c(
    model: Model, plan: Plan, command: str = "", core: str | None = None, small: bool = False
) -> dict[str, str]:
    """File name → text of the C module.

    command: the command line that made it, for the header. core: which core its kernels are for (`m4`);
    None: any. small: as in emit_kernels. Deterministic: equal models, plans, commands and cores give
    equal text.
    """
    environment = environment_for("c")
    environment.globals |= {"wrapped": wrapped, "wrapped_call": wrapped_call}
    normalisation = Normalisation.of(model.preprocessing)
    context = {
        "p": plan.prefix,
        "P": plan.prefix.upper(),
        "plan": plan,
        "arithmetic": arithmetic,
        "version": __version__,
        "crc": f"{model.network.weights_crc():08x}",
        **_parameters(plan.prefix),
    }
    names = {
        f"{plan.prefix}.h": ("model.h.jinja", _header(model, plan, normalisation, command)),
        f"{plan.prefix}.c": ("model.c.jinja", _module(model, plan, normalisation)),
        f"{plan.prefix}_kernels.h": ("kernels.h.jinja", _kernels(plan, core, small)),
    }
    if not plan.weights_by_pointer:
        names[f"{plan.prefix}_weights.c"] = ("weights.c.jinja", _tables(plan))
    return {
        name: re.sub(r"\n{3,}", "\n\n", environment.get_template(template).render(**context, **own))
        for name, (template, own) in names.items()
    }


def environment_for(folder: str) -> Environment:
    """Jinja environment over one folder of the templates; undefined names are errors."""
    return Environment(
        loader=PackageLoader("integrad_templates", folder),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def write_files(files: dict[str, str], folder: Path) -> list[Path]:
    """Write text files into a folder; folders are made if need be. Returns their paths."""
    paths = []
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        paths.append(path)
    return paths


def _header(model: Model, plan: Plan, normalisation: Normalisation, command: str) -> dict:
    return {
        "summary": summary(plan),
        "origin": origin_lines(model, plan, command),
        "layer_table": layer_rows(plan),
        "memory_table": memory_rows(plan),
        "class_lines": class_lines(model.class_names),
        "raw_order": normalisation.order,
        "raw_shape": " x ".join(map(str, model.preprocessing.raw_shape)),
        "normalisation": normalisation,
        "members": _pointer_members(plan) if plan.weights_by_pointer else _struct_members(plan.parameters()),
        "frozen": [] if plan.weights_by_pointer else _struct_members(plan.frozen_parameters()),
        "inference_bytes": plan.inference_scratch_bytes,
        "learning_rate_limit": arithmetic.learning_rate_limit(plan.classes),
    }


def _module(model: Model, plan: Plan, normalisation: Normalisation) -> dict:
    steps = training_steps(plan) if plan.batch else []
    last = plan.operations[-1] if plan.operations else None
    pooled = [block for block in plan.learning_blocks if block.head_pool]
    # Whose pools activate value by value, and not all with a kernel.
    singly = [block for block in pooled if not block.sparse or block.head_pool.padding != (0, 0)]
    last_name = last.name if last else "x"
    return {
        "summary": summary(plan),
        "normalisation": normalisation,
        "inference_bytes": plan.inference_scratch_bytes,
        "constants": constants(plan, normalisation),
        "learning_slopes": {block.alpha_inv for block in plan.learning_blocks if not block.sparse},
        "pooled_slopes": {b.alpha_inv for b in pooled if b.head_pool.kind == "max_pool"},
        "activated_slopes": {b.alpha_inv for b in plan.blocks if b.alpha_inv != 4 or b in singly},
        "weights_of": lambda operation: _weights_of(plan, operation),
        "inference_buffers": _pointers(inference_buffers(plan)),
        "inference_calls": _inference_calls(plan),
        "training_buffers": _pointers(batch_buffers(plan)) if plan.batch else [],
        "training_steps": steps,
        "last_features": f"{last_name} + b * OUTPUT_FEATURES",
        "last_batch": last_name,
        "schedule": model.schedule(plan.batch) if plan.batch else None,
    }


def _kernels(plan: Plan, core: str | None, small: bool) -> dict:
    includes, kernels = emit_kernels(plan, core, small)
    core_name = f"Cortex-{core.upper()}" if core else ""
    return {"core_name": core_name, "kernel_includes": includes, "kernels": kernels}


def _tables(plan: Plan) -> dict:
    return {
        "members": [(p.member, _rows(p.array)) for p in plan.parameters()],
        "frozen": [(p.member, _rows(p.array)) for p in plan.frozen_parameters()],
    }


def _rows(array: np.ndarray) -> list[list[str]]:
    """A weight array as wrapped lines of numbers, row by row."""
    rows = array.reshape(len(array), -1).tolist()
    return [textwrap.wrap(", ".join(map(str, row)) + ",", COLUMNS - 16) for row in rows]


def _weights_of(plan: Plan, operation: Operation) -> dict:
    """How a block's functions reach its weights, and the parameter that this takes."""
    if not plan.takes_weights(operation):
        return {"access": f"{plan.prefix}_frozen_weights.{operation.name}", "parameters": []}
    return {"access": f"weights->{operation.name}", "parameters": [f"const {plan.prefix}_weights *weights"]}


def _parameters(p: str) -> dict[str, list[str]]:
    """Parameters of the public functions."""
    upper, x = p.upper(), f"const int8_t x[{p.upper()}_INPUTS]"
    return {
        "normalise_parameters": [
            f"int8_t x[{upper}_INPUTS]",
            f"const {p}_raw sample[{upper}_INPUTS]",
        ],
        "predict_parameters": [
            f"int8_t logits[{upper}_CLASSES]",
            f"const {p}_weights *weights",
            x,
            f"{p}_scratch *scratch",
        ],
        "train_parameters": [
            f"{p}_weights *weights",
            "const int8_t *x",
            "const uint8_t *labels",
            "size_t count",
            f"const {p}_schedule *schedule",
            f"{p}_training_scratch *scratch",
        ],
    }


def _inference_calls(plan: Plan) -> list[str]:
    calls, source = [], "x"
    for operation in plan.operations:
        weights = ", weights" if plan.takes_weights(operation) else ""
        work = f", {operation.name}_work" if operation.is_block else ""
        calls.append(f"{operation.name}_forward({operation.name}{weights}, {source}{work});")
        if operation.is_block and not operation.pooled_first:
            calls.append(f"{operation.name}_activate({operation.name}, {operation.name});")
        source = operation.name
    return calls


def _struct_members(parameters: list[Parameter]) -> list[str]:
    return commented([(_declaration(p), f"{p.array.nbytes:,} bytes") for p in parameters])


def _declaration(parameter: Parameter) -> str:
    rows = parameter.array.reshape(len(parameter.array), -1)
    return f"int16_t {parameter.member}[{rows.shape[0]}][{rows.shape[1]}];"


def _pointer_members(plan: Plan) -> list[str]:
    """The members of the struct where it points to the weights: what does not learn is constant."""
    return commented(
        [
            (f"{'' if m.learns else 'const '}int16_t (*{m.name})[{m.columns}];", f"{m.rows} rows")
            for m in members(plan)
        ]
    )


def _plus(offset: int) -> str:
    return f" + {offset}" if offset else ""


def _pointers(buffers: list[ArenaBuffer]) -> list[str]:
    return commented([(_pointer(b), b.comment) for b in buffers])


def _pointer(buffer: ArenaBuffer) -> str:
    place = f"scratch->arena{_plus(buffer.offset)}"
    if buffer.is_workspace:
        place = f"(void *)({place})" if buffer.offset else f"(void *){place}"
        return f"int16_t *const {buffer.name} = {place};"
    return f"int8_t *const {buffer.name} = {place};"

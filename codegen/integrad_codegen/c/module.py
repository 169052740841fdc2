"""Plan and templates → C99 files: PREFIX.h, PREFIX.c, PREFIX_weights.c (unless the weights are stored
elsewhere) and the runtime that all models share."""

from __future__ import annotations

import re
import textwrap
from dataclasses import asdict
from functools import partial
from pathlib import Path

import numpy as np
from jinja2 import Environment

from integrad import __version__, arithmetic
from integrad.model_file import Model
from integrad.network.parameter import Parameter
from integrad_codegen.c.constants import constants
from integrad_codegen.c.header_text import class_lines, origin_lines, summary
from integrad_codegen.c.layout import aligned, commented, paragraph, wrapped, wrapped_call
from integrad_codegen.c.measurements import Measurements
from integrad_codegen.c.places import address, pointers
from integrad_codegen.c.runtime import FOLDER, runtime_files, store_files
from integrad_codegen.c.strings import literals
from integrad_codegen.c.types import integer
from integrad_codegen.costs import layer_rows, memory_rows
from integrad_codegen.encodings import bytes_of, encoding_of
from integrad_codegen.kind_templates import KindTemplates, environment_for
from integrad_codegen.names import check_name
from integrad_codegen.normalisation import Normalisation
from integrad_codegen.plan import Plan
from integrad_codegen.printed_steps import printed
from integrad_codegen.raw_values import RawValues
from integrad_codegen.store_format import slot_bytes
from integrad_codegen.weights_file import layout, members

COLUMNS = 96


def emit_c(
    model: Model, plan: Plan, command: str = "", measurements: Measurements | None = None
) -> dict[str, str]:
    """Path → text of the C module and of the runtime.

    command: the command line, stated in the header. measurements: costs of the same text, stated in the
    header's opening comment; they change nothing else. Deterministic: equal arguments give equal text.
    """
    check_name(plan.prefix)
    environment = c_environment()
    normalisation, raw = Normalisation.of(model.preprocessing), RawValues.of(model)
    context = {
        **_context(plan),
        "runtime": FOLDER,
        "version": __version__,
        "crc": f"{model.network.weights_crc():08x}",
        "layout_crc": f"{layout(model, plan):08x}",
        "raw_values": raw,
        **_parameters(plan.prefix),
    }
    kinds = _kinds(environment, context)
    names = {
        f"{plan.prefix}.h": ("model.h.jinja", _header(model, plan, normalisation, command, measurements)),
        f"{plan.prefix}.c": ("model.c.jinja", _module(model, plan, normalisation, kinds)),
    }
    shared = runtime_files()
    if not plan.weights_by_pointer:
        names[f"{plan.prefix}_weights.c"] = ("weights.c.jinja", _tables(model, plan))
        if raw.floats:
            names[f"{plan.prefix}_quantise.h"] = ("quantise.h.jinja", {"normalisation": normalisation})
        if plan.batch:
            names[f"{plan.prefix}_store.h"] = (
                "store.h.jinja",
                {"slot_bytes": slot_bytes(plan.weights_bytes, 1)},
            )
            shared = shared | store_files()
    module = {
        name: re.sub(r"\n{3,}", "\n\n", environment.get_template(template).render(**context, **own))
        for name, (template, own) in names.items()
    }
    return module | shared


def write_files(files: dict[str, str], folder: Path) -> list[Path]:
    """Write text files into a folder, creating folders as required. Returns the paths."""
    paths = [folder / name for name in files]
    for parent in {path.parent for path in paths}:
        parent.mkdir(parents=True, exist_ok=True)
    for path, text in zip(paths, files.values(), strict=True):
        path.write_text(text, encoding="utf-8")
    return paths


def _header(
    model: Model, plan: Plan, normalisation: Normalisation, command: str, measurements: Measurements | None
) -> dict:
    return {
        "summary": summary(plan),
        "origin": origin_lines(model, plan, command),
        "layer_table": layer_rows(plan),
        "memory_table": memory_rows(plan),
        "measured": measurements.block() if measurements else "",
        "class_lines": class_lines(model.class_names),
        "raw_order": normalisation.order,
        "raw_shape": " x ".join(map(str, model.preprocessing.raw_shape)),
        "normalisation": normalisation,
        "members": _pointer_members(plan) if plan.weights_by_pointer else _struct_members(plan.parameters()),
        "frozen": [] if plan.weights_by_pointer else _struct_members(plan.frozen_parameters()),
        "inference_bytes": plan.inference_scratch_bytes,
        "schedule_lines": textwrap.wrap(plan.learner.schedule_text, COLUMNS + 1),
        "schedule_members": _schedule_members(plan),
        "learning_rate_limit": plan.schedule_fields[0].high,
    }


def kinds_of(plan: Plan) -> KindTemplates:
    """The printer of a plan's calls."""
    return _kinds(c_environment(), _context(plan))


def c_environment() -> Environment:
    environment = environment_for("c")
    environment.filters["aligned"] = aligned
    environment.filters["paragraph"] = paragraph
    environment.globals |= {"wrapped": wrapped, "wrapped_call": wrapped_call, "integer": integer}
    return environment


def _context(plan: Plan) -> dict:
    return {"p": plan.prefix, "P": plan.prefix.upper(), "plan": plan, "arithmetic": arithmetic}


def _kinds(environment: Environment, context: dict) -> KindTemplates:
    plan = context["plan"]
    array = partial(_array, plan)
    seen = context | {"slopes": plan.slopes, "weights_of": lambda o: array(o.name), "array": array}
    return KindTemplates(environment, seen, partial(address, plan))


def _module(model: Model, plan: Plan, normalisation: Normalisation, kinds: KindTemplates) -> dict:
    calls = [call for step in plan.training for call in step.calls]
    return {
        "summary": summary(plan),
        "normalisation": normalisation,
        "inference_bytes": plan.inference_scratch_bytes,
        "headers": sorted({operation.header for operation in plan.all_operations}),
        "constants": constants(plan, normalisation),
        "kinds": kinds,
        "inference_buffers": pointers(plan.inference_arena, plan.inference),
        "begin_training": kinds.begin_training(plan.all_operations) if plan.batch else [],
        "inference_calls": kinds.calls(plan.inference),
        "training_buffers": pointers(plan.training_arena, calls) if plan.batch else [],
        "training_steps": printed(plan.training, kinds),
        "schedule": asdict(model.schedule(plan.batch)) if plan.batch else {},
        "schedule_limits": _schedule_limits(plan),
    }


def _tables(model: Model, plan: Plan) -> dict:
    return {
        "class_names": [literals(name) for name in model.class_names],
        "members": [(p.member, _rows(p.matrix)) for p in plan.parameters()],
        "frozen": [(p.member, _rows(p.matrix)) for p in plan.frozen_parameters()],
    }


def _rows(array: np.ndarray) -> list[list[str]]:
    """A matrix of weights as wrapped lines of numbers, row by row."""
    return [textwrap.wrap(", ".join(map(str, row)) + ",", COLUMNS - 16) for row in array.tolist()]


def _array(plan: Plan, member: str) -> str:
    """Where an array of weights begins."""
    frozen = {parameter.member for parameter in plan.frozen_parameters()}
    is_frozen = member in frozen and not plan.weights_by_pointer
    return f"{f'{plan.prefix}_frozen_weights.' if is_frozen else 'weights->'}{member}[0]"


def _parameters(p: str) -> dict[str, list[str]]:
    """Parameters of the public functions."""
    upper, x = p.upper(), f"const int8_t x[{p.upper()}_INPUTS]"
    return {
        "normalise_parameters": [
            f"int8_t x[{upper}_INPUTS]",
            f"const {p}_raw sample[{upper}_INPUTS]",
        ],
        "quantise_parameters": [
            f"{p}_raw sample[{upper}_INPUTS]",
            f"const float values[{upper}_INPUTS]",
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


def _schedule_members(plan: Plan) -> list[str]:
    limit = f"1 to {plan.prefix.upper()}_LEARNING_RATE_INV_LIMIT"
    fields = plan.schedule_fields
    comments = [limit, *(field.meaning for field in fields[1:])]
    return commented([(f"int32_t {f.name};", text) for f, text in zip(fields, comments, strict=True)])


def _schedule_limits(plan: Plan) -> list[str]:
    """Lines of the condition under which a schedule is rejected."""
    found = []
    for number, field in enumerate(plan.schedule_fields):
        name = f"schedule->{field.name}"
        found.append(f"{name} < {field.low}")
        if field.high < arithmetic.INT32_LIMIT:
            high = field.high if number else f"{plan.prefix.upper()}_LEARNING_RATE_INV_LIMIT"
            found.append(f"{name} > {high}")
    lines = [found[0]]
    for condition in found[1:]:
        longer = f"{lines[-1]} || {condition}"
        if len(longer) <= COLUMNS - len("    if (") + 1:
            lines[-1] = longer
        else:
            lines[-1] += " ||"
            lines.append(condition)
    return lines


def _struct_members(parameters: list[Parameter]) -> list[str]:
    return commented([(_declaration(p), f"{bytes_of([p]):,} bytes") for p in parameters])


def _declaration(parameter: Parameter) -> str:
    rows, columns = parameter.matrix.shape
    return f"{encoding_of(parameter).c_type} {parameter.member}[{rows}][{columns}];"


def _pointer_members(plan: Plan) -> list[str]:
    """Members of the struct if it points to the weights; pointers to frozen weights are pointers to const."""
    return commented(
        [
            (f"{'' if m.learns else 'const '}{m.encoding.c_type} (*{m.name})[{m.columns}];", f"{m.rows} rows")
            for m in members(plan)
        ]
    )

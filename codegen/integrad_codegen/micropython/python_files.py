"""Plan and templates → the Python files of a MicroPython export: wrapper class, Python backends, package."""

from __future__ import annotations

import json
from dataclasses import astuple

from integrad import __version__, arithmetic
from integrad.learners.schedule import Schedule
from integrad.model_file import Model
from integrad_codegen import store_format, weights_file
from integrad_codegen.c.header_text import origin_lines, summary
from integrad_codegen.file_sets import merged
from integrad_codegen.kind_templates import environment_for
from integrad_codegen.micropython.mip_package import package_json
from integrad_codegen.micropython.plain import plain
from integrad_codegen.micropython.texts import RAW_BYTES, raw_code, sample_bytes, texts
from integrad_codegen.micropython.viper import viper
from integrad_codegen.micropython.viper_memory import ViperMemory
from integrad_codegen.names import check_name
from integrad_codegen.normalisation import Normalisation
from integrad_codegen.operations.backprop_layer import BackpropLayer
from integrad_codegen.plan import Plan
from integrad_codegen.raw_values import RawValues


def emit_pure(model: Model, plan: Plan, command: str = "") -> dict[str, str]:
    """Path → text of all Python files, and of the files that go with them. command: as in emit_c."""
    check_name(plan.prefix)
    backend, wrapper = f"_{plan.prefix}.py", _wrapper(model, plan, command)
    environment, common = environment_for("micropython"), _common(model, plan)
    return merged(
        {
            f"{plan.prefix}.py": _render("wrapper.py", wrapper),
            f"{plan.prefix}.pyi": _render("stub.pyi", wrapper),
            f"pure/{backend}": _render("viper/module.py", viper(plan, common, environment)),
            f"plain/{backend}": _render("plain/module.py", plain(plan, common, environment)),
        },
        {
            "example.py": _render("example.py", wrapper),
            "README.md": _render("readme.md", wrapper | _memory(plan)),
            "package.json": _package(plan),
        },
    )


def _render(template: str, context: dict) -> str:
    plan = context["plan"]
    names = {"p": plan.prefix, "version": __version__}
    text = environment_for("micropython").get_template(f"{template}.jinja").render(**names, **context)
    return text.rstrip("\n") + "\n"


def _wrapper(model: Model, plan: Plan, command: str) -> dict:
    normalisation = Normalisation.of(model.preprocessing)
    schedules = [model.schedule(batch) for batch in (plan.batch, 1)] if plan.batch else [None, None]
    shape = " x ".join(map(str, model.preprocessing.raw_shape))
    code = raw_code(normalisation)
    return {
        "plan": plan,
        "summary": summary(plan),
        # The record is not trusted: it must not end the docstring that contains it.
        "origin": [line.replace('"', "'") for line in origin_lines(model, plan, command)],
        "class_names": [json.dumps(name, ensure_ascii=False) for name in model.class_names],
        "header_bytes": weights_file.HEADER_BYTES,
        "weights_alignment": weights_file.alignment(plan),
        "file_version": weights_file.VERSION,
        "store": store_format,
        "origin_crc": f"{weights_file.origin_crc(plan):08x}",
        "model_crc": f"{model.network.weights_crc():08x}",
        "texts": texts(plan, normalisation),
        "raw": {"code": code},
        "raw_values": RawValues.of(model),
        "normalisation": normalisation,
        "sample_text": f"{plan.inputs} integers, array({code!r}) or their bytes",
        "order_text": f"{normalisation.order}: {shape}",
        "schedule": _numbers(schedules[0]),
        "step_schedule": _numbers(schedules[1]),
    }


def _memory(plan: Plan) -> dict:
    return {
        "memory_bytes": sum(weights_file.part_bytes(plan)),
        "scratch_bytes": ViperMemory.of(plan).bytes,
        "save_bytes": store_format.file_bytes(weights_file.part_bytes(plan)[1]),
    }


def _package(plan: Plan) -> str:
    """package.json for all boards with viper; mip_package generates those for native modules."""
    p = plan.prefix
    files = {f"{p}.py": f"{p}.py", f"_{p}.py": f"pure/_{p}.py", f"{p}.weights": f"{p}.weights"}
    return package_json("1", files)


def _numbers(schedule: Schedule | None) -> tuple[int, ...]:
    return () if schedule is None else astuple(schedule)


def _common(model: Model, plan: Plan) -> dict:
    """The context shared by both Python backends."""
    normalisation = Normalisation.of(model.preprocessing)
    frozen, learning = weights_file.part_bytes(plan)
    code = raw_code(normalisation)
    return {
        "encoding": plan.output.encoding,
        "weights_alignment": weights_file.alignment(plan),
        "sample_bytes": sample_bytes(plan, normalisation),
        "frozen_bytes": frozen,
        "learning_bytes": learning,
        "layout": weights_file.layout(model, plan),
        "header_bytes": weights_file.HEADER_BYTES,
        "texts": texts(plan, normalisation),
        "divides": plan.batch > 0 and not isinstance(plan.output, BackpropLayer),  # not by powers of two only
        "rate_limit": plan.schedule_fields[0].high,
        "normalisation": normalisation,
        "raw": {"code": code, "bytes": RAW_BYTES[code]},
        "spread": arithmetic.INPUT_SPREAD,
        "scale": arithmetic.SCALE,
        "target": plan.network.output.target,
        "plan": plan,
    }

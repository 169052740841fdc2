"""Plan + templates → the Python files of a MicroPython export: the face, two cores without C, the package."""

from __future__ import annotations

import json
from dataclasses import astuple

from integrad import __version__, arithmetic
from integrad.learners.schedule import Schedule
from integrad.model_file import Model
from integrad_codegen import weights_file
from integrad_codegen.c.header_text import origin_lines, summary
from integrad_codegen.c.module import environment_for
from integrad_codegen.file_sets import merged
from integrad_codegen.micropython import plain_steps, viper_steps
from integrad_codegen.micropython.mip_package import package_json
from integrad_codegen.micropython.texts import RAW_BYTES, raw_code, sample_bytes, texts
from integrad_codegen.micropython.viper_memory import CHUNK, Limbs, ViperMemory
from integrad_codegen.micropython.viper_tables import crc_nibbles, has_groups, tables
from integrad_codegen.normalisation import Normalisation
from integrad_codegen.plan import Plan

VIPER_LOADS = {
    "b": ("ptr8", "((values[at] ^ 128) - 128)"),
    "B": ("ptr8", "values[at]"),
    "h": ("ptr16", "((values[at] ^ 32768) - 32768)"),
    "H": ("ptr16", "values[at]"),
    "i": ("ptr32", "values[at]"),
}
"""Type code of a raw value → viper's pointer to it and its value."""


def emit_pure(model: Model, plan: Plan, command: str = "") -> dict[str, str]:
    """Path → text of everything that is Python. command: as in emit_c."""
    core, face = f"_{plan.prefix}.py", _face(model, plan, command)
    return merged(
        {
            f"{plan.prefix}.py": _render("face.py", plan, **face),
            f"{plan.prefix}.pyi": _render("stub.pyi", plan, **face),
            f"pure/{core}": _render("viper.py", plan, **_viper(model, plan)),
            f"plain/{core}": _render("plain.py", plan, **_plain(model, plan)),
        },
        {
            "example.py": _render("example.py", plan, **face),
            "README.md": _render("readme.md", plan, **face, **_memory(plan)),
            "package.json": _package(plan),
        },
    )


def _render(template: str, plan: Plan, **context: object) -> str:
    names = {"p": plan.prefix, "plan": plan, "version": __version__}
    text = environment_for("micropython").get_template(f"{template}.jinja").render(**names, **context)
    return text.rstrip("\n") + "\n"


def _face(model: Model, plan: Plan, command: str) -> dict:
    normalisation = Normalisation.of(model.preprocessing)
    schedules = [model.schedule(batch) for batch in (plan.batch, 1)] if plan.batch else [None, None]
    shape = " x ".join(map(str, model.preprocessing.raw_shape))
    code = raw_code(normalisation)
    return {
        "summary": summary(plan),
        # Anybody may have written the record: it must not end the docstring that it stands in.
        "origin": [line.replace('"', "'") for line in origin_lines(model, plan, command)],
        "class_names": [json.dumps(name, ensure_ascii=False) for name in model.class_names],
        "header_bytes": weights_file.HEADER_BYTES,
        "file_version": weights_file.VERSION,
        "texts": texts(plan, normalisation),
        "raw": {"code": code},
        "sample_text": f"{plan.inputs} integers, array({code!r}) or their bytes",
        "order_text": f"{normalisation.order}: {shape}",
        "schedule": _numbers(schedules[0]),
        "step_schedule": _numbers(schedules[1]),
    }


def _memory(plan: Plan) -> dict:
    return {
        "memory_bytes": sum(weights_file.part_bytes(plan)),
        "scratch_bytes": ViperMemory.of(plan).bytes,
    }


def _package(plan: Plan) -> str:
    """For boards with viper, whatever their core; mip_package makes those for native modules."""
    p = plan.prefix
    files = {f"{p}.py": f"{p}.py", f"_{p}.py": f"pure/_{p}.py", f"{p}.weights": f"{p}.weights"}
    return package_json("1", files)


def _numbers(schedule: Schedule | None) -> tuple[int, ...]:
    return () if schedule is None else astuple(schedule)


def _core(model: Model, plan: Plan, scratch_bytes: int) -> dict:
    """What both cores say alike."""
    normalisation = Normalisation.of(model.preprocessing)
    frozen, learning = weights_file.part_bytes(plan)
    code = raw_code(normalisation)
    return {
        "sample_bytes": sample_bytes(plan, normalisation),
        "frozen_bytes": frozen,
        "learning_bytes": learning,
        "scratch_bytes": scratch_bytes,
        "layout": weights_file.layout(model, plan),
        "header_bytes": weights_file.HEADER_BYTES,
        "texts": texts(plan, normalisation),
        "rate_limit": arithmetic.learning_rate_limit(plan.classes),
        "normalisation": normalisation,
        "raw": {"code": code, "bytes": RAW_BYTES[code]},
        "spread": arithmetic.INPUT_SPREAD,
        "scale": arithmetic.SCALE,
        "target": arithmetic.TARGET,
        "tables": tables(plan, normalisation),
        "has_conv": any(o.kind == "conv" for o in plan.operations),
        "has_groups": has_groups(plan),
        "has_pool": any(o.pool or (o.kind == "conv" and o.learns) for o in plan.operations),
        "learns_dense": any(block.kind == "dense" for block in plan.learning_blocks),
        "learns_conv": any(block.kind == "conv" for block in plan.learning_blocks),
    }


def _viper(model: Model, plan: Plan) -> dict:
    memory = ViperMemory.of(plan)
    core = _core(model, plan, memory.bytes)
    pointer, value = VIPER_LOADS[core["raw"]["code"]]
    weights = [(f"_{m.name.upper()}_WEIGHTS", _weights_offset(m)) for m in weights_file.members(plan)]
    return core | {
        "raw": {**core["raw"], "pointer": pointer, "value": value},
        "codes": {code: ord(code) for code in "bBhHil"},
        "memory": memory,
        "weights": weights,
        "chunk": CHUNK,
        "int8_limit": arithmetic.INT8_LIMIT,
        "spread_bit": 1 << arithmetic.INPUT_SPREAD.bit_length() - 1,
        "step_limit": 2 * arithmetic.INT16_WEIGHT_LIMIT,
        "wide": any(Limbs.of(block, plan.batch).count > 1 for block in plan.learning_blocks),
        "room": arithmetic.INT32_LIMIT // arithmetic.INT8_LIMIT,
        "inference_calls": viper_steps.inference_calls(plan),
        "reads_frozen": core["frozen_bytes"] > 0,
        "reads_learning": core["learning_bytes"] > 0,
        "training_steps": viper_steps.training_steps(plan) if plan.batch else [],
        "output_call": viper_steps.output_call(plan, viper_steps.last_place(plan)),
        "output_x": viper_steps.last_place(plan).name,
        "nibbles": _hexadecimal(crc_nibbles()),
    }


def _plain(model: Model, plan: Plan) -> dict:
    return _core(model, plan, 0) | {
        "inference_calls": plain_steps.inference_lines(plan),
        "training_steps": plain_steps.training_steps(plan) if plan.batch else [],
        "output_call": plain_steps.output_expression(plan),
        "output_weights": plain_steps.weights_at(plan, "output").split(", ")[1],
    }


def _weights_offset(member: weights_file.Member) -> int:
    """Where a function finds an array: in the learning bytes, or in the whole file."""
    return member.offset if member.learns else weights_file.HEADER_BYTES + member.offset


def _hexadecimal(numbers: tuple[int, ...]) -> list[str]:
    words = [f"0x{number:08X}," for number in numbers]
    return [" ".join(words[i : i + 4]) for i in range(0, len(words), 4)]

"""Plan → context of the template of the viper backend."""

from __future__ import annotations

from functools import partial
from math import prod

from jinja2 import Environment

from integrad import arithmetic
from integrad.errors import IntegradError
from integrad_codegen import weights_file
from integrad_codegen.bounds import PART
from integrad_codegen.kind_templates import KindTemplates
from integrad_codegen.micropython import tables
from integrad_codegen.micropython.viper_memory import CHUNK, Limbs, ViperMemory
from integrad_codegen.operations.operation import Operation
from integrad_codegen.plan import Plan
from integrad_codegen.printed_steps import printed
from integrad_codegen.program import Place

LOADS = {
    "b": ("ptr8", "((values[at] ^ 128) - 128)"),
    "B": ("ptr8", "values[at]"),
    "h": ("ptr16", "((values[at] ^ 32768) - 32768)"),
    "H": ("ptr16", "values[at]"),
    "i": ("ptr32", "values[at]"),
}
"""Type code of a raw value → viper's type of pointer, and the value of a loaded element."""


def viper(plan: Plan, common: dict, environment: Environment) -> dict:
    """common: the context shared by both Python backends."""
    memory = ViperMemory.of(plan)
    pointer, value = LOADS[common["raw"]["code"]]
    context = common | {
        "raw": {**common["raw"], "pointer": pointer, "value": value},
        "codes": {code: ord(code) for code in "bBhHil"},
        "memory": memory,
        "scratch_bytes": memory.bytes,
        "weights": [(f"_{m.name.upper()}_WEIGHTS", _offset(m)) for m in weights_file.members(plan)],
        "chunk": CHUNK,
        "int8_limit": arithmetic.INT8_LIMIT,
        "spread_bit": 1 << arithmetic.INPUT_SPREAD.bit_length() - 1,
        "step_limit": 2 * arithmetic.INT16_WEIGHT_LIMIT,
        "wide": _wide(plan),
        "part": PART,
        "headroom": arithmetic.INT32_LIMIT // arithmetic.INT8_LIMIT,
        "reads_frozen": common["frozen_bytes"] > 0,
        "reads_learning": common["learning_bytes"] > 0,
        "nibbles": _hexadecimal(crc_nibbles()),
        "weights_of": lambda operation: _array(plan, operation.name),
        "array": partial(_array, plan),
    }
    inference = KindTemplates(environment, context, partial(_address, "_ONE_"), "viper/")
    training = KindTemplates(environment, context, partial(_address, "_ALL_"), "viper/")
    return context | {
        "tables": tables.texts(plan, context, environment, _table),
        "functions": inference.shared(plan.all_operations),
        "inference_calls": inference.calls(plan.inference),
        "training_steps": printed(plan.training, training),
    }


def _wide(plan: Plan) -> dict[str, bool]:
    """Which sums may exceed 32 bits: of dense layers, of convolutions, of gradients."""
    found = [o for o in plan.all_operations if getattr(o, "sum_bits", 32) == 64]
    for operation in found:
        _check_sums(operation)
    return {
        "dense": any(o.template != "conv" for o in found),
        "conv": any(o.template == "conv" for o in found),
        "gradients": any(Limbs.of(block, plan.batch).count > 1 for block in plan.learning_blocks),
    }


def _check_sums(operation: Operation) -> None:
    """Viper adds up parts of a sum that fit in 32 bits, in a convolution those of the channels."""
    if prod(operation.weights.shape[2:]) > PART:
        raise IntegradError(
            f"{operation.name}: with 64-bit sums, MicroPython supports kernels of up to {PART} cells"
        )


def _address(opening: str, place: Place, repeated: bool) -> str:
    """Offset in the scratch: `_ALL_BLOCK1 + b * 120`. Activations take one byte per value."""
    name = {"x": "_X", "logits": "_SCORES"}.get(place.name, opening + place.name.upper())
    return f"{name} + b * {place.values}" if repeated and place.batch else name


def _array(plan: Plan, name: str) -> dict[str, str]:
    """The buffer that contains an array of weights, and the constant with its offset."""
    learns = next(m.learns for m in weights_file.members(plan) if m.name == name)
    return {"buffer": "learning" if learns else "weights", "at": f"_{name.upper()}_WEIGHTS"}


def _offset(member: weights_file.Member) -> int:
    """Offset of an array in the trainable weights, or in the whole file."""
    return member.offset if member.learns else weights_file.HEADER_BYTES + member.offset


def _table(name: str, comment: str, numbers: tuple[int, ...], code: str = "i") -> str:
    return f'# {comment}\n{name} = array("{code}", ({tables.inside(numbers)}))'


def crc_nibbles() -> tuple[int, ...]:
    """CRC-32 of the sixteen 4-bit values."""
    table = []
    for value in range(16):
        for _ in range(4):
            value = value >> 1 ^ (0xEDB88320 if value & 1 else 0)
        table.append(value)
    return tuple(table)


def _hexadecimal(numbers: tuple[int, ...]) -> list[str]:
    words = [f"0x{number:08X}," for number in numbers]
    return [" ".join(words[i : i + 4]) for i in range(0, len(words), 4)]

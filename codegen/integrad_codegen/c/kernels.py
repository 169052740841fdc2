"""Which kernels a plan needs, in which variant for a core, and their text: NAME_kernels.h.

A kernel is a file in device/kernels/VARIANT, named after its function. The portable variant says what
each one computes; the others give the same bits with fewer instructions.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from integrad.errors import UsageError
from integrad_codegen.plan import Plan

PORTABLE = "portable"

VARIANTS = {
    "m0": ("m0", PORTABLE),
    "m3": ("m3", PORTABLE),
    "m4": ("dsp", "m3", PORTABLE),
    "m7": ("dsp", "m3", PORTABLE),
    "m33": ("dsp", "m3", PORTABLE),
    "m55": ("mve", "dsp", "m3", PORTABLE),
}
"""Core → where its kernels are looked for, best first."""

LONG = {"m3/activate4", "dsp/activate4"}
"""Kernels that are passed over where bytes count as much as instructions, as in a native module: they are
longer than the next in the chain, and what they do is a small part of the work."""

INCLUDES = {"mve": "arm_mve.h"}
"""Variant → the header that brings its intrinsics."""

ORDER = (
    *("clip", "scaled", "widen", "linear", "linear2", "activate4", "pool", "maxima"),
    *("shape", "window", "offsets", "cut", "gather", "few", "convolve"),
    *("depthwise_few", "depthwise_row", "depthwise"),
    *("descent", "descend", "descend_wide", "descend_row", "descend_row_wide"),
    *("learn_row", "learn_rows", "room", "learn_rows_wide", "errors", "accumulate", "accumulate_wide"),
)
"""Each kernel uses only those before it."""

PARTS = {"offsets", "cut", "few", "depthwise_few", "depthwise_row"}
"""Kernels that only some variants of others use; the others have none."""


def emit_kernels(plan: Plan, core: str | None = None, small: bool = False) -> tuple[list[str], list[str]]:
    """(headers to include, text of each kernel) that the plan needs on a core; None: on any.

    small: whether bytes count as much as instructions. Raises UsageError for an unknown core.
    """
    names = needed(plan)
    if "convolve" in names and "integrad_linear2(" not in _find("convolve", _chain(core))[1]:
        names.remove("linear2")  # unused functions are warned of
    return kernel_texts(names, core, small)


def kernel_texts(names: set[str], core: str | None, small: bool = False) -> tuple[list[str], list[str]]:
    """The same for kernels by name."""
    chain = _chain(core)
    chains = {name: _short(chain, name) if small else chain for name in ORDER if name in names}
    found = [kernel for name in chains if (kernel := _find(name, chains[name]))]
    variants = {variant for variant, _ in found}
    headers = {INCLUDES[variant] for variant in variants if variant in INCLUDES}
    return sorted(headers), [text for _, text in found]


def needed(plan: Plan) -> set[str]:
    """Names of the kernels that the generated module, or another of its kernels, calls."""
    return set().union(*(operation.kernels() for operation in plan.all_operations))


def _chain(core: str | None) -> tuple[str, ...]:
    if core is not None and core not in VARIANTS:
        raise UsageError(f"unknown core {core!r}; known cores: {', '.join(VARIANTS)}")
    return VARIANTS[core] if core else (PORTABLE,)


def _short(chain: tuple[str, ...], name: str) -> tuple[str, ...]:
    return tuple(variant for variant in chain if f"{variant}/{name}" not in LONG)


@cache
def _find(name: str, chain: tuple[str, ...]) -> tuple[str, str] | None:
    """(variant, text) of a kernel in the first variant that has it; None for a part that none has."""
    folder = files("integrad_device") / "kernels"
    for variant in chain:
        path = folder / variant / f"{name}.h"
        if path.is_file():
            return variant, path.read_text(encoding="utf-8").strip()
    if name in PARTS:
        return None
    raise FileNotFoundError(f"no kernel {name} in {', '.join(chain)}")

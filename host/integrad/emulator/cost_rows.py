"""Which row of a cost report a function of the firmware belongs to, and exact figures by row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from integrad.emulator.runner import RunResult

NORMALISATION = "input normalisation"
UPDATE = "weight update"
DIVISION = "32-bit division"
REST = "rest"

SHARED_ROWS = {
    NORMALISATION: "raw sample -> int8",
    UPDATE: "integer SGD, all layers",
    DIVISION: "no instruction for it",
    REST: "session, start-up, scratch, stack",
}
"""Rows beside the layers, in order, and what they hold."""

UPDATE_FUNCTIONS = ("learn_row", "descend", "fits_32_bits")
"""Beginnings of their names: several exist in two widths."""

# Run-time helpers of libgcc, and of device/cortex_m/runtime_abi.c for clang and zig.
WIDE_HELPERS = frozenset(
    (
        *("__aeabi_ldivmod", "__aeabi_uldivmod", "__aeabi_lmul", "__aeabi_llsl", "__aeabi_llsr"),
        *("__aeabi_lasr", "__divdi3", "__udivdi3", "__udivmoddi4", "__muldi3", "__gnu_ldivmod_helper"),
        *("__gnu_uldivmod_helper", "__clzsi2", "__clzdi2", "__aeabi_ldiv0", "__ashldi3", "__lshrdi3"),
        *(
            "__ashrdi3",
            "__aeabi_idiv0",
            "divide64",
            "magnitude64",
            "integrad_divide_signed",
            "integrad_divide_unsigned",
        ),
    )
)
NARROW_HELPERS = frozenset(
    (
        *("__aeabi_idiv", "__aeabi_uidiv", "__aeabi_idivmod", "__aeabi_uidivmod"),
        *("__divsi3", "__udivsi3", "__modsi3", "__umodsi3", "divide32", "magnitude32", "pair"),
    )
)


class Rows:
    """The rows of one firmware. prefix: of the generated names; layers: names of the layers."""

    def __init__(self, prefix: str, layers: Iterable[str]):
        self.prefix, self.layers = prefix, set(layers)

    def row_of(self, function: str, training: bool) -> str:
        """The row of a function. Wide arithmetic updates weights in a training step, and elsewhere normalises."""
        if function == f"{self.prefix}_normalise":
            return NORMALISATION
        if function.startswith(f"{self.prefix}_"):
            return REST
        if function.startswith(UPDATE_FUNCTIONS):
            return UPDATE
        if function in WIDE_HELPERS:
            return UPDATE if training else NORMALISATION
        if function in NARROW_HELPERS:
            return DIVISION
        layer = function.split("_")[0]
        return layer if layer in self.layers else REST

    def instructions(self, result: RunResult, training: bool) -> Counter[str]:
        """Row → mean instructions of a region; they add up to the mean of whole regions, rounded down."""
        totals: Counter[str] = Counter()
        for function, counts in result.functions.items():
            totals[self.row_of(function, training)] += counts.instructions
        # What ran outside of any named function.
        totals[REST] += sum(region.instructions for region in result.regions) - totals.total()
        return means(totals, len(result.regions))


def means(totals: Counter[str], runs: int) -> Counter[str]:
    """totals / runs as integers that add up to their sum / runs, rounded down: the largest remainders round up."""
    result = Counter({name: total // runs for name, total in totals.items()})
    missing = totals.total() // runs - result.total()
    for name in sorted(totals, key=lambda name: (-(totals[name] % runs), name))[:missing]:
        result[name] += 1
    return result

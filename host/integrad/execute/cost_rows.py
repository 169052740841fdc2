"""Assigns the functions of a firmware to the rows of a cost report."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from integrad.emulate.counting import CallSite
from integrad.emulate.runner import RunResult
from integrad_codegen.c.calls import Calls
from integrad_codegen.c.runtime import kernels

NORMALISATION = "input normalisation"
FORWARD = "forward kernels"
UPDATE = "learning kernels"
DIVISION = "32-bit division"
REST = "rest"

RUNTIME = "integrad_"
"""Prefix of the functions of the runtime."""

SHARED_ROWS = {
    NORMALISATION: "raw sample -> int8",
    FORWARD: "code that all layers share",
    UPDATE: "code that all layers share",
    DIVISION: "no divide instruction",
    REST: "start-up, scratch, stack",
}
"""Rows in addition to the layers, in order, and their contents."""

KERNEL_ROWS = {
    symbol: FORWARD if kernel.row == "forward" else UPDATE
    for kernel in kernels().values()
    for symbol in kernel.symbols
}
"""Function of the runtime → its row. Layers share them; what both rows use counts as forward."""

# Run-time helpers of libgcc, and of device/cortex_m/runtime_abi.c for clang and zig.
NARROW_HELPERS = re.compile(r"__aeabi_u?idiv(mod)?|__u?(div|mod)si3|(divide|magnitude)32|pair")
WIDE_HELPERS = re.compile(
    r"__aeabi_(u?ldivmod|lmul|llsl|llsr|lasr|[il]div0)|__gnu_u?ldivmod_helper|__\w+di[34]|__clzsi2"
    r"|(divide|magnitude)64|integrad_divide_(un)?signed"
)


class Rows:
    """The rows of one firmware. prefix: of the generated names; layers: names of the layers; calls: see
    runtime_calls()."""

    def __init__(self, prefix: str, layers: Iterable[str], calls: Calls):
        self.prefix, self.layers, self.calls = prefix, set(layers), calls

    def row_of(self, function: str, training: bool) -> str:
        """The row of a function. Wide arithmetic belongs to weight updates in a training step, else to
        normalisation."""
        if function == f"{self.prefix}_normalise":
            return NORMALISATION
        if function.startswith(f"{self.prefix}_"):
            return REST
        if function in KERNEL_ROWS:
            return KERNEL_ROWS[function]
        if function == "learn_classifier":
            return UPDATE
        if WIDE_HELPERS.fullmatch(function):
            return UPDATE if training else NORMALISATION
        if NARROW_HELPERS.fullmatch(function):
            return DIVISION
        layer = function.split("_")[0]
        return layer if layer in self.layers else REST

    def instructions(self, result: RunResult, training: bool) -> Counter[str]:
        """Row → mean instructions of a region; they add up to the mean of whole regions, rounded down.

        What a layer calls belongs to it.
        """
        totals: Counter[str] = Counter()
        for function, counts in result.functions.items():
            totals[self.row_of(function, training)] += counts.instructions
        owners = layers_of(result.calls, self.calls)
        for site, functions in result.calls.items():
            for function, counts in functions.items():
                row = self.row_of(function, training)
                if site in owners and row != REST:  # the caller's own after a call in tail position
                    totals[row] -= counts.instructions
                    totals[owners[site]] += counts.instructions
        # Instructions outside of any named function.
        totals[REST] += sum(region.instructions for region in result.regions) - totals.total()
        return means(totals, len(result.regions))


def layers_of(sites: Iterable[CallSite], calls: Calls) -> dict[CallSite, str]:
    """The layer for which each call is made.

    sites: in the order of their first execution, which is that of the text of the program. Where it is not,
    as seen from the names of the functions called, the calls of that caller belong to no layer.
    """
    owners: dict[CallSite, str] = {}
    for caller, expected in calls.items():
        found = [site for site in sites if site.caller == caller and site.callee.startswith(RUNTIME)]
        compiled = {site.callee for site in found}  # the others are inline
        wanted = [call for call in expected if call.callee in compiled]
        if [site.callee for site in found] == [call.callee for call in wanted]:
            owners |= {site: call.layer for site, call in zip(found, wanted, strict=True) if call.layer}
    return owners


def means(totals: Counter[str], runs: int) -> Counter[str]:
    """totals / runs as integers that add up to the rounded sum / runs: the largest remainders are rounded
    up."""
    result = Counter({name: total // runs for name, total in totals.items()})
    missing = totals.total() // runs - result.total()
    for name in sorted(totals, key=lambda name: (-(totals[name] % runs), name))[:missing]:
        result[name] += 1
    return result

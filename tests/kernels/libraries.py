"""What no firmware holds, by the symbols of its functions."""

import re

LIBRARY = re.compile(
    r"__aeabi_(f|d|c[df]|[iul]+2[fd]|h2f)|__\w+[sdt]f\d?$|(malloc|calloc|realloc|free|printf|abort|_sbrk)$"
    r"|_?(sqrt|exp|log|pow|sin|cos|floor|round)f?$"
)
"""Floating point, mathematics, allocation."""

DIVISION = re.compile(r"__aeabi_u?[il]div(mod)?$|__u?(div|mod)[sd]i[34]$|__gnu_u?ldivmod_helper$")
WIDE_DIVISION = re.compile(r"__aeabi_u?ldivmod$|__u?(div|mod)(mod)?di[34]$|__gnu_u?ldivmod_helper$")


def forbidden(names: set[str], core: str) -> set[str]:
    """Those of a library; helpers of divisions only where the core has no such instruction: of 32 bits on
    M0, of 64 bits, for wide gradients and wide samples, everywhere."""
    found = {name for name in names if LIBRARY.match(name)}
    helpers = {name for name in names if DIVISION.match(name)}
    return found | (set() if core == "m0" else {name for name in helpers if not WIDE_DIVISION.match(name)})

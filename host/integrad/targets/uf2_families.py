"""Families of chips in UF2 files: each block names the family that it is for."""

from __future__ import annotations

UF2_FAMILIES = {
    "RP2040": 0xE48BFF56,
    "RP2350-ARM-S": 0xE48BFF59,
    "RP2350-RISCV": 0xE48BFF5A,
    "RP2350-ARM-NS": 0xE48BFF5B,
    "NRF52833": 0x621E937A,
    "NRF52840": 0xADA52840,
    "SAMD21": 0x68ED2B88,
    "SAMD51": 0x55114460,
    "ESP32C3": 0xD42BA06C,
    "STM32F4": 0x57755A57,
}
"""Name → identifier, as in the public list of families; those of the RP2350 are in its data sheet."""

ABSOLUTE = 0xE48BFF57
"""Family of a block that files for the RP2350 may begin with: for its boot ROM, no part of the program."""


def family_name(family: int | None) -> str:
    """For display: the name, with the identifier."""
    if family is None:
        return "no family"
    names = {value: name for name, value in UF2_FAMILIES.items()} | {ABSOLUTE: "absolute"}
    return f"{names.get(family, 'unknown')} 0x{family:08x}"

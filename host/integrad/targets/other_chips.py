"""Chips with a core that the table of cores lacks, and what is possible with them."""

from __future__ import annotations

import re

SIZES = "its memory requirements cannot be predicted, and it cannot be emulated"
ANYWHERE = "`integrad export` generates portable C99, and plain Python for MicroPython"

CHIPS = {
    r"(arduinonano)?esp32(s[23].*|wroom.*|wrover.*|dev.*)?$": (
        f"has an Xtensa core: {SIZES}. {ANYWHERE}; `--arch xtensawin` adds native modules"
    ),
    r"(nodemcu|esp8266.*|esp12.*)$": f"has an Xtensa core: {SIZES}. {ANYWHERE}",
    r"ch32v00\d.*$": (
        f"has a RISC-V core without multiplication (RV32EC): {SIZES}. `integrad export` generates portable "
        "C99, which was not tried there"
    ),
    r"esp32[chp]\d.*$|(gd32v|ch32v[14]|ch32v208|fe310|k210).*$": f"has a RISC-V core: {SIZES}. {ANYWHERE}",
    r"(atmega|attiny|avr).*$": (
        f"has an AVR core, of another kind than the known ones: {SIZES}. {ANYWHERE.partition(',')[0]}, which "
        "computes the same bits on an emulated ATmega2560"
    ),
}
"""Pattern of names, without hyphens and in lower case → what is possible."""


def other_chip(name: str) -> str | None:
    """What is possible with a chip or board of this name, or None if it is unknown."""
    return next((text for pattern, text in CHIPS.items() if re.match(pattern, name)), None)

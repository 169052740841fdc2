"""The second stage of the boot process of an RP2040: the first 256 bytes of its flash.

The boot ROM copies them to RAM, checks their checksum and calls them. They make the flash chip readable as
memory and start the program behind them. The machine code is written down here, because its checksum has to
be known before a compiler runs; a test assembles the text beside it.
"""

from __future__ import annotations

import struct

from integrad_codegen.c.layout import commented
from integrad_codegen.kind_templates import environment_for

BOOT2_BYTES = 256

INSTRUCTIONS = (
    (0x4B09, "ldr r3, =0x18000000", "the controller of the flash chip, XIP_SSI"),
    (0x2000, "movs r0, #0", ""),
    (0x6098, "str r0, [r3, #0x08]", "SSIENR: off, so that it can be set up"),
    (0x2104, "movs r1, #4", ""),
    (0x6159, "str r1, [r3, #0x14]", "BAUDR: a quarter of the system clock, at most 33 MHz"),
    (0x4908, "ldr r1, =0x001F0300", "one data line, frames of 32 bits, address then data"),
    (0x6019, "str r1, [r3, #0x00]", "CTRLR0"),
    (0x6058, "str r0, [r3, #0x04]", "CTRLR1: one frame at a time"),
    (0x4907, "ldr r1, =0x03000218", "command 03h, which every chip has; 8 + 24 bits; no pause"),
    (0x22F4, "movs r2, #0xF4", ""),
    (0x5099, "str r1, [r3, r2]", "SPI_CTRLR0"),
    (0x2101, "movs r1, #1", ""),
    (0x6099, "str r1, [r3, #0x08]", "SSIENR: on"),
    (0x4806, "ldr r0, =0x10000100", "the vector table of the program"),
    (0x4906, "ldr r1, =0xE000ED08", ""),
    (0x6008, "str r0, [r1, #0x00]", "VTOR"),
    (0xC803, "ldmia r0, {r0, r1}", "its stack and its first instruction"),
    (0xF380, "msr msp, r0", ""),
    (0x8808, "", ""),
    (0x4708, "bx r1", ""),
)
"""(machine code, assembler text, comment); an instruction of 32 bits has an empty line."""

LITERALS = (0x18000000, 0x001F0300, 0x03000218, 0x10000100, 0xE000ED08)
"""Behind the instructions, in the order in which they are used."""


def boot2() -> bytes:
    """The 256 bytes."""
    code = struct.pack(f"<{len(INSTRUCTIONS)}H", *(word for word, _, _ in INSTRUCTIONS))
    code += struct.pack(f"<{len(LITERALS)}I", *LITERALS)
    code = code.ljust(BOOT2_BYTES - 4, b"\0")
    return code + struct.pack("<I", boot_checksum(code))


def boot_checksum(code: bytes) -> int:
    """The checksum of the boot ROM: a CRC-32 with the polynomial of zlib's that takes the highest bit of
    each byte first and is not inverted at the end."""
    crc = 0xFFFFFFFF
    for byte in code:
        crc ^= byte << 24
        for _ in range(8):
            crc = (crc << 1) ^ (0x04C11DB7 if crc >> 31 else 0)
            crc &= 0xFFFFFFFF
    return crc


def boot2_file() -> str:
    """The C source of the stage."""
    lines = []
    for word, text, comment in INSTRUCTIONS:
        shown = f"{text:<20} {comment}".rstrip() if text else "(second half)"
        lines.append((f"0x{word:04X},", shown))
    literals = [f"0x{word & 0xFFFF:04X}, 0x{word >> 16:04X}," for word in LITERALS]
    checksum = struct.unpack("<2H", boot2()[-4:])
    return (
        environment_for("project")
        .get_template("boot2.c.jinja")
        .render(
            instructions=commented(lines),
            literals=literals,
            checksum=checksum,
            halfwords=BOOT2_BYTES // 2,
        )
    )

"""Whether a program can run on a board: its core, its addresses, and how it begins."""

from __future__ import annotations

import struct

from integrad.boards.flash_image import FlashImage
from integrad.boards.rp2350_blocks import ARM_CPU, RISC_V_CPU, RP2350, image_definitions
from integrad.errors import IntegradError
from integrad.export.rp2040_boot2 import BOOT2_BYTES, boot_checksum
from integrad.targets.boards import Board
from integrad.targets.cores import core_of, product_with_article
from integrad.targets.families import ARM, RISC_V
from integrad.targets.uf2_families import UF2_FAMILIES, family_name

MACHINES = {ARM.name: "EM_ARM", RISC_V.name: "EM_RISCV"}
MACHINE_NAMES = {"EM_ARM": "Arm", "EM_RISCV": "RISC-V", "EM_AVR": "AVR", "EM_XTENSA": "Xtensa"}
MACHINE_NAMES |= {"EM_386": "x86", "EM_X86_64": "x86-64", "EM_AARCH64": "64-bit Arm"}

ARMV6_M, ARMV7, ARMV7E_M, ARMV8_M_BASE, ARMV8_M, ARMV8_1_M = (11, 12), (10,), (13,), (16,), (17,), (21,)
ARCHITECTURES = {
    "thumbv6m": ARMV6_M,
    "thumbv7m": ARMV6_M + ARMV7,
    "thumbv7em": ARMV6_M + ARMV7 + ARMV7E_M,
    "thumbv8m.main": ARMV6_M + ARMV7 + ARMV7E_M + ARMV8_M_BASE + ARMV8_M,
    "thumbv8.1m.main": ARMV6_M + ARMV7 + ARMV7E_M + ARMV8_M_BASE + ARMV8_M + ARMV8_1_M,
}
"""Architecture of a core → numbers of those whose code it runs, in the build attributes of ELF files."""

ARCHITECTURE_NAMES = {10: "Armv7-M", 11: "Armv6-M", 12: "Armv6-M", 13: "Armv7E-M", 16: "Armv8-M baseline"}
ARCHITECTURE_NAMES |= {17: "Armv8-M mainline", 21: "Armv8.1-M"}

RP2350_CPUS = {"rp2350": ARM_CPU, "rp2350-riscv": RISC_V_CPU}
OTHER_CORES = {"pico2": ("RISC-V", "RP2350-RISCV"), "pico2-riscv": ("Arm", "RP2350-ARM-S")}
"""Two boards that are one: board → machine and UF2 family of the programs of the other."""

FLASH_CONFIGURATION = b"FCFB"
ESP_CHIP = (5).to_bytes(2, "little")
ESP_IMAGE, ESP_DIRECT_BOOT = b"\xe9", bytes.fromhex("1d04dbae") * 2


def check_image(image: FlashImage, board: Board) -> None:
    """Raise IntegradError, which names the file and what is wrong, unless the board can start the program."""
    _check_core(image, board)
    if image.format == "UF2":
        _check_family(image, board)
    if board.driver == "esp32c3":
        _check_esp(image, board)
        return
    _check_addresses(image, board)
    _check_start(image, board)


def _check_core(image: FlashImage, board: Board) -> None:
    if image.machine is None:
        return
    core = core_of(board.part)
    if image.machine != MACHINES[core.family.name]:
        name = MACHINE_NAMES.get(image.machine, image.machine)
        raise IntegradError(_mismatch(image, name, board) + _other_board(board, name))
    known = ARCHITECTURES.get(core.architecture)
    if known and image.architecture is not None and image.architecture not in known:
        name = ARCHITECTURE_NAMES.get(image.architecture, f"another Arm processor ({image.architecture})")
        raise IntegradError(f"{_mismatch(image, name, board)}; compile it for that core")


def _mismatch(image: FlashImage, name: str, board: Board) -> str:
    return f"{image.path}: is for {name}, but {board.name} has {product_with_article(board.part)}"


def _other_board(board: Board, what: str) -> str:
    """What to do with a program for the other cores of the same chip."""
    if what not in OTHER_CORES.get(board.name, ()):
        return ""
    (other,) = OTHER_CORES.keys() - {board.name}
    return f"; use --board {other}"


def _check_family(image: FlashImage, board: Board) -> None:
    wanted = board.uf2_id
    if wanted is not None and wanted not in image.families:
        found = ", ".join(map(family_name, image.families)) or "no family"
        names = [name for name, family in UF2_FAMILIES.items() if family in image.families]
        other = "".join(_other_board(board, name) for name in names)
        raise IntegradError(
            f"{image.path}: is for {found}, but {board.name} takes {family_name(wanted)}"
            + (other or "; its boot loader would ignore the file")
        )


def _check_addresses(image: FlashImage, board: Board) -> None:
    begin, end = board.program_origin, board.program_origin + board.program_bytes
    for address, contents in image.segments:
        if begin <= address and address + len(contents) <= end:
            continue
        what = f"{image.path}: 0x{address:08x} to 0x{address + len(contents) - 1:08x}"
        where = f"programs of {board.name}: 0x{begin:08x} to 0x{end - 1:08x}"
        kept = f" ({board.bootloader} keeps the rest)" if board.bootloader else ""
        raise IntegradError(f"{what} is outside of the flash for {where}{kept}; link it for this board")


def _check_start(image: FlashImage, board: Board) -> None:
    start = f"{image.path}: does not start like a program for {board.name}: "
    first = image.segments[0][1]
    if image.begin != board.program_origin:
        raise IntegradError(f"{start}it begins at 0x{image.begin:08x}, expected 0x{board.program_origin:08x}")
    if board.part.name == "RP2040":
        boot2 = first[:BOOT2_BYTES]
        if len(boot2) < BOOT2_BYTES or boot_checksum(boot2[:-4]) != int.from_bytes(boot2[-4:], "little"):
            raise IntegradError(
                f"{start}its first 256 bytes are no second-stage boot loader with its checksum"
            )
    elif board.driver in RP2350_CPUS:
        _check_definition(image, board, start)
    elif board.driver == "imxrt1062":
        if not first.startswith(FLASH_CONFIGURATION):
            raise IntegradError(f"{start}a configuration of the flash (FCFB) is missing")
    elif not _is_vector_table(first, board):
        raise IntegradError(f"{start}its first words are no initial stack pointer and reset handler")


def _check_definition(image: FlashImage, board: Board, start: str) -> None:
    definitions = image_definitions(image.flat())
    programs = [each.cpu for each in definitions if each.executable and each.chip == RP2350]
    if RP2350_CPUS[board.driver] in programs:
        return
    if not definitions:
        raise IntegradError(f"{start}its first 4,096 bytes have no image definition")
    names = {ARM_CPU: "Arm", RISC_V_CPU: "RISC-V"}
    name = next((names[cpu] for cpu in programs if cpu in names), None)
    if name is None:
        raise IntegradError(f"{start}its image definition is not that of a program for an RP2350")
    raise IntegradError(
        f"{image.path}: its image definition is for the {name} cores of an RP2350{_other_board(board, name)}"
    )


def _is_vector_table(first: bytes, board: Board) -> bool:
    if len(first) < 8:
        return False
    stack, reset = struct.unpack_from("<2I", first)
    begin = board.program_origin
    in_flash = begin <= reset < begin + board.program_bytes and reset & 1
    return 0x10000000 <= stack < 0x40000000 and stack % 4 == 0 and bool(in_flash)


def _check_esp(image: FlashImage, board: Board) -> None:
    if image.format == "ELF":
        return
    first = image.segments[0][1]
    if not first.startswith((ESP_IMAGE, ESP_DIRECT_BOOT)):
        raise IntegradError(
            f"{image.path}: does not start like a program for {board.name}: expected an image of esptool "
            "(first byte 0xe9) or the mark of direct boot"
        )
    if first.startswith(ESP_IMAGE) and first[12:14] != ESP_CHIP:
        raise IntegradError(f"{image.path}: is an image for another chip of Espressif than the ESP32-C3")
    if len(image.segments) > 1 or image.size > board.part.flash_bytes:
        raise IntegradError(f"{image.path}: does not fit the {board.part.flash_bytes:,} bytes of flash")

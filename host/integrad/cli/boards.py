"""integrad boards: list the known boards, or show one in full."""

from __future__ import annotations

import click
from rich.console import Console
from rich.table import Table

from integrad.cli.json_output import console_for, json_option, write_json
from integrad.emulate.chips import emulator_names
from integrad.targets.boards import SERIAL_BY, Board, all_boards, find_board
from integrad.targets.cores import product_of

NEVER = (
    "None of these boards was tried on hardware: the table follows data sheets, schematics and the device "
    "trees of Zephyr."
)


@click.command()
@click.argument("name", metavar="[NAME]", required=False)
@json_option
def boards(name, json_path):
    """List the boards that `integrad flash` knows, or show the one called NAME in full: its part, memories,
    pins, serial port, and how it is flashed.

    \b
    Example:
      integrad boards
      integrad boards pico
    """
    console = console_for(json_path)
    chosen = all_boards() if name is None else (find_board(name, "NAME "),)
    if name is None:
        _show_list(console, chosen)
    else:
        _show(console, chosen[0])
    console.print(
        NEVER if name is None else f"\n{chosen[0].title} was never tried on hardware.", markup=False
    )
    write_json(json_path, {"boards": [_row(board) for board in chosen]})


def _show_list(console: Console, chosen: tuple[Board, ...]) -> None:
    table = Table(box=None, pad_edge=False)
    for title in ("board", "part", "core", "flash", "RAM", "serial port", "flashed by", "emulated"):
        table.add_column(title, justify="right" if title in ("flash", "RAM") else "left")
    for board in chosen:
        part = board.part
        table.add_row(
            board.name,
            part.name,
            product_of(part),
            f"{part.flash_bytes // 1024:,} KB",
            f"{part.ram_bytes // 1024:,} KB",
            board.serial_by,
            ", ".join(board.flash),
            ", ".join(emulator_names(board)) or "-",
        )
    console.print(table)


def _show(console: Console, board: Board) -> None:
    part = board.part
    flash = f"{part.flash_bytes:,} bytes at 0x{part.flash_origin:08x}"
    if board.bootloader:
        flash += f"; programs from 0x{board.program_origin:08x}, {board.program_bytes:,} bytes"
    lit = "addressable (WS2812)" if board.led_on == "ws2812" else f"lit while {board.led_on}"
    led = f"{board.led}, {lit}" if board.led else "none that a program can switch"
    if board.led_return:
        led += f" and {board.led_return} is {'low' if board.led_on == 'high' else 'high'}"
    pressed = f"{board.button}, {board.button_on} while pressed" if board.button else "none"
    clock = f"{board.clock_hz / 1e6:g} MHz" if board.clock_hz else "the chip's own oscillator"
    kind = {"crystal": ", a crystal", "bypass": ", from the debugger", "internal": ""}[board.clock]
    rows = {
        "board": f"{board.title} ({', '.join((board.name, *board.aliases))})",
        "part": f"{part.name}, {product_of(part)}",
        "flash": flash,
        "boot loader": board.bootloader or "none in flash",
        "RAM": f"{part.ram_bytes:,} bytes at 0x{part.ram_origin:08x}",
        "clock": clock + kind,
        "serial port": f"{board.serial}, TX {board.tx}, RX {board.rx}: {SERIAL_BY[board.serial_by]}",
        "LED": led,
        "button": pressed,
        "flashed by": "; ".join(map(how_flashed, [board] * len(board.flash), board.flash)),
        "emulated by": ", ".join(emulator_names(board)) or "none",
        "note": board.note,
    }
    table = Table.grid(padding=(0, 2))
    for title, text in rows.items():
        if text:
            table.add_row(title, text)
    console.print(table)


def how_flashed(board: Board, method: str) -> str:
    """The method, and the names that its tools have for the board."""
    if method == "pyocd":
        pack = f", after `pyocd pack install {board.pyocd_pack}`" if board.pyocd_pack else ", built in"
        return f"pyocd (target {board.pyocd_target}{pack})"
    return f"uf2 (family {board.uf2_family})" if method == "uf2" else method


def _row(board: Board) -> dict:
    part, pins = board.part, ("tx", "rx", "led", "led_return", "button")
    names = {key: str(pin) if (pin := getattr(board, key)) else None for key in pins}
    texts = ("clock", "serial", "serial_by", "note")
    optional = ("led_on", "button_on", "pyocd_target", "pyocd_pack", "uf2_family", "bootloader")
    return {
        "name": board.name,
        "aliases": list(board.aliases),
        "title": board.title,
        "part": part.name,
        "core": product_of(part),
        "flash_bytes": part.flash_bytes,
        "ram_bytes": part.ram_bytes,
        "flash_origin": part.flash_origin,
        "ram_origin": part.ram_origin,
        "program_offset": board.program_offset,
        "reserved_bytes": board.reserved_bytes,
        "clock_hz": board.clock_hz,
        "flash": list(board.flash),
        "uf2_boards": list(board.uf2_boards),
        **names,
        **{key: getattr(board, key) for key in texts},
        **{key: getattr(board, key) or None for key in optional},
        "emulated": emulator_names(board),
        "tried_on_hardware": False,
    }

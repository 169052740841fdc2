"""Flash a program onto a board: choosing the method and the program."""

from __future__ import annotations

from integrad.boards.esptool_flash import EsptoolFlash
from integrad.boards.flash_checks import check_image
from integrad.boards.flash_image import find_program, read_image
from integrad.boards.flash_method import FlashMethod, Place
from integrad.boards.loader_flash import BossacFlash, DfuFlash, TeensyFlash
from integrad.boards.pyocd_flash import PyocdFlash
from integrad.boards.uf2_flash import Uf2Flash
from integrad.errors import UsageError
from integrad.targets.boards import Board

FLASH_METHODS: dict[str, type[FlashMethod]] = {
    "uf2": Uf2Flash,
    "pyocd": PyocdFlash,
    "esptool": EsptoolFlash,
    "dfu": DfuFlash,
    "bossac": BossacFlash,
    "teensy": TeensyFlash,
}


def choose_method(board: Board, wanted: str | None, place: Place) -> type[FlashMethod]:
    """The method that is wanted, the one that uses the given place, or the board's usual one.

    Raises UsageError if the board has no such method.
    """
    given = [name for name in ("port", "drive", "probe") if getattr(place, name) is not None]
    possible = [name for name in board.flash if all(FLASH_METHODS[name].uses == use for use in given)]
    if wanted is not None:
        if wanted not in board.flash:
            raise UsageError(f"--method {wanted}: {board.name} is flashed by {' or '.join(board.flash)}")
        possible = [name for name in possible if name == wanted]
    if not possible:
        options = " and ".join(f"--{name}" for name in given)
        raise UsageError(
            f"{options}: not used by {wanted or ' or '.join(board.flash)}, which flashes {board.name}"
        )
    return FLASH_METHODS[possible[0]]


def prepare(path: str, board: Board, wanted: str | None, place: Place, address: int | None) -> FlashMethod:
    """The method with a program that was read and checked. path: of a program or of a folder that has one;
    address: of a binary file, where it is not the board's usual one.

    Raises IntegradError for a program that cannot be read or cannot run on the board.
    """
    method = choose_method(board, wanted, place)
    file = find_program(path, method.takes)
    if address is not None and not file.lower().endswith(".bin"):
        raise UsageError(f"--address: {file} contains its addresses; the option is for .bin files")
    image = read_image(file, board.program_origin if address is None else address, board.uf2_id)
    check_image(image, board)
    return method(board, image, place)

"""Flash a board through a debug probe, with pyOCD: the only module that imports it."""

from __future__ import annotations

import logging

from integrad.boards.flash_method import FlashMethod
from integrad.errors import IntegradError, UsageError, one_line
from integrad.targets.boards import BRINGS_TOOLS

NO_PROBE = {
    "st-link": "connect the USB port of its ST-Link",
    "j-link": "connect the USB port of its J-Link, and install SEGGER's J-Link software",
    "daplink": "connect its USB port",
}
OWN_PROBE = "connect a debug probe to its SWD pins"


class PyocdFlash(FlashMethod):
    uses = "probe"

    def steps(self, contents: bytes) -> list[str]:
        probe = f"probe {self.place.probe}" if self.place.probe else "the only probe"
        segments = self.image.segments
        pack = self.board.pyocd_pack
        needs = [f"require a device pack: pyocd pack install {pack}"] if pack else []
        return [
            *needs,
            f"connect to {probe}, target {self.board.pyocd_target}, and halt the core",
            *(f"erase and program {len(data):,} bytes at 0x{begin:08x}" for begin, data in segments),
            "read the flash back and compare, then reset the board",
        ]

    def perform(self, contents: bytes) -> list[str]:
        _require_pyocd()
        from pyocd.core.exceptions import Error

        try:
            _require_target(self.board)
            probe = _choose_probe(self.board, self.place.probe)
            with open_session(probe, self.board.pyocd_target) as session:
                program(session, self.image.segments)
                target = session.target
                for begin, data in self.image.segments:
                    if bytes(target.read_memory_block8(begin, len(data))) != data:
                        raise IntegradError(
                            f"the flash at 0x{begin:08x} differs after programming; try again"
                        )
                target.reset()
        except (Error, OSError, ValueError) as error:  # the latter two of USB libraries
            raise IntegradError(f"pyOCD: {one_line(error) or type(error).__name__}") from error
        return [
            f"programmed and compared {self.image.size:,} bytes through {probe.description}",
            "the board was reset",
        ]


def _require_pyocd() -> None:
    try:
        import pyocd  # noqa: F401
    except ImportError:
        raise IntegradError(f"flashing through a debug probe requires pyOCD; {BRINGS_TOOLS}") from None
    logging.getLogger("pyocd").setLevel(logging.ERROR)  # its warnings are not about this program


def knows(target: str) -> bool:
    """Whether pyOCD has a target, built in or in a pack that is installed."""
    from pyocd.target import TARGET
    from pyocd.target.pack.pack_target import ManagedPacks

    if target not in TARGET:
        ManagedPacks.populate_target(target)
    return target in TARGET


def connected_probes() -> list:
    """Probes of pyOCD, with unique_id and description."""
    from pyocd.core.helpers import ConnectHelper

    return ConnectHelper.get_all_connected_probes(blocking=False, print_wait_message=False)


def open_session(probe, target: str):
    """A context manager for a session of pyOCD."""
    from pyocd.core.session import Session

    return Session(probe, options={"target_override": target, "hide_programming_progress": True})


def program(session, segments) -> None:
    """Only the blocks of flash that the program lies in are erased: what was saved in others stays."""
    from pyocd.flash.loader import FlashLoader

    loader = FlashLoader(session, chip_erase="sector")
    for begin, data in segments:
        loader.add_data(begin, list(data))
    loader.commit()


def _require_target(board) -> None:
    if knows(board.pyocd_target):
        return
    if board.pyocd_pack:
        how = f"run: pyocd pack install {board.pyocd_pack}"
    else:
        how = f"install a newer pyOCD: {BRINGS_TOOLS}"
    raise IntegradError(f"pyOCD does not know {board.pyocd_target} ({board.name}); {how}")


def _choose_probe(board, wanted: str | None):
    probes = connected_probes()
    chosen = [probe for probe in probes if wanted is None or wanted.lower() in probe.unique_id.lower()]
    names = ", ".join(f"{one_line(probe.unique_id)} ({one_line(probe.description)})" for probe in probes)
    if len(chosen) == 1:
        return chosen[0]
    if chosen:
        raise UsageError(f"--probe is required, a part of one of these: {names}")
    if probes:
        raise UsageError(f"--probe {wanted}: no such probe; connected: {names}")
    how = NO_PROBE.get(board.probe, OWN_PROBE)
    raise IntegradError(f"no debug probe is connected: {how}; on Linux, udev rules must permit its use")

"""Chips in the emulator labwired, which models those of several makers with their peripherals.

What differs from the chips: an instruction takes one cycle, and version 0.25 lacks SSAT and some instructions
of the DSP extension, so that images for Cortex-M3 and later are built with INTEGRAD_PORTABLE defined
(docs/results/labwired.md). labwired runs ELF files only; to switch a chip off and on, its flash is read, and
an ELF file with these contents is started.
"""

from __future__ import annotations

import struct
from pathlib import Path
from tempfile import TemporaryDirectory

from integrad.build.program import read_program
from integrad.emulate.chip import SteppedChip, address_in, image_path, missing_chip_emulator
from integrad.emulate.faults import CFSR
from integrad.emulate.labwired_description import write_description
from integrad.targets.boards import Board

SLICE = 0.0002
"""Seconds on the chip after which its serial port is looked at."""

ACTIVE_EXCEPTION, FAULT_STATUS = 0xE000ED04, 0xE000ED28
FAULTS = {3: "HardFault", 4: "MemManage", 5: "BusFault", 6: "UsageFault"}

ELF_HEADER = struct.Struct("<16sHHIIIIIHHHHHH")
PROGRAM_HEADER = struct.Struct("<8I")
LOAD, READ_AND_EXECUTE = 1, 5


class LabwiredChip(SteppedChip):
    """A chip by its name in labwired, from an ELF file.

    uart: the serial port, by its name there; None for the first one. flash_origin, flash_bytes: what
    restart() keeps. board: whose memories and button the chip gets; None to emulate it as it is.
    """

    def __init__(
        self,
        image: Path,
        chip: str,
        uart: str | None,
        flash_origin: int,
        flash_bytes: int,
        name: str = "",
        board: Board | None = None,
    ):
        try:
            import labwired
        except ImportError:
            raise missing_chip_emulator("labwired") from None
        self._labwired = labwired
        self.name = name or f"{chip} in labwired"
        self._uart = uart
        self._flash = flash_origin, flash_bytes
        self._program = read_program(image_path(image, ".elf"))
        self._header = image.read_bytes()[: ELF_HEADER.size]
        self._sent = bytearray()
        self._sim = None
        self._folder = TemporaryDirectory(prefix="integrad-")
        self._what = {"chip": chip}
        if board is not None:
            configs = Path(labwired.__file__).parent / "configs"
            system = write_description(configs, chip, board, Path(self._folder.name))
            self._what = {"system": system}
        self._switch_on(image)

    @property
    def cycles(self) -> int:
        return self._sim.cycles

    def write(self, data: bytes) -> None:
        self._sim.send_bytes(data)

    def restart(self) -> None:
        origin, size = self._flash
        contents = self._sim.read_memory(origin, size)
        self._sim.close()
        image = Path(self._folder.name, "flash.elf")
        image.write_bytes(elf_of(contents, origin, self._header))
        self._switch_on(image)

    def close(self) -> None:
        if self._sim is not None:
            self._sim.close()
            self._sim = None
        self._folder.cleanup()

    def _switch_on(self, image: Path) -> None:
        self._sent.clear()
        self._sim = self._labwired.Sim(str(image), uart=self._uart, **self._what)

    def _run(self) -> None:
        try:
            reason = self._sim.run_for(SLICE)
        except RuntimeError as error:
            raise self._fault(str(error), address_in(str(error)), self._program) from None
        sent = self._sim.read_uart_bytes()
        self._sent += sent
        if not sent and self._program.machine == "EM_ARM":
            self._require_no_fault()
        if (ended := reason.kind) != "reached":
            raise self._fault(f"labwired stopped ({ended})", reason.pc, self._program)

    def _require_no_fault(self) -> None:
        """Handlers of faults never return."""
        number = self._sim.read_u32(ACTIVE_EXCEPTION) & 0x1FF
        if number in FAULTS:
            status = self._sim.read_u32(FAULT_STATUS)
            kind = next((name for bit, name in CFSR if status & bit), FAULTS[number])
            raise self._fault(f"{kind}; labwired may lack an instruction: see docs/results/labwired.md")


def elf_of(contents: bytes, origin: int, like: bytes) -> bytes:
    """An ELF file that loads these contents to this address. like: header of a file for the same chip."""
    identification, kind, machine, version, entry, *_ = ELF_HEADER.unpack(like)
    tables = ELF_HEADER.size, 0, 0, ELF_HEADER.size, PROGRAM_HEADER.size, 1, 0, 0, 0
    header = ELF_HEADER.pack(identification, kind, machine, version, entry, *tables)
    size, offset = len(contents), ELF_HEADER.size + PROGRAM_HEADER.size
    segment = PROGRAM_HEADER.pack(LOAD, offset, origin, origin, size, size, READ_AND_EXECUTE, 4)
    return header + segment + contents

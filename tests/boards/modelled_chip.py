"""What the models of chips in Unicorn share: how they are run, and how they report a mistake."""

import unicorn

from integrad.emulate.chip import SteppedChip


class AccessError(Exception):
    """A program touches what it must not, or what the model lacks."""


class WrongCallError(Exception):
    """A call of a function in ROM that a real chip would not forgive, or only by chance."""


class ModelledChip(SteppedChip):
    """uart: with `sent`, bytes of the program, and `arriving`, those on the line. core, io: the core and the
    peripherals, which _switch_on() sets. boots: how often the program started.

    cycles_per_byte: in the time of a byte of the serial port at 115200 baud. The core executes fewer
    instructions than it could, so that less is emulated.
    """

    cycles_per_byte: int
    INSTRUCTIONS_PER_BYTE = 2_000

    def __init__(self, name, uart):
        self.name, self.uart, self.boots, self.error = name, uart, 0, None
        self._switch_on()

    @property
    def _sent(self):
        return self.uart.sent

    @property
    def cycles(self):
        return self.io.cycles

    def write(self, data):
        self.uart.arriving += data

    def restart(self):
        self.uart.arriving.clear()
        self.uart.sent.clear()
        self._switch_on()

    def close(self):
        pass

    def run_until(self, condition, most=2000):
        for _ in range(most):
            if condition():
                return
            self._run()
        raise AssertionError(f"did not happen in {most * self.cycles_per_byte:,} cycles")

    def _switch_on(self):
        self.boots += 1

    def _run(self):
        """For the time of a byte of the serial port."""
        self._pass_time()
        try:
            self.core.run(self.INSTRUCTIONS_PER_BYTE, self.cycles_per_byte, self.uart.interrupts)
        except unicorn.UcError as error:
            self._fail(AccessError(f"{error} at 0x{self.core.pc:08x}"))
        self.io.cycles += self.cycles_per_byte
        if self.error is not None:
            raise self.error
        if self.io.asks_for_reset:
            self._switch_on()

    def _pass_time(self):
        """Of a byte, for the serial port."""
        self.uart.pass_time_of_a_byte()

    def _fail(self, error):
        """The first reason counts: exceptions do not pass through the emulator."""
        if self.error is None:
            self.error = error
        self.core.uc.emu_stop()

    def _callbacks(self, read, write):
        """For mmio_map()."""

        def on_read(_uc, offset, size, _):
            try:
                if size != 4:
                    raise AccessError(f"{size} bytes of a register are read")
                return read(offset)
            except AccessError as error:
                self._fail(error)
                return 0

        def on_write(uc, offset, size, value, _):
            try:
                if size != 4:
                    raise AccessError(f"{size} bytes of a register are written")
                write(offset, value)
            except AccessError as error:
                self._fail(error)
            if self.io.asks_for_reset:
                uc.emu_stop()

        return on_read, None, on_write, None

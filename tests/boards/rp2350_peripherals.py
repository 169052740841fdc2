"""What programs of this project touch of an RP2350, for models of it, from the registers in its data sheet.

Registers that are not modelled, blocks that are still held in reset, and values that make no sense raise
AccessError.
"""

from collections import deque

from modelled_chip import AccessError

CRYSTAL_HZ, RING_OSCILLATOR_HZ = 12_000_000, 11_000_000
BAUD = 115200
FIFO_BYTES, FIFO_LEVEL = 32, 4
QUIET_BYTES = 4
"""Times of a byte after which the port interrupts although it has few bytes: 32 bits and a little."""

CLOCKS, PSM, RESETS, IO_BANK0, PADS_BANK0 = 0x10000, 0x18000, 0x20000, 0x28000, 0x38000
XOSC, PLL_SYS, UART0, WATCHDOG = 0x48000, 0x50000, 0x70000, 0xD8000
RESET_BITS = {IO_BANK0: 6, PADS_BANK0: 9, PLL_SYS: 14, UART0: 26}
"""Offset of a block from 0x40000000 → its bit in the register RESET."""

SIO = 0xD0000000
ALL_BLOCKS = 0x1FFFFFFF
TX, RX, LED = 0, 1, 25
UART_FUNCTION, SIO_FUNCTION = 2, 5


class Uart:
    """A PL011 with its FIFOs. sent: bytes of the program; arriving: those on the line, a byte at a time."""

    RECEIVE, TIMEOUT = 1 << 4, 1 << 6

    def __init__(self):
        self.sent, self.arriving = bytearray(), deque()
        self.reset()

    def reset(self):
        self.registers = {0x24: 0, 0x28: 0, 0x2C: 0, 0x30: 0x300, 0x34: 0x12, 0x38: 0}
        self.fifo = deque()
        self.pending, self.quiet, self.lost = 0, 0, 0

    @property
    def interrupts(self):
        return bool(self.pending & self.registers[0x38])

    def pass_time_of_a_byte(self):
        """Bytes arrive only while the port is enabled."""
        if self.arriving and self.registers[0x30] & 0x201 == 0x201:
            byte = self.arriving.popleft()
            if len(self.fifo) < FIFO_BYTES:
                self.fifo.append(byte)
            else:
                self.lost += 1
            self.quiet = 0
            self.pending |= self.RECEIVE if len(self.fifo) == FIFO_LEVEL else 0
        elif self.fifo:
            self.quiet += 1
            self.pending |= self.TIMEOUT if self.quiet == QUIET_BYTES else 0

    def read(self, offset):
        if offset == 0x00:
            byte = self.fifo.popleft() if self.fifo else 0
            self.quiet = 0
            if len(self.fifo) < FIFO_LEVEL:
                self.pending &= ~self.RECEIVE
            if not self.fifo:
                self.pending &= ~self.TIMEOUT
            return byte
        if offset == 0x18:
            return 1 << 7 | (0 if self.fifo else 1 << 4)  # nothing left to send, nothing received
        return self.registers.get(offset)

    def write(self, offset, value, clock_hz):
        if offset == 0x00:
            self._require_set_up(clock_hz)
            self.sent.append(value & 0xFF)
        elif offset == 0x44:
            self.pending &= ~value
        elif offset in self.registers and not (offset == 0x34 and value):
            self.registers[offset] = value
        else:
            raise AccessError(f"UART0: no register 0x{offset:x}")

    def _require_set_up(self, clock_hz):
        divider = self.registers[0x24] + self.registers[0x28] / 64
        baud = clock_hz / 16 / divider if divider else 0
        if abs(baud / BAUD - 1) > 0.01 or self.registers[0x2C] != 0x70 or self.registers[0x30] != 0x301:
            raise AccessError(f"UART0 is sent to, but set up for {baud:.0f} baud: {self.registers}")


class Peripherals:
    """All at 0x40000000, and SIO. cycles: since the start. asks_for_reset: through the watchdog."""

    size = 0x100000

    def __init__(self, uart):
        self.uart, self.cycles, self.asks_for_reset = uart, 0, False
        self.registers = {PSM + 0x08: 0, CLOCKS + 0x30: 0, CLOCKS + 0x3C: 0, CLOCKS + 0x48: 0}
        self.registers |= {RESETS + 0x00: ALL_BLOCKS, XOSC + 0x00: 0, XOSC + 0x0C: 0}
        self.registers |= {
            PLL_SYS + 0x00: 1,
            PLL_SYS + 0x04: 0x2D,
            PLL_SYS + 0x08: 0,
            PLL_SYS + 0x0C: 0x77000,
        }
        self.registers |= {WATCHDOG + 0x00: 0, WATCHDOG + 0x1C: 0xB007C0D3}
        self.registers |= {IO_BANK0 + 8 * pin + 4: 0x1F for pin in range(30)}
        self.registers |= {PADS_BANK0 + 4 * pin + 4: 0x116 for pin in range(30)}
        self.levels, self.outputs, self.inputs = 0, 0, 0
        self.mtime_control, self._mtime, self._counts_since = 0x0D, 0, 0
        uart.reset()

    # Clocks.

    @property
    def crystal_hz(self):
        return CRYSTAL_HZ if self.registers[XOSC] == 0xFAB000 | 0xAA0 else 0

    @property
    def pll_hz(self):
        """0 unless it is locked: out of reset, with its power, its oscillator and a divider."""
        divider = self.registers[PLL_SYS + 0x08]
        is_on = not self.registers[PLL_SYS + 0x04] & 0x21 and not self._is_in_reset(PLL_SYS)
        return self.crystal_hz * divider if is_on and 16 <= divider <= 320 else 0

    @property
    def system_hz(self):
        if not self.registers[CLOCKS + 0x3C] & 1:
            from_crystal = self.registers[CLOCKS + 0x30] & 3 == 2
            return self.crystal_hz if from_crystal else RING_OSCILLATOR_HZ
        after, power = self.registers[PLL_SYS + 0x0C], self.registers[PLL_SYS + 0x04]
        first, second = after >> 16 & 7, after >> 12 & 7
        if power & 8 or not first or not second or self.registers[CLOCKS + 0x3C] >> 5:
            raise AccessError("the system clock has no source")
        return self.pll_hz // (first * second)

    # Everything at 0x40000000. A register has two addresses more, at which bits are set or cleared.

    def read(self, offset):
        block, register, _ = _split(offset)
        self._require_running(block)
        value = self._status(block, register)
        if value is None:
            value = self.uart.read(register) if block == UART0 else self.registers.get(block + register)
        if value is None:
            raise AccessError(f"read from 0x{0x40000000 + offset:08x}, which is not modelled")
        return value

    def write(self, offset, value):
        block, register, kind = _split(offset)
        self._require_running(block)
        if block == UART0:
            if kind:
                raise AccessError("only whole registers of the UART are modelled")
            self.uart.write(
                register, value, self.system_hz if self.registers[CLOCKS + 0x48] == 1 << 11 else 0
            )
            return
        old = self.registers.get(block + register)
        if old is None or kind == 1:
            raise AccessError(f"write to 0x{0x40000000 + offset:08x}, which is not modelled")
        self.registers[block + register] = (value, None, old | value, old & ~value)[kind]
        if (block, register) == (WATCHDOG, 0) and self.registers[WATCHDOG] >> 31:
            self._require_whole_reset()
            self.asks_for_reset = True

    def _status(self, block, register):
        """Of registers that show what follows from others."""
        if (block, register) == (RESETS, 0x08):
            return ~self.registers[RESETS] & ALL_BLOCKS
        if (block, register) == (XOSC, 0x04):
            return 1 << 31 if self.crystal_hz else 0
        if (block, register) == (PLL_SYS, 0x00):
            return self.registers[PLL_SYS] | (1 << 31 if self.pll_hz else 0)
        if (block, register) == (CLOCKS, 0x38):
            return 1 << (self.registers[CLOCKS + 0x30] & 3)
        if (block, register) == (CLOCKS, 0x44):
            return 1 << (self.registers[CLOCKS + 0x3C] & 1)
        return None

    def _is_in_reset(self, block):
        return bool(self.registers[RESETS] >> RESET_BITS[block] & 1)

    def _require_running(self, block):
        if block in RESET_BITS and self._is_in_reset(block):
            raise AccessError(f"0x{0x40000000 + block:08x} is accessed while it is held in reset")

    def _require_whole_reset(self):
        """All but the two oscillators, and then a boot from flash."""
        if self.registers[PSM + 0x08] != 0x01FFFFF3 or self.registers[WATCHDOG + 0x1C]:
            raise AccessError("the watchdog would not restart the chip as after switching on")

    # SIO.

    def read_sio(self, offset):
        if offset == 0x04:
            return self.inputs
        if offset == 0x1A4:
            return self.mtime_control
        if offset in (0x1B0, 0x1B4):
            return self.mtime >> (0 if offset == 0x1B0 else 32) & 0xFFFFFFFF
        raise AccessError(f"read from 0x{SIO + offset:08x}, which is not modelled")

    def write_sio(self, offset, value):
        if offset == 0x18:
            self.levels |= value
        elif offset == 0x20:
            self.levels &= ~value
        elif offset == 0x38:
            self.outputs |= value
        elif offset in (0x1A4, 0x1B0, 0x1B4):
            self._set_time(offset, value)
        else:
            raise AccessError(f"write to 0x{SIO + offset:08x}, which is not modelled")

    @property
    def mtime(self):
        """It counts cycles; ticks, which it counts otherwise, are not modelled."""
        counts = self.mtime_control & 3 == 3
        return self._mtime + (self.cycles - self._counts_since if counts else 0)

    def _set_time(self, offset, value):
        self._mtime, self._counts_since = self.mtime, self.cycles
        if offset == 0x1A4:
            self.mtime_control = value
        elif offset == 0x1B0:
            self._mtime = self._mtime >> 32 << 32 | value
        else:
            self._mtime = value << 32 | self._mtime & 0xFFFFFFFF

    # What is at the pins.

    def function(self, pin):
        """Of a pin whose pad is set up: not isolated, with its input; None for others."""
        pad = self.registers[PADS_BANK0 + 4 * pin + 4]
        return self.registers[IO_BANK0 + 8 * pin + 4] & 0x1F if pad & 0x1C0 == 0x40 else None

    @property
    def led(self):
        is_output = self.outputs >> LED & 1 and self.function(LED) == SIO_FUNCTION
        return bool(is_output and self.levels >> LED & 1)


def _split(offset):
    """(block, register, kind: 0 whole, 1 flips, 2 sets, 3 clears bits)."""
    return offset & ~0x3FFF, offset & 0xFFF, offset >> 12 & 3

"""What programs of this project touch of an ESP32-C3, for a model of it, from the registers in its technical
reference manual. Registers that are not modelled raise AccessError.
"""

from collections import deque

from modelled_chip import AccessError

CORE_HZ = 40_000_000
"""As the boot ROM leaves it."""

UART, IO_MUX, RTC, TIMERS, SYSTIMER, INTERRUPTS = 0x00000, 0x09000, 0x08000, 0x1F000, 0x23000, 0xC2000
GPIO_IN, BUTTON = 0x0403C, 9
SERIAL_SOURCE = 21
WATCHDOG_KEY, SUPER_KEY = 0x50D83AA1, 0x8F1D312A
WATCHDOG_CYCLES = CORE_HZ // 20
"""Within which a program must have stopped all watchdogs of the boot ROM; they wait longer than this."""

GUARDS = {RTC + 0x90: RTC + 0xA8, RTC + 0xAC: RTC + 0xB0}
GUARDS |= {TIMERS + 0x48: TIMERS + 0x64, TIMERS + 0x1048: TIMERS + 0x1064}
"""Watchdog → the register that takes the key without which it cannot be changed."""

FIFO_BYTES = 128


class Uart:
    """Set up by the boot ROM. It interrupts when it has received more bytes than the threshold."""

    FULL = 1 << 0

    def __init__(self):
        self.sent, self.arriving = bytearray(), deque()
        self.reset()

    def reset(self):
        self.fifo, self.lost, self.raw = deque(), 0, 0
        self.registers = {0x0C: 0, 0x24: 96}

    @property
    def interrupts(self):
        return bool(self.raw & self.registers[0x0C])

    def pass_time_of_a_byte(self):
        if self.arriving:
            byte = self.arriving.popleft()
            if len(self.fifo) < FIFO_BYTES:
                self.fifo.append(byte)
            else:
                self.lost += 1
        self._look()

    def read(self, offset):
        if offset == 0x00:
            return self.fifo.popleft() if self.fifo else 0
        if offset == 0x1C:
            return len(self.fifo)  # and nothing left to send
        return self.registers.get(offset)

    def write(self, offset, value):
        if offset == 0x00:
            self.sent.append(value & 0xFF)
        elif offset == 0x10:
            self.raw &= ~value
            self._look()
        elif offset in self.registers:
            self.registers[offset] = value
        else:
            raise AccessError(f"UART0: no register 0x{offset:x}")

    def _look(self):
        if len(self.fifo) > self.registers[0x24] & 0x1FF:
            self.raw |= self.FULL


class Peripherals:
    """All at 0x60000000. cycles: since the start. asks_for_reset: of the whole chip."""

    size = 0xD0000

    def __init__(self, uart):
        self.uart, self.cycles, self.asks_for_reset = uart, 0, False
        self.is_pressed = False
        self.registers = dict.fromkeys(GUARDS.values(), 0)
        self.registers |= {RTC + 0x90: 1 << 12, RTC + 0xAC: 0, TIMERS + 0x48: 1 << 14, TIMERS + 0x1048: 0}
        self.registers |= {IO_MUX + 4 + 4 * pin: 0 for pin in range(22)}
        self.registers |= {INTERRUPTS + 4 * SERIAL_SOURCE: 0, INTERRUPTS + 0x104: 0, INTERRUPTS + 0x108: 0}
        self.registers |= {INTERRUPTS + 0x194: 0, RTC: 0}
        self.registers |= {INTERRUPTS + 0x114 + 4 * number: 0 for number in range(1, 32)}
        self._ticks = None
        uart.reset()

    def require_stopped_watchdogs(self):
        """That the program has not been reset by them, and will not be."""
        guards = self.registers[RTC + 0x90] | self.registers[TIMERS + 0x48] | self.registers[TIMERS + 0x1048]
        if self.cycles > WATCHDOG_CYCLES and (guards or not self.registers[RTC + 0xAC] >> 31):
            raise AccessError("a watchdog of the boot ROM resets the chip")

    @property
    def serial_cause(self):
        """The number of the core's interrupt that the serial port raises, None if it is not enabled."""
        number = self.registers[INTERRUPTS + 4 * SERIAL_SOURCE] & 31
        if not number or not self.registers[INTERRUPTS + 0x104] >> number & 1:
            return None
        priority = self.registers[INTERRUPTS + 0x114 + 4 * number]
        return number if 0 < priority >= self.registers[INTERRUPTS + 0x194] else None

    def read(self, offset):
        value = self._status(offset)
        if value is None:
            value = self.uart.read(offset) if offset < 0x1000 else self.registers.get(offset)
        if value is None:
            raise AccessError(f"read from 0x{0x60000000 + offset:08x}, which is not modelled")
        return value

    def write(self, offset, value):
        if offset < 0x1000:
            self.uart.write(offset, value)
        elif offset == SYSTIMER + 0x04:
            if value >> 30 & 1:
                self._ticks = self.cycles * 16_000_000 // CORE_HZ
        elif offset not in self.registers:
            raise AccessError(f"write to 0x{0x60000000 + offset:08x}, which is not modelled")
        else:
            self._require_key(offset)
            self.registers[offset] = value
            self.asks_for_reset |= offset == RTC and value >> 31 != 0

    def _status(self, offset):
        """Of registers that show what follows from others."""
        if offset == GPIO_IN:
            is_input = self.registers[IO_MUX + 4 + 4 * BUTTON] >> 9 & 1
            return (0 if self.is_pressed else 1 << BUTTON) if is_input else 0
        if offset == SYSTIMER + 0x04:
            return 0 if self._ticks is None else 1 << 29
        if offset in (SYSTIMER + 0x40, SYSTIMER + 0x44):
            return (self._ticks or 0) >> (32 if offset == SYSTIMER + 0x40 else 0) & 0xFFFFFFFF
        return None

    def _require_key(self, offset):
        guard = GUARDS.get(offset)
        key = SUPER_KEY if guard == RTC + 0xB0 else WATCHDOG_KEY
        if guard is not None and self.registers[guard] != key:
            raise AccessError(f"write to 0x{0x60000000 + offset:08x} without its key")

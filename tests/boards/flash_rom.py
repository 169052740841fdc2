"""A flash chip and the functions with which a boot ROM of Raspberry Pi changes it, for models of their chips.

Written from section 5.4.8 of the RP2350 data sheet, and stricter than it: flash is hidden from the core from
flash_exit_xip to flash_enter_cmd_xip, as on an RP2040, for which the same driver is written; what was changed
is seen only after flash_flush_cache. Whatever a driver must not do raises WrongCallError.
"""

from modelled_chip import WrongCallError

PAGE, SECTOR = 256, 4096
RAM = range(0x20000000, 0x20000000 + 520 * 1024)


class FlashRom:
    """chip: the bytes of the flash chip; show(offset, bytes): makes the core see them; hide(), unhide(): all.

    changes: what was called with which offset and count, in order.
    """

    def __init__(self, chip, show, hide, unhide):
        self.chip, self._show, self._hide, self._unhide = chip, show, hide, unhide
        self.is_connected = self.is_serial = False
        self.stale = {}
        self.changes = []

    def connect_internal_flash(self):
        self.is_connected = True

    def flash_exit_xip(self):
        self._require(self.is_connected, "flash_exit_xip without connect_internal_flash")
        self.is_serial = True
        self._hide()

    def flash_range_erase(self, offset, count, block_size, command):
        self._require(self.is_serial, "flash_range_erase without flash_exit_xip")
        text = f"flash_range_erase of 0x{count:x} bytes at 0x{offset:x}"
        self._require(offset % SECTOR == 0 and count % SECTOR == 0 and count > 0, f"{text}: not aligned")
        self._require(offset + count <= len(self.chip), f"{text}: outside of the chip")
        self._require((block_size, command) == (65536, 0xD8), f"{text}: 0x{command:x} for {block_size}")
        self._change("erase", offset, b"\xff" * count)

    def flash_range_program(self, offset, data_address, data):
        self._require(self.is_serial, "flash_range_program without flash_exit_xip")
        text = f"flash_range_program of 0x{len(data):x} bytes at 0x{offset:x}"
        self._require(offset % PAGE == 0 and len(data) % PAGE == 0 and data, f"{text}: not aligned")
        self._require(offset + len(data) <= len(self.chip), f"{text}: outside of the chip")
        self._require(
            data_address in RAM and data_address + len(data) - 1 in RAM, f"{text}: its data are not in RAM"
        )
        before = self.chip[offset : offset + len(data)]
        is_erased = all(new & old == new for new, old in zip(data, before, strict=True))
        self._require(is_erased, f"{text}: not erased before")
        self._change("program", offset, data)

    def flash_flush_cache(self):
        for offset in self.stale:
            self._show(offset, bytes(self.chip[offset : offset + PAGE]))
        self.stale.clear()

    def flash_enter_cmd_xip(self):
        self._require(not self.stale, "flash_enter_cmd_xip without flash_flush_cache")
        self.is_connected = self.is_serial = False
        self._unhide()

    def _change(self, what, offset, contents):
        self.chip[offset : offset + len(contents)] = contents
        self.changes.append((what, offset, len(contents)))
        self.stale |= dict.fromkeys(range(offset, offset + len(contents), PAGE))

    def _require(self, is_right, text):
        if not is_right:
            raise WrongCallError(text)

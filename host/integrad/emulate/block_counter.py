"""Instruction counts for emulators that report translated blocks, such as Unicorn."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass

from integrad.emulate.counting import BEGIN, END, CountingMap
from integrad.emulate.instructions import is_wide


@dataclass(frozen=True)
class Change:
    """What follows belongs to this call, 0 for none."""

    call: int


class BlockCounter:
    """Counts how often each translated block is executed in each region, and evaluates the blocks afterwards.

    A block is always executed from its first to its last instruction, so each of its instructions,
    including conditional ones (IT), is executed as often as the block. QEMU counts in the same way.

    regions: bucket → executions, of each region. calls: call → bucket → executions, of each region.
    """

    def __init__(self, counting_map: CountingMap, limit: int | None):
        self.map, self.limit = counting_map, limit
        self.regions: list[dict[int, int]] = []
        self.calls: list[dict[int, dict[int, int]]] = []
        self.done = limit == 0
        self._pieces: dict[tuple[int, int], list] = {}
        self._inside, self._call = False, 0
        self._ran: Counter[tuple[int, tuple[int, int]]] = Counter()
        self._partial: defaultdict[int, Counter[int]] = defaultdict(Counter)

    def on_block(self, _uc, address: int, size: int, _) -> None:
        block = (address, size)
        pieces = self._pieces.get(block)
        if pieces is None:
            pieces = self._pieces[block] = self._split(block)
        if len(pieces) == 1:
            if self._inside:
                self._ran[self._call, block] += 1
            return
        for piece in pieces:
            if piece == BEGIN:
                self._inside, self._call = True, 0
                self._ran.clear()
                self._partial.clear()
            elif piece == END:
                self._end_region()
            elif isinstance(piece, Change):
                self._call = piece.call
            elif self._inside:
                self._partial[self._call].update(piece)

    def _split(self, block: tuple[int, int]) -> list:
        """Number of instructions per bucket between markers and changes of the call, and these themselves."""
        address, size = block
        pieces: list = [Counter()]
        end = address + size
        while address < end:
            meaning = self.map.meaning(address)
            if address in self.map.changes:
                pieces += [Change(self.map.changes[address]), Counter()]
            if meaning in (BEGIN, END):
                pieces += [meaning, Counter()]
            else:
                pieces[-1][meaning] += 1
            address += 4 if is_wide(self.map.halfword(address)) else 2
        return pieces

    def _end_region(self) -> None:
        if self._inside and not self.done:
            for (call, block), times in self._ran.items():
                for bucket, count in self._pieces[block][0].items():
                    self._partial[call][bucket] += count * times
            executed = sum(self._partial.values(), Counter())
            self.regions.append(dict(executed))
            self.calls.append({call: dict(counts) for call, counts in self._partial.items() if call})
            self.done = self.limit is not None and len(self.regions) >= self.limit
        self._inside = False

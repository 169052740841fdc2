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


@dataclass(frozen=True)
class Block:
    """A translated block. pieces: number of instructions per bucket between markers and changes of the call,
    and these themselves. end: the address behind it. taken: bucket of the branch at its end, or None."""

    pieces: list
    end: int
    taken: int | None


class BlockCounter:
    """Counts how often each translated block is executed in each region, and evaluates the blocks afterwards.

    A block is always executed from its first to its last instruction, so each of its instructions,
    including conditional ones (IT), is executed as often as the block. A branch is its last instruction, and
    is taken if another block follows than the one behind it. QEMU counts in the same way.

    regions: bucket → executions, of each region. calls: call → bucket → executions, of each region.
    """

    def __init__(self, counting_map: CountingMap, limit: int | None):
        self.map, self.limit = counting_map, limit
        self.regions: list[dict[int, int]] = []
        self.calls: list[dict[int, dict[int, int]]] = []
        self.done = limit == 0
        self._blocks: dict[tuple[int, int], Block] = {}
        self._last: Block | None = None
        self._inside, self._call = False, 0
        self._ran: Counter[tuple[int, tuple[int, int]]] = Counter()
        self._partial: defaultdict[int, Counter[int]] = defaultdict(Counter)

    def on_block(self, _uc, address: int, size: int, _) -> None:
        place = (address, size)
        block = self._blocks.get(place)
        if block is None:
            block = self._blocks[place] = self._split(address, size)
        last, self._last = self._last, block
        if self._inside and last is not None and last.taken is not None and last.end != address:
            self._partial[self._call][last.taken] += 1
        if len(block.pieces) == 1:
            if self._inside:
                self._ran[self._call, place] += 1
            return
        for piece in block.pieces:
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

    def _split(self, address: int, size: int) -> Block:
        pieces: list = [Counter()]
        end, at = address + size, address
        while at < end:
            last, meaning = at, self.map.meaning(at)
            if at in self.map.changes:
                pieces += [Change(self.map.changes[at]), Counter()]
            if meaning in (BEGIN, END):
                pieces += [meaning, Counter()]
            else:
                pieces[-1][meaning] += 1
            at += 4 if is_wide(self.map.halfword(at)) else 2
        return Block(pieces, end, self.map.taken.get(last))

    def _end_region(self) -> None:
        if self._inside and not self.done:
            for (call, place), times in self._ran.items():
                for bucket, count in self._blocks[place].pieces[0].items():
                    self._partial[call][bucket] += count * times
            executed = sum(self._partial.values(), Counter())
            self.regions.append(dict(executed))
            self.calls.append({call: dict(counts) for call, counts in self._partial.items() if call})
            self.done = self.limit is not None and len(self.regions) >= self.limit
        self._inside = False

"""Members of the working memory of a training step."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from integrad_codegen.memory import ALIGNMENT, Arena
from integrad_codegen.operations.operation import Operation
from integrad_codegen.workspace import learn_rows


@dataclass(frozen=True)
class TrainingScratch:
    """Elements of each member of the training scratch struct; 0: no such member.

    wide_gradients, gradients: longest row of gradients that are summed in int64 and in int32 (they share
    their bytes); row_errors: of `rows` units over the batch, int32; maps: (layer, its arrays of int32) for
    the errors of one channel's map of each convolution, which share their bytes with row_errors; arena:
    bytes; errors: batch x classes, int16, where int32 errors are computed from those of the scores.
    """

    wide_gradients: int
    gradients: int
    row_errors: int
    maps: tuple[tuple[str, tuple[tuple[str, int], ...]], ...]
    arena: int
    batch: int
    classes: int
    rows: int

    @classmethod
    def of(cls, operations: Iterable[Operation], arena: Arena, batch: int, classes: int) -> TrainingScratch:
        """operations: all trainable ones."""
        learning = list(operations)
        wide = max((o.gradient_row for o in learning if o.gradient_bits == 64), default=0)
        # 64-bit sums are used only where the errors are too large for 32-bit ones.
        narrow = max((o.gradient_row for o in learning), default=0)
        if wide:
            narrow += narrow % 2  # the union has the same size where int64_t is aligned to 4 bytes
        row_errors = max((o.errors(batch) for o in learning if not o.map_arrays), default=0)
        maps = tuple((o.name, o.map_arrays) for o in learning if o.map_arrays)
        size = max(ALIGNMENT, arena.bytes)
        return cls(wide, narrow, row_errors, maps, size, batch, classes, learn_rows(batch))

    @property
    def deltas(self) -> int:
        """Errors, int32, that exist at a time."""
        return max([self.row_errors, *(sum(size for _, size in arrays) for _, arrays in self.maps)])

    @property
    def errors(self) -> int:
        """Errors of scores, int16."""
        return self.batch * self.classes if self.deltas else 0

    @property
    def bytes(self) -> int:
        """sizeof of the struct, the same for every compiler."""
        return self._used + 2 * self.padding

    @property
    def padding(self) -> int:
        """int16 at the end, which make the size a multiple of 8 or 4 bytes, also where types are aligned to
        fewer bytes than they have, as on i386 and AVR."""
        return -self._used % (8 if self.wide_gradients else 4) // 2

    @property
    def _used(self) -> int:
        row = max(8 * self.wide_gradients, 4 * self.gradients)
        return row + 4 * self.deltas + 2 * self.errors + self.arena

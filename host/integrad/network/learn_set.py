"""Learn sets, which select the layers that learn: "none", "output", "last:K" or "all"."""

from __future__ import annotations

import re
from dataclasses import dataclass

from integrad.errors import UsageError


@dataclass(frozen=True)
class LearnSet:
    """first_block: index of the first block that learns (= number of blocks if none does)."""

    name: str
    first_block: int
    output_learns: bool

    @classmethod
    def parse(cls, text: str, blocks: int) -> LearnSet:
        """last:K means the last K blocks and the output layer; all of them if there are fewer.

        Raises UsageError for an invalid text.
        """
        if text == "none":
            return cls(text, blocks, False)
        if text == "output":
            return cls(text, blocks, True)
        if text == "all":
            return cls(text, 0, True)
        match = re.fullmatch(r"last:([1-9][0-9]{0,3})", text)
        if match is None:
            raise UsageError(f"learn {text!r}: expected none, output, last:K (K = 1, 2, …) or all")
        return cls(text, max(0, blocks - int(match[1])), True)

    @classmethod
    def require(cls, text: str, blocks: int) -> None:
        """Raise UsageError if somebody chose an invalid text, or last:K for a network with fewer blocks."""
        cls.parse(text, blocks)
        if text.startswith("last:") and int(text.removeprefix("last:")) > blocks:
            has = f"{blocks or 'no'} block{'' if blocks == 1 else 's'}"
            largest = f"the largest is last:{blocks}" if blocks else "use output"
            raise UsageError(f"learn {text!r}: the network has {has}; {largest}")

    def block_learns(self, index: int) -> bool:
        """index: 0 for the first block."""
        return index >= self.first_block

    def layer_learns(self, layer: int | None) -> bool:
        """layer: index of a block; None for the output layer."""
        return self.output_learns if layer is None else self.block_learns(layer)

"""The search for the smallest arena, compared with an exhaustive search."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrad_codegen.arena_search import Block, search
from integrad_codegen.memory import Buffer, lay_out


@st.composite
def block_lists(draw, most=5, largest=4):
    """Blocks of a few words; here a word is 1."""
    blocks = []
    for _ in range(draw(st.integers(1, most))):
        first = draw(st.integers(0, 4))
        blocks.append(Block(draw(st.integers(1, largest)), first, first + draw(st.integers(0, 3))))
    return blocks


def fits(blocks, height, placed=()):
    """Whether some layout is no higher: every offset of every block is tried."""
    if len(placed) == len(blocks):
        return True
    block = blocks[len(placed)]
    for offset in range(height - block.size + 1):
        free = all(
            other.last < block.first
            or block.last < other.first
            or offset + block.size <= start
            or start + other.size <= offset
            for start, other in zip(placed, blocks, strict=False)
        )
        if free and fits(blocks, height, (*placed, offset)):
            return True
    return False


def smallest(blocks):
    return next(height for height in range(1000) if fits(blocks, height))


def height(blocks, offsets):
    return max(offset + block.size for offset, block in zip(offsets, blocks, strict=True))


@settings(deadline=None)
@given(block_lists())
def test_search_finds_the_smallest(blocks):
    """Without any layout to begin with, and without a bound that would end it early."""
    best = smallest(blocks)
    offsets, proved = search(blocks, 0, 1000)
    assert proved and height(blocks, offsets) == best
    assert fits_as_placed(blocks, offsets)
    assert search(blocks, 0, best) == (None, True)


def fits_as_placed(blocks, offsets):
    spans = [(b, set(range(o, o + b.size))) for b, o in zip(blocks, offsets, strict=True)]
    for number, (block, span) in enumerate(spans):
        for other, taken in spans[:number]:
            if block.first <= other.last and other.first <= block.last and span & taken:
                return False
    return True


@settings(deadline=None)
@given(block_lists())
def test_layouts_are_the_smallest(blocks):
    """The quick orders and the search together, in bytes."""
    arena = lay_out([Buffer(f"b{n}", 4 * b.size, b.first, b.last) for n, b in enumerate(blocks)])
    assert arena.proved and arena.bytes == 4 * smallest(blocks)


@pytest.mark.parametrize("visits", [0, 5])
def test_search_says_when_it_gives_up(visits):
    numbers = random.Random(0)
    blocks = []
    for _ in range(12):
        first = numbers.randrange(8)
        blocks.append(Block(numbers.randint(1, 300), first, first + numbers.randrange(5)))
    offsets, proved = search(blocks, 0, 10_000, visits)
    assert not proved and (offsets is None or fits_as_placed(blocks, offsets))

"""UF2 files: what is written is read back, by another implementation too, and every damage is noticed."""

import struct

import pytest
from esptool.uf2_writer import UF2Writer
from hypothesis import given, settings
from hypothesis import strategies as st

from integrad.boards.segments import OverlapError
from integrad.boards.uf2 import BLOCK_BYTES, ERASED_BYTES, Uf2Error, read_uf2, verify_uf2, write_uf2
from integrad.targets.uf2_families import ABSOLUTE, UF2_FAMILIES

PICO = UF2_FAMILIES["RP2040"]
ORIGIN = 0x10000000
PROGRAM = bytes(range(256)) * 20
FILE = write_uf2([(ORIGIN, PROGRAM)], PICO)

segments = st.lists(
    st.tuples(st.integers(0, 5000), st.binary(min_size=1, max_size=300)), min_size=1, max_size=3
).map(lambda pieces: [(ORIGIN + 20000 * n + gap, data) for n, (gap, data) in enumerate(pieces)])


@settings(max_examples=20)
@given(segments, st.sampled_from(sorted(UF2_FAMILIES.values())))
def test_what_is_written_is_read_back(pieces, family):
    data = write_uf2(pieces, family)
    assert verify_uf2(data, pieces, family) == len(data) // BLOCK_BYTES
    (found,) = read_uf2(data).values()
    for address, contents in pieces:
        start, block = next(s for s in found if s[0] <= address < s[0] + len(s[1]))
        assert block[address - start :][: len(contents)] == contents
        assert start % ERASED_BYTES == 0 and len(block) % ERASED_BYTES == 0
        assert set(block[: address - start]) <= {0xFF}, "gaps are as in erased flash"
    assert write_uf2(found, family) == data


@settings(max_examples=50)
@given(st.integers(0, len(FILE) - 1), st.integers(1, 255))
def test_any_changed_byte_is_noticed(position, change):
    damaged = bytearray(FILE)
    damaged[position] ^= change
    with pytest.raises((Uf2Error, OverlapError)):
        verify_uf2(bytes(damaged), [(ORIGIN, PROGRAM)], PICO)


@pytest.mark.parametrize("size", [0, 1, BLOCK_BYTES - 1, len(FILE) - 1, len(FILE) - BLOCK_BYTES])
def test_cut_off_files_are_noticed(size):
    with pytest.raises(Uf2Error):
        read_uf2(FILE[:size])


@pytest.mark.parametrize(
    ("word", "value"),
    [(16, 0), (16, 477), (20, 32), (24, 0), (12, 2**32 - 128)],
    ids=lambda number: hex(number),
)
def test_blocks_with_impossible_numbers(word, value):
    damaged = bytearray(FILE)
    damaged[word : word + 4] = struct.pack("<I", value)
    with pytest.raises(Uf2Error, match="block 0 has an impossible size, number or address"):
        read_uf2(bytes(damaged))


def test_blocks_may_come_in_any_order_but_only_once():
    blocks = [FILE[at : at + BLOCK_BYTES] for at in range(0, len(FILE), BLOCK_BYTES)]
    assert read_uf2(b"".join(reversed(blocks))) == read_uf2(FILE)
    with pytest.raises(Uf2Error, match="missing or repeated"):
        read_uf2(FILE + blocks[0])
    with pytest.raises(Uf2Error, match="missing or repeated"):
        read_uf2(b"".join(blocks[1:]))
    moved = bytearray(blocks[1])
    moved[12:16] = blocks[0][12:16]
    with pytest.raises(OverlapError, match="0x10000000"):
        read_uf2(b"".join([blocks[0], bytes(moved), *blocks[2:]]))


def test_the_absolute_block_and_other_families_are_set_apart():
    """As files for both chips are made: each family is numbered by itself."""
    absolute = bytearray(write_uf2([(0x10FFFF00, b"\xef" * 256)], ABSOLUTE)[-BLOCK_BYTES:])
    absolute[20:28] = struct.pack("<2I", 0, 2)
    arm = UF2_FAMILIES["RP2350-ARM-S"]
    both = read_uf2(bytes(absolute) + FILE + write_uf2([(ORIGIN, b"arm")], arm))
    assert set(both) == {PICO, arm} and both[arm][0][1].startswith(b"arm")


def test_blocks_without_family_and_for_other_memories():
    old = bytearray(write_uf2([(ORIGIN, b"old")], 0)[:BLOCK_BYTES])
    old[8:12], old[20:28] = bytes(4), struct.pack("<2I", 0, 1)
    assert set(read_uf2(bytes(old))) == {None}
    old[8] = 1
    assert read_uf2(bytes(old)) == {}
    old[9] = 0x10
    with pytest.raises(Uf2Error, match="contains files"):
        read_uf2(bytes(old))


def test_files_of_another_implementation_are_read(tmp_path):
    program = bytes(range(251)) * 9
    with UF2Writer(PICO, str(tmp_path / "a.uf2"), None, md5_enabled=False) as writer:
        writer.add_file(ORIGIN, program)
    ((address, contents),) = read_uf2((tmp_path / "a.uf2").read_bytes())[PICO]
    assert address == ORIGIN and contents[: len(program)] == program

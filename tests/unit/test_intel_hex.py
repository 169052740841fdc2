"""Intel HEX files: read by and written by another implementation, and every damage is noticed."""

import io

import intelhex
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrad.boards.intel_hex import HexError, read_hex, write_hex
from integrad.boards.segments import OverlapError

PIECES = [(0x0800FFF0, bytes(range(40))), (0x20000003, b"abc")]
FILE = write_hex(PIECES)


@settings(max_examples=20)
@given(
    st.lists(st.tuples(st.integers(0, 70000), st.binary(min_size=1, max_size=100)), min_size=1, max_size=4)
)
def test_two_implementations_agree(pieces):
    segments = [(n * 0x10000000 + 100 * n + gap, data) for n, (gap, data) in enumerate(pieces)]
    other = intelhex.IntelHex(io.StringIO(write_hex(segments).decode()))
    for address, data in segments:
        assert bytes(other.tobinarray(start=address, size=len(data))) == data
    text = io.StringIO()
    other.write_hex_file(text)
    assert read_hex(text.getvalue().encode()) == segments == read_hex(write_hex(segments))


@settings(max_examples=50)
@given(st.integers(0, len(FILE) - 2), st.sampled_from(b"0123456789ABCDEF:xyz\x80"))
def test_any_changed_character_is_noticed(position, character):
    damaged = bytearray(FILE)
    damaged[position] = character
    if bytes(damaged) != FILE:
        with pytest.raises((HexError, OverlapError)):
            read_hex(bytes(damaged))


def test_cut_off_files_and_other_texts():
    lines = FILE.splitlines(keepends=True)
    for text, expected in (
        (b"", "the line that ends the file is missing"),
        (b"".join(lines[:-1]), "the line that ends the file is missing"),
        (FILE + lines[0], r"line \d+ follows the end"),
        (b"# README\n", "line 1 is no line of Intel HEX"),
        (b":0000000000\n:0000000100\n", "line 2 is no line of Intel HEX|wrong checksum"),
        (b":020000060000F8\n", "line 1 is no line of Intel HEX"),
    ):
        with pytest.raises(HexError, match=expected):
            read_hex(text)
    with pytest.raises(OverlapError, match="0x0800fff0"):
        read_hex(lines[0] + lines[1] * 2 + lines[-1])


def test_addresses_in_units_of_16_bytes():
    assert read_hex(b":020000021000EC\n:0100100061" + b"8E\n:00000001FF\n") == [(0x10010, b"a")]

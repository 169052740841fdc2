"""Image definitions of the RP2350: which loops of blocks the boot ROM would accept."""

import struct

import numpy as np
import pytest

from integrad.boards.rp2350_blocks import ARM_CPU, RISC_V_CPU, RP2350, Definition, image_definitions

BEGIN, END = 0xFFFFDED3, 0xAB123579
ARM, RISC_V = Definition(True, ARM_CPU, RP2350), Definition(True, RISC_V_CPU, RP2350)

MINIMUM_ARM = (BEGIN, 0x10210142, 0x000001FF, 0, END)
MINIMUM_RISC_V = (BEGIN, 0x11010142, 0x000001FF, 0, END)
"""The sequences of section 5.9.5 of the data sheet."""

WITH_ENTRY = (BEGIN, 0x11010142, 0x00000344, 0x10002D08, 0x20001000, 0x000004FF, 0, END)


def image(*words, at=64, size=8192):
    data = struct.pack(f"<{len(words)}I", *words)
    return (bytes(at) + data).ljust(size, b"\0")


@pytest.mark.parametrize("at", [0, 64, 4092 - 4 * 5])
def test_the_minimum_definitions_of_the_data_sheet(at):
    assert image_definitions(image(*MINIMUM_ARM, at=at)) == [ARM]
    assert image_definitions(image(*MINIMUM_RISC_V, at=at)) == [RISC_V]
    assert image_definitions(image(*WITH_ENTRY, at=at)) == [RISC_V]


def test_a_loop_of_two_blocks_as_other_tools_write_it():
    """The second block, which defines nothing, at the end of the program."""
    first = (*MINIMUM_ARM[:3], 6000, END)
    last = (BEGIN, 0x000001FE, 0x000001FF, -6000 & 0xFFFFFFFF, END)
    whole = bytearray(image(*first))
    whole[6064:6084] = struct.pack("<5I", *last)
    assert image_definitions(bytes(whole)) == [ARM]
    for damaged in (whole[:6080], whole[:6064] + bytes(20), whole[:6076] + bytes(4) + whole[6080:]):
        assert image_definitions(bytes(damaged)) == [], "the loop is not closed"


@pytest.mark.parametrize(
    "words",
    [
        (),
        MINIMUM_ARM[:-1],
        (*MINIMUM_ARM[:-1], 0xAB123578),
        (BEGIN, 0x10210142, 0x000002FF, 0, END),
        (BEGIN, 0x10210042, 0x000000FF, 0, END),
        (BEGIN, 0x10210142, 0x000001FF, 2, END),
        (BEGIN, 0x10210142, 0x000001FF, 0xFFFFFF00, END),
        (BEGIN, 0x000001FE, 0x10210142, 0x000002FF, 0, END),
        (BEGIN, *[0x00000106] * 90),
    ],
)
def test_what_is_no_definition(words):
    assert image_definitions(image(*words)) == []
    assert image_definitions(image(*words)[:100]) == []


def test_where_the_first_block_must_be():
    assert image_definitions(image(*MINIMUM_ARM, at=4096)) == []
    assert image_definitions(image(*MINIMUM_ARM, at=66)) == [], "not at a word"
    assert image_definitions(b"") == []


def test_what_the_flags_say():
    found = image_definitions(image(BEGIN, 0x00220142, 0x000001FF, 0, END))
    assert found == [Definition(False, ARM_CPU, 0)], "data for an RP2040"


def test_damaged_blocks_end_in_an_answer():
    random = np.random.default_rng(1)
    whole = image(*WITH_ENTRY, size=512)
    for _ in range(2000):
        damaged = bytearray(whole[: random.integers(len(whole) + 1)])
        for at in random.integers(64, 96, random.integers(1, 4)):
            damaged[at : at + 1] = random.bytes(1)
        assert image_definitions(bytes(damaged)) in ([], [RISC_V], *([found] for found in every_definition()))


def every_definition():
    return [
        Definition(is_exe, cpu, chip) for is_exe in (True, False) for cpu in range(8) for chip in range(8)
    ]

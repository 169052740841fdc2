"""The weight store on an emulated memory: power cuts, damaged bits, failing slots."""

import re
import subprocess
from pathlib import Path

import pytest

from integrad.build.host_program import SANITIZERS
from integrad.build.toolchain import DEVICE, WARNINGS

HERE = Path(__file__).parent
SOURCES = [HERE / "power_cuts.c", HERE / "flash.c", DEVICE / "checksum.c"]
STORE = DEVICE / "store/store.c"

KINDS = {
    "STM32L4": (2, 1, 2048, 8, 0xFF, 1),
    "STM32F4": (2, 1, 16384, 4, 0xFF, 1),
    "STM32H7": (2, 1, 131072, 32, 0xFF, 1),
    "STM32L0": (4, 2, 256, 4, 0x00, 1),
    "nRF52": (3, 1, 4096, 4, 0xFF, 1),
    "RP2040": (2, 1, 4096, 256, 0xFF, 1),
    "16-byte units": (3, 1, 1024, 16, 0xFF, 1),
    "MRAM": (2, 4, 64, 16, 0x00, 0),
    "EEPROM": (3, 1, 512, 1, 0xFF, 0),
    "odd": (2, 3, 768, 64, 0xA5, 1),
}
"""Memories: slots, blocks per slot, bytes per block, bytes per unit, erased value, whether erasable."""

LARGE = ("STM32F4", "STM32H7")
"""Blocks that are too large for the emulated cache."""

CUTS = [
    *[(name, 0, 1) for name in KINDS],
    *[(name, 1, 1) for name in KINDS if name not in (*LARGE, "EEPROM")],
    ("RP2040", 0, 2),
    ("16-byte units", 0, 2),
]
"""Memory, whether it has a cache that loses what was not synchronised, number of cuts after one another."""


def build(folder, store=STORE, flags=("-O2",)):
    program = folder / "power_cuts"
    words = ["gcc", "-std=c99", *WARNINGS, *flags, f"-I{HERE}", f"-I{STORE.parent}", f"-I{DEVICE}"]
    done = subprocess.run([*words, *SOURCES, store, "-o", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return program


def run(program, kind, cached, weights, *words):
    geometry = ",".join(map(str, (*KINDS[kind], cached, weights)))
    return subprocess.run([program, geometry, *map(str, words)], capture_output=True, text=True, timeout=1800)


@pytest.fixture(scope="module")
def power_cuts(tmp_path_factory):
    return build(tmp_path_factory.mktemp("store"))


@pytest.fixture(scope="module")
def sanitized(tmp_path_factory):
    return build(tmp_path_factory.mktemp("sanitized"), flags=("-O1", *SANITIZERS))


def test_no_cut_loses_what_was_learnt(power_cuts):
    for kind, cached, depth in CUTS:
        done = run(power_cuts, kind, cached, 40, depth)
        assert done.returncode == 0, (kind, cached, done.stdout, done.stderr)
        assert int(done.stdout.split()[0]) > 200, (kind, done.stdout)


@pytest.mark.parametrize("kind", ["MRAM", "nRF52", "STM32L0"])
def test_no_three_cuts_lose_it(kind, sanitized):
    done = run(sanitized, kind, 1, 40, "random", 1, 300)
    assert done.returncode == 0, done.stdout


def test_every_flipped_bit_is_noticed(sanitized):
    for kind in KINDS:
        done = run(sanitized, kind, 0, 60, "flips")
        assert done.returncode == 0, (kind, done.stdout)


def test_slots_that_fail_are_skipped(sanitized):
    for kind in KINDS:
        done = run(sanitized, kind, 0, 60, "slots")
        assert done.returncode == 0, (kind, done.stdout, done.stderr)


SABOTAGE = {
    "header first": (
        "program_bytes(s, weights_at(s, slot), weights, h->size) >= 0 && sync_all(s) >= 0 &&\n"
        "           program_bytes(s, slot_at(s, slot), bytes, HEADER_BYTES) >= 0 && sync_all(s) >= 0 &&",
        "program_bytes(s, slot_at(s, slot), bytes, HEADER_BYTES) >= 0 && sync_all(s) >= 0 &&\n"
        "           program_bytes(s, weights_at(s, slot), weights, h->size) >= 0 && sync_all(s) >= 0 &&",
    ),
    "no sync before the header": ("h->size) >= 0 && sync_all(s) >= 0 &&", "h->size) >= 0 &&"),
    "no sync": ("return s->sync == NULL ? 0 : s->sync(s->context);", "(void)s; return 0;"),
    "checksum of the weights ignored": ("return crc == h->weights_crc;", "return crc != crc + 1u;"),
    "checksum of the header ignored": ("crc != integrad_crc32(0, bytes, CHECKED_BYTES)", "0"),
    "the slot in use overwritten": ("keeps && *slot == kept_slot", "!keeps && *slot == kept_slot"),
    "confirmation ignored": ("return get(found) == get(expected) &&", "return 1 || "),
    "update installed twice": ("h->update <= installed", "h->update < installed"),
    "update forgotten": ("h->update = installed;", "h->update = 0;"),
    "sequence ignored": ("h.sequence != sequence", "0"),
    "bad slots end a save": (
        "if (write_slot(s, *slot, weights, h)) {",
        "if (write_slot(s, *slot, weights, h) || 1) {",
    ),
    "not read back": ("look_at(&found, s, slot) == VALID && found.sequence == h->sequence &&", "1 ||"),
}


@pytest.mark.parametrize("mistake", SABOTAGE)
def test_mistakes_are_noticed(mistake, tmp_path):
    text, (right, wrong) = STORE.read_text(), SABOTAGE[mistake]
    assert text.count(right) == 1
    (tmp_path / "store.c").write_text(text.replace(right, wrong))
    program = build(tmp_path, tmp_path / "store.c", ("-O1", "-w"))
    tries = [("RP2040", 1, 1), ("RP2040", 0, 2), ("nRF52", 0, 1)]
    trials = [run(program, kind, cached, 40, depth) for kind, cached, depth in tries]
    trials += [run(program, "nRF52", 0, 60, "flips"), run(program, "nRF52", 0, 60, "slots")]
    assert any(re.search("FAILED|rule", done.stdout + done.stderr) for done in trials)

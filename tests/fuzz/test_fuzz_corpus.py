"""Inputs that fuzzing found, and those that were faults once: each ends in something valid or one clear line,
in time and within bounds of memory."""

import subprocess
import time
from pathlib import Path

import pytest
from fuzz_c import C_TARGETS
from fuzz_limits import check_memory, run_measured, seconds
from fuzz_table import TARGETS
from fuzz_target import Target

from integrad.errors import IntegradError

CORPUS = Path(__file__).parent / "corpus"
LARGEST = 300_000
"""Bytes of the whole corpus."""


def inputs(name):
    return {path.name: path.read_bytes() for path in sorted((CORPUS / name).iterdir())}


@pytest.mark.parametrize("name", TARGETS)
def test_every_input_is_valid_or_refused_in_one_line(name):
    target = TARGETS[name]
    assert [target.run(seed) for seed in target.seeds()].count(None) > 0
    for file, data in inputs(name).items():
        began = time.process_time()
        run_measured(target, data)
        assert time.process_time() - began < 3 * seconds(data), file  # measuring takes time, too


@pytest.mark.parametrize("name", C_TARGETS)
def test_c_reads_every_input_under_sanitizers(name, tmp_path):
    target = C_TARGETS[name]
    for number, seed in enumerate(target.seeds()):
        (tmp_path / f"seed{number}").write_bytes(seed)
    files = [*sorted((CORPUS / name).iterdir()), *tmp_path.iterdir()]
    done = subprocess.run(
        [target.build(tmp_path / "build"), *files], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stdout[-200:] + done.stderr[-2000:]


def test_every_format_has_a_small_corpus():
    folders = sorted(path.name for path in CORPUS.iterdir())
    assert folders == sorted([*TARGETS, *C_TARGETS])
    assert sum(path.stat().st_size for path in CORPUS.rglob("*") if path.is_file()) < LARGEST


def raising(error):
    def read(data):
        raise error

    return Target("broken", read, list)


@pytest.mark.parametrize("error", [ValueError("x"), MemoryError(), RecursionError(), KeyError("a")])
def test_other_exceptions_are_findings(error):
    with pytest.raises(type(error)):
        raising(error).run(b"")


@pytest.mark.parametrize("text", ["two\nlines", "", "\x1b[31m", "long" * 1000])
def test_messages_that_are_no_clear_line_are_findings(text):
    with pytest.raises(AssertionError):
        raising(IntegradError(text)).run(b"")


def test_much_memory_is_a_finding():
    with pytest.raises(AssertionError, match="bytes are allocated for 1"):
        run_measured(Target("large", lambda data: bytearray(2**26), list), b"x")
    with pytest.raises(AssertionError, match="bytes are allocated for 1"):
        check_memory(TARGETS["csv"], b"x", 2**26)

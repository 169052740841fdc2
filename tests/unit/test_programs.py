"""Programs that are on the PATH but cannot be run are missing, and a note says so."""

import pytest

from integrad import programs
from integrad.build.toolchain import find_toolchain
from integrad.emulate.qemu import find_host_compiler, find_qemu
from integrad.engines.choice import make_engine
from integrad.engines.native.library import find_compiler
from integrad.errors import IntegradError, IntegradNote
from integrad.network.network import Network
from integrad.programs import ask, find_program

BROKEN = {
    "foreign": (b"\x7fELF\x01\x01\x01garbage", "Exec format error"),
    "empty": (b"", "Exec format error"),
    "without-interpreter": (b"#!/nonexistent\n", "No such file or directory"),
    "without-library": (b"#!/bin/sh\nexit 127\n", "exit status 127"),
    "crash": (b"#!/bin/sh\nkill -SEGV $$\n", "exit status -11"),
    "sleeper": (b"#!/bin/sh\nexec sleep 60\n", "did not end within 0.2 s"),
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("INTEGRAD_CC", "")
    monkeypatch.setattr(programs, "SECONDS", 0.2)
    return tmp_path


def put(folder, name, contents):
    path = folder / name
    path.write_bytes(contents.replace(b"exec sleep", b"exec /bin/sleep"))
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize("name", BROKEN)
def test_passed_over_with_a_note(folder, name):
    contents, reason = BROKEN[name]
    broken, good = put(folder, name, contents), put(folder, "good", b"#!/bin/sh\necho 1\n")
    with pytest.warns(IntegradNote, match=f"{broken} cannot be run and is taken for missing: .*{reason}"):
        assert find_program(name, "good") == good
    assert find_program(name) is None  # and is not tried again


def test_the_next_one_on_the_path_is_taken(folder, monkeypatch):
    put(folder, "tool", b"\x7fELF")
    (folder / "next").mkdir()
    good = put(folder / "next", "tool", b"#!/bin/sh\necho 1\n")
    monkeypatch.setenv("PATH", f"{folder}:{folder}/next")
    with pytest.warns(IntegradNote, match="tool cannot be run"):
        assert find_program("tool") == good


def test_a_program_without_version_is_found(folder):
    assert find_program("odd") is None
    odd = put(folder, "odd", b"#!/bin/sh\nexit 1\n")
    assert find_program("odd") == odd and ask(odd) == ""


def test_the_version_is_asked_for_once(folder):
    counter = folder / "counter"
    program = put(folder, "program", f"#!/bin/sh\necho run >> {counter}\necho 1.2\n".encode())
    assert find_program("program") == program and ask(program, "--version") == "1.2\n"
    assert ask(program, "--version") == "1.2\n" and counter.read_text() == "run\n"
    ask(program, "-v")
    assert counter.read_text() == "run\nrun\n"


def test_queries_end(folder):
    sleeper, foreign = put(folder, "sleeper", BROKEN["sleeper"][0]), put(folder, "foreign", b"\x7fELF")
    with pytest.raises(IntegradError, match=r"--version did not end within 0\.2 s"):
        ask(sleeper, "--version")
    with pytest.raises(IntegradError, match="foreign: cannot be run: Exec format error"):
        ask(foreign)


@pytest.mark.filterwarnings("ignore::integrad.errors.IntegradNote")
def test_every_search_passes_over_them(folder):
    for name in ("gcc", "cc", "clang", "ld.lld", "arm-none-eabi-gcc", "qemu-system-arm"):
        put(folder, name, b"\x7fELF")
    assert find_qemu() is None and find_host_compiler() is None
    for name in ("gcc", "clang"):
        with pytest.raises(IntegradError, match=f"toolchain {name} is not installed"):
            find_toolchain(name)
    with pytest.raises(IntegradError, match="requires a C compiler"):
        find_compiler()


def test_training_goes_on_without(folder, monkeypatch):
    put(folder, "gcc", b"\x7fELF")
    monkeypatch.setattr("integrad.engines.native.engine._trusted_library", lambda: find_compiler())
    with pytest.warns(IntegradNote) as notes:
        assert make_engine("auto", Network((4,), 2, [])).name == "numpy"
    first, second = (str(note.message) for note in notes)
    assert "taken for missing" in first and "requires a C compiler" in second

"""The library of the native engine: compiled once, cached if possible, checked before use."""

import os
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest

from integrad.build_folder import LEFTOVER_SECONDS
from integrad.engines.choice import make_engine
from integrad.engines.native import engine as native_engine
from integrad.engines.native import library as native_library
from integrad.engines.native.trust import require_trust
from integrad.errors import IntegradError, IntegradNote
from integrad.network.network import Network


@pytest.fixture(autouse=True)
def fresh(monkeypatch, tmp_path):
    """No library is loaded yet, and the cache is empty."""

    def forget():
        native_library.load_library.cache_clear()
        native_engine._trusted_library.cache_clear()

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    # What is compiled here need not be fast.
    monkeypatch.setattr(native_library, "FLAGS", ("-std=gnu11", "-O0", "-fPIC", "-shared", "-fwrapv"))
    monkeypatch.setattr(native_library.compile_library, "__defaults__", (native_library.FLAGS,))
    forget()
    yield forget
    forget()


def make_network():
    return Network((4,), 2, [])


def test_without_a_compiler_numpy_computes_and_the_report_says_why(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.warns(IntegradNote, match="requires a C compiler.*; using a slower engine"):
        assert make_engine("auto", make_network()).name == "numpy"
    for attempt in (native_engine.describe, lambda: make_engine("native", make_network())):
        with pytest.raises(IntegradError, match="C compiler"):
            attempt()


def test_a_broken_compiler_is_reported_with_its_complaint(monkeypatch, tmp_path):
    broken = tmp_path / "broken-cc"
    broken.write_text("#!/bin/sh\necho 'some.c:1: error: no space left' >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setenv("INTEGRAD_CC", str(broken))
    with pytest.warns(IntegradNote, match="no space left"):
        assert make_engine("auto", make_network()).name == "numpy"
    with pytest.raises(IntegradError, match="no space left"):
        native_engine.describe()


def test_the_library_and_the_verdict_are_kept(tmp_path, fresh, monkeypatch):
    assert make_engine("auto", make_network()).name == "native"
    (library,) = (tmp_path / "cache").rglob("*.so")
    verdict = library.with_suffix(".verdict")
    assert verdict.read_text() == "right"
    for text in ("", "rig", "\udcff"):  # as a full disk or a damaged one leaves it: compare again
        verdict.write_text(text, errors="surrogateescape")
        fresh()
        assert make_engine("native", make_network()).name == "native" and verdict.read_text() == "right"
    fresh()
    monkeypatch.setattr(native_library, "compile_library", None)
    monkeypatch.setattr(native_engine, "agrees_with_numpy", None)
    assert make_engine("native", make_network()).name == "native"


def test_a_damaged_library_is_compiled_again(tmp_path, fresh, monkeypatch):
    """Without loading it, which could end the process with SIGBUS."""
    native_engine.describe()
    (library,) = (tmp_path / "cache").rglob("*.so")
    whole, middle = library.read_bytes(), library.stat().st_size // 2
    flipped = bytearray(whole)
    flipped[middle] ^= 1
    monkeypatch.setattr(native_library, "compile_library", lambda path, *rest: path.write_bytes(whole))
    for damaged in (b"", whole[:middle], bytes(flipped), whole[:-1]):
        library.unlink()  # the loaded one stays as it is
        library.write_bytes(damaged)
        library.with_suffix(".verdict").write_text("wrong")
        assert not native_library.is_whole(library)
        monkeypatch.setattr(native_library, "open_library", lambda path: path)
        native_library.load_library.cache_clear()
        assert native_library.is_whole(native_library.load_library())
        assert not library.with_suffix(".verdict").exists()


def test_verdicts_are_replaced_as_a_whole(tmp_path, monkeypatch):
    """Processes that start at the same time never see half of one, and no disk is too full to train."""
    verdict = tmp_path / "lib.verdict"
    verdict.write_text("old")

    def fail(path, data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("integrad.files._write_through", fail)
    library = SimpleNamespace(_name=str(tmp_path / "lib.so"))
    assert require_trust(library, ".verdict", lambda library: True) is library
    assert verdict.read_text() == "old"


def test_a_library_that_computes_wrongly_is_not_used(fresh, monkeypatch):
    sources = native_library.read_sources()
    wrong = sources["model.h"].replace(b"TARGET = 32", b"TARGET = 33")
    assert wrong != sources["model.h"]
    monkeypatch.setattr(native_library, "read_sources", lambda: sources | {"model.h": wrong})
    for _ in range(2):  # the second time by the verdict that was kept
        fresh()
        assert make_engine("auto", make_network()).name == "numpy"
        with pytest.raises(IntegradError, match="computes wrong results on this machine"):
            native_engine.describe()


def test_without_a_cache_it_is_compiled_for_this_process_alone(monkeypatch, tmp_path):
    (tmp_path / "cache").write_text("not a folder")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert native_engine.describe()
    assert make_engine("auto", make_network()).name == "native"
    assert [path.name for path in tmp_path.iterdir()] == ["cache"]


def test_without_a_home_it_works(tmp_path):
    """HOME is not writable, as in many a container."""
    program = "from integrad.engines.native.engine import describe; print(describe())"
    environment = {"PATH": "/usr/bin:/bin", "HOME": "/dev/null/nowhere"}
    result = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True)
    assert result.returncode == 0 and result.stdout.strip(), result.stderr


def test_what_a_killed_compilation_left_is_removed_after_a_day(monkeypatch, tmp_path):
    """Also that of another version, which is never compiled again; not one that may still be at work."""
    folders = [tmp_path / "cache/integrad/native" / name for name in ("one/build-a", "two/build-b", "two/c")]
    for folder in folders:
        folder.mkdir(parents=True)
        (folder / "built.so").write_bytes(b"half")
    past = time.time() - LEFTOVER_SECONDS - 1
    for folder in (folders[0], folders[2]):
        os.utime(folder, (past, past))
    monkeypatch.setattr(native_library, "is_whole", lambda library: True)
    monkeypatch.setattr(native_library, "open_library", lambda library: "library")
    assert native_library.load_library() == "library"
    assert [folder.exists() for folder in folders] == [False, True, True]

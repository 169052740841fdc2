"""The library of the native engine: compiled once, cached if possible, checked before use."""

import subprocess
import sys

import pytest

from integrad.engines.choice import make_engine
from integrad.engines.native import engine as native_engine
from integrad.engines.native import library as native_library
from integrad.errors import IntegradError
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
    assert make_engine("auto", make_network()).name == "numpy"
    for attempt in (native_engine.describe, lambda: make_engine("native", make_network())):
        with pytest.raises(IntegradError, match="C compiler"):
            attempt()


def test_a_broken_compiler_is_reported_with_its_complaint(monkeypatch, tmp_path):
    broken = tmp_path / "broken-cc"
    broken.write_text("#!/bin/sh\necho 'some.c:1: error: no space left' >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setenv("INTEGRAD_CC", str(broken))
    assert make_engine("auto", make_network()).name == "numpy"
    with pytest.raises(IntegradError, match="no space left"):
        native_engine.describe()


def test_the_library_and_the_verdict_are_kept(tmp_path, fresh, monkeypatch):
    assert make_engine("auto", make_network()).name == "native"
    (library,) = (tmp_path / "cache").rglob("*.so")
    verdict = library.with_suffix(".verdict")
    assert verdict.read_text() == "right"
    verdict.write_text("")  # as a full disk leaves it: compare again
    fresh()
    assert make_engine("native", make_network()).name == "native" and verdict.read_text() == "right"
    fresh()
    monkeypatch.setattr(native_library, "compile_library", None)
    monkeypatch.setattr(native_engine, "agrees_with_numpy", None)
    assert make_engine("native", make_network()).name == "native"


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

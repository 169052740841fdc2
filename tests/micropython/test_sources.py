"""MicroPython's sources: fetched once, into the cache, by whoever comes first."""

import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from integrad.build import micropython_source
from integrad.build.micropython_source import find_sources, get_sources
from integrad.errors import IntegradError, UsageError


@pytest.fixture(autouse=True)
def empty_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("INTEGRAD_MICROPYTHON", raising=False)


def test_two_runs_at_once_fetch_one_whole_tree(tmp_path):
    assert find_sources() is None
    with ThreadPoolExecutor(2) as both:
        first, second = both.map(lambda _: get_sources(), range(2))
    assert first == second == find_sources() == get_sources()
    assert os.listdir(first.parent) == [first.name]
    for name in ("py/dynruntime.h", "tools/mpy_ld.py", "ports/qemu/Makefile", "LICENSE"):
        assert (first / name).is_file(), name


def test_a_tree_may_be_named(tmp_path, monkeypatch):
    (tmp_path / "tools").mkdir()
    monkeypatch.setenv("INTEGRAD_MICROPYTHON", str(tmp_path))
    with pytest.raises(UsageError, match=r"not a source tree of MicroPython; tools/mpy_ld.py is missing"):
        find_sources()
    (tmp_path / "tools/mpy_ld.py").write_text("")
    assert get_sources() == tmp_path


def test_without_a_mirror_the_other_way_is_named(monkeypatch):
    monkeypatch.setattr(micropython_source, "_mirrors", lambda: ["file:/nowhere"])
    with pytest.raises(
        IntegradError, match=r"cannot be downloaded: .*; or set INTEGRAD_MICROPYTHON to a folder"
    ):
        get_sources()


def test_a_cache_that_cannot_be_written(tmp_path, monkeypatch):
    (tmp_path / "cache").write_text("a file")
    with pytest.raises(IntegradError, match=r"cannot write .*INTEGRAD_MICROPYTHON"):
        get_sources()

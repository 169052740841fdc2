"""Builds are kept under a key: several processes build once, failures leave nothing, old builds go."""

import multiprocessing
import os
import time

import pytest

from integrad.errors import IntegradError
from integrad.testing import kept_builds
from integrad.testing.kept_builds import kept_build

KEY = "a1"


@pytest.fixture(autouse=True)
def cache(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("INTEGRAD_OBJECT_CACHE", raising=False)
    return tmp_path


def build_slowly(log):
    def build(folder):
        with log.open("a") as file:
            file.write("built\n")
        time.sleep(0.2)
        (folder / "firmware.elf").write_text("firmware")

    place = kept_build("m4", KEY, build)
    assert (place / "firmware.elf").read_text() == "firmware"


def test_processes_that_need_the_same_build_it_once(cache):
    workers = [
        multiprocessing.get_context("fork").Process(target=build_slowly, args=(cache / "log",))
        for _ in range(3)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    assert (cache / "log").read_text() == "built\n"


def test_a_build_that_fails_is_not_kept(cache):
    def fail(folder):
        (folder / "half").touch()
        raise ValueError

    for _ in range(2):
        with pytest.raises(ValueError):
            kept_build("m4", KEY, fail)
    build_slowly(cache / "log")


def test_a_build_that_cannot_be_kept(cache, monkeypatch):
    def full(*paths):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(kept_builds.os, "rename", full)
    with pytest.raises(IntegradError, match=f"{KEY}: cannot be written: No space left on device"):
        kept_build("m4", KEY, lambda folder: None)


def test_builds_that_nobody_used_for_long_are_removed(monkeypatch):
    monkeypatch.setattr(kept_builds, "KEPT", 2)
    places = [kept_build("m4", f"{number}", lambda folder: None) for number in range(3)]
    assert all(place.is_dir() for place in places), "other processes may use them"
    for number, place in enumerate(places):
        os.utime(place, (number, number))
    kept_build("m4", "new", lambda folder: None)
    assert [place.is_dir() for place in places] == [False, True, True]


def test_without_a_cache_builds_are_temporary(monkeypatch, tmp_path):
    monkeypatch.setenv("INTEGRAD_OBJECT_CACHE", "off")
    place = kept_build("m4", KEY, lambda folder: None)
    assert place.is_dir() and tmp_path not in place.parents

"""Objects in the user's cache: found for the same contents only, whatever happens to the cache."""

import multiprocessing
import os
import shutil
import time

import pytest

from integrad.build import object_cache, object_key, objects
from integrad.build.objects import compile_object, forget_objects
from integrad.build.toolchain import find_toolchain

SOURCE = (
    '#include <stdint.h>\n#include "value.h"\nint32_t value(void);\nint32_t value(void) { return VALUE; }\n'
)


class Project:
    """A source and its header, of which each compilation is counted."""

    def __init__(self, folder, monkeypatch):
        self.folder, self.header, self.runs = folder, folder / "headers/value.h", 0
        (folder / "headers").mkdir(parents=True)
        self.source = folder / "source.c"
        self.source.write_text(SOURCE)
        self.header.write_text("#define VALUE 1\n")
        genuine = objects.run_tool
        monkeypatch.setattr(objects, "run_tool", lambda command: self._count() or genuine(command))

    def _count(self):
        self.runs += 1

    def compile(self, *flags, program=("gcc",), compiler="gcc", again=True):
        """The object, and how often the compiler ran. again: as another process would."""
        if again:
            forget_objects()
        self.runs, target = 0, self.folder / "object.o"
        folders = [self.folder / "first", self.folder / "headers"]
        compile_object(compiler, [*program, "-std=c99", *flags], folders, self.source, target)
        return target.read_bytes(), self.runs

    def entry(self):
        (path,) = object_cache.cache_folder().glob("*/*")
        return path


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv(object_cache.VARIABLE, raising=False)
    yield Project(tmp_path / "project", monkeypatch)
    forget_objects()


def test_another_process_finds_what_one_has_compiled(project):
    first, runs = project.compile()
    assert runs == 1
    assert project.compile() == (first, 0)
    shutil.copytree(project.folder, elsewhere := project.folder.with_name("elsewhere"))
    project.folder, project.source = elsewhere, elsewhere / "source.c"
    assert project.compile() == (first, 0)


@pytest.mark.parametrize(
    "change",
    [
        lambda project, set_: _rewrite(project.source, SOURCE.replace("VALUE; ", "-VALUE; ")),
        lambda project, set_: _rewrite(project.header, "#define VALUE 2\n"),
        lambda project, set_: project.source.rename(project.source.with_name("source.c")),
        lambda project, set_: _write(project.folder / "first/value.h", "#define VALUE 3\n"),
        lambda project, set_: set_("CPATH", "/nonexistent"),
    ],
    ids=["source", "header", "nothing", "earlier header", "environment"],
)
def test_a_change_is_noticed_whatever_size_and_time_say(project, monkeypatch, request, change):
    first, _ = project.compile()
    change(project, monkeypatch.setenv)
    second, runs = project.compile()
    if "nothing" in request.node.name:
        assert (second, runs) == (first, 0)
    else:
        assert runs == 1
        assert (second == first) == ("environment" in request.node.name)


def _rewrite(path, text):
    """Other contents with the same time of modification."""
    state = path.stat()
    path.write_text(text)
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))


def _write(path, text):
    path.parent.mkdir()
    path.write_text(text)


def test_flags_and_compilers_have_objects_of_their_own(project, tmp_path):
    answers = {project.compile(*flags)[0] for flags in ((), ("-O2",), ("-DOTHER", "-g"))}
    assert len(answers) == 3
    assert project.compile("-O2")[1] == 0
    for name in ("clang", "zig"):
        program = find_toolchain(name).compile
        assert project.compile(program=program, compiler=name)[1] == 1
        assert project.compile(program=program, compiler=name)[1] == 0
    wrapper = tmp_path / "compiler"
    wrapper.write_text('#!/bin/sh\nexec gcc "$@"\n')
    wrapper.chmod(0o755)
    assert project.compile(program=(str(wrapper),))[1] == 1
    assert project.compile(program=(str(wrapper),))[1] == 0
    wrapper.write_text('#!/bin/sh\nexec gcc -g "$@"\n')  # another compiler of the same name and version
    assert project.compile(program=(str(wrapper),))[1] == 1


def test_native_means_this_processor(project, monkeypatch):
    project.compile()
    project.compile("-march=native")
    monkeypatch.setattr(object_key, "_processor", lambda: "another one")
    assert project.compile()[1] == 0
    assert project.compile("-march=native")[1] == 1


def test_a_header_of_the_system_is_checked_by_size_and_time(project, tmp_path):
    system = tmp_path / "system header.h"  # included, but named by neither the source nor a folder
    system.write_text("#define NOTHING\n")
    flags = ("-include", str(system))
    project.compile(*flags)
    assert project.compile(*flags)[1] == 0
    os.utime(system, (1, 1))
    assert project.compile(*flags)[1] == 1
    assert project.compile(*flags)[1] == 0
    os.utime(system, (2, 2))
    assert project.compile(*flags, again=False)[1] == 1, "nor is the object in memory used"


def test_damage_is_noticed_and_mended(project):
    first, _ = project.compile()
    whole = project.entry().read_bytes()
    flipped = [
        whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :] for at in (0, len(whole) // 2, len(whole) - 1)
    ]
    for damaged in (*flipped, b"", whole[:31], whole[:-1]):
        project.entry().write_bytes(damaged)
        assert project.compile() == (first, 1)
        assert project.entry().read_bytes() == whole


def test_what_no_key_can_know_is_compiled_anew(project):
    for line in (
        '#define H "value.h"\n#include H\n',
        "int x[sizeof __DATE__];\n",
        "#if __has_include(<a.h>)\n#endif\n",
    ):
        project.source.write_text(line + SOURCE)
        assert [project.compile()[1], project.compile()[1]] == [1, 1], line
    project.source.write_text(SOURCE + "#warning once more\n")
    words = ["gcc"], [project.header.parent], project.source, project.folder / "object.o"
    assert all("once more" in compile_object("gcc", *words) for _ in range(2))
    assert [project.compile()[1], project.compile()[1]] == [1, 1], "a warning is given each time"


@pytest.mark.parametrize("trouble", ["off", "no folder", "no home"])
def test_without_a_cache_everything_is_compiled(project, monkeypatch, tmp_path, trouble):
    if trouble == "off":
        monkeypatch.setenv(object_cache.VARIABLE, "off")
    else:
        (tmp_path / "file").write_text("")
        monkeypatch.delenv("XDG_CACHE_HOME")
        monkeypatch.setenv("HOME" if trouble == "no home" else "XDG_CACHE_HOME", str(tmp_path / "file"))
    first, runs = project.compile()
    assert runs == 1
    assert project.compile() == (first, 1)
    assert project.compile(again=False) == (first, 0)
    assert not (tmp_path / "cache").exists()


def test_the_oldest_are_removed(project, monkeypatch):
    folder = object_cache.cache_folder()
    project.compile("-DN=0")
    size = project.entry().stat().st_size
    monkeypatch.setattr(object_cache, "LIMIT", 4 * size + 100)
    monkeypatch.setattr(object_cache, "CHECKED", 1)
    for number in range(1, 6):
        project.compile(f"-DN={number}")
        for path in folder.glob("*/*"):  # as if a minute passed
            os.utime(path, ns=(path.stat().st_mtime_ns - 60 * 10**9,) * 2)
        assert project.compile("-DN=0")[1] == 0, "what was just used is kept"
    assert sum(path.stat().st_size for path in folder.glob("*/*")) <= 4 * size + 100
    assert project.compile("-DN=1")[1] == 1
    assert project.compile("-DN=5")[1] == 0


def test_many_processes_may_build_at_the_same_time(project):
    def build():
        """With a cache that others prune all the time."""
        object_cache.LIMIT = object_cache.CHECKED = 1
        for number in range(6):
            project.compile(f"-DN={number % 3}")

    first, _ = project.compile()
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=build) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
        assert process.exitcode == 0
    assert project.compile()[0] == first


def test_a_killed_process_leaves_nothing_for_long(project):
    project.compile()
    left = project.entry().with_name(".integrad-0123456789abcdef.tmp")
    left.write_text("half")
    os.utime(left, (time.time() - 7200,) * 2)
    (path,) = (p for p in left.parent.iterdir() if p != left)
    path.unlink()
    project.compile()
    assert not left.exists()

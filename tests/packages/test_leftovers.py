"""Files of an earlier export of the same package are removed if they are no longer part of it, and if nobody
has changed them; nothing else is."""

import json
import os
import zlib

import pytest

from integrad.export.leftovers import leftovers
from integrad.export.writing import write_export

MARKER = json.dumps({"target": "cmake", "name": "toy", "version": "1"})
LARGE = {"integrad.json": MARKER, "src/toy.c": "1", "include/toy_store.h": "2", "deep/er/extra.c": "3"}
SMALL = {"integrad.json": MARKER, "src/toy.c": "4"}


def tree(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def test_what_is_no_longer_part_is_removed(tmp_path):
    out = tmp_path / "out"
    write_export(out, LARGE)
    (out / "src/mine.c").write_text("of the user")
    assert leftovers(out, SMALL) == ([out / "deep/er/extra.c", out / "include/toy_store.h"], [])
    write_export(out, SMALL)
    assert tree(out) == ["integrad.json", "src", "src/mine.c", "src/toy.c"]
    assert json.loads((out / "integrad.json").read_text()) == {
        **json.loads(MARKER),
        "files": {"src/toy.c": zlib.crc32(b"4")},
    }
    assert leftovers(out, SMALL) == ([], [])


def test_what_somebody_changed_stays(tmp_path):
    write_export(tmp_path, LARGE)
    changed = tmp_path / "include/toy_store.h"
    changed.write_text("changed")
    assert leftovers(tmp_path, SMALL) == ([tmp_path / "deep/er/extra.c"], [changed])
    assert leftovers(tmp_path, SMALL, ["include/toy_store.h"])[1] == []
    write_export(tmp_path, SMALL)
    assert changed.read_text() == "changed" and not (tmp_path / "deep").exists()


def test_a_package_in_a_folder_of_others_removes_its_own(tmp_path):
    write_export(tmp_path, {f"lib/{name}": text for name, text in LARGE.items()})
    write_export(tmp_path, {f"other/{name}": text for name, text in LARGE.items()})
    write_export(tmp_path, {f"lib/{name}": text for name, text in SMALL.items()})
    assert not (tmp_path / "lib/include").exists() and (tmp_path / "other/include/toy_store.h").exists()


@pytest.mark.parametrize("name", ["../outside", "/etc/hostname", "link/outside", "link", "a\0b", ""])
def test_a_marker_cannot_name_files_elsewhere(tmp_path, name):
    out, outside = tmp_path / "out", tmp_path / "outside"
    outside.write_text("x")
    out.mkdir()
    (out / "link").symlink_to(tmp_path)
    marker = {**json.loads(MARKER), "files": {name: zlib.crc32(b"x"), os.fspath(outside): zlib.crc32(b"x")}}
    (out / "integrad.json").write_text(json.dumps(marker))
    assert leftovers(out, SMALL) == ([], [])
    write_export(out, SMALL)
    assert outside.read_text() == "x" and (out / "link").is_symlink()


@pytest.mark.parametrize("files", [[], 3, {"src": 1, "toy.c": "1", "x": None}, None])
def test_a_strange_list_removes_nothing(tmp_path, files):
    (tmp_path / "toy.c").write_text("1")
    (tmp_path / "integrad.json").write_text(json.dumps(json.loads(MARKER) | {"files": files}))
    write_export(tmp_path, SMALL)
    assert (tmp_path / "toy.c").exists()

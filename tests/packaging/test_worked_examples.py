"""The worked examples in docs/add-a-layer.md and docs/add-a-learner.md, carried out in a copy of the project.

A line that ends in a path in backquotes and a colon names the file of the block that follows: its content,
or, where the block is a diff, a change of the file. Commands of `console example` blocks run afterwards, each
of them with the packages of the copy.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "docs/add-a-layer.md", ROOT / "docs/add-a-learner.md"]
FOLDERS = ("host", "codegen", "templates", "device", "tests")
SECONDS = 300


def blocks(text):
    """Yield (path or None, opening fence, lines) of each block of a page."""
    path, fence, lines = None, None, []
    for line in text.splitlines():
        if line.startswith("```"):
            if fence is None:
                fence, lines = line[3:], []
            else:
                yield path, fence, lines
                path = fence = None
        elif fence is not None:
            lines.append(line)
        elif line:
            named = re.search(r"`([\w/.]+\.\w+)`:$", line)
            path = named[1] if named else None


def patched(text, lines):
    """A text after the change of a diff whose hunks, separated by @@, name lines that occur once."""
    found = text.splitlines()
    for hunk in "\n".join(lines).split("\n@@\n"):
        marked = [(line[:1], line[1:]) for line in hunk.split("\n")]
        before = [line for mark, line in marked if mark != "+"]
        after = [line for mark, line in marked if mark != "-"]
        assert {mark for mark, _ in marked} <= set(" +-") and before != after, hunk
        starts = [i for i in range(len(found)) if found[i : i + len(before)] == before]
        assert len(starts) == 1, f"these lines do not occur exactly once:\n{hunk}"
        found[starts[0] : starts[0] + len(before)] = after
    return "\n".join(found) + "\n"


def copy_project(folder):
    """Copies of the folders, and the names under which templates and device are imported. What Python has
    compiled is copied, too: it is used where the copy is not changed, and saves each command seconds; what it
    is just compiling for another test is not."""
    unfinished = shutil.ignore_patterns("*.pyc.*")
    for name in FOLDERS:
        shutil.copytree(ROOT / name, folder / name, ignore=unfinished)
    (folder / "packages").mkdir()
    for name in ("templates", "device"):
        (folder / f"packages/integrad_{name}").symlink_to(folder / name)


def run(folder, command):
    packages = os.pathsep.join(str(folder / name) for name in ("host", "codegen", "packages"))
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": packages, "PATH": programs},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )


def carry_out(page, folder):
    """Write and change the files as the page says. Returns the commands."""
    commands = []
    for path, fence, lines in blocks(page.read_text()):
        if fence == "console example":
            commands += [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
        elif path is None:
            continue
        elif fence == "diff":
            (folder / path).write_text(patched((folder / path).read_text(), lines))
        else:
            assert not (folder / path).exists(), f"{page.name}: {path} exists already"
            (folder / path).write_text("\n".join(lines) + "\n")
    return commands


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_example_works(page, tmp_path):
    copy_project(tmp_path)
    commands = carry_out(page, tmp_path)
    assert len(commands) >= 4
    where = run(
        tmp_path,
        'python -c "import integrad, integrad_templates as t; print(integrad.__file__, *t.__path__)"',
    )
    assert where.stdout.split() == [
        str(tmp_path / "host/integrad/__init__.py"),
        str(tmp_path / "packages/integrad_templates"),
    ]
    for command in commands:
        result = run(tmp_path, command)
        assert result.returncode == 0, (
            f"{page.name}: `{command}`\n{result.stdout[-4000:]}\n{result.stderr[-4000:]}"
        )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_files_of_the_example_are_formatted(page):
    """As `make lint` demands of any other file."""
    ruff = ("--config", f"{ROOT}/pyproject.toml", "-")
    tools = {
        "python": [("ruff", "format", *ruff), ("ruff", "check", "-q", *ruff)],
        "c": [("clang-format", f"--style=file:{ROOT}/.clang-format")],
    }
    for path, fence, lines in blocks(page.read_text()):
        for program, *options in tools.get(fence, []) if path else []:
            source = "\n".join(lines) + "\n"
            command = [str(Path(sys.executable).parent / program), *options]
            result = subprocess.run(command, input=source, capture_output=True, text=True)
            shown = f"{page.name}: {path}\n{result.stdout}{result.stderr}"
            assert result.returncode == 0, shown
            assert options[0] == "check" or result.stdout == source, shown


def test_a_diff_changes_the_lines_that_it_names():
    text = "one\ntwo\nthree\n"
    assert patched(text, [" one", "+one and a half", "@@", "-three"]) == "one\none and a half\ntwo\n"
    with pytest.raises(AssertionError, match="do not occur exactly once"):
        patched(text, ["-wo"])
    with pytest.raises(AssertionError, match="do not occur exactly once"):
        patched("two\ntwo\n", ["-two"])

"""The commands in README.md and the guides do what the page says.

A block is run when its fence says so; GitHub shows only the first word of it:

    ```console run      every line that starts with "$ " is run, in order, and must succeed
    ```console slow     the same, but only with INTEGRAD_SLOW=1
    ```console board    the same, on an emulated board (tests/micropython/test_guide.py)
    ```console example  the same, in a changed copy of the project (test_worked_examples.py)
    ```console          only displayed (make, docker, git: they need a separate computer)

A block ```python save, ```c save or ```toml save is saved as a file before; its first line is a comment with
the name.
The blocks of one page share one temporary folder. A command that is meant to fail ends in `# exit 1`.
A command ending in a backslash goes on in the next line. Other lines are output and are not compared.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from integrad.datasets.preprocessing import Preprocessing
from integrad.model_file import Model
from integrad.network.network import Network
from integrad_codegen.c.module import emit_c, write_files
from integrad_codegen.plan import make_plan

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted(p for p in (ROOT / "docs").rglob("*.md") if "results" not in p.parts)]
SECONDS = 300


def commands(page):
    """Yield (line number, mode, command) for each command in the page's console blocks."""
    mode, pending = None, ""
    for number, line in enumerate(page.read_text().splitlines(), 1):
        if fence := re.match(r"```(\w*) ?(\w*)", line):
            opening = mode is None
            mode = (fence[2] or "shown" if fence[1] == "console" else "other") if opening else None
        elif mode not in (None, "other") and (pending or line.startswith("$ ")):
            pending += line.removeprefix("$ ")
            if pending.endswith("\\"):
                pending = pending[:-1]
                continue
            yield number, mode, pending
            pending = ""


def saved_files(page):
    """Name → text of the files in the page."""
    return dict(
        re.findall(
            r"^```(?:python|c|toml) save\n(?:# |/\* )([\w/]+\.\w+)(?: \*/)?\n(.*?)^```$",
            page.read_text(),
            re.M | re.S,
        )
    )


def test_commands_are_found_where_a_reader_sees_them(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        "$ prose\n```console run\n$ one \\\n  --more\noutput\n$ two # exit 1\n```\n"
        "```python\n$ three\n```\n```console\n$ four\n```\n"
    )
    assert list(commands(page)) == [
        (4, "run", "one   --more"),
        (6, "run", "two # exit 1"),
        (12, "shown", "four"),
    ]


def test_files_are_found_where_a_reader_sees_them(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        "```python save\n# a.py\n1\n```\n```c save\n/* d/b.c */\nint b;\n```\n```python\n# c.py\n```\n"
    )
    assert saved_files(page) == {"a.py": "1\n", "d/b.c": "int b;\n"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_integrad_commands_are_marked(page):
    for number, mode, command in commands(page):
        assert mode in ("shown", "run", "slow", "board", "example"), (
            f"{page.name}:{number}: unknown mark {mode}"
        )
        shown_only = mode == "shown" and command.startswith("integrad ")
        assert not shown_only, f"{page.name}:{number}: open this block with ```console run (or slow)"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_commands_run(page, tmp_path):
    bin_folder = Path(sys.executable).parent
    environment = {**os.environ, "PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}"}
    modes = {"run", "slow"} if os.environ.get("INTEGRAD_SLOW") else {"run"}
    for name, text in saved_files(page).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    for number, mode, command in commands(page):
        if mode not in modes:
            continue
        promise = re.search(r"# exit (\d+)$", command)
        result = subprocess.run(
            ["bash", "-c", command],
            cwd=tmp_path,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
        )
        expected = int(promise[1]) if promise else 0
        assert result.returncode == expected, (
            f"{page.name}:{number}: `{command}` ended with {result.returncode}, not {expected}\n"
            f"{result.stdout[-2000:]}\n{result.stderr[-2000:]}"
        )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
        assert (page.parent / target).exists(), f"{page.name}: {target} does not exist"


def test_output_in_the_readme_is_there():
    blocks = re.findall(r"```text\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert len(blocks) == 2
    assert all(len(block.splitlines()) > 5 for block in blocks)


AROUND = """#include "wand.h"
void loop(const wand_raw *sample, uint8_t label);
void show(const char *text);
static wand_weights weights;
static union {{ wand_scratch inference; wand_training_scratch training; }} scratch;
void loop(const wand_raw *sample, uint8_t label) {{
    int8_t x[WAND_INPUTS], scores[WAND_CLASSES];
    int gesture;
{}}}
"""


def test_the_c_examples_compile(tmp_path):
    lines, example = re.findall(r"```c\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    (tmp_path / "application.c").write_text(example)
    (tmp_path / "five_lines.c").write_text(AROUND.format(lines))
    network = Network((2, 1, 64), 10, [{"type": "dense", "units": 8, "alpha_inv": 4}])
    preprocessing = Preprocessing("TC", "int16", (64, 2), 0, (0, 0), (1, 1))
    model = Model(network, preprocessing, [str(digit) for digit in range(10)])
    write_files(emit_c(model, make_plan(network, "wand", "last:1", 8)), tmp_path)
    flags = ["-std=c99", "-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Wpedantic", "-Werror", "-c"]
    sources = [str(path) for folder in (tmp_path, tmp_path / "integrad") for path in folder.glob("*.c")]
    result = subprocess.run(["gcc", *flags, *sources], cwd=tmp_path, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr

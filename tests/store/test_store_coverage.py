"""Every line and every branch of the weight store and of signed updates is executed by corners.c, which
checks the results."""

import re
import subprocess
from pathlib import Path

from integrad.build.host_program import SANITIZERS
from integrad.build.toolchain import DEVICE, WARNINGS

HERE = Path(__file__).parent
COVERED = ("store", "update")
FIGURES = re.compile(r"Lines executed:([\d.]+)% of (\d+)\n.*\nTaken at least once:([\d.]+)% of (\d+)")


def build(folder, *flags):
    sources = [HERE / "corners.c", DEVICE / "checksum.c", *(DEVICE / f"store/{name}.c" for name in COVERED)]
    words = ["gcc", "-std=c99", *WARNINGS, *flags, f"-I{DEVICE / 'store'}", f"-I{DEVICE}", *sources]
    built = subprocess.run([*words, "-o", "corners"], cwd=folder, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr


def run(folder):
    done = subprocess.run([folder / "corners"], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def never(text):
    """The lines of gcov's report that were not executed, or with a branch that was never taken."""
    found, line = [], ""
    for row in text.splitlines():
        if re.match(r" *[\d#=*-]+: *\d+:", row):
            line = row
        if "#####:" in row or re.search(r"(taken 0|never executed)", row):
            found.append(line.strip())
    return found


def test_everything_is_executed(tmp_path):
    build(tmp_path, "-O0", "--coverage")
    run(tmp_path)
    for name in COVERED:
        report = subprocess.run(
            ["gcov", "-b", "-c", f"corners-{name}.gcda"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        )
        own = report.stdout.partition(f"{name}.c'\n")[2].partition("\n\n")[0]
        lines, of_lines, branches, of_branches = FIGURES.search(own).groups()
        missed = never((tmp_path / f"{name}.c.gcov").read_text())
        assert (float(lines), float(branches), missed) == (100, 100, []), "\n".join(missed)
        assert int(of_lines) >= 20 and int(of_branches) >= 20


def test_without_undefined_behaviour(tmp_path):
    build(tmp_path, "-O1", *SANITIZERS)
    run(tmp_path)


def test_what_is_not_executed_is_noticed():
    line, other = "        1:   10:  if (a) {\nbranch  0 taken 1\n", "    #####:   11:    b();\n"
    assert never(f"{line}branch  1 taken 0\n{other}        -:   12:\n") == [
        "1:   10:  if (a) {",
        "#####:   11:    b();",
    ]
    assert never(f"{line}branch  1 taken 20\n") == []

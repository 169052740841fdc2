"""Plants mistakes in the bounds of sums and reports which ones the tests notice: Markdown for docs/results/.

python tests/extremes/mutants.py
arguments: numbers of mutants, or "short" for a few of them; by default all, whose tests have to pass without
           them

Each mutant is a fork of this process, which imports the package with a changed line and runs some test files.
Ends with status 1 if a mutant survives.
"""

import os
import re
import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.util import spec_from_file_location
from pathlib import Path

import hypothesis  # noqa: F401  (imported before each fork, to save time)
import numpy  # noqa: F401
import pytest
from planted_bounds import MUTANTS, SHORT, Mutant

TESTS = Path(__file__).parents[1]
OPTIONS = ("-x", "-q", "-p", "no:cacheprovider", "--assert=plain", "-n", "0", "-k", "not all_bits_are_equal")
"""Without the tests that run a compiler, and without differences between long lists, which pytest describes
for minutes where the variable CI is set."""

CONCLUSIONS = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.INTERRUPTED)
"""The last one is a test file that cannot be imported."""


class Planted(MetaPathFinder, Loader):
    """Imports a module with another source."""

    def __init__(self, module: str, path: Path, source: str):
        self.module, self.path, self.source = module, path, source

    def find_spec(self, name, path=None, target=None):
        return spec_from_file_location(name, self.path, loader=self) if name == self.module else None

    def exec_module(self, module):
        exec(compile(self.source, self.path, "exec"), module.__dict__)


def plant(mutant: Mutant) -> Planted:
    home = "codegen" if mutant.module.startswith("integrad_codegen") else "host"
    path = TESTS.parent / home / f"{mutant.module.replace('.', '/')}.py"
    source = path.read_text()
    flags = re.S if ".*?" in mutant.pattern else 0
    changed = re.sub(mutant.pattern, mutant.replacement, source, count=1, flags=flags)
    assert changed != source, f"{mutant.pattern} stands nowhere any more"
    return Planted(mutant.module, path, changed)


def passes(tests: tuple[str, ...], planted: Planted | None = None) -> bool:
    """Whether all tests pass with a mutant."""
    child = os.fork()
    if child == 0:
        nothing = os.open(os.devnull, os.O_RDWR)
        for handle in (1, 2):
            os.dup2(nothing, handle)
        if planted:
            sys.meta_path.insert(0, planted)
        words = [str(TESTS / word) if ".py" in word else word for word in tests]
        os._exit(pytest.main([*OPTIONS, *words]))
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert status in CONCLUSIONS, f"{' '.join(tests)}: pytest ended with status {status}"
    return status == pytest.ExitCode.OK


def main() -> int:
    assert not any(name.startswith("integrad") for name in sys.modules)
    chosen = sys.argv[1:]
    survivors = 0
    for tests in [] if chosen else sorted({mutant.tests for mutant in MUTANTS}):
        assert passes(tests), f"{tests} fails without a mutant"
    print("| | mutant | module | |\n|---:|---|---|---|")
    for number, mutant in enumerate(MUTANTS, 1):
        if chosen and str(number) not in chosen and not ("short" in chosen and mutant.what in SHORT):
            continue
        alive = passes(mutant.tests, plant(mutant))
        survivors += alive
        end = "survived" if alive else "killed"
        print(f"| {number} | {mutant.what} | `{mutant.module}` | {end} |", flush=True)
    return survivors > 0


if __name__ == "__main__":
    sys.exit(main())

"""Bounds that are too loose by one step are noticed; all of them are tried by `make soak`."""

import subprocess
import sys
from pathlib import Path

from planted_bounds import SHORT


def test_loose_bounds_are_noticed():
    command = [sys.executable, Path(__file__).with_name("mutants.py"), "short"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout.count("| killed |") == len(SHORT), done.stdout + done.stderr

"""Full disks, errors and kills at operations on files: old files or new ones, and one line that says why."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


def sweep(folder, commands, kinds, stride):
    """kind → number of trials, of which none went wrong."""
    library = folder / "failing_files.so"
    words = ["gcc", "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-O1", "-shared", "-fPIC"]
    built = subprocess.run([*words, HERE / "failing_files.c", "-o", library], capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    environment = os.environ | {"LD_PRELOAD": str(library), "OPENBLAS_NUM_THREADS": "1"}
    words = [sys.executable, HERE / "fault_driver.py", folder, commands, kinds, str(stride)]
    done = subprocess.run(words, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="preloads a library")
def test_old_files_or_new_ones(tmp_path):
    kinds = ["full", "gone", "SIGKILL"]
    trials = sweep(tmp_path, "train,predict", ",".join(kinds), 8)
    assert list(trials) == kinds and min(trials.values()) >= 4

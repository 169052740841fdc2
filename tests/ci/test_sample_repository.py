"""The repository of examples/ci, used as its README says."""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

SAMPLE = Path(__file__).resolve().parents[2] / "examples/ci"


@pytest.fixture
def sample(tmp_path):
    """A copy of the repository."""
    ignored = shutil.ignore_patterns("__pycache__", ".pytest_cache", "integrad-logs")
    return shutil.copytree(SAMPLE, tmp_path / "sample", ignore=ignored)


def run(folder, *command):
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600)


def test_the_data_are_made_by_the_program_in_the_repository(sample):
    before = {path.name: dict(np.load(path)) for path in (sample / "data").glob("*.npz")}
    assert before
    for name in before:
        (sample / "data" / name).unlink()
    assert run(sample, sys.executable, "data/make_data.py").returncode == 0
    for name, arrays in before.items():
        again = np.load(sample / "data" / name)
        assert arrays.keys() == set(again.files)
        assert all(np.array_equal(arrays[key], again[key]) for key in arrays)

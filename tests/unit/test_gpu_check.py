"""benchmarks/gpu_check.py can run without a GPU if requested, and says so."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks/gpu_check.py"


def call(*arguments):
    return subprocess.run(
        [sys.executable, SCRIPT, "--network", "cnn:c3,x25,p2,d5", "--steps", "2", "--timed", "2", *arguments],
        env=os.environ | {"CUDA_VISIBLE_DEVICES": "", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
    )


def test_tried_out_on_a_cpu(tmp_path):
    rng = np.random.default_rng(0)
    np.savez(
        tmp_path / "data.npz", x=rng.integers(0, 256, (90, 3, 8, 8)).astype(np.uint8), y=np.arange(90) % 3
    )
    page = tmp_path / "gpu.md"
    done = call("--device", "cpu", "--data", tmp_path / "data.npz", "--out", page)
    assert done.returncode == 0, done.stderr
    text = page.read_text()
    assert "**No GPU was used" in text and "All equal." in text
    crcs = re.findall(r"^\| (.*) \| ([0-9a-f]{8}) \|", text, re.M)
    assert len({crc for _, crc in crcs}) == 1 and len(crcs) == 4
    assert [name for name, _ in crcs[1:]] == [
        "torch, CPU",
        "torch, CPU, int8 only",
        "torch, CPU, float64 only",
    ]


def test_without_a_gpu_it_fails():
    done = call()
    assert done.returncode == 1 and done.stderr.startswith("error: no GPU here")

"""The tests prove the six cores and two compilers only where those tools are; their absence is a failure."""

import re
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOLS = [
    line.split()[:2]
    for line in (ROOT / ".ci/tools").read_text().splitlines()
    if line and not line.startswith("#")
]


@pytest.mark.parametrize(("command", "package"), TOOLS, ids=[command for command, _ in TOOLS])
def test_tool_is_installed(command, package):
    assert shutil.which(command), f"{command} is missing; as root: apt-get install {package}"


def test_container_image_installs_what_the_demo_needs():
    needed = {
        line.split()[1]
        for line in (ROOT / ".ci/tools").read_text().splitlines()
        if not line.startswith("#") and "demo" in line.split()[2:]
    }
    assert needed <= set(re.findall(r"[\w-]+", (ROOT / "Dockerfile").read_text()))

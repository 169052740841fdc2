"""Every pattern of package data means something; one that matches nothing hides a file that has moved."""

from pathlib import Path

import pytest

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10
    import tomli as tomllib

ROOT = Path(__file__).resolve().parents[2]
SETUPTOOLS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]


@pytest.mark.parametrize(
    "package, pattern",
    [(name, pattern) for name, patterns in SETUPTOOLS["package-data"].items() for pattern in patterns],
)
def test_pattern_matches_a_file(package, pattern):
    root, _, below = package.partition(".")
    folder = ROOT / SETUPTOOLS["package-dir"][root] / below.replace(".", "/")
    assert any(path.is_file() for path in folder.glob(pattern))

"""What docs/ci.md shows besides commands: configurations, settings, options, and inputs of the action."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from integrad.testing.options import BOARD, CORE, OPTIONS, PREFIX
from integrad.testing.settings import KEYS

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10
    import tomli as tomllib

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/ci.md").read_text()


def blocks(language):
    return re.findall(rf"^```{language}(?: save)?\n(.*?)^```$", PAGE, re.M | re.S)


def test_configurations_are_those_of_the_sample():
    github, gitlab = map(yaml.safe_load, blocks("yaml"))
    workflow = yaml.safe_load((ROOT / "examples/ci/.github/workflows/test.yml").read_text())
    assert github == {key: workflow[key] for key in github}
    assert gitlab == yaml.safe_load((ROOT / "examples/ci/.gitlab-ci.yml").read_text())


def test_the_script_for_gitlab_is_sound():
    (job,) = yaml.safe_load(blocks("yaml")[1]).values()
    script = "\n".join([*job["before_script"], *job["script"]])
    shellcheck = Path(sys.executable).parent / "shellcheck"
    done = subprocess.run([shellcheck, "-s", "sh", "-"], input=script, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("text", blocks("toml"))
def test_settings_are_known(text):
    assert tomllib.loads(text)["tool"]["integrad"].keys() <= KEYS.keys() | {"budget"}


def test_the_table_of_settings_is_complete():
    table = PAGE[PAGE.index("## Settings") : PAGE.index("## Tests in Python")]
    named = set(re.findall(r"`([a-z-]+)`", "\n".join(re.findall(r"^\| (`.*?) \|", table, re.M))))
    assert named == KEYS.keys() | {"budget"}


def test_the_table_of_inputs_is_complete():
    table = PAGE[PAGE.index("## GitHub") : PAGE.index("## GitLab")]
    inputs = yaml.safe_load((ROOT / "action.yml").read_text())["inputs"]
    rows = dict(re.findall(r"^\| `(\w+)` \|.*\| (\S*) ?\|$", table, re.M))
    assert rows == {
        name: f"`{given['default']}`" if given["default"] else "" for name, given in inputs.items()
    }


def test_options_exist():
    known = {option.flag for option in (CORE, BOARD, *OPTIONS)} | {
        f"{PREFIX}{name}" for name in ("config", "logs")
    }
    assert set(re.findall(rf"{PREFIX}[a-z]+(?:-[a-z]+)*", PAGE)) <= known

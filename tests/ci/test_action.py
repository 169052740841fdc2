"""The scripts of action.yml, as they are in the file, do what docs/ci.md says.

The environment that the cache would bring contains what is installed here, so that nothing is downloaded.
tests/ci/clean_run.py installs everything in an empty system instead.
"""

import re
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import check_jsonschema
import numpy as np
import pytest
import yaml
from click.testing import CliRunner
from composite_action import ROOT, Runner
from platformdirs import user_cache_path

from integrad.datasets.preprocessing import Preprocessing
from integrad.model_file import Model, save_model
from integrad.network.network import Network
from integrad.network.notation import parse_notation

PROGRAMS = Path(sys.executable).parent
SAMPLE = ROOT / "examples/ci"
SETTINGS = """
[tool.integrad]
model = "small.model"
cores = ["m4", "m0"]
unit-tests = ["tests/test_*.c"]

[tool.integrad.budget]
flash = "{flash}"

[tool.pytest.ini_options]
testpaths = ["tests"]
"""
CASE = '#include "integrad_test.h"\nINTEGRAD_TEST(one) {{ EXPECT_EQUAL(1, {}); }}\nINTEGRAD_TESTS(one)\n'


class RunnerWithCaches(Runner):
    """What the caches bring is the environment of this process, without Torch, whose import takes long, and
    the user's cache. shortened: the name of a step whose program is not run."""

    shortened = None

    def before(self, step):
        if step["name"] == self.shortened:
            step["run"] = 'mkdir -p "$REPORT"'
        if step.get("id") == "packages":
            self.outputs["packages"] = {"cache-hit": "true"}
            lend_environment(Path(self.outputs["key"]["environment"]))
        elif step["name"] == "Cache of compiled objects":
            cache = self.folder / "home/.cache"
            cache.mkdir()
            (cache / "integrad").symlink_to(user_cache_path("integrad", ensure_exists=True))


def lend_environment(folder):
    """A virtual environment with the packages of this one. They are entered by a function, because an
    editable installation consists of such a list itself."""
    venv.create(folder, symlinks=True)
    purelib = sysconfig.get_path("purelib", vars={"base": folder, "platbase": folder})
    packages = [path for path in map(Path, sys.path) if path.name in ("site-packages", "dist-packages")]
    lines = ["import sys; sys.modules['torch'] = None"]
    lines += [f"import site; site.addsitedir({str(path)!r})" for path in packages]
    Path(purelib, "lent.pth").write_text("\n".join(lines) + "\n")
    program = folder / "bin/integrad"
    program.write_text(f"#!{folder}/bin/python\nfrom integrad.cli import main\nmain()\n")
    program.chmod(0o755)


@pytest.fixture
def repository(tmp_path):
    """Makes a repository: (flash budget, value that a test expects) → its folder."""

    def make(flash, value):
        folder = tmp_path / "repository"
        (folder / "firmware/tests").mkdir(parents=True)
        firmware = folder / "firmware"
        (firmware / "pyproject.toml").write_text(SETTINGS.format(flash=flash))
        (firmware / "tests/test_one.c").write_text(CASE.format(value))
        network = Network((4,), 2, parse_notation("mlp:4", (4,)))
        network.initialise(np.random.Generator(np.random.PCG64(1)))
        model = Model(network, Preprocessing("F", "int8", (4,), 0, (0,) * 4, (1,) * 4), ["a", "b"])
        save_model(model, firmware / "small.model")
        return folder

    return make


def run(repository, tmp_path, arguments, shortened=None):
    inputs = {"path": "firmware", "cores": "m0", "arguments": f"-p no:pytest_embedded {arguments}"}
    runner = RunnerWithCaches(repository, tmp_path / "runner", inputs)
    runner.shortened = shortened
    return runner, {step.name: step for step in runner.run()}


@pytest.mark.emulator
def test_a_firmware_that_is_in_order(repository, tmp_path):
    runner, steps = run(repository("64 KB", 1), tmp_path, "-k one -v")
    for step in steps.values():
        assert step.status == 0, step.output
    assert "Report, if something failed" not in steps and "Install integrad" not in steps
    assert "::one[m0] PASSED" in steps["Tests"].output and "[m4]" not in steps["Tests"].output
    report = Path(runner.outputs["key"]["report"])
    assert {"report.md", "report.json", "budgets.xml", "tests.xml"} <= {
        path.name for path in report.iterdir()
    }
    assert runner.summary.read_text() == (report / "report.md").read_text() != ""


@pytest.mark.emulator
def test_one_run_shows_everything_that_is_wrong(repository, tmp_path):
    runner, steps = run(repository("1 KB", 2), tmp_path, "", shortened="Tools")
    assert steps["Budgets"].status == 1 and "flash" in steps["Budgets"].output
    assert steps["Tests"].status == 1 and "EXPECT_EQUAL(1, 2): 1, expected 2" in steps["Tests"].output
    upload = steps["Report, if something failed"].used
    assert upload["path"] == runner.outputs["key"]["report"] and upload["name"] == "integrad-report"
    assert "flash" in runner.summary.read_text()


def test_wrong_inputs_end_the_run(tmp_path):
    runner = RunnerWithCaches(tmp_path, tmp_path / "runner", {"tools": "brew"})
    steps = runner.run()
    assert steps[0].status == 1 and "::error::tools: brew: must be apt or pip" in steps[0].output
    assert [step.name for step in steps[1:]] == ["Report, if something failed"]


INSTALLED = {
    ("", "apt", ""): f"integrad[pytest] @ file://{ROOT}",
    ("", "apt", "requirements.txt"): f"integrad[pytest] @ file://{ROOT}",
    ("integrad==0.1.0", "pip", ""): "integrad[pytest,emulator]==0.1.0",
    ("integrad[chips]", "pip", ""): "integrad[chips]",
}
"""Inputs `integrad`, `tools` and `requirements` → what pip installs."""


def test_what_is_installed_and_that_no_two_caches_have_the_same_key(tmp_path):
    (tmp_path / "requirements.txt").write_text("pytest-xdist\n")
    digests = set()
    for inputs, installed in INSTALLED.items():
        named = dict(zip(("integrad", "tools", "requirements"), inputs, strict=True))
        runner = Runner(tmp_path, tmp_path / "runner", named)
        runner.carry_out(runner.definition["runs"]["steps"][0])
        key = runner.outputs["key"]
        assert key["requirement"] == installed
        digests.add(key["digest"])
        shutil.rmtree(runner.folder)  # the key depends on where it is, too
    assert len(digests) == len(INSTALLED)


def scripts():
    steps = yaml.safe_load((ROOT / "action.yml").read_text())["runs"]["steps"]
    return {step["name"]: step["run"] for step in steps if "run" in step}


@pytest.mark.parametrize("name", scripts())
def test_scripts_take_inputs_from_the_environment(name):
    """What a script contains in ${{ }} is replaced before bash reads it, so that it could be anything."""
    assert "${{" not in scripts()[name]
    checked = subprocess.run(
        [PROGRAMS / "shellcheck", "-s", "bash", "-"], input=scripts()[name], capture_output=True, text=True
    )
    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize(
    "path, schema",
    [
        ("action.yml", "github-actions"),
        ("examples/ci/.github/workflows/test.yml", "github-workflows"),
        ("examples/ci/.gitlab-ci.yml", "gitlab-ci"),
    ],
)
def test_files_of_ci_systems_follow_their_schemas(path, schema):
    arguments = ["--builtin-schema", f"vendor.{schema}", str(ROOT / path)]
    checked = CliRunner().invoke(check_jsonschema.main, arguments)
    assert checked.exit_code == 0, checked.output


def test_the_sample_s_workflow_knows_the_inputs():
    steps = yaml.safe_load((SAMPLE / ".github/workflows/test.yml").read_text())["jobs"]["test"]["steps"]
    (given,) = (step["with"] for step in steps if re.fullmatch(r"OWNER/integrad@v\S+", step.get("uses", "")))
    assert given.keys() <= yaml.safe_load((ROOT / "action.yml").read_text())["inputs"].keys()

"""The wheel carries everything, nothing else, and works where only its dependencies are installed."""

import os
import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = {
    "host/integrad": "integrad",
    "codegen/integrad_codegen": "integrad_codegen",
    "templates": "integrad_templates",
    "device": "integrad_device",
}
LEFT_BEHIND = shutil.ignore_patterns("__pycache__", "*.egg-info", "*.so")


def run(*command, cwd):
    """Run without this checkout on Python's path, so that only what was installed can answer."""
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTHONHOME")}
    result = subprocess.run(
        [str(c) for c in command], cwd=cwd, env=environment, capture_output=True, text=True
    )
    assert result.returncode == 0, f"{command}\n{result.stdout}\n{result.stderr}"
    return result


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """(sdist, wheel) of a copy of the sources; the wheel is built from the sdist, which proves both."""
    folder = tmp_path_factory.mktemp("build")
    for name in [*PACKAGES, "pyproject.toml", "README.md", "LICENSE"]:
        source, copy = ROOT / name, folder / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, copy, ignore=LEFT_BEHIND)
        else:
            shutil.copy(source, copy)
    run(sys.executable, "-m", "build", "--outdir", folder / "dist", folder, cwd=folder)
    (sdist,) = (folder / "dist").glob("*.tar.gz")
    (wheel,) = (folder / "dist").glob("*.whl")
    return sdist, wheel


@pytest.fixture(scope="module")
def installed(built, tmp_path_factory):
    """The bin/ of a new environment with the wheel and its required dependencies."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=True)
    run(folder / "bin" / "python", "-m", "pip", "install", "-q", built[1], cwd=folder)
    return folder / "bin"


def sources():
    """Every file of the four packages, by its name in the wheel."""
    for folder, package in PACKAGES.items():
        for path in (ROOT / folder).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".so":
                yield f"{package}/{path.relative_to(ROOT / folder).as_posix()}"


def test_wheel_holds_every_source_file_and_nothing_else(built):
    with zipfile.ZipFile(built[1]) as wheel:
        packed = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert packed == set(sources())


def test_wheel_is_pure_and_names_its_licence(built):
    assert built[1].name.endswith("-py3-none-any.whl")
    with zipfile.ZipFile(built[1]) as wheel:
        names = wheel.namelist()
        (metadata,) = (name for name in names if name.endswith(".dist-info/METADATA"))
        fields = Parser().parsestr(wheel.read(metadata).decode())
        (licence,) = (name for name in names if name.endswith(".dist-info/licenses/LICENSE"))
        assert wheel.read(licence) == (ROOT / "LICENSE").read_bytes()
    assert fields["License-Expression"].startswith("Apache-2.0")
    assert fields["Requires-Python"] == ">=3.10"


def test_every_bundled_data_set_is_attributed():
    folder = ROOT / "host/integrad/data"
    notes = "\n".join(note.read_text() for note in folder.glob("*.md"))
    for data in folder.glob("*.npz"):
        assert data.name in notes, f"no note in {folder} names {data.name}, its authors and its licence"


def test_sdist_holds_the_licence_and_the_readme(built):
    with tarfile.open(built[0]) as sdist:
        names = {name.partition("/")[2] for name in sdist.getnames()}
    assert {"LICENSE", "README.md", "pyproject.toml"} <= names


def test_nothing_but_the_dependencies_is_installed_with_it(installed, tmp_path):
    listing = "import importlib.metadata as m; print(*{d.name.lower() for d in m.distributions()})"
    names = set(run(installed / "python", "-c", listing, cwd=tmp_path).stdout.split())
    assert not names & {"matplotlib", "torch", "unicorn", "ziglang", "scikit-learn", "pytest"}


@pytest.mark.parametrize(
    "arguments", [["--version"], ["--help"], ["data"], ["doctor", "--help"]], ids=" ".join
)
def test_command_works_from_another_folder(installed, tmp_path, arguments):
    result = run(installed / "integrad", *arguments, cwd=tmp_path)
    assert result.stdout.strip() and not result.stderr


def test_every_module_imports_without_the_extras(installed, tmp_path):
    """No extra is installed here, so an import of one at the top of any module would raise.

    The Torch engine's files and the estimators do that: they are imported through one that says what to do.
    pytest itself imports the modules of its plugin.
    """
    program = """
import importlib, pkgutil, integrad, integrad_codegen
with_extras = ["integrad.engines.torch.", "integrad.api.classifier", "integrad.api.compiled"]
for name in ("plugin", "fixtures", "dut_fixture", "records", "unit_tests", "pytest_embedded"):
    with_extras.append("integrad.testing." + name)
with_extras = tuple(with_extras)
for package in (integrad, integrad_codegen):
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if not module.name.endswith("__main__") and not module.name.startswith(with_extras):
            importlib.import_module(module.name)

def refused(extra, use):
    try:
        use()
    except integrad.errors.IntegradError as error:
        assert f"pip install 'integrad[{extra}]'" in str(error)
    else:
        raise AssertionError(extra + " is here?")

refused("torch", lambda: importlib.import_module("integrad.engines.torch.engine"))
refused("sklearn", lambda: integrad.IntegerClassifier)
refused("sklearn", lambda: integrad.CompiledClassifier)
"""
    run(installed / "python", "-c", program, cwd=tmp_path)


def test_templates_and_device_files_are_read_through_the_package(installed, tmp_path):
    program = """
import jinja2
from importlib.resources import files
for name in jinja2.Environment(loader=jinja2.PackageLoader("integrad_templates", "")).list_templates():
    if name.endswith(".jinja"):
        print("integrad_templates/" + name)
def walk(folder, name):
    for entry in folder.iterdir():
        if entry.is_dir():
            walk(entry, name + "/" + entry.name)
        elif not entry.name.endswith(".pyc"):
            entry.read_bytes()
            print(name + "/" + entry.name)
walk(files("integrad_device"), "integrad_device")
"""
    found = set(run(installed / "python", "-c", program, cwd=tmp_path).stdout.split())
    expected = {name for name in sources() if name.endswith(".jinja") or name.startswith("integrad_device/")}
    assert found == expected


def test_the_native_engine_is_compiled_from_the_wheel_or_says_what_it_lacks(installed, tmp_path, monkeypatch):
    program = """
from integrad.engines.choice import make_engine
from integrad.engines.native.engine import describe
from integrad.errors import IntegradError
from integrad.network.network import Network
print(make_engine("auto", Network((4,), 2, [])).name)
try:
    describe()
except IntegradError as error:
    print(error)
"""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert run(installed / "python", "-c", program, cwd=tmp_path).stdout.split() == ["native"]
    monkeypatch.setenv("PATH", "/nowhere")
    name, _, complaint = run(installed / "python", "-c", program, cwd=tmp_path).stdout.partition("\n")
    assert name == "numpy" and "C compiler" in complaint

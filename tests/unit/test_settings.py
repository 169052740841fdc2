"""The settings of tests of firmware: what a file says, and one line for whatever is wrong in it."""

import textwrap
from pathlib import Path

import pytest

import integrad.testing.settings
from integrad.errors import UsageError
from integrad.targets.cores import CORES
from integrad.testing.settings import Settings, read_settings

EXAMPLE = textwrap.dedent(integrad.testing.settings.__doc__.split("\n\n", 1)[1].rsplit("\n\n", 1)[0])
PREFIX = "pyproject.toml: [tool.integrad]"


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A folder with the files that the example names; the working folder is one below it."""
    for name in ("models/gesture.model", "src/main.c", "src/sensor.c", "tests/c/test_a.c", "data/test.npz"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def read(project, text, **tables):
    (project / "pyproject.toml").write_text(f"[tool.integrad]\n{text}\n")
    return read_settings()


def refused(project, text):
    with pytest.raises(UsageError) as caught:
        read(project, text)
    line = str(caught.value)
    assert "\n" not in line and line.startswith(PREFIX), line
    return line.removeprefix(PREFIX)


def test_the_example_is_read_from_a_folder_below(project):
    (project / "pyproject.toml").write_text(EXAMPLE)
    (project / "src/pyproject.toml").write_text('[project]\nname = "part"\n')
    settings = read_settings(project / "src")
    assert settings.folder == project and settings.model == project / "models/gesture.model"
    assert settings.sources == (project / "src/main.c", project / "src/sensor.c")
    assert settings.include == (project / "src",) and settings.boards == ("pico",)
    assert (settings.ready, settings.instructions, settings.timeout) == ("ready\r\n", 200_000_000, 60.0)
    assert settings.data == str(project / "data/test.npz") and settings.learn == "last:1"
    part = settings.core("m0").part
    assert (part.name, part.flash_bytes, part.ram_bytes) == ("STM32F072RB", 65536, 16384)
    budget = settings.budgets["m0"]
    assert (budget.flash, budget.instructions_per_step, budget.accuracy) == (65536, 2_000_000, 0.9)
    assert budget.tuning.samples == 100 and budget.tuning.only == ("person=anna",)


def test_without_a_file_everything_has_its_default():
    settings = read_settings(Path("/"))
    assert settings == Settings(settings.place) and settings.core("m4") is CORES["m4"]


def test_a_core_s_own_budget_replaces_the_common_one(project):
    budgets = read(project, 'budget.flash = "1.5 KiB"\nbudget.ram = 9\nbudget.m0.flash = "1_000 B"').budgets
    assert (budgets["m4"].flash, budgets["m0"].flash, budgets["m0"].ram) == (1536, 1000, 9)


def test_a_file_that_is_named(project):
    (project / "ci.toml").write_text('cores = ["m7"]\n')
    assert read_settings(config=project / "ci.toml").cores == ("m7",)
    (project / "ci.toml").write_text('core = "m7"\n')
    with pytest.raises(UsageError, match=r"^ci\.toml: unknown key 'core'; did you mean cores\?$"):
        read_settings(config=project / "ci.toml")
    with pytest.raises(UsageError, match=r"none\.toml: cannot be read: No such file"):
        read_settings(config=project / "none.toml")
    (project / "pyproject.toml").write_text("[tool.pytest]\n")
    with pytest.raises(UsageError, match=r"^pyproject\.toml: has no table \[tool\.integrad\]$"):
        read_settings(config=project / "pyproject.toml")
    (project / "pyproject.toml").write_text("[tool\n")
    with pytest.raises(UsageError, match=r"^pyproject\.toml: is not TOML: "):
        read_settings()


def test_options_replace_keys_by_the_same_rules(project):
    settings = read(project, 'cores = ["m0"]')
    assert settings.changed("--integrad-core", cores=["M4", "m7"]).cores == ("m4", "m7")
    with pytest.raises(UsageError, match=r"^--integrad-core: unknown core 'm5'; known cores: m0, "):
        settings.changed("--integrad-core", cores=["m5"])


@pytest.mark.parametrize(
    "text, line",
    [
        ("budgets = 1", ": unknown key 'budgets'; did you mean budget?"),
        ("budget.flahs = 1", " budget: unknown key 'flahs'; did you mean flash?"),
        ('budget.flash = "64 kilobytes"', " budget.flash: '64 kilobytes': unknown unit 'kilobytes'; known"),
        ('budget.ram = "16kB"', " budget.ram: '16kB': unknown unit 'kB'; known units: B, KB, KiB, MB, MiB ("),
        ('budget.m0.instructions-per-step = "2 MB"',
         " budget.m0.instructions-per-step: '2 MB': unknown unit 'MB'; known units: k"
        ),
        ('budget.flash = "0.3 B"', " budget.flash: '0.3 B' is not a whole number"),
        ('budget.flash = "many"',
         ' budget.flash: must be a whole number or a text such as "64 KB", not \'many\''),
        ("budget.flash = -1", " budget.flash: must be a whole number or a text"),
        ("budget.flash = true", " budget.flash: must be a whole number or a text"),
        ("budget.accuracy = 90", " budget.accuracy: must be a fraction from 0 to 1, such as 0.9, not 90"),
        ("budget.accuracy-after-tuning = 0.9", " budget.accuracy-after-tuning: requires tuning = {"),
        ('budget.tuning = {only = "a=b"}', " budget.tuning: lacks samples"),
        ('budget.tuning = {samples = 9, only = "anna"}', " budget.tuning.only: must select samples by"),
        ('cores = ["m5"]', " cores: unknown core 'm5'; known cores: m0, m3, "),
        ('cores = "m0"', " cores: must be a list of texts"),
        ("cores = []", " cores: names no core; known cores: "),
        ('part = "stm99"', " part: 'stm99': unknown"),
        ('part = "pico"\ncores = ["m4"]', ": part RP2040: has the core m0, while cores has m4"),
        ('boards = ["picc"]', " boards: 'picc': unknown board; similar names: "),
        ('emulator = "qmu"', " emulator: unknown value 'qmu'; did you mean qemu?"),
        ('model = "models/gestur.model"', " model: models/gestur.model: no such file in "),
        ('sources = ["source/*.c"]', " sources: 'source/*.c' matches no file in "),
        ('include = ["inc"]', " include: inc: no such folder in "),
        ('defines = ["1=2"]', " defines: '1=2': must be NAME or NAME=VALUE"),
        ('name = "Gesture"', " name: 'Gesture': must consist of"),
        ('name = "int"', " name: 'int': is a keyword"),
        ('learn = "last"', " learn: 'last': expected none, output, last:K"),
        ("batch-size = 5000", " batch-size: must be a whole number from 1 to 4,096, not 5000"),
        ('ready = "("', " ready: '(' is not a regular expression: "),
        ('timeout = "1 s"', " timeout: must be a number of seconds above 0, not '1 s'"),
        ('target = "app"', ": cmake and target belong together"),
        ('sources = ["src/*.c"]\nelf = "src/main.c"', ": sources and elf contradict each other"),
        ('elf = "src/main.c"\ncores = ["m0", "m4"]', ": elf is a program for one core"),
        ("scope = 1", " scope: must be a text in quotation marks, not 1"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_one_line(project, text, line):
    found = refused(project, text)
    assert found.startswith(line), found

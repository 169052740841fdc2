"""integrad check: what it measures, and whether it notices what was planted."""

import json
import re
import xml.etree.ElementTree as xml
from dataclasses import replace
from pathlib import Path

import pytest
from digits import fail, run, train

import integrad.execute.device_model as device_model
from integrad.errors import IntegradError
from integrad.testing.application import build_application
from integrad.testing.figures import Measurement
from integrad.testing.measure import Task
from integrad.testing.memory import memory_of
from integrad.testing.settings import read_settings
from integrad.testing.tolerance import read_tolerances

CONFIG = """
[tool.integrad]
model = "toy.model"
learn = "all"
batch-size = 4
sources = ["main.c"]
cores = ["m0"]
data = "toy.npz"
[tool.integrad.budget]
flash = "64 KB"
accuracy = 0.3
tuning = {samples = 10, epochs = 1}
"""

MAIN = """#include "toy.h"
static toy_weights weights;
static toy_scratch scratch;
static int8_t x[TOY_INPUTS], scores[TOY_CLASSES];
int main(void) {
    weights = toy_initial_weights;
    return toy_predict(scores, &weights, x, &scratch);
}
"""


@pytest.fixture(scope="module")
def project(toys, tmp_path_factory):
    """A folder with a model, its data, settings, and the baseline of a run that passed; its result."""
    folder = tmp_path_factory.mktemp("check")
    (folder / "toy.npz").write_bytes(Path(toys["data"]).read_bytes())
    (folder / "toy.model").write_bytes(Path(toys["mlp"]).read_bytes())
    (folder / "pyproject.toml").write_text(CONFIG)
    (folder / "main.c").write_text(MAIN)
    options = ["--config", folder / "pyproject.toml", "--baseline", folder / "base.json"]
    result = run("check", *options, "--update-baseline", "--json", folder / "check.json")
    assert result.exit_code == 0, result.output
    return folder


@pytest.fixture
def copy(project, tmp_path, monkeypatch):
    """A copy of the project that a test may spoil; the working folder."""
    for path in project.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def planted(copy, monkeypatch):
    """planted(figure=factor, …): from now on, the baseline's figures times these factors are measured."""
    entry = json.loads((copy / "base.json").read_text())["cores"]["m0"]

    def plant(compiler=entry["compiler"], shares=entry["shares"], **factors):
        figures = dict(entry["figures"])
        for name, factor in factors.items():
            value = figures[name] * factor
            figures[name] = round(value) if isinstance(figures[name], int) else value
        monkeypatch.setattr(Task, "measure", lambda *_: Measurement(compiler, figures, shares))

    plant()
    return plant


def check(*options):
    """(exit status, standard output) of a check against the baseline."""
    result = run("check", "--baseline", "base.json", *options)
    assert "Traceback" not in result.output and not result.stderr, result.output
    return result.exit_code, result.stdout


def test_everything_is_measured(project):
    """Memory of the application; everything else as `emulate` measures it of the model."""
    found = json.loads((project / "check.json").read_text())["cores"][0]["figures"]
    figures = {row["name"]: row["value"] for row in found}
    words = ["--core", "m0", "--tune", 10, "--epochs", 1, "--batch-size", 4, "--json", "-"]
    tuned = json.loads(run("emulate", project / "toy.model", project / "toy.npz", *words).stdout)
    settings = read_settings(project)
    application = build_application(settings, "m0")
    sizes = application.sizes
    assert (figures["flash"], figures["ram"]) == (sizes.flash, sizes.ram)
    alone = memory_of(build_application(replace(settings, model=None, sources=(), elf=application.elf), "m0"))
    assert (alone.flash, alone.ram) == (sizes.flash, sizes.ram)
    assert figures["stack"] == tuned["stack_bytes"]
    assert figures["accuracy_after_tuning"] == tuned["accuracy_after_tuning"]
    assert figures["instructions_per_inference"] == tuned["instructions_per_inference"]
    assert figures["instructions_per_step"] == tuned["instructions_per_training_step"]


def test_what_grew_is_named(copy, monkeypatch):
    """More code and data in the application, and more instructions in the model."""
    function = "__attribute__((noinline)) static int filter(void) {\n    return *kept;\n}\n"
    more = f"static volatile int kept[30];\n{function}"
    (copy / "main.c").write_text(more + MAIN.replace("return ", "return filter() + "))
    genuine, begin = device_model.emit_firmware, "        integrad_region_begin();\n"

    def emit(*arguments, **options):
        files = genuine(*arguments, **options)
        assert begin in files["session-main.c"]
        slower = files["session-main.c"].replace(begin, begin + '        __asm__ volatile("nop");\n')
        return files | {"session-main.c": slower}

    monkeypatch.setattr(device_model, "emit_firmware", emit)
    status, text = check("--junit", "j.xml", "--markdown", "m.md")
    assert status == 1
    assert re.search(r"failed: m0: flash, bytes: was .* largest growth: .*filter \+\d+ \(new\)", text)
    assert re.search(r"failed: m0: RAM, bytes: was .*: \+120 \(.*: kept \+120 \(new\)", text)
    assert re.search(r"instructions per inference: was .*: \+1 \(.*largest growth: rest \+1 \(", text)
    assert "| ❌ | m0 | flash, bytes | " in (copy / "m.md").read_text()
    cases = {case.get("name"): case for case in xml.parse(copy / "j.xml").iter("testcase")}
    assert "filter +" in cases["flash"].find("failure").text and cases["stack"].find("failure") is None


def test_a_passing_check_changes_nothing_and_is_the_same_text_again(copy, planted):
    before = (copy / "base.json").read_bytes()
    status, text = check("--markdown", "m.md")
    assert status == 0 and "no budget is exceeded, and nothing is worse than in the baseline" in text
    assert (copy / "base.json").read_bytes() == before and (copy / "m.md").read_text().startswith("### ✅")
    assert check("--update-baseline")[0] == 0 and (copy / "base.json").read_bytes() == before


@pytest.mark.parametrize(
    "options, status",
    [
        ([], 1),
        (["--tolerance", "5%"], 0),
        (["--tolerance", "4%"], 1),
        (["--tolerance", "flash=1 MB"], 0),
        (["--tolerance", "ram=9%"], 1),
        (["--tolerance", "5%", "--tolerance", "flash=1"], 1),
    ],
)
def test_tolerance(planted, options, status):
    planted(flash=1.0499)
    found, text = check(*options)
    assert found == status and "(+4.99%)" in text


def test_tolerances_are_exact():
    flash = read_tolerances(["flash=29%", "flash=7"])["flash"]
    assert [flash.allowed(before) for before in (3_000_000, 99, 10)] == [870_000, 28, 7]
    assert read_tolerances(["10%"])["accuracy"].allowed(0.5) == 0.05


def test_lost_accuracy(planted):
    planted(accuracy=0.5, accuracy_after_tuning=0.5)
    status, text = check("--tolerance", "accuracy-after-tuning=1")
    assert status == 1 and "failed: m0: accuracy: was " in text and " points (-50.00%)" in text
    assert "accuracy after tuning: was" not in text


def test_a_budget_holds_whatever_the_baseline_says(planted):
    planted(flash=99)
    status, text = check("--update-baseline")
    assert status == 1 and ", while its budget is at most 65,536: +" in text and "wrote base.json" in text


def test_improvement_is_told(planted):
    planted(stack=0.5)
    status, text = check()
    assert status == 0 and "better than base.json: integrad check --update-baseline keeps it so" in text


def test_a_baseline_of_another_model(copy, planted):
    assert train(copy, copy / "toy.npz", "--epochs", 1, "--seed", 5).exit_code == 0
    status, text = check()
    assert status == 1 and "failed: base.json: is of another model (weights of CRC " in text
    assert "if the model was replaced on purpose, write it anew with integrad check --update-baseline" in text
    assert check("--update-baseline")[0] == 0 and check()[0] == 0


def test_a_baseline_of_other_cores_keeps_what_it_has(copy, planted):
    status, text = check("--core", "m0,m4")
    assert status == 1 and "failed: base.json: has no figures of the core m4; write it anew" in text
    assert check("--core", "m4", "--update-baseline")[0] == 0
    assert check("--core", "m0,m4")[0] == 0


def test_another_compiler_is_a_note(planted):
    planted(compiler="GCC: (x) 99.1")
    status, text = check()
    assert status == 0 and ", now by gcc (x) 99.1; differences may come from the compiler" in text


def test_a_core_that_cannot_be_measured_does_not_stop_the_others(copy, planted, monkeypatch):
    genuine = Task.measure

    def measure(task, core, folder):
        if core == "m4":
            raise IntegradError("the network does not fit")
        return genuine(task, core, folder)

    monkeypatch.setattr(Task, "measure", measure)
    status, text = check("--core", "m4,m0", "--junit", "j.xml", "--markdown", "m.md", "--update-baseline")
    assert status == 1 and "failed: m4: the network does not fit" in text and " m0 " in text
    assert xml.parse(copy / "j.xml").getroot().get("errors") == "1"
    assert "| ❌ | m4 | not measured |" in (copy / "m.md").read_text()
    assert list(json.loads((copy / "base.json").read_text())["cores"]) == ["m0"]


@pytest.mark.parametrize(
    "text, line",
    [
        ('budget.stack = "2 kilo"', "budget.stack: '2 kilo': unknown unit 'kilo'; known units: B, KB"),
        ("[tool.integrad.budget.m4]\naccuracy-after-tuning = 1\n", "m4.accuracy-after-tuning: requires"),
        ("", "names no firmware; add model, sources, cmake or elf"),
        ('model = "toy.model"\nbudget.accuracy = 0.5', "budget.accuracy: requires data, which is missing"),
        ('model = "toy.model"\nbudget.instructions-per-step = 5', "step: requires learn, which is missing"),
        ('model = "toy.model"\nlearn = "last:9"', "learn: 'last:9': the network has 2 blocks"),
    ],
)  # fmt: skip
def test_wrong_settings(copy, text, line):
    (copy / "pyproject.toml").write_text(f"[tool.integrad]\n{text}\n")
    status, found = fail("check")
    assert status == 2 and line in found, found


@pytest.mark.parametrize(
    "options, status, line",
    [
        (["--baseline", "none.json"], 2, "none.json: no such file; write it with --update-baseline"),
        (["--baseline", "pyproject.toml"], 1, "pyproject.toml: is not a baseline; write it anew"),
        (["--update-baseline"], 2, "--update-baseline: requires --baseline FILE"),
        (["--tolerance", "5"], 2, "--tolerance '5': must be a percentage such as 1%, or FIGURE=AMOUNT"),
        (["--tolerance", "flahs=5"], 2, "--tolerance 'flahs=5': unknown figure 'flahs'; did you mean flash?"),
        (["--tolerance", "ram=5 kilo"], 2, "'5 kilo': unknown unit 'kilo'"),
        (["--tolerance", "accuracy=x"], 2, "must be a fraction such as accuracy=0.01"),
        (["--core", "m5"], 2, "--core: unknown core 'm5'"),
        (["--config", "none.toml"], 2, "none.toml: cannot be read: No such file or directory"),
    ],
)  # fmt: skip
def test_wrong_calls(copy, options, status, line):
    found, text = fail("check", *options)
    assert found == status and line in text

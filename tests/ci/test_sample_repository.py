"""The repository of examples/ci, used as its README says, and with mistakes that its tests have to name."""

import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pytest

from integrad.model_file import load_model, save_model

SAMPLE = Path(__file__).resolve().parents[2] / "examples/ci"
PYTEST = (sys.executable, "-m", "pytest", "-q", "-n", "0", "-p", "no:pytest_embedded")
CHECK = (sys.executable, "-m", "integrad", "check")

# A change of the runtime or of the compiler by this much needs no new baseline here.
BASELINE = ("--baseline", "baseline.json", "--tolerance", "2%")

ANNOUNCE = "    gesture_serial_announce(&serial, digit, scores);\n"
PORT = "static const integrad_serial_port port"

# Name → what replaces what in src/main.c. All of them at once: each must fail a test of its own.
MISTAKES = {
    "fault": {
        '    say("gesture: ");\n': """\
    if (digit == 9) {
        *(volatile uint32_t *)0xB0000000u = 1;
    }
    wait_for_lamp(digit);
    say("gesture: ");
"""
    },
    "hang": {
        "/* Not inlined, so": """\
static volatile bool lamp_is_busy = true;

__attribute__((noinline)) static void wait_for_lamp(int digit) {
    while (digit == 5 && lamp_is_busy) {
    }
}

/* Not inlined, so"""
    },
    # Those that follow 0 or 1, whenever they arrive: how soon that is depends on the load of the host.
    "lost bytes": {
        "static window strokes;\n": "static window strokes;\nstatic int unheard;\n",
        ANNOUNCE: f"{ANNOUNCE}    unheard = digit < 2 ? 4 : 0;\n",
        "        if (byte >= 0) {\n": """\
        if (byte >= 0 && unheard > 0) {
            unheard--;
        } else if (byte >= 0) {
""",
    },
    "torn save": {
        PORT: f"""\
static integrad_store careless;

static int erase_all(uint32_t address, uint32_t count, void *context) {{
    (void)address;
    (void)count;
    return integrad_board_store.erase(0, careless.slots * careless.slot_size, context);
}}

{PORT}""",
        "    .store = &integrad_board_store,\n": "    .store = &careless,\n",
        "    integrad_board_start();\n": """\
    integrad_board_start();
    careless = integrad_board_store;
    careless.erase = erase_all;
""",
    },
}

# The test that fails → texts of its failure; the others pass.
CAUSES = {
    "test_a_drawn_digit_is_announced[m4-0]": (),
    "test_a_drawn_digit_is_announced[m4-9]": ("without memory 0xb0000000", "recognise+"),
    "test_a_drawn_digit_is_announced[m4-5]": ("5,000,00", "wait_for_lamp, called by recognise"),
    "test_no_byte_is_lost[m4]": ("frames that arrived damaged: ", "the firmware lost bytes"),
    "test_a_cut_leaves_the_weights_of_before_or_of_after[m4]": ("power cut before word ", "other weights"),
}


@pytest.fixture
def sample(tmp_path):
    """A copy of the repository."""
    ignored = shutil.ignore_patterns("__pycache__", ".pytest_cache", "integrad-logs")
    return shutil.copytree(SAMPLE, tmp_path / "sample", ignore=ignored)


def run(folder, *command):
    """(exit status, all that was printed)."""
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600)
    return result.returncode, result.stdout + result.stderr


def replace(path, changes):
    text = path.read_text()
    for old, new in changes.items():
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    path.write_text(text)


def test_the_repository_passes(sample):
    for command in (PYTEST, (*CHECK, *BASELINE)):
        status, output = run(sample, *command)
        assert status == 0, output


def test_a_fault_a_hang_lost_bytes_and_a_torn_save_are_named(sample):
    for changes in MISTAKES.values():
        replace(sample / "src/main.c", changes)
    chosen = "(drawn_digit or no_byte or a_cut) and m4"
    status, output = run(sample, *PYTEST, "-k", chosen, "--junitxml", "report.xml")
    assert status == 1, output
    cases = ElementTree.parse(sample / "report.xml").getroot().iter("testcase")
    failures = {case.get("name"): [found.text for found in case.findall("failure")] for case in cases}
    assert failures.keys() == CAUSES.keys(), output
    for name, texts in CAUSES.items():
        assert bool(failures[name]) == bool(texts), output
        assert all(text in failures[name][0] for text in texts), failures[name][0]


def test_code_that_has_grown_by_5_percent_is_named(sample):
    table = 'static const char manual[1050] = "Hold the wand.";\n'
    used = "    say(manual);\n"
    window, ready = "static window strokes;\n", '    say("ready\\r\\n");\n'
    replace(sample / "src/main.c", {window: window + table, ready: used + ready})
    status, output = run(sample, *CHECK, "--core", "m0", *BASELINE)
    assert status == 1, output
    assert "m0: flash, bytes: was 20," in output and "largest growth: manual +1,050 (new)" in output


def test_a_lost_accuracy_is_named(sample):
    path = sample / "models/gesture.model"
    model = load_model(path)
    (weights,) = (one for one in model.network.parameters() if one.name == "block2.weights")
    weights.array = -weights.array
    save_model(model, path)
    status, output = run(sample, *CHECK, "--core", "m4")
    assert status == 1, output
    assert "failed: m4: accuracy: " in output


def test_the_data_are_made_by_the_program_in_the_repository(sample):
    before = {path.name: dict(np.load(path)) for path in (sample / "data").glob("*.npz")}
    assert before
    for name in before:
        (sample / "data" / name).unlink()
    status, output = run(sample, sys.executable, "data/make_data.py")
    assert status == 0, output
    for name, arrays in before.items():
        again = np.load(sample / "data" / name)
        assert arrays.keys() == set(again.files)
        assert all(np.array_equal(arrays[key], again[key]) for key in arrays)

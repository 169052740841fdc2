"""Cases of C unit tests are items of pytest: each has a result of its own, whatever the others do."""

import re
import subprocess
import sys
from xml.etree import ElementTree

import pytest

from integrad.errors import IntegradError
from integrad.testing.tap import Result, read_results
from integrad.testing.unit_test_cases import Case, cases_in_source

SETTINGS = """
[tool.integrad]
sources = ["src/*.c"]
include = ["src"]
cores = ["m4", "m0"]
unit-tests = ["tests/c/test_*.c"]
instructions = "200 k"

[tool.pytest.ini_options]
testpaths = ["tests"]
"""

FILTER = """
#include "filter.h"
int clip(int value) { return value > 127 ? 127 : value; }
"""
APPLICATION = """
#include "filter.h"
int main(void) { return clip(1); }
"""

CASES = """
#include "filter.h"
#include "integrad_test.h"

/* INTEGRAD_TEST(in_a_comment) {} */
INTEGRAD_TEST(passes) {
    EXPECT_EQUAL(clip(200), 127);
}
INTEGRAD_TEST(fails) {
    EXPECT_EQUAL(clip(5), 6);
    EXPECT(clip(7) == 8);
}
INTEGRAD_TEST(faults) {
    __builtin_trap();
}
INTEGRAD_TEST(hangs) {
    for (volatile int i = 0;; i = clip(i)) {
    }
}
INTEGRAD_TEST(ends) {
    extern void semihosting_exit(int);
    semihosting_exit(3);
}
INTEGRAD_TEST(is_skipped) {
    SKIP("no sensor");
}
INTEGRAD_TEST(passes_at_the_end) {
    static int runs;
    EXPECT_EQUAL(++runs, 1);
}
INTEGRAD_TESTS(passes, fails, faults, hangs, ends, is_skipped, passes_at_the_end)
"""
NAMES = ("passes", "fails", "faults", "hangs", "ends", "is_skipped", "passes_at_the_end")

HEAD = '#include "integrad_test.h"\n'
WRONG = {
    "empty": "/* INTEGRAD_TEST(later) {} */\n",
    "forgotten": "INTEGRAD_TEST(listed) {}\nINTEGRAD_TEST(forgotten) {}\nINTEGRAD_TESTS(listed)\n",
    "broken": "INTEGRAD_TEST(broken) { x; }\nINTEGRAD_TESTS(broken)\n",
    "again": "int clip(int value) { return value; }\nINTEGRAD_TEST(again) {}\nINTEGRAD_TESTS(again)\n",
    "noisy": 'INTEGRAD_TEST(noisy) { integrad_test_print("ok 9 - noise\\n"); }\nINTEGRAD_TESTS(noisy)\n',
}


@pytest.fixture(scope="module")
def outcome(tmp_path_factory):
    """(output, id → element of JUnit's report) of one run of pytest."""
    folder = tmp_path_factory.mktemp("unit")
    files = {"src/filter.c": FILTER, "src/filter.h": "int clip(int value);\n", "src/main.c": APPLICATION}
    files |= {"pyproject.toml": SETTINGS, "tests/c/test_filter.c": CASES}
    files |= {f"tests/c/test_{name}.c": HEAD + text for name, text in WRONG.items()}
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    words = [sys.executable, "-m", "pytest", "-p", "no:pytest_embedded", "-v", "--junitxml=report.xml"]
    words += ["--continue-on-collection-errors", "-k", "m4 or passes"]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=120)
    report = ElementTree.parse(folder / "report.xml")
    return done.stdout + done.stderr, {case.get("name"): case for case in report.iter("testcase")}


def failure(outcome, name):
    """What the report says about the failure of a case."""
    (found,) = outcome[1][name].findall("failure")
    return found.text


@pytest.mark.emulator
def test_each_case_is_an_item_for_each_core(outcome):
    output, results = outcome
    expected = [f"{name}[m4]" for name in NAMES] + ["passes[m0]", "passes_at_the_end[m0]"]
    assert [name for name in results if name.partition("[")[0] in NAMES] == expected
    for name, state in [("passes[m0]", "PASSED"), ("fails[m4]", "FAILED"), ("is_skipped[m4]", "SKIPPED")]:
        assert f"tests/c/test_filter.c::{name} {state}" in output
    assert "8 failed, 5 passed, 1 skipped, 10 deselected, 1 error" in output


@pytest.mark.emulator
@pytest.mark.parametrize(
    "name, message",
    [
        ("fails", r"fails: tests/c/test_filter\.c:10: EXPECT_EQUAL\(clip\(5\), 6\): 5, expected 6"),
        ("fails", r"\ntests/c/test_filter\.c:11: EXPECT\(clip\(7\) == 8\): it is false"),
        ("faults", r"faults has no result: .* faulted: undefined instruction in faults_case"),
        ("hangs", r"hangs has no result: .* 200,\d{3} instructions.*\nplace: (clip|hangs_case)"),
        ("ends", r"ends has no result: .* exited with status 3"),
    ],
)
def test_a_failure_says_what_happened(outcome, name, message):
    text = failure(outcome, f"{name}[m4]")
    assert re.search(message, text), text
    assert "Traceback" not in text and ".py:" not in text


@pytest.mark.emulator
def test_the_report_has_instructions_and_output(outcome):
    properties = {
        item.get("name"): item.get("value") for item in outcome[1]["passes_at_the_end[m4]"].iter("property")
    }
    assert 0 < int(properties["integrad_instructions"]) < 200_000
    assert "ok 7 - passes_at_the_end" in properties["integrad_uart"]


@pytest.mark.emulator
def test_what_is_wrong_with_a_file_is_said(outcome):
    assert "test_empty.c: has no INTEGRAD_TEST(name)" in outcome[0]
    assert "is not among the cases that INTEGRAD_TESTS lists: listed" in failure(outcome, "forgotten[m4]")
    assert re.search(r"cannot compile .*test_broken\.c: .*'x' undeclared", failure(outcome, "broken[m4]"))
    assert re.search(r"cannot link .*multiple definition of `clip'", failure(outcome, "again[m4]"))
    assert "that of case 9, noise, arrived" in failure(outcome, "noisy[m4]")


def test_cases_are_found_as_the_compiler_sees_them(tmp_path):
    source = tmp_path / "test_a.c"
    source.write_text(
        "// INTEGRAD_TEST(no)\n/* INTEGRAD_TEST(no)\n */\n"
        "INTEGRAD_TEST ( one )\n{}\n  INTEGRAD_TEST(two) {\n}\n"
    )
    assert cases_in_source(source) == [Case("one", 4), Case("two", 6)]
    source.write_text("")
    with pytest.raises(IntegradError, match="has no INTEGRAD_TEST"):
        cases_in_source(source)


def test_results_are_read_among_other_output():
    text = "TAP version 13\n1..3\nhello\n# a.c:1: EXPECT(0): it is false\r\nnot ok 1 - one\n"
    text += "ok\nok 2 - two # SKIP no\nok 3 - x"
    assert read_results(text) == [
        Result(1, "one", False, None, ("a.c:1: EXPECT(0): it is false",)),
        Result(2, "two", True, "no", ()),
    ]

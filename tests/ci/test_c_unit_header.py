"""integrad_test.h reports what happened, in TAP that another program reads, and compiles for every family."""

import re
import subprocess
from pathlib import Path

import pytest
from tap.parser import Parser

from integrad.build.toolchain import DEVICE, FREESTANDING, WARNINGS, find_toolchain
from integrad.targets.cores import CORES

HERE = Path(__file__).parent
LOW, HIGH = -(2**63), 2**63 - 1
MESSAGES = f"""\
29: EXPECT(clip(3) == 4): it is false
30: EXPECT_EQUAL(clip(200), -128): 127, expected -128
31: EXPECT_EQUAL(INT64_MIN, INT64_MAX): {LOW}, expected {HIGH}
32: EXPECT_EQUAL((uint32_t)0xFFFFFFFFu, -1): {2**32 - 1}, expected -1
33: EXPECT_NEAR(clip(100), 104, 3): 100, expected about 104
34: EXPECT_BYTES(bytes, "\\1\\2\\3", 3): byte 2 is 255, expected 3
35: EXPECT_TEXT("abc", "abcd"): "abc", expected "abcd"
36: ASSERT(clip(1) == 2): it is false
""".splitlines()


# That of clang traps, and needs no library of clang, which Debian has in a package of its own.
SANITIZERS = {
    "gcc": ("-fsanitize=address,undefined",),
    "clang": ("-fsanitize=undefined", "-fsanitize-undefined-trap-on-error"),
}


@pytest.fixture(scope="module", params=list(SANITIZERS))
def run(request, tmp_path_factory):
    """The program of expectations.c on this computer."""
    program = tmp_path_factory.mktemp("header") / "expectations"
    flags = ["-std=c99", "-O1", *WARNINGS, *SANITIZERS[request.param], f"-I{DEVICE}/testing"]
    sources = ["expectations.c", "standard_output.c"]
    command = [request.param, *flags, *sources, "-o", str(program)]
    built = subprocess.run(command, cwd=HERE, capture_output=True, text=True)
    assert built.returncode == 0 and not built.stderr, built.stderr
    return subprocess.run([program], capture_output=True, text=True)


def test_failures_state_place_expression_and_both_values(run):
    expected = ["# expectations.c:" + message for message in MESSAGES]
    expected += [f"# expectations.c:42: EXPECT_EQUAL(i, -1): {i}, expected -1" for i in range(8)]
    expected += ["# and 2 further failures"]
    assert [line for line in run.stdout.splitlines() if line.startswith("#")] == expected
    assert run.returncode == 1 and not run.stderr


def test_another_parser_reads_the_results(run):
    lines = list(Parser().parse_text(run.stdout))
    assert next(line for line in lines if line.category == "plan").expected_tests == 4
    results = [line for line in lines if line.category == "test"]
    assert [(line.number, line.description, line.ok, line.skip) for line in results] == [
        (1, "- passes", True, False),
        (2, "- fails", False, False),
        (3, "- fails_often", False, False),
        (4, "- skipped", True, True),
    ]


@pytest.mark.parametrize("name", ["m0", "rv32", "avr"])
def test_compiles_without_warnings_and_functions_of_a_library(name, tmp_path):
    """memset and memcpy are among those that every compiler expects to be there."""
    core = CORES[name]
    tools = find_toolchain("gcc", core.family)
    command = [*tools.compile, *tools.core_flags(core), "-Os", *FREESTANDING, f"-I{DEVICE}/testing"]
    target = tmp_path / "expectations.o"
    built = subprocess.run(
        [*command, "-c", "expectations.c", "-o", str(target)], cwd=HERE, capture_output=True, text=True
    )
    assert built.returncode == 0 and not built.stderr, built.stderr
    nm = tools.compile[0].removesuffix("gcc") + "nm"
    listed = subprocess.run([nm, "-u", target], capture_output=True, text=True, check=True).stdout
    foreign = {line.split()[1] for line in listed.splitlines() if line.split()[0] == "U"}
    assert {symbol for symbol in foreign if not symbol.startswith("__")} <= {"memset", "memcpy"}


@pytest.mark.parametrize("expression", ["EXPECT_EQUAL(0.5, 0)", 'EXPECT_EQUAL("a", "a")'])
def test_what_is_no_integer_does_not_compile(expression, tmp_path):
    """A conversion would make 0.5 equal to 0."""
    source = tmp_path / "other.c"
    source.write_text(
        f'#include "integrad_test.h"\nINTEGRAD_TEST(compares) {{ {expression}; }}\nINTEGRAD_TESTS(compares)\n'
    )
    built = subprocess.run(
        ["gcc", "-std=c99", f"-I{DEVICE}/testing", "-fsyntax-only", source], capture_output=True, text=True
    )
    assert built.returncode and "invalid operands to binary |" in built.stderr


def test_a_case_that_is_not_in_the_table_does_not_compile(tmp_path):
    source = tmp_path / "forgotten.c"
    source.write_text(
        '#include "integrad_test.h"\n'
        "INTEGRAD_TEST(listed) {}\nINTEGRAD_TEST(forgotten) {}\nINTEGRAD_TESTS(listed)\n"
    )
    built = subprocess.run(
        ["gcc", "-std=c99", *WARNINGS, f"-I{DEVICE}/testing", "-c", source, "-o", tmp_path / "forgotten.o"],
        capture_output=True,
        text=True,
    )
    assert built.returncode and re.search(r"forgotten.* defined but not used", built.stderr)

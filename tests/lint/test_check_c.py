"""The checks of the exported C notice mistakes, look at everything, and every exception has a reason."""

import re

import check_c
import pytest

MISTAKES = {
    "a null pointer": (
        "int f(int *p, int a) { if (a) { p = 0; } return *p; }",
        "nullPointer",
        "NullDereference",
    ),
    "no initial value": ("int f(int a) { int b; if (a) { b = 1; } return b; }", "uninitvar", "UndefReturn"),
    "a division by zero": ("int f(int a) { int b = 0; return a / b; }", "zerodiv", "DivideZero"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes_are_found(name, tmp_path):
    text, by_cppcheck, by_clang_tidy = MISTAKES[name]
    (tmp_path / "a.c").write_text(f"{text}\n")
    assert by_cppcheck.lower() in check_c.findings(check_c.cppcheck([tmp_path / "a.c"])).lower()
    assert by_clang_tidy.lower() in check_c.findings(check_c.clang_tidy(tmp_path, [tmp_path / "a.c"])).lower()


def test_a_missing_tool_is_an_error():
    with pytest.raises(SystemExit, match="no-such-tool is missing"):
        check_c.find("no-such-tool")


def test_every_file_is_looked_at(tmp_path):
    """all_kernels.h includes the sources of the runtime."""
    words = [str(word) for command in check_c.commands(tmp_path) for word in command]
    exported = tmp_path / "nitro-d"
    included = set(re.findall(r'"(\w+\.c)"', (exported / "integrad/all_kernels.h").read_text()))
    for path in exported.rglob("*.c"):
        assert str(path) in words or path.name in included, path
    assert {"-mcpu=cortex-m4", "-mcpu=cortex-m55"} <= set(words)


def test_exceptions_are_documented():
    exceptions = re.findall(r"^  -([\w.-]+)", (check_c.ROOT / ".clang-tidy").read_text(), re.M)
    page = (check_c.ROOT / "docs/c-style.md").read_text()
    assert len(exceptions) > 5
    for name in (*exceptions, *check_c.SUPPRESSED):
        assert f"`{name}`" in page, name

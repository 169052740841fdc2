"""Line breaks of generated C."""

from integrad_codegen.c.layout import COLUMNS, commented, wrapped


def test_what_fits_stays_on_one_line():
    assert wrapped("int f", ["int a", "int b"], ";") == "int f(int a, int b);"
    assert wrapped("int f", ["void"], " {") == "int f(void) {"


def test_the_last_column_may_be_used_but_no_more():
    name = "x" * (COLUMNS - len("f(a, );"))
    assert wrapped("f", ["a", name], ";") == f"f(a, {name});"
    assert wrapped("f", ["a", name + "x"], ";") == f"f(a,\n  {name}x);"


def test_broken_lines_are_aligned_at_the_parenthesis():
    arguments = [f"const int16_t weights{i}[{i}]" for i in range(9)]
    lines = wrapped("static void forward", arguments, " {").split("\n")
    assert len(lines) == 4
    assert all(len(line) <= COLUMNS for line in lines)
    start = len("static void forward(")
    assert all(line[:start].isspace() and line[start] != " " for line in lines[1:])
    assert not any(line.endswith(" ") for line in lines)
    assert " ".join(line.strip() for line in lines) == f"static void forward({', '.join(arguments)}) {{"


def test_what_stands_before_the_opening_counts():
    arguments = ["y" * 40, "z" * 40]
    assert "\n" not in wrapped("f", arguments, ";")
    first, second = wrapped("f", arguments, ";", indent=20).split("\n")
    assert len(second) - len(second.lstrip()) == 20 + len("f(")
    assert 20 + len(first) <= COLUMNS


def test_comments_stand_in_one_column():
    assert commented([("int a;", "one"), ("int16_t abc;", "two")]) == [
        "int a;       /* one */",
        "int16_t abc; /* two */",
    ]
    assert commented([]) == []

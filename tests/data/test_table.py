"""Tables of text: what they mean, and one clear line with row and column for those that cannot be used."""

import csv
import json
import subprocess
import sys

import numpy as np
import pytest
from click.testing import CliRunner

from integrad.cli import main
from integrad.datasets import TableOptions, load_dataset, load_samples
from integrad.errors import IntegradError, UsageError

LABEL = TableOptions(label="kind")
ROWS = [["1", "2.5", "rest"], ["3", "-4e-3", "walk"], ["5", "6", "rest"], ["-7", "8.25", "walk"]]
HEADER = ["a", "b", "kind"]


def write(path, rows=ROWS, header=HEADER, delimiter=",", encoding="utf-8", **options):
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=delimiter, **options).writerows([header, *rows])
    return path


def refused(path, options=LABEL, error=IntegradError):
    with pytest.raises(error) as caught:
        load_dataset(path, table=options)
    text = str(caught.value)
    assert "\n" not in text and str(path) in text and len(text) < 400
    return text


FORMS = [
    {},
    {"delimiter": ";"},
    {"delimiter": "\t"},
    {"encoding": "utf-8-sig"},
    {"quoting": csv.QUOTE_ALL},
    {"lineterminator": "\n"},
]


@pytest.mark.parametrize("options", FORMS, ids=str)
def test_forms_of_tables(tmp_path, options):
    dataset = load_dataset(write(tmp_path / "t.csv", **options), table=LABEL)
    assert dataset.x.tolist() == [[1, 2.5], [3, -0.004], [5, 6], [-7, 8.25]]
    assert dataset.class_names == ["rest", "walk"] and dataset.y.tolist() == [0, 1, 0, 1]
    assert dataset.channel_names == ["a", "b"] and dataset.axes == "F" and dataset.label_column == "kind"


def test_integers_stay_integers(tmp_path):
    rows = [[row[0], row[0], row[2]] for row in ROWS]
    dataset = load_dataset(write(tmp_path / "t.csv", rows), table=LABEL)
    assert dataset.x.dtype == np.int16 and dataset.x[3].tolist() == [-7, -7]


def test_a_float_far_down_makes_floats(tmp_path):
    rows = [["1", str(n), "xy"[n % 2]] for n in range(9000)] + [["0.5", "9000", "x"]]
    dataset = load_dataset(write(tmp_path / "t.csv", rows), table=LABEL)
    assert dataset.x.dtype == np.float64 and dataset.x[-1].tolist() == [0.5, 9000.0]
    assert dataset.x[:9000, 1].tolist() == list(range(9000))


def test_labels_that_are_integers_are_ordered_as_such(tmp_path):
    rows = [["1", "2", str(label)] for label in (10, 9, -1, 10)]
    dataset = load_dataset(write(tmp_path / "t.csv", rows), table=LABEL)
    assert dataset.class_names == ["-1", "9", "10"] and dataset.y.tolist() == [2, 1, 0, 2]


def test_quotes_blank_lines_and_spaces(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text('"a, in g", b ,kind\n\n1, 2.5, "rest, long"\n3,4,"say ""hi"""\n5,6,"rest, long"\n  \n')
    dataset = load_dataset(path, table=LABEL)
    assert dataset.channel_names == ["a, in g", "b"] and dataset.class_names == ["rest, long", 'say "hi"']
    assert len(dataset) == 3


def test_groups_and_dropped_columns(tmp_path):
    rows = [[str(n), *row, f"s{n // 2}"] for n, row in enumerate(ROWS)]
    path = write(tmp_path / "t.csv", rows, ["", *HEADER, "subject"])
    dataset = load_dataset(path, table=TableOptions("kind", "subject", ("b",)))
    assert dataset.x.tolist() == [[1], [3], [5], [-7]] and dataset.group == "subject"
    assert dataset.keys["subject"].tolist() == ["s0", "s0", "s1", "s1"]
    assert dataset.ignored == ("the first column, which has no name", "b")


def test_columns_are_chosen_by_their_names(tmp_path):
    path = write(tmp_path / "t.csv")
    options = TableOptions("kind", features=("b", "a"), floats=True)
    assert load_dataset(path, table=options).x[0].tolist() == [2.5, 1.0]
    assert load_samples(path, TableOptions(features=("a",), floats=True)).tolist() == [[1], [3], [5], [-7]]
    assert "has no column c, which the model was trained on; columns: a, b, kind" in refused(
        path, TableOptions("kind", features=("a", "c"))
    )


MISSING = ["", "NA", "nan", " ", "null", "?", "N/A"]


@pytest.mark.parametrize("value", MISSING)
def test_missing_values(tmp_path, value):
    rows = [*ROWS, ["1", value, "rest"]]
    text = refused(write(tmp_path / "t.csv", rows))
    assert (
        "row 5 (line 6), column b: the value " in text and "is missing; fill it in or remove the row" in text
    )


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (["x", "2", "rest"], "row 5 (line 6), column a: 'x' is not a number; correct it, or exclude"),
        (["1", "inf", "rest"], "row 5 (line 6), column b: 'inf' is not finite"),
        (["1", "1,5", "rest"], "row 5 (line 6), column b: '1,5' has a decimal comma"),
        (["1", "2", ""], "row 5 (line 6), column kind: the label is missing"),
        (["1", "2", "a\x07b"], "row 5 (line 6), column kind: a label must have 1 to 64 printable characters"),
        (["1", "2", "y" * 65], "row 5 (line 6), column kind: a label must have"),
        (["1", "2"], "row 5 (line 6): has 2 values, but there are 3 columns"),
        (["1", "2", "3", "4"], "row 5 (line 6): has 4 values, but there are 3 columns"),
    ],
)  # fmt: skip
def test_bad_rows(tmp_path, row, words):
    assert words in refused(write(tmp_path / "t.csv", [*ROWS, row]))


def test_bad_value_far_down(tmp_path):
    rows = [["1", "2", "ab"[n % 2]] for n in range(10_000)]
    rows[8765] = ["1", "two", "a"]
    assert "row 8,766 (line 8,767), column b: 'two' is not a number" in refused(
        write(tmp_path / "t.csv", rows)
    )


@pytest.mark.parametrize(
    ("header", "words"),
    [
        (["a", "a", "kind"], "columns 1 and 2 are both named 'a'; rename one"),
        (["a", "", "kind"], "column 2 has no name"),
        (["a", "b\x07", "kind"], "column 2 is named"),
    ],
)
def test_bad_headers(tmp_path, header, words):
    assert words in refused(write(tmp_path / "t.csv", header=header))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (TableOptions(), "--label must name the column with the classes; columns: a, b, kind"),
        (TableOptions("sort"), "--label sort: "),
        (TableOptions("kind", "who"), "--group who: "),
        (TableOptions("kind", None, ("z",)), "--drop z: "),
        (TableOptions("kind", None, ("kind",)), "--drop kind: is the column of --label or --group"),
        (TableOptions("kind", "kind"), "--group kind: is the column of --label"),
    ],
)
def test_columns_that_do_not_exist(tmp_path, options, words):
    with pytest.raises(UsageError, match="column") as caught:
        load_dataset(write(tmp_path / "t.csv"), table=options)
    assert words in str(caught.value)


def test_files_that_are_no_tables(tmp_path):
    path = tmp_path / "t.csv"
    for data, words in (
        (b"", "is empty; expected a header row"),
        (b"a,b,kind\n", "has no rows besides the header"),
        ("a,b,kind\n1,2,é\n".encode("latin-1"), "is no UTF-8 text; save the table with the encoding UTF-8"),
        (b'a,b,kind\n1,2,"open\n3,4,x\n', "check the quotes around texts"),
        (b"a,b,kind\n1,2,\0\n", "row 1" if sys.version_info >= (3, 11) else "line"),
        (b"kind\nx\ny\n", "no column remains as a feature"),
        (b"a,b,kind\n1,2,x\n3,4,x\n", "column kind contains a single class (x)"),
    ):
        path.write_bytes(data)
        assert words in refused(path), words
    assert "no such file" in refused(tmp_path / "none.csv")
    assert "more than 255 different labels" in refused(
        write(path, [["1", "2", f"label {n}"] for n in range(300)])
    )


def test_options_are_for_tables_alone(tmp_path):
    np.savez(tmp_path / "d.npz", x=np.zeros((4, 2), np.int16), y=[0, 1, 0, 1])
    with pytest.raises(UsageError, match="--label, --group and --drop are for tables"):
        load_dataset(tmp_path / "d.npz", table=LABEL)


def test_a_million_rows_take_bounded_memory(tmp_path):
    path, count = tmp_path / "t.csv", 1_000_000
    block = "".join(f"{n % 97},{n % 89 * 0.25},{n % 7}.5,{'abc'[n % 3]}\n" for n in range(97 * 89 * 7))
    with path.open("w") as file:
        file.write("p,q,r,kind\n")
        written = 0
        while written < count:
            lines = block.splitlines(keepends=True)[: count - written]
            file.writelines(lines)
            written += len(lines)
    script = f"""
import resource
from integrad.datasets import TableOptions, load_dataset
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
dataset = load_dataset({str(path)!r}, table=TableOptions("kind"))
print(len(dataset), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    rows, kilobytes = map(int, done.stdout.split())
    assert rows == count
    assert kilobytes * 1024 < 6 * count * 3 * 8, "less than six times the values as float64"


def invoke(*arguments):
    return CliRunner().invoke(main, list(map(str, arguments)))


def test_commands_take_tables(tmp_path):
    rng = np.random.default_rng(0)
    rows = []
    for n in range(240):
        pressure = 101_325 + 100 * rng.normal()
        rows.append(
            [
                n,
                f"{pressure:.1f}",
                f"{(1 if n % 2 else -1) + 0.1 * rng.normal():.4f}",
                f"s{n % 8}",
                ["up", "down"][n % 2],
            ]
        )
    header = ["", "pressure", "tilt", "subject", "way"]
    path, model = write(tmp_path / "tilt.csv", rows, header), tmp_path / "tilt.model"
    columns = ("--label", "way", "--group", "subject")
    shown = invoke("data", path, *columns)
    assert shown.exit_code == 0 and "tilt" in shown.output and "which has no name" in shown.output
    trained = invoke("train", path, *columns, "--model", "mlp:8", "--epochs", 10, "--holdout", "subject=s3",
                     "--out", model, "--json", tmp_path / "out.json")  # fmt: skip
    assert trained.exit_code == 0, trained.output
    assert json.loads((tmp_path / "out.json").read_text())["test_accuracy"] > 0.9
    turned = [[row[4], "no number", row[2], row[1]] for row in rows]
    other = write(tmp_path / "other.csv", turned, ["way", "note", "tilt", "pressure"])
    evaluated = invoke("evaluate", model, other, "--json", tmp_path / "out.json")
    assert evaluated.exit_code == 0, evaluated.output
    assert json.loads((tmp_path / "out.json").read_text())["accuracy"] > 0.9
    for arguments, status, words in (
        (("data", path), 2, "--label must name"),
        (("train", path, "--label", "direction", "--model", "mlp:8", "--out", model), 2, "no such column"),
        (
            ("train", path, "--label", "way", "--model", "mlp:8", "--out", model),
            1,
            "row 1 (line 2), column subject: 's0'",
        ),
        (("evaluate", model, path, "--label", "sort"), 2, "no such column"),
        (("data", "--label", "way"), 2, "--label requires NAME_OR_PATH"),
    ):
        result = invoke(*arguments)
        assert result.exit_code == status and words in result.output, result.output
        assert "Traceback" not in result.output

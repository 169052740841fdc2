"""Unusable files are rejected with a one-line message that names the file, the array and a remedy."""

import re
import struct
import warnings

import numpy as np
import pytest
from archives import npy, samples, save, save_members
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from integrad.datasets import load_dataset
from integrad.errors import IntegradError, UsageError

X, Y = samples()
NAN = np.where(np.arange(48).reshape(12, 4) == 14, np.nan, 1.5)

BAD_ARRAYS = {
    "y missing": ({"x": X}, "contains x; expected x and y"),
    "nothing known": ({"data": X, "labels": Y}, "contains data, labels; expected x and y"),
    "no arrays": ({}, "contains no arrays"),
    "lengths": ({"x": X, "y": Y[:-1]}, "x has 12 samples but y has 11"),
    "scalar x": ({"x": 3, "y": Y}, r"x has shape \(\)"),
    "scalar y": ({"x": X, "y": 3}, "y is a single value"),
    "one axis": ({"x": X[:, 0], "y": Y}, r"x has shape \(12,\).*reshape"),
    "too many axes": ({"x": X.reshape(12, 2, 2, 1, 1), "y": Y}, "expected samples × 1 to 3 axes.*reshape"),
    "empty": ({"x": X[:0], "y": Y[:0]}, r"x is empty \(shape \(0, 4\)"),
    "axis of length 0": ({"x": X[:, :0], "y": Y}, r"x is empty \(shape \(12, 0\)"),
    "complex": ({"x": X + 1j, "y": Y}, "x is complex128; samples must be integers or floats"),
    "text samples": ({"x": X.astype(str), "y": Y}, "x is <U3; samples must be"),
    "dates": ({"x": X.astype("M8[s]"), "y": Y}, "x is datetime64"),
    "nan": ({"x": NAN, "y": Y}, r"x\[3, 2\] is nan; remove or replace"),
    "inf": ({"x": np.where(np.isnan(NAN), -np.inf, NAN), "y": Y}, r"x\[3, 2\] is -inf"),
    "long doubles": ({"x": np.full((12, 4), np.longdouble("1e400")), "y": Y}, r"x\[0, 0\] is inf"),
    "wide integers": (
        {"x": X.astype(np.int64) << 40, "y": Y},
        "x .int64. ranges from .* exceeds int32; scale",
    ),
    "float labels": ({"x": X, "y": Y * 1.0}, r"y is float64, labels must be integers; save y.astype\(int\)"),
    "one-hot labels": ({"x": X, "y": np.eye(3)[Y]}, r"y has shape \(12, 3\).*argmax"),
    "label column": ({"x": X, "y": Y[:, None]}, r"y has shape \(12, 1\).*ravel"),
    "one class": ({"x": X, "y": Y * 0}, "y contains a single class"),
    "one text class": ({"x": X, "y": np.array(["yes"] * 12)}, "y contains a single class .'yes'."),
    "many classes": (
        {"x": np.zeros((300, 2), np.uint8), "y": np.arange(300)},
        "y has 300 classes, at most 255",
    ),
    "control character": ({"x": X, "y": np.array(["a", "b\n", "c"])[Y]}, r"y contains 'b\\n'; names must"),
    "names too few": ({"x": X, "y": Y, "class_names": ["a", "b"]}, "class_names has 2 names but y has 3"),
    "name twice": ({"x": X, "y": Y, "class_names": ["a", "b", "a"]}, "class_names contains a name twice"),
    "floats as names": (
        {"x": X, "y": Y, "class_names": [1.0, 2.0, 3.0]},
        "class_names must be a .* of strings",
    ),
    "bytes that are no text": (
        {"x": X, "y": np.array([b"caf\xe9", b"caf\xe8", b"th\xe9"])[Y]},
        r"y contains b'caf\\xe9', which is no UTF-8 text; save np.char.decode",
    ),
    "groups that are no text": (
        {"x": X, "y": Y, "group": np.array([b"a", b"\xe8"])[Y % 2]},
        r"group contains b'\\xe8', which is no UTF-8 text",
    ),
    "empty name": ({"x": X, "y": Y, "class_names": ["a", "", "c"]}, "class_names contains ''"),
    "other names": (
        {"x": X, "y": np.array(list("abc"))[Y], "class_names": list("abd")},
        "class_names and the labels in y differ: c, d",
    ),
    "test length": ({"x": X, "y": Y, "test": np.zeros(11, bool)}, r"test has shape \(11,\), expected"),
    "test floats": ({"x": X, "y": Y, "test": np.zeros(12)}, "test .float64. must be a boolean mask"),
    "test indices": ({"x": X, "y": Y, "test": np.arange(12)}, "test .int64. must be a boolean mask"),
    "test everything": ({"x": X, "y": Y, "test": np.ones(12, bool)}, "test marks every sample"),
    "class only in test": ({"x": X, "y": Y, "test": Y == 2}, "no training samples of class 2; move some"),
    "group length": ({"x": X, "y": Y, "group": Y[:-1]}, r"group has shape \(11,\)"),
    "group floats": ({"x": X, "y": Y, "group": Y * 1.0}, "group .float64. must contain integers or strings"),
    "parts missing": ({"x_train": X, "y_train": Y}, "has x_train, y_train but not x_test, y_test"),
    "both forms": (
        {"x": X, "x_train": X, "y_train": Y, "x_test": X, "y_test": Y},
        "contains x in addition to x_train.*keep one form",
    ),
    "x_test shape": (
        {"x_train": X, "y_train": Y, "x_test": X[:, :3], "y_test": Y},
        r"x_train \(4,\), x_test \(3,\)\); they must match",
    ),
    "x_test dtype": (
        {"x_train": X, "y_train": Y, "x_test": X / 2, "y_test": Y},
        "x_train is uint8, x_test is float64",
    ),
    "y_test kind": (
        {"x_train": X, "y_train": Y, "x_test": X, "y_test": Y.astype(str)},
        "y_train is int64, y_test is <U",
    ),
    "y_test length": (
        {"x_train": X, "y_train": Y, "x_test": X, "y_test": Y[1:]},
        "x_test has 12 samples but y_test has 11",
    ),
    "x_test empty": ({"x_train": X, "y_train": Y, "x_test": X[:0], "y_test": Y[:0]}, "x_test is empty"),
    "joined as floats": (
        {"x_train": X.astype(np.int64), "y_train": Y, "x_test": X.astype(np.uint64), "y_test": Y},
        "x_train is int64, x_test is uint64",
    ),
    "new class in test": (
        {"x_train": X, "y_train": Y, "x_test": X, "y_test": np.where(Y == 2, 3, Y)},
        "no training samples of class 3",
    ),
}


def message(path, axes=None) -> str:
    """The error that loading gives: one line that begins with the file."""
    with pytest.raises(IntegradError) as caught:
        load_dataset(path, axes)
    text = str(caught.value)
    assert text.startswith(str(path)) and len(text.splitlines()) == 1
    return text


@pytest.mark.parametrize("case", BAD_ARRAYS)
def test_bad_arrays(tmp_path, case):
    arrays, pattern = BAD_ARRAYS[case]
    assert re.search(pattern, message(save(tmp_path / "d.npz", **arrays)))


def test_object_array_is_never_unpickled(tmp_path):
    class Bomb:
        def __reduce__(self):
            return (pytest.fail, ("it was unpickled",))

    path = save(tmp_path / "d.npz", x=X, y=Y, extra=np.array([Bomb()], object))
    assert "extra is an array of Python objects" in message(path)


def test_missing_file(tmp_path):
    assert "no such file (bundled: magic-wand, spoken-digits)" in message(tmp_path / "none.npz")


def test_unknown_name_lists_the_bundled_ones():
    with pytest.raises(UsageError, match=r"no such data set \(bundled: magic-wand, spoken-digits\)"):
        load_dataset("spoken-digit")


def test_directory(tmp_path):
    assert "is a directory" in message(tmp_path)


def test_no_permission(tmp_path, monkeypatch):
    path = save(tmp_path / "d.npz", x=X, y=Y)

    def refuse(*args, **kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(path), "open", refuse)
    assert "permission denied; make it readable" in message(path)


def test_read_error(tmp_path, monkeypatch):
    path = save(tmp_path / "d.npz", x=X, y=Y)

    def fail(*args, **kwargs):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(type(path), "open", fail)
    assert "cannot be read: Input/output error" in message(path)


@pytest.mark.parametrize(
    "content", [b"", b"x,y\n1,2\n", b"\x80\x04\x95pickle"], ids=["empty", "csv", "pickle"]
)
def test_not_a_zip(tmp_path, content):
    path = tmp_path / "d.npz"
    path.write_bytes(content)
    assert "is not an .npz file; save one with" in message(path)


def test_single_array(tmp_path):
    path = tmp_path / "d.npy"
    np.save(path, X)
    assert "is a single array; save x and y in one file" in message(path)


def test_member_that_is_no_array(tmp_path):
    assert "contains readme.txt, which is not an array" in message(
        save_members(tmp_path / "d.npz", [("readme.txt", b"hello")])
    )


def test_array_twice(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = save_members(tmp_path / "d.npz", [("x.npy", npy(X)), ("y.npy", npy(Y)), ("x.npy", npy(X))])
    assert "contains x twice" in message(path)


def test_unprintable_name(tmp_path):
    assert r"named 'x\n.npy'" in message(save_members(tmp_path / "d.npz", [("x\n.npy", npy(X))]))


def test_arrays_without_a_meaning_are_not_read(tmp_path):
    """A few kilobytes may hold gigabytes of zeros; here the values are missing altogether."""
    header = b"{'descr': '|u1', 'fortran_order': False, 'shape': (3221225472,), }\n"
    junk = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header
    members = [("x.npy", npy(X)), ("y.npy", npy(Y)), ("junk.npy", junk)]
    assert load_dataset(save_members(tmp_path / "d.npz", members)).ignored == ("junk",)


def test_header_that_promises_too_much(tmp_path):
    header = b"{'descr': '|u1', 'fortran_order': False, 'shape': (99999999999999999, 4), }\n"
    content = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + bytes(8)
    path = save_members(tmp_path / "d.npz", [("x.npy", content), ("y.npy", npy(Y))])
    assert re.search("x (does not fit in memory|is damaged or truncated)", message(path))


def test_bytes_after_the_array(tmp_path):
    path = save_members(tmp_path / "d.npz", [("x.npy", npy(X) + b"more"), ("y.npy", npy(Y))])
    assert "x is damaged or truncated" in message(path)


@pytest.mark.parametrize("order", "<>")
def test_characters_that_do_not_exist(tmp_path, order):
    """NumPy reads any 32-bit number as a character, and fails where the string is used."""
    labels = np.array([0x10FFFF, 0x110000], f"{order}u4").view(f"{order}U1").repeat(6)
    path = save(tmp_path / "d.npz", x=X, y=labels)
    with pytest.raises(IntegradError, match=r"d\.npz: y is damaged .*a character that does not exist"):
        load_dataset(path)


def test_every_truncation(tmp_path):
    whole = save(tmp_path / "whole.npz", x=X, y=Y).read_bytes()
    path = tmp_path / "cut.npz"
    for length in range(8, len(whole)):
        path.write_bytes(whole[:length])
        assert "damaged or truncated" in message(path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=400)
@given(data=st.data())
def test_damaged_bytes_load_or_give_one_line(tmp_path, data):
    path = tmp_path / "d.npz"
    writer = data.draw(st.sampled_from([np.savez, np.savez_compressed]))
    writer(path, x=X, y=Y, test=Y > 1000, speaker=np.array(["a", "b", "c"])[Y])
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            load_dataset(path)
        except IntegradError as error:
            assert len(str(error).splitlines()) == 1


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=300)
@given(
    st.lists(
        st.tuples(st.integers(0, 127), st.sampled_from(b"0189(){}[]',:-<>|?fiuOSUVM\x00\xff")), max_size=5
    )
)
def test_hostile_array_headers_load_or_give_one_line(tmp_path, changes):
    content = bytearray(npy(X))
    for position, value in changes:
        content[position] = value
    path = save_members(tmp_path / "d.npz", [("x.npy", bytes(content)), ("y.npy", npy(Y))])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            load_dataset(path)
        except IntegradError as error:
            assert len(str(error).splitlines()) == 1


@pytest.mark.parametrize("change", ["{'descr': ", "(" * 100, "'" * 3])
def test_unparsable_array_header(tmp_path, change):
    content = npy(X)
    path = save_members(
        tmp_path / "d.npz", [("x.npy", content[:10] + change.encode().ljust(118) + content[128:])]
    )
    assert "x is damaged or truncated" in message(path)

"""Data sets from .npz files: the meaning of their arrays.

There are two forms: `x, y` with the optional `group`, `test`, `class_names`, `channel_names`; or `x_train,
y_train, x_test, y_test`, which are concatenated. Any other one-dimensional array with one integer, boolean
or string per sample is a key (`speaker`, `record`; in the second form as `speaker_train` and `speaker_test`),
by which samples can be selected. All other arrays are ignored and listed as such.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from integrad.datasets.archive import Shapes, read_chosen
from integrad.datasets.dataset import KEY_KINDS, Dataset, build_dataset
from integrad.datasets.samples import check_samples
from integrad.errors import IntegradError

PARTS = ("x_train", "y_train", "x_test", "y_test")
GROUP = "group"
GROUPS = (GROUP, f"{GROUP}_train", f"{GROUP}_test")
MEANINGS = {"x", "y", "test", "class_names", "channel_names", *PARTS, *GROUPS}
KINDS = {"b": "integers", "i": "integers", "u": "integers", "f": "floats", "S": "bytes", "U": "strings"}
"""Arrays of the same sort can be concatenated; integers of different widths become the wider type."""


def load_npz(path: Path, axes: str | None = None) -> Dataset:
    """Read and check one file. Raises IntegradError naming file and field, UsageError for bad axes."""
    arrays, unread = read_chosen(path, _choose)
    source = str(path)
    if set(arrays) & set(PARTS):
        arrays = _join_parts(source, arrays)
    elif not {"x", "y"} <= set(arrays):
        found = ", ".join(sorted([*arrays, *unread])) or "no arrays"
        raise IntegradError(f"{source}: contains {found}; expected x and y, or {', '.join(PARTS)}")
    x, y = arrays.pop("x"), arrays.pop("y")
    test, class_names = arrays.pop("test", None), arrays.pop("class_names", None)
    channel_names = arrays.pop("channel_names", None)
    keys = {name: values for name, values in arrays.items() if name == GROUP or _is_key(values, _length(x))}
    return build_dataset(
        source,
        x,
        y,
        test=test,
        keys=keys,
        class_names=class_names,
        channel_names=channel_names,
        axes=axes,
        group=GROUP if GROUP in keys else None,
        ignored=tuple(sorted({*arrays, *unread} - set(keys))),
    )


def load_npz_samples(path: Path) -> np.ndarray:
    """The samples of a file, of training and testing, without their labels."""
    arrays, unread = read_chosen(path, lambda shapes: ["x"] if "x" in shapes else ["x_train", "x_test"])
    source = str(path)
    if "x" in arrays:
        return check_samples(source, arrays["x"])
    parts = [arrays[name] for name in ("x_train", "x_test") if name in arrays]
    if not parts:
        found = ", ".join(sorted(unread)) or "no arrays"
        raise IntegradError(f"{source}: contains {found}; expected x")
    joined = parts[0] if len(parts) == 1 else _join(source, "x", arrays)
    return check_samples(source, joined)


def _join_parts(source: str, arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Convert the second form to the first: x, y, test and keys; other arrays are unchanged."""
    if missing := [name for name in PARTS if name not in arrays]:
        present = ", ".join(name for name in PARTS if name in arrays)
        raise IntegradError(
            f"{source}: has {present} but not {', '.join(missing)}; save all four, or x and y"
        )
    if both := sorted({"x", "y", "test"} & set(arrays)):
        raise IntegradError(
            f"{source}: contains {', '.join(both)} in addition to {', '.join(PARTS)}; keep one form"
        )
    counts = [_length(arrays["x_train"]), _length(arrays["x_test"])]
    for part, count in zip(("train", "test"), counts, strict=True):
        if count != (labels := _length(arrays[f"y_{part}"])):
            raise IntegradError(
                f"{source}: x_{part} has {count:,} samples but y_{part} has {labels:,}; they must match"
            )
    if counts[1] == 0:
        raise IntegradError(f"{source}: x_test is empty; save the data as x and y if there is no test set")
    joined = {"x": _join(source, "x", arrays), "y": _join(source, "y", arrays)}
    joined["test"] = np.repeat([False, True], counts)
    rest = {name: values for name, values in arrays.items() if name not in PARTS}
    for name in sorted({name.removesuffix("_train") for name in rest if name.endswith("_train")}):
        if f"{name}_test" in rest and name not in {*rest, "x", "y", "test", ""}:
            joined[name] = _join(source, name, rest)
            del rest[f"{name}_train"], rest[f"{name}_test"]
    return joined | rest


def _join(source: str, name: str, arrays: dict[str, np.ndarray]) -> np.ndarray:
    train, test = arrays[f"{name}_train"], arrays[f"{name}_test"]
    if train.shape[1:] != test.shape[1:]:
        shapes = f"{name}_train {train.shape[1:]}, {name}_test {test.shape[1:]}"
        raise IntegradError(f"{source}: shapes of items differ ({shapes}); they must match")
    kind = KINDS.get(train.dtype.kind)
    if kind is None or kind != KINDS.get(test.dtype.kind) or _would_round(train, test):
        raise IntegradError(
            f"{source}: {name}_train is {train.dtype}, {name}_test is {test.dtype}; "
            "save both as integers, both as floats or both as strings of the same kind"
        )
    return np.concatenate([train, test])


def _would_round(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether concatenation would yield floats, as it does for int64 and uint64."""
    return a.dtype.kind != "f" and np.result_type(a, b).kind == "f"


def _choose(shapes: Shapes) -> set[str]:
    """Names of the arrays that have a meaning or may be keys. The others may be of any size."""
    lengths = {shapes[name][0] for name in ("x", "x_train", "x_test") if shapes.get(name)}
    return {
        name
        for name, shape in shapes.items()
        if name in MEANINGS or (len(shape) == 1 and shape[0] in lengths)
    }


def _length(array: np.ndarray) -> int:
    """Number of samples; 0 for a scalar, which is rejected as x and as y."""
    return array.shape[0] if array.ndim else 0


def _is_key(values: np.ndarray, samples: int) -> bool:
    return values.shape == (samples,) and values.dtype.kind in KEY_KINDS

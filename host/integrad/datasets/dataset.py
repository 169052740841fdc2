"""Dataset: samples, labels and further keys of each sample, validated when it is created."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from integrad.datasets import axes as layouts
from integrad.datasets.labels import as_text, check_labels, check_names, check_training_classes
from integrad.datasets.samples import check_samples
from integrad.errors import IntegradError

KEY_KINDS = "biuSU"
"""NumPy kinds allowed for keys: keys are compared with text, so floats are excluded."""


@dataclass(frozen=True)
class Dataset:
    """N labelled samples.

    name: bundled name or file path. x: (N, ...) in one of samples.RAW_DTYPES or float64, in the
    layout `axes` (axes.py). y: int64 (N,) in 0 … len(class_names) - 1. keys: per-sample arrays (N,)
    of integers, booleans or strings, such as speaker. test: bool (N,), or None if the data has no
    test set. group: the key whose groups a validation split keeps together, or None.
    channel_names: one name per channel, or None. label_column: of a table, else None.
    axes_given: whether `axes` was given by the caller or by the data set instead of detected.
    ignored: names of arrays in the file that are not used. sha256: hex digest of x and y.
    """

    name: str
    x: np.ndarray
    y: np.ndarray
    class_names: list[str]
    keys: dict[str, np.ndarray]
    test: np.ndarray | None
    axes: str
    sha256: str
    group: str | None = None
    axes_given: bool = False
    ignored: tuple[str, ...] = ()
    channel_names: list[str] | None = None
    label_column: str | None = None

    def __len__(self) -> int:
        return len(self.x)

    @property
    def classes(self) -> int:
        """Number of classes."""
        return len(self.class_names)

    @property
    def sample_shape(self) -> tuple[int, ...]:
        """Shape of a raw sample, in the layout of the data."""
        return self.x.shape[1:]

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape of one network input: (F,), (C, 1, T) or (C, H, W)."""
        return layouts.input_shape(self.axes, self.sample_shape)


def build_dataset(
    name: str,
    x: np.ndarray,
    y: np.ndarray,
    *,
    test: np.ndarray | None = None,
    keys: Mapping[str, np.ndarray] | None = None,
    class_names: np.ndarray | None = None,
    channel_names: np.ndarray | None = None,
    axes: str | None = None,
    group: str | None = None,
    ignored: tuple[str, ...] = (),
    label_column: str | None = None,
) -> Dataset:
    """Validate arrays and build a Dataset. Errors are IntegradErrors that begin with the name.

    x: (N, ...) integers, booleans or floats; y: (N,) integers or strings; test: (N,) bool or 0/1; keys: name
    → (N,); class_names: (G,) and channel_names: (C,) strings or integers; axes: a layout of axes.py, or None
    to detect it.
    """
    x = check_samples(name, x)
    if y.ndim == 0 or len(x) != len(y):
        if y.ndim == 0:
            raise IntegradError(f"{name}: y is a single value, expected one label per sample")
        raise IntegradError(f"{name}: x has {len(x):,} samples but y has {len(y):,}; they must match")
    labels, names = check_labels(name, y, class_names)
    mask = _check_test(name, test, len(x))
    check_training_classes(name, labels if mask is None else labels[~mask], names)
    checked = {key: _check_key(name, key, values, len(x)) for key, values in (keys or {}).items()}
    layout = layouts.detect(x.shape[1:]) if axes is None else layouts.parse(axes, x.shape[1:])
    channels = None
    if channel_names is not None:
        channels = check_names(name, "channel_names", channel_names, "channel")
        if len(channels) != layouts.channels(layout, x.shape[1:]):
            found = layouts.channels(layout, x.shape[1:])
            raise IntegradError(
                f"{name}: channel_names has {len(channels)} names, expected one for each of {found} channels"
            )
    return Dataset(
        name=name,
        x=x,
        y=labels,
        class_names=names,
        keys=checked,
        test=mask,
        axes=layout,
        sha256=digest(x, labels),
        group=group,
        axes_given=axes is not None,
        ignored=ignored,
        channel_names=channels,
        label_column=label_column,
    )


def digest(x: np.ndarray, y: np.ndarray) -> str:
    """SHA-256 over dtype, shape and little-endian bytes of x and of y (as int64)."""
    sha = hashlib.sha256()
    for array in (x, y.astype(np.int64)):
        canonical = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
        sha.update(f"{canonical.dtype.name} {canonical.shape}\n".encode())
        sha.update(canonical.data)
    return sha.hexdigest()


def _check_test(name: str, test: np.ndarray | None, samples: int) -> np.ndarray | None:
    """The test mask as bool (N,); None if it marks no sample."""
    if test is None:
        return None
    if test.shape != (samples,):
        raise IntegradError(f"{name}: test has shape {test.shape}, expected ({samples},), a mask over x")
    if test.dtype.kind not in "biu" or not np.isin(test, (0, 1)).all():
        raise IntegradError(f"{name}: test ({test.dtype}) must be a boolean mask, True for test samples")
    mask = test.astype(bool)
    if mask.all():
        raise IntegradError(f"{name}: test marks every sample; some are required for training")
    return mask if mask.any() else None


def _check_key(name: str, key: str, values: np.ndarray, samples: int) -> np.ndarray:
    if values.shape != (samples,):
        raise IntegradError(
            f"{name}: {key} has shape {values.shape}, expected ({samples},), one value per sample"
        )
    if values.dtype.kind not in KEY_KINDS:
        raise IntegradError(f"{name}: {key} ({values.dtype}) must contain integers or strings")
    return as_text(name, key, values)

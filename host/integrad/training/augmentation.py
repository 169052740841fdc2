"""Augmentation: random shifts and mirroring of the samples of a training step.

Source: Pirillo, Colombo, Roveri, arXiv 2407.11698, who transform all samples of a batch alike.
Transforming each sample independently shows a network more positions in the same number of steps.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from integrad.errors import UsageError

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Augmentation:
    """How training samples are transformed. Time series are shifted and mirrored in time.

    crop: maximum shift in each direction in pixels, 0 for none. flip: 1 to mirror horizontally, else 0.
    by: "sample" shifts each sample independently and mirrors it with probability 1/2; "batch" shifts all
    samples alike with probability 1/2, and mirrors all of them with probability 1/2.
    """

    crop: int = 0
    flip: int = 0
    by: str = "sample"

    def check(self, input_shape: Shape) -> None:
        """Raise UsageError, naming the setting and its option, if it cannot be applied to these samples."""
        off = {"augment_crop": "--augment-crop 0", "augment_flip": "--no-augment-flip"}
        for name, value in (("augment_crop", self.crop), ("augment_flip", self.flip)):
            if value and len(input_shape) == 1:
                raise UsageError(
                    f"{name} requires images or time series, but the samples are {input_shape[0]} features: "
                    f"disable it with {off[name]}"
                )
        if self.crop:
            least = min(input_shape[1:]) if input_shape[1] > 1 else input_shape[2]
            if self.crop >= least:
                raise UsageError(
                    f"augment_crop of {self.crop} is too large for samples of "
                    f"{'x'.join(map(str, input_shape))}: set --augment-crop to less than {least}"
                )

    def apply(self, x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """x: int8 (B, C, H, W) → int8 (B, C, H, W); x itself is not modified.

        Order of the random draws: by batch, whether to shift, then (top, left), then whether to mirror; by
        sample, all (top, left), then which samples to mirror. Nothing is drawn for a disabled transformation.
        """
        if self.crop and (self.by == "sample" or rng.integers(0, 2)):
            margins = np.array([self.crop if x.shape[2] > 1 else 0, self.crop])
            size = (len(x), 2) if self.by == "sample" else 2
            x = shift(x, margins, rng.integers(0, 2 * margins + 1, size))
        if self.flip:
            x = mirror(x, rng.integers(0, 2, len(x) if self.by == "sample" else None))
        return x


def shift(x: np.ndarray, margins: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """x: int8 (B, C, H, W) → int8 (B, C, H, W), cropped from x padded with its smallest value.

    margins: (2,), rows of padding above and below, columns left and right. offsets: top and left position of
    the crop, 0…2·margins, (2,) for all samples or (B, 2); an offset equal to the margin does not shift.
    """
    batch, channels, height, width = x.shape
    rows, columns = margins
    padded = np.full((batch, channels, height + 2 * rows, width + 2 * columns), x.min(), x.dtype)
    padded[:, :, rows : rows + height, columns : columns + width] = x
    if offsets.ndim == 1:
        top, left = offsets
        return np.ascontiguousarray(padded[:, :, top : top + height, left : left + width])
    windows = sliding_window_view(padded, (height, width), axis=(2, 3))
    return np.ascontiguousarray(windows[np.arange(batch), :, offsets[:, 0], offsets[:, 1]])


def mirror(x: np.ndarray, chosen: np.ndarray | int) -> np.ndarray:
    """x: int8 (B, C, H, W) → the same shape, mirrored horizontally where `chosen`, a scalar or (B,), is 1."""
    if np.ndim(chosen) == 0:
        return np.ascontiguousarray(x[..., ::-1]) if chosen else x
    mirrored = x.copy()
    # Indexing is several times faster here than a mask.
    which = np.flatnonzero(chosen)
    mirrored[which] = x[which][..., ::-1]
    return mirrored

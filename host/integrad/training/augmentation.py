"""Augmentation: the samples of a training step shifted and mirrored, drawn anew in every step.

Source: Pirillo, Colombo, Roveri, arXiv 2407.11698, who change all samples of a batch alike.
Changing each by its own draw shows a network more positions in the same number of steps.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from integrad.errors import UsageError

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Augmentation:
    """How training samples are changed. Series are shifted and mirrored along time.

    crop: pixels of the largest shift to each side, 0 for none. flip: 1 mirrors left and right, 0 does not.
    by: "sample" shifts each sample by a draw of its own and mirrors it with probability 1/2; "batch"
    shifts all of them alike with probability 1/2, and mirrors all of them with probability 1/2.
    """

    crop: int = 0
    flip: int = 0
    by: str = "sample"

    def check(self, input_shape: Shape) -> None:
        """Raise UsageError, naming the setting and its option, if such samples cannot be changed so."""
        off = {"augment_crop": "--augment-crop 0", "augment_flip": "--no-augment-flip"}
        for name, value in (("augment_crop", self.crop), ("augment_flip", self.flip)):
            if value and len(input_shape) == 1:
                raise UsageError(
                    f"{name} needs images or series, but the samples are {input_shape[0]} features: "
                    f"switch it off with {off[name]}"
                )
        if self.crop:
            least = min(input_shape[1:]) if input_shape[1] > 1 else input_shape[2]
            if self.crop >= least:
                raise UsageError(
                    f"augment_crop of {self.crop} is too large for samples of "
                    f"{'x'.join(map(str, input_shape))}: set --augment-crop to less than {least}"
                )

    def apply(self, x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """x: int8 (B, C, H, W) → int8 (B, C, H, W); x itself does not change.

        What is drawn, in this order: by batch whether to shift, then (top, left), then whether to
        mirror; by sample all (top, left), then which to mirror. Without a crop or a flip nothing is.
        """
        if self.crop and (self.by == "sample" or rng.integers(0, 2)):
            margins = np.array([self.crop if x.shape[2] > 1 else 0, self.crop])
            size = (len(x), 2) if self.by == "sample" else 2
            x = shift(x, margins, rng.integers(0, 2 * margins + 1, size))
        if self.flip:
            x = mirror(x, rng.integers(0, 2, len(x) if self.by == "sample" else None))
        return x


def shift(x: np.ndarray, margins: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """x: int8 (B, C, H, W) → int8 (B, C, H, W), cut out of x with a margin of its smallest value.

    margins: (2,), rows above and below, columns left and right. offsets: top and left of what is cut
    out, 0…2·margins, (2,) for all samples or (B, 2); an offset of a margin leaves the sample in place.
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
    """x: int8 (B, C, H, W) → int8 like it, left and right exchanged where `chosen`, 0 or 1 or (B,), is 1."""
    if np.ndim(chosen) == 0:
        return np.ascontiguousarray(x[..., ::-1]) if chosen else x
    mirrored = x.copy()
    # Indices are several times faster here than a mask.
    which = np.flatnonzero(chosen)
    mirrored[which] = x[which][..., ::-1]
    return mirrored

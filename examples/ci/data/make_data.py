"""Make gestures.npz and strokes.npz from the strokes of the data set magic-wand, which integrad contains.

All its strokes are of one person, who is user "first" here. User "second" holds the wand rolled by 35
degrees: other strokes of the same person, turned by that angle. Run it again with: python data/make_data.py
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import numpy as np

POINTS, MOVES, STILL = 32, 3, 20
"""As in src/window.h: points of a sample, the distance that is a movement, the readings that end a stroke."""

UNIT = 128
"""The data set counts in 128ths of what the sensor can tell apart."""

ROLL_DEGREES = 35

SHARES = (
    ("first", 0, range(0, 70), False),  # the model is trained on these strokes of each digit
    ("first", 0, range(85, 100), True),
    ("second", ROLL_DEGREES, range(70, 100), False),  # the device learns from some of these
)
"""User, roll, strokes of each digit in the order of their recording, whether they test."""


def recorded_strokes() -> dict[str, list[np.ndarray]]:
    """Digit → its strokes, each int64 (readings, 2)."""
    with resources.as_file(resources.files("integrad.data") / "magic_wand.npz") as path:
        arrays = np.load(path)
        strokes = np.split(arrays["points_q15"].astype(np.int64) // UNIT, arrays["offset"][1:-1])
        return {str(digit): [strokes[i] for i in np.flatnonzero(arrays["y"] == digit)] for digit in range(10)}


def rolled(stroke: np.ndarray, degrees: float) -> np.ndarray:
    sine, cosine = np.sin(np.radians(degrees)), np.cos(np.radians(degrees))
    return np.rint(stroke @ np.array([[cosine, sine], [-sine, cosine]])).astype(np.int64)


def movement(stroke: np.ndarray) -> slice:
    """From the first movement to the last one before the wand is still, as window_add()."""
    anchor, still, begin, last = stroke[0], 0, None, 0
    for index, reading in enumerate(stroke):
        if np.abs(reading - anchor).max() >= MOVES:
            anchor, still, last = reading, 0, index
            begin = index if begin is None else begin
        elif begin is not None:
            still += 1
            if still == STILL:
                break
    return slice(begin, last + 1)


def sample_of(stroke: np.ndarray) -> np.ndarray:
    """int8 (POINTS, 2): evenly spaced points of the movement, around their mean, as window_sample()."""
    moved = stroke[movement(stroke)]
    position = np.arange(POINTS) * (len(moved) - 1)
    before, fraction = position // (POINTS - 1), (position % (POINTS - 1))[:, None]
    after = np.minimum(before + 1, len(moved) - 1)
    points = _divided(moved[before] * (POINTS - 1 - fraction) + moved[after] * fraction, POINTS - 1)
    return (points - _divided(points.sum(axis=0), POINTS)).clip(-127, 127).astype(np.int8)


def _divided(numerator: np.ndarray, divisor: int) -> np.ndarray:
    """The quotient, rounded towards zero as in C."""
    return np.sign(numerator) * (np.abs(numerator) // divisor)


def main() -> None:
    folder, recorded = Path(__file__).parent, recorded_strokes()
    rows = [
        (sample_of(rolled(recorded[digit][index], roll)), digit, user, test)
        for user, roll, share, test in SHARES
        for digit in recorded
        for index in share
    ]
    x, y, user, test = map(np.array, zip(*rows, strict=True))
    np.savez_compressed(folder / "gestures.npz", x=x, y=y, user=user, test=test)
    last = {digit: strokes[-1] for digit, strokes in recorded.items()}
    played = {digit: stroke[: movement(stroke).stop].astype(np.int8) for digit, stroke in last.items()}
    np.savez_compressed(folder / "strokes.npz", **played)


if __name__ == "__main__":
    main()

"""ROMFS images: files that MicroPython can read in place, without a copy in RAM."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

from integrad.build.micropython_source import INSTALL_WITH
from integrad.errors import IntegradError

FILLER = "_"


def romfs_image(files: Mapping[str, bytes]) -> bytes:
    """An image of these files (name → contents, one folder), in which weights start at even addresses.

    A file starts where the previous one ends, and the size of an image is even. Empty files with names of one
    or two letters are inserted to move weights to even addresses. Raises IntegradError if mpremote is not
    installed.
    """
    order = sorted(files, key=lambda name: (name.endswith(".weights"), name))
    most = sum(name.endswith(".weights") for name in order)
    for fillers in itertools.product(range(3), repeat=most + 1):
        image = _write(order, files, fillers)
        if all(image.index(files[name]) % 2 == 0 for name in order if name.endswith(".weights")):
            return image
    raise IntegradError("no ROMFS image with all weights at even addresses was found")


def _write(order: list[str], files: Mapping[str, bytes], fillers: tuple[int, ...]) -> bytes:
    try:
        from mpremote.romfs import VfsRomWriter
    except ImportError:
        raise IntegradError(f"ROMFS images require mpremote; {INSTALL_WITH}") from None
    writer, left = VfsRomWriter(), list(fillers)
    for name in order:
        if name.endswith(".weights") and (length := left.pop(0)):
            writer.mkfile(FILLER * length, b"")
        writer.mkfile(name, files[name])
    if left[0]:
        writer.mkfile(FILLER * left[0], b"")
    return writer.finalise()

"""Writing the files of an export together."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from json import loads
from pathlib import Path

from integrad.errors import IntegradError, UsageError
from integrad.export.leftovers import MARKER, leftovers, listed, remove
from integrad.files import utf8, write_together


def write_export(out: Path, files: Mapping[str, str | bytes], named: str = "--out") -> list[Path]:
    """Write all files below the folder `out` or, on an error such as a full disk, none. Returns the paths.

    Files of an earlier export of the same package that are no longer part of it are removed afterwards,
    unless somebody has changed them.

    named: what error messages call the folder. Raises UsageError if the folder holds another package.
    """
    _require_same_package(out, files, named)
    old, _ = leftovers(out, files)
    folders = [folder for name in files for folder in reversed((out / name).relative_to(out).parents)]
    new = [out / folder for folder in dict.fromkeys(folders) if not (out / folder).exists()]
    if out.exists() and not out.is_dir():
        raise IntegradError(f"{named} {out}: is a file, expected a folder")
    try:
        out.mkdir(parents=True, exist_ok=True)
        for folder in new:
            folder.mkdir(exist_ok=True)
    except OSError as error:
        raise IntegradError(f"{named} {out}: {error.strerror}: {error.filename}") from error
    contents = {name: data if isinstance(data, bytes) else utf8(data) for name, data in files.items()}
    contents = listed(contents)
    try:
        write_together({out / name: data for name, data in contents.items()})
    except IntegradError:
        for folder in reversed(new):
            with suppress(OSError):  # not empty
                folder.rmdir()
        raise
    remove(old, out)
    return [out / name for name in files]


def _require_same_package(out: Path, files: Mapping[str, str | bytes], named: str) -> None:
    """A package may replace itself only: two of them have files of the same names, and a build system may
    compile all files that it finds, so that other exports do not go into its folder either."""
    markers = {name: data for name, data in files.items() if Path(name).name == MARKER}
    for name in {MARKER: None, **markers}:
        new = _package(markers[name]) if name in markers else None
        folder = (out / name).parent
        try:
            old = _package((out / name).read_bytes())
        except (FileNotFoundError, NotADirectoryError):
            continue
        except (OSError, ValueError, KeyError, TypeError):
            if new is None:
                continue
            text = f"has an {MARKER} of something else; choose another folder"
            raise UsageError(f"{named} {folder}: {text}") from None
        if old != new:
            text = f"holds the {old[0]} package of {old[1]}; choose another folder"
            raise UsageError(f"{named} {folder}: {text}")


def _package(marker: str | bytes) -> tuple[str, str]:
    """(target, name) of a package."""
    fields = loads(marker)
    return str(fields["target"]), str(fields["name"])

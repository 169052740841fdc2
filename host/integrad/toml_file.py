"""Reading TOML files that people wrote, or that somebody sent them."""

from __future__ import annotations

from integrad.errors import IntegradError, one_line
from integrad.files import read_bounded

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10
    import tomli as tomllib

MAX_BYTES = 2**20
MOST_DOTS, MOST_DOTS_OF_ALL = 100, 20_000
"""In a line and in the file. Each may be a nested table, and the parser takes quadratic time and memory for
those of a line."""


def read_toml(path: str, what: str) -> dict:
    """The contents of a TOML file. what: is read, such as "a network file".

    Raises IntegradError, naming the file, if it is missing, too large or not TOML.
    """
    try:
        text = read_bounded(path, MAX_BYTES, what).decode("utf-8")
        if any(line.count(".") > MOST_DOTS for line in text.splitlines()):
            raise IntegradError(f"{path}: a line has more than {MOST_DOTS} dots, too many for {what}")
        if text.count(".") > MOST_DOTS_OF_ALL:
            raise IntegradError(f"{path}: has more than {MOST_DOTS_OF_ALL:,} dots, too many for {what}")
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # not UTF-8, not TOML
        raise IntegradError(f"{path}: is not TOML: {one_line(error)}") from error

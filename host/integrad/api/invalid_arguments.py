"""Errors of the packages below, in the words of somebody who called a function."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from integrad.errors import IntegradError, InvalidArgumentError


@contextmanager
def invalid_arguments() -> Iterator[None]:
    """Turn an IntegradError into an InvalidArgumentError, which is a ValueError too.

    Options of the command line that its message names become keyword arguments of the same meaning.
    """
    try:
        yield
    except InvalidArgumentError:
        raise
    except IntegradError as error:
        raise InvalidArgumentError(_as_keywords(str(error))) from None


def _as_keywords(text: str) -> str:
    """The message in one line, without the mark below a mistake in a notation."""
    first, *more = text.splitlines()
    text = f"{first} in {more[0].strip()!r}" if more else first
    text = re.sub(r"--([a-z][a-z-]*)", lambda option: option[1].replace("-", "_"), text)
    return re.sub(r"\bSPEC\b", "model", text)

"""The exceptions for errors that users can cause, and the category of notes to users; the command line prints
only their messages."""


class IntegradError(Exception):
    """A failure. The message is one line that names the file, the field and a remedy. Exit status 1."""


class UsageError(IntegradError):
    """Wrong usage of a command, such as a typo in SPEC or an unknown core. Exit status 2."""


class NotationError(UsageError):
    """A mistake in the short notation of networks, SPEC. Two more lines show where."""


class InvalidArgumentError(UsageError, ValueError):
    """A function of the Python API was called with arrays or settings that it cannot use."""


class IntegradNote(UserWarning):
    """Something that users should know although the work goes on. The message is one line."""


MAX_LINE = 200


def one_line(text) -> str:
    """Untrusted text for a message, shortened and without control characters."""
    text = str(text)
    return printable(text if len(text) <= MAX_LINE else text[: MAX_LINE - 1] + "…")


def printable(text: str) -> str:
    """The text without control characters, such as line breaks in the name of a file."""
    return "".join(c if c.isprintable() else "?" for c in text)

"""The two exceptions for errors that users can cause; the command line prints only their message."""


class IntegradError(Exception):
    """A failure. The message is one line that names the file, the field and a remedy. Exit status 1."""


class UsageError(IntegradError):
    """Wrong usage of a command, such as a typo in SPEC or an unknown core. Exit status 2."""

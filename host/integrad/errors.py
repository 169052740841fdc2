"""The two errors that a user can cause; the command line prints their text and nothing else."""


class IntegradError(Exception):
    """A failure with a one-line text that names the file, the field and the fix. Exit status 1."""


class UsageError(IntegradError):
    """The command was called wrongly (a typo in SPEC, an unknown core). Exit status 2."""

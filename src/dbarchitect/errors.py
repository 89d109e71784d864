"""Every exception that dbarchitect raises on purpose, on one screen.

An error says what was wrong and where (its message) and what to do (its `hint`). The command line prints both and
leaves with `exit_code`; nothing else of the program catches these to log them and go on. No field ever holds a
password or the content of a row.
"""

from __future__ import annotations


class DbarchitectError(Exception):
    """The base of all: a sentence for the user, what to do next, and the exit code of the command."""

    exit_code = 2

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(DbarchitectError):
    """An option, a target or a combination of them that makes no sense."""


class SettingsError(DbarchitectError):
    """A configuration key or value that is not understood."""


class TargetError(DbarchitectError):
    """A target that cannot be read: it does not exist, is no database, is locked or corrupted."""


class ConnectionFailed(TargetError):  # noqa: N818 - read aloud: "connection failed"
    """A server that cannot be reached or refuses us. The message never holds the password."""


class UnsupportedVersion(TargetError):  # noqa: N818 - the fact, not the noun
    """A server older or newer than we know how to read."""


class NothingAudited(DbarchitectError):  # noqa: N818 - the fact, not the noun
    """No target held anything that can be audited."""


class UnknownRule(UsageError):  # noqa: N818 - the fact, not the noun
    """A rule name or code that no rule has."""


class ChangeRefused(DbarchitectError):  # noqa: N818 - the fact, not the noun
    """A change that does not fit the catalog it was applied to."""


class ShadowUnavailable(DbarchitectError):  # noqa: N818 - the fact, not the noun
    """No throwaway server of the wanted engine and version can be had on this machine."""


class ReportUnreadable(DbarchitectError):  # noqa: N818 - the fact, not the noun
    """A file that is no JSON report of dbarchitect, or of a version that we do not know."""

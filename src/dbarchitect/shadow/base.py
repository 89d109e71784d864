"""What a throwaway server offers, whatever its engine."""

from __future__ import annotations

from types import TracebackType
from typing import Protocol, Self


class Shadow(Protocol):
    """A server (or, for SQLite, a folder) in which databases are made and thrown away.

    `engine` is its name as in `engines.registry`, `version` its full version such as "16.13". Leaving the context, or
    `close()`, leaves neither a process nor a file behind; nor does a kill -9. Its methods may be called from any
    thread.
    """

    engine: str
    version: str

    def database(self, *, restricted: bool = False) -> str:
        """The URL of a fresh, empty database.

        `restricted` is for SQL that we did not write: see the engine's own class for what it withholds.
        """
        ...

    def drop(self, url: str) -> None:
        """Throw away a database made by `database()`, whoever is still at work in it.

        Called from another thread it ends what runs there: that is how to give hostile SQL a time box.
        """
        ...

    def close(self) -> None:
        """Throw everything away. Closing twice does no harm."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

"""What every engine offers: the protocols, and the plain types that cross them.

An engine's pure half (`types`, `render`, `cost`) takes and gives values; its other half (`connect`, `read`,
`server`) talks to a database. Nobody outside `engines/` asks for an engine by name: see `engines.registry`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from dbarchitect.catalog.cost import Cost
from dbarchitect.catalog.engine import EngineInfo
from dbarchitect.catalog.facts import Facts, Unseen
from dbarchitect.catalog.objects import Catalog
from dbarchitect.catalog.refs import Diagnostic
from dbarchitect.change.operations import Change


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How a live database is read. Timeouts in seconds.

    `schemas` limits the reading to these (empty: all but the server's own).
    """

    connect_timeout: float = 10.0
    statement_timeout: float = 60.0
    lock_timeout: float = 2.0
    schemas: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """What an engine read of a database."""

    catalog: Catalog
    facts: Facts | None
    name: str
    diagnostics: tuple[Diagnostic, ...] = ()
    unseen: tuple[Unseen, ...] = ()


class Engine(Protocol):
    """A database engine that dbarchitect knows."""

    @property
    def info(self) -> EngineInfo:
        """Name and capabilities; the version is None."""
        ...

    def quote(self, identifier: str) -> str:
        """The identifier, quoted where it must be, for use in SQL."""
        ...

    def render(self, change: Change, catalog: Catalog) -> tuple[str, ...]:
        """The statements (without a closing semicolon) that make this change to a database in the state `catalog`.

        Raises `ChangeRefused` where the engine cannot do it.
        """
        ...

    def cost(self, change: Change, catalog: Catalog) -> Cost:
        """What the change does to a busy database in the state `catalog`."""
        ...

    def read(self, target: str, options: ReadOptions) -> Reading:
        """Read a live database (a URL; for SQLite also a path) without harm.

        Raises `ConnectionFailed`, `TargetError` or `UnsupportedVersion`; no message holds a password.
        """
        ...

    def execute(self, target: str, statements: Sequence[str]) -> None:
        """Run statements on a throwaway database, each committed for itself; for tests and proofs only.

        Raises `ChangeRefused` with the server's words.
        """
        ...

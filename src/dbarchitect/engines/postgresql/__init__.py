"""PostgreSQL 13 to 18. Importing this loads no driver: only reading and executing do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dbarchitect.catalog.cost import Cost
from dbarchitect.catalog.engine import POSTGRESQL, EngineInfo
from dbarchitect.catalog.objects import Catalog
from dbarchitect.change.operations import Change
from dbarchitect.engines.base import Reading, ReadOptions
from dbarchitect.engines.postgresql import cost, names, render


@dataclass(frozen=True, slots=True)
class PostgresqlEngine:
    """PostgreSQL, as `engines.base.Engine` asks for it."""

    info: EngineInfo = POSTGRESQL

    def quote(self, identifier: str) -> str:
        """The identifier, quoted where it must be."""
        return names.quote(identifier)

    def render(self, change: Change, catalog: Catalog) -> tuple[str, ...]:
        """The statements that make this change."""
        return render.render(change, catalog)

    def cost(self, change: Change, catalog: Catalog) -> Cost:
        """What the change does to a busy database."""
        return cost.cost(change, catalog)

    def read(self, target: str, options: ReadOptions) -> Reading:
        """Read a live database in read-only transactions."""
        from dbarchitect.engines.postgresql.read import read

        return read(target, options)

    def execute(self, target: str, statements: Sequence[str]) -> None:
        """Run statements on a throwaway database, each committed for itself."""
        from dbarchitect.engines.postgresql.connect import execute

        execute(target, statements)


ENGINE = PostgresqlEngine()

"""The SQLite engine. Importing it imports no driver: `sqlite3` is loaded when a database is read."""

from __future__ import annotations

from collections.abc import Sequence

from dbarchitect.catalog.cost import Cost
from dbarchitect.catalog.engine import SQLITE, EngineInfo
from dbarchitect.catalog.objects import Catalog
from dbarchitect.change.operations import Change
from dbarchitect.engines.base import Engine, Reading, ReadOptions
from dbarchitect.engines.sqlite import spelling


class SQLiteEngine:
    """SQLite as an `Engine`; the work is done by the modules beside this one."""

    @property
    def info(self) -> EngineInfo:
        """Name and capabilities."""
        return SQLITE

    def quote(self, identifier: str) -> str:
        """The identifier, in double quotes where it needs them."""
        return spelling.quote(identifier)

    def render(self, change: Change, catalog: Catalog) -> tuple[str, ...]:
        """The statements that make the change. Raises `ChangeRefused` for what SQLite lacks."""
        from dbarchitect.engines.sqlite.render import render

        return render(change, catalog)

    def cost(self, change: Change, catalog: Catalog) -> Cost:  # noqa: ARG002 - the protocol's; here only the change counts
        """What the change does to a busy database."""
        from dbarchitect.engines.sqlite.cost import cost

        return cost(change)

    def read(self, target: str, options: ReadOptions) -> Reading:
        """Read a database file (a path, `sqlite:///path`, `file:` URI) without harm. Raises `TargetError`."""
        from dbarchitect.engines.sqlite.read import read

        return read(target, options)

    def execute(self, target: str, statements: Sequence[str]) -> None:
        """Run statements on a throwaway database. Raises `ChangeRefused`."""
        from dbarchitect.engines.sqlite.execute import execute

        execute(target, statements)


ENGINE: Engine = SQLiteEngine()

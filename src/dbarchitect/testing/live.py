"""A case in a real database: its DDL run, the database read, fixes made by the engine's own DDL."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from dbarchitect.catalog.engine import ENGINES, EngineInfo
from dbarchitect.catalog.objects import Catalog
from dbarchitect.change.apply import apply_all
from dbarchitect.change.operations import Change
from dbarchitect.engines.base import ReadOptions
from dbarchitect.engines.registry import engine as engine_named

_ONE_AT_A_TIME = frozenset({"sqlite"})  # its driver takes one statement, the other a whole script


def _statements(script: str) -> tuple[str, ...]:
    """The statements of a script, told apart as SQLite tells them (a trigger's body is part of its statement)."""
    found, rest = [], ""
    for piece in script.split(";"):
        rest += piece + ";"
        if sqlite3.complete_statement(rest):
            found.append(rest)
            rest = ""
    return tuple(statement for statement in found if statement.strip(" \n;"))


# A case that names them finds the roles and functions that hosting services with an API bring along.
_API = re.compile(r"\b(?:anon|authenticated|service_role)\b|\bauth\.(?:uid|jwt|role)\b")
_API_ROLES = """
do $$ begin create role anon; exception when duplicate_object or unique_violation then null; end $$;
do $$ begin create role authenticated; exception when duplicate_object or unique_violation then null; end $$;
do $$ begin create role service_role; exception when duplicate_object or unique_violation then null; end $$;
create schema auth;
create function auth.uid() returns uuid language sql stable
  as $$ select nullif(current_setting('request.jwt.claim.sub', true), '')::uuid $$;
create function auth.jwt() returns jsonb language sql stable
  as $$ select nullif(current_setting('request.jwt.claims', true), '')::jsonb $$;
create function auth.role() returns text language sql stable
  as $$ select nullif(current_setting('request.jwt.claim.role', true), '') $$;
"""


@dataclass(frozen=True, slots=True)
class LiveCase:
    """A case's DDL in a database of its own."""

    engine: EngineInfo
    target: str

    @classmethod
    def create(cls, engine: str, target: str, ddl: str, *more: str) -> LiveCase:
        """Run the DDL, and what else there is, on an empty database."""
        live = cls(ENGINES[engine], target)
        if engine == "postgresql" and _API.search(ddl) is not None:
            live.run((_API_ROLES,))
        for script in (ddl, *filter(None, more)):
            live.run(_statements(script) if engine in _ONE_AT_A_TIME else (script,))
        return live

    def run(self, statements: Sequence[str]) -> None:
        """Run statements."""
        engine_named(self.engine.name).execute(self.target, statements)

    def catalog(self) -> Catalog:
        """Read the database."""
        reading = engine_named(self.engine.name).read(self.target, ReadOptions())
        return replace(reading.catalog, roles=(), settings=())

    def change(self, changes: Iterable[Change], catalog: Catalog) -> None:
        """Make changes by the engine's own DDL, each rendered for the state that the ones before it left."""
        for change in changes:
            self.run(engine_named(self.engine.name).render(change, catalog))
            catalog = apply_all((change,), catalog)

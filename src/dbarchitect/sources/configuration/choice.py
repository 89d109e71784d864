"""Which of the engines that a project names is the one its schema is for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from dbarchitect.catalog.engine import POSTGRESQL, EngineInfo
from dbarchitect.catalog.survey import ConfiguredEngine


def choose_engine(engines: Iterable[ConfiguredEngine]) -> EngineInfo:
    """The engine that production runs on, as far as the project tells.

    Precedence: 1 named for production, 2 the fallback of a production setting, 3 named without an environment,
    4 a fallback without an environment, 5 named for development, 6 a fallback for development, 7 a driver among the
    requirements. Among equals a server goes before SQLite, the server that a setting chooses by its name before
    others, PostgreSQL before MySQL. An SQLite fallback for which no environment is named (4) gives way to a server that
    anything else but tests names: the variable that it stands in for exists to name that server. What is for tests
    alone never counts. Nothing at all: PostgreSQL.

    The version and the host are taken from whatever names the same engine, the best evidence first; the product from
    what tells the version, as MariaDB and MySQL count theirs apart.
    """
    ranked = sorted((e for e in engines if e.environment != "testing"), key=_order)
    if not ranked:
        return POSTGRESQL
    best = ranked[0]
    if _rank(best) >= _UNMARKED_DEFAULT and best.engine.name == "sqlite":
        best = next((e for e in ranked if e.engine.name != "sqlite"), best)
    same = [e.engine for e in ranked if e.engine.name == best.engine.name]
    named = next((e for e in (best.engine, *same) if e.version), None)
    product = named.product if named else next((e.product for e in same if e.product), None)
    hosted_by = next((e.hosted_by for e in (best.engine, *same) if e.hosted_by), None)
    return replace(best.engine, version=named.version if named else None, product=product, hosted_by=hosted_by)


_UNMARKED_DEFAULT = 4
_SERVERS = {"postgresql": 0, "mysql": 1}


def _rank(engine: ConfiguredEngine) -> int:
    if engine.is_default and engine.target is None:
        return 7
    if engine.environment == "production":
        return 2 if engine.is_default else 1
    if engine.environment is None:
        return 4 if engine.is_default else 3
    return 6 if engine.is_default else 5


def _order(engine: ConfiguredEngine) -> tuple[int, bool, bool, int]:
    place = _SERVERS.get(engine.engine.name, len(_SERVERS))
    return _rank(engine), place == len(_SERVERS), not engine.is_choice, place

"""What a schema's `datasource` block says: which database, how relations are kept, where that stands."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from dbarchitect.catalog.engine import MYSQL, POSTGRESQL, SQLITE, EngineInfo
from dbarchitect.catalog.refs import Diagnostic, Origin
from dbarchitect.catalog.survey import ConfiguredEngine
from dbarchitect.sources.configuration import choose_engine
from dbarchitect.sources.configuration.urls import find_urls
from dbarchitect.sources.prisma.syntax import Block, text_of

_ENGINES = {
    "postgresql": POSTGRESQL,
    "postgres": POSTGRESQL,
    "cockroachdb": POSTGRESQL,
    "prisma+postgres": POSTGRESQL,
    "sqlite": SQLITE,
    "mysql": MYSQL,
}


@dataclass(frozen=True, slots=True)
class Datasource:
    """`supported` is False for databases whose schemas we do not read (MongoDB, SQL Server).

    `constrained` is False with `relationMode = "prisma"`, where the database has no foreign keys.
    """

    engine: EngineInfo
    supported: bool = True
    constrained: bool = True
    configured: tuple[ConfiguredEngine, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()


def read_datasource(block: Block | None, place: Origin, others: Iterable[ConfiguredEngine] = ()) -> Datasource:
    """Read a datasource; without one (or without a provider) PostgreSQL is taken, and that is said at `place`.

    `others` are the engines that the project names elsewhere: they tell version and host of the same engine.
    """
    provider = _text(block, "provider")
    if block is None or provider is None:
        said = "no datasource block" if block is None else "no provider in the datasource"
        return Datasource(POSTGRESQL, diagnostics=(Diagnostic(place, f"{said}: read as a schema for PostgreSQL"),))
    setting = block.setting("provider")
    origin = setting.origin if setting is not None else block.origin
    base = _ENGINES.get(provider.lower())
    if base is None:
        text = f"the provider {provider} is not supported: the schema was not read"
        return Datasource(EngineInfo(provider.lower()), supported=False, diagnostics=(Diagnostic(origin, text),))
    own = ConfiguredEngine(base, origin, target=_target(block, base))
    same = [found for found in others if found.engine.name == base.name]
    chosen = choose_engine((own, *same)) if same else base
    notes = ("CockroachDB is judged as if it were PostgreSQL",) if provider.lower() == "cockroachdb" else ()
    mode = _text(block, "relationMode") or _text(block, "referentialIntegrity")
    return Datasource(
        replace(base, version=chosen.version, hosted_by=chosen.hosted_by),
        constrained=mode != "prisma",
        configured=(own, *same),
        diagnostics=tuple(Diagnostic(origin, note) for note in notes),
    )


def _text(block: Block | None, name: str) -> str | None:
    setting = block.setting(name) if block is not None else None
    return text_of(setting.value) if setting is not None else None


def _target(block: Block, engine: EngineInfo) -> str | None:
    """The database's name or path where the URL stands in the schema; never a password."""
    url = _text(block, "url")
    if url is None:
        return None
    if engine is SQLITE:
        return url.removeprefix("file:").partition("?")[0]
    return next((found.target for found in find_urls(url)), None)

"""A Survey: everything that was read of one application and its database. Rules see this and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar

from dbarchitect.catalog.deployment import Deployment
from dbarchitect.catalog.drift import Difference, Side
from dbarchitect.catalog.engine import EngineInfo
from dbarchitect.catalog.facts import Facts, TableFacts, Unseen
from dbarchitect.catalog.migrations import History
from dbarchitect.catalog.objects import Catalog, Table
from dbarchitect.catalog.queries import Code
from dbarchitect.catalog.refs import Diagnostic, Kind, Origin, Ref
from dbarchitect.catalog.suppression import Suppression

_Derived = TypeVar("_Derived")


class Need(StrEnum):
    """A kind of input that a rule cannot judge without."""

    CATALOG = "catalog"
    STATISTICS = "statistics"
    MODELS = "models"
    CONFIGURATION = "configuration"
    MIGRATIONS = "migrations"
    SETTINGS = "settings"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Application:
    """One application of a repository, or one database.

    `path` is the folder relative to the audited directory (`.` for the whole); `framework` is `django`,
    `sqlalchemy`, `prisma`, `sql` or None; `targets` are the (kind, name) pairs that it was read from, passwords
    removed: a `directory` or a `file` as it was named, a `database`, or both.
    """

    name: str
    path: str = "."
    framework: str | None = None
    targets: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ConfiguredEngine:
    """A place where the project says which database it uses.

    `environment` is `production`, `development`, `testing` or None where the place does not tell; `is_default`
    marks a fallback that applies when an environment variable is not set. `target` is the database's name or
    path, never a password. `is_choice` marks a setting that does nothing but choose the engine by its name
    (`DB_DRIVER=mariadb`).
    """

    engine: EngineInfo
    origin: Origin
    environment: str | None = None
    is_default: bool = False
    target: str | None = None
    is_choice: bool = False


@dataclass(frozen=True, slots=True)
class Dependency:
    """A package that the application declares and that has to do with its database.

    `role` is `framework`, `ORM`, `driver`, `migration tool` or `validation`; `version` is as written (`==5.2.4`,
    `^0.30`), None where none is.
    """

    role: str
    name: str
    version: str | None
    origin: Origin


@dataclass(frozen=True, slots=True)
class SkippedPath:
    """A path that was left out of the audit, and why."""

    path: str
    why: str


@dataclass(frozen=True, slots=True)
class Survey:
    """What was read of one application.

    `needs` says which kinds of input are there; a rule whose need is missing is reported as not evaluated.
    `files` and `migrations` are the paths that were read, `skipped` those left out. `history` is what the migrations
    did; `drift` where models, migrations and database differ, `compared` the pairs of them that were compared (without
    a pair no difference means nothing), `migrated` the catalog that the migrations make where `catalog` is another
    account; `deployment` how the application is run, `dependencies` the packages that have to do with its database;
    `suppressions` stand as comments in its files; `code` is what its program asks of the database.
    """

    application: Application
    catalog: Catalog
    facts: Facts | None = None
    configured_engines: tuple[ConfiguredEngine, ...] = ()
    needs: frozenset[Need] = frozenset({Need.CATALOG})
    diagnostics: tuple[Diagnostic, ...] = ()
    unseen: tuple[Unseen, ...] = ()
    files: tuple[str, ...] = ()
    migrations: tuple[str, ...] = ()
    skipped: tuple[SkippedPath, ...] = ()
    history: History | None = None
    drift: tuple[Difference, ...] = ()
    compared: frozenset[frozenset[Side]] = frozenset()
    deployment: Deployment | None = None
    dependencies: tuple[Dependency, ...] = ()
    suppressions: tuple[Suppression, ...] = ()
    migrated: Catalog | None = None
    code: Code | None = None
    _derived: dict[object, Any] = field(default_factory=dict, init=False, compare=False, repr=False)

    def derive(self, compute: Callable[[Survey], _Derived]) -> _Derived:
        """What a pure function makes of this survey, computed once (see `Catalog.derive`): the findings of a rule and
        its praise, or several rules, rest on the same."""
        if compute not in self._derived:
            self._derived[compute] = compute(self)
        found: _Derived = self._derived[compute]
        return found

    @property
    def engine(self) -> EngineInfo:
        """The engine that the schema is for."""
        return self.catalog.engine

    @property
    def tables(self) -> Iterator[Table]:
        """The application's own base tables: no partitions, nothing that a framework or an extension owns."""
        for table in self.catalog.tables:
            if table.owned_by is None and table.partition_of is None:
                yield table

    def facts_of(self, table: Table) -> TableFacts:
        """The statistics of a table; all None where there are none."""
        return self.facts.table(table.ref) if self.facts is not None else TableFacts()

    def origin_of(self, ref: Ref) -> Origin:
        """Where an object was read: the column's place, else the table's, else the catalog."""
        table = self.catalog.table(ref)
        if table is None:
            return Origin()
        if ref.kind is Kind.COLUMN and len(ref.columns) == 1:
            column = table.column(ref.columns[0])
            if column is not None and column.origin.path is not None:
                return column.origin
        return table.origin

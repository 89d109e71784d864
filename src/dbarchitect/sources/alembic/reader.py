"""The migrations of Alembic environments, replayed: the catalog that comes of them, and the record of what each did."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from dbarchitect.catalog.engine import EngineInfo
from dbarchitect.catalog.migrations import History, Migration
from dbarchitect.catalog.objects import Catalog
from dbarchitect.catalog.refs import Diagnostic, Origin
from dbarchitect.sources.alembic.conventions import naming_conventions
from dbarchitect.sources.alembic.elements import Elements
from dbarchitect.sources.alembic.environments import Environment
from dbarchitect.sources.alembic.revisions import Revision, chain_of
from dbarchitect.sources.alembic.run import Runner
from dbarchitect.sources.alembic.state import State
from dbarchitect.sources.python.body import does_something
from dbarchitect.sources.python.index import PythonIndex
from dbarchitect.sources.python.statements import FunctionDef
from dbarchitect.sources.sqlalchemy.follow import Names
from dbarchitect.sources.sqlalchemy.located import Located
from dbarchitect.sources.sqlalchemy.type_read import UNKNOWN_TYPE
from dbarchitect.sources.sqlfiles.schema import Key

_SHOWN = 5
_NOT_TRANSACTIONAL = b"transactional_ddl=False"


@dataclass(frozen=True, slots=True)
class Replayed:
    """What came of an environment's migrations. `files` are the version files, in the order in which they run.

    `assumed` are the tables that the migrations change and none of them makes; they are not in the catalog.
    """

    environment: Environment
    catalog: Catalog
    history: History
    diagnostics: tuple[Diagnostic, ...]
    files: tuple[str, ...]
    assumed: frozenset[Key] = frozenset()


def replay(environment: Environment, index: PythonIndex, engine: EngineInfo) -> Replayed:
    """Replay all migrations of an environment for one engine, in the order of their graph."""
    chain = chain_of(environment.revisions)
    names = Names(index)
    state = State(engine, naming_conventions(environment, names))
    elements = Elements(names, engine, _origin, _reporting(state))
    elements.conventions = state.conventions
    runner = Runner(state, elements)
    script = environment.script
    transactional = script is None or _NOT_TRANSACTIONAL not in script.source.replace(b" ", b"")
    migrations = tuple(_migration(revision, state, runner, transactional) for revision in chain.revisions)
    problems = [d for revision in chain.revisions for d in revision.module.problems]
    history = History("alembic", migrations, chain.heads, chain.problems)
    files = tuple(revision.module.path for revision in chain.revisions)
    found = (*problems, *state.diagnostics.values(), *_assumptions(state, environment))
    catalog = state.catalog()
    if all(column.type != UNKNOWN_TYPE.type for table in catalog.tables for column in table.columns):
        # Columns whose type was not understood have another one by now, or are gone.
        found = tuple(d for d in found if not d.text.startswith("the column type "))
    assumed = frozenset(state.assumed)
    return Replayed(environment, catalog, history, tuple(dict.fromkeys(found)), files, assumed)


def _assumptions(state: State, environment: Environment) -> Iterator[Diagnostic]:
    """One word on all tables that were there before the first migration."""
    names = sorted(".".join(part for part in key if part) for key in state.assumed)
    if names:
        shown = ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
        words = f"the migrations change tables that none of them creates ({shown}): what these are was not compared"
        yield Diagnostic(Origin(environment.folder or "."), words)


def _migration(revision: Revision, state: State, runner: Runner, transactional: bool) -> Migration:
    state.record.begin(in_transaction=transactional)
    state.schema.path = (None,)
    upgrade = revision.function("upgrade")
    for function in (upgrade, *_of_each_database(revision)) if upgrade is not None else ():
        runner.run(function)
    return Migration(
        revision.name,
        revision.module.path,
        state.record.end(),
        (*revision.parents, *(d for d in revision.depends_on if d not in revision.parents)),
        transactional=transactional,
        reversible=does_something(revision.function("downgrade")),
        origin=revision.origin,
    )


def _of_each_database(revision: Revision) -> Iterator[FunctionDef]:
    """With several databases `upgrade(engine_name)` calls `upgrade_<name>()` by its name, which nothing resolves."""
    if b"globals()[" in revision.module.source:
        for name, statement in revision.module.names.items():
            if name.startswith("upgrade_") and isinstance(statement, FunctionDef) and not statement.parameters:
                yield statement


def _origin(located: Located) -> Origin:
    return located.frame.module.origin(located.span)


def _reporting(state: State) -> Callable[[Located, str], None]:
    def report(located: Located, text: str) -> None:
        state.report(text, _origin(located))

    return report

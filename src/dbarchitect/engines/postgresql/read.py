"""Read a live PostgreSQL database: its catalog and its statistics, and no row of anybody's.

The only rows are those of the migration tool's own list, see `engines.bookkeeping`.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

import psycopg

from dbarchitect.catalog.engine import POSTGRESQL
from dbarchitect.catalog.facts import Unseen
from dbarchitect.catalog.objects import Catalog
from dbarchitect.catalog.refs import Diagnostic, Origin
from dbarchitect.engines.base import Reading, ReadOptions
from dbarchitect.engines.bookkeeping import questions
from dbarchitect.engines.postgresql import objects, statistics
from dbarchitect.engines.postgresql.connect import Connection, connect, read_only
from dbarchitect.engines.postgresql.names import always_quoted, qualified, quote
from dbarchitect.engines.postgresql.session import ChangedMeanwhile, Server, Session, sql
from dbarchitect.engines.postgresql.tables import PUBLIC, Relations, Row, Rows, collect, make_table, schema_of
from dbarchitect.errors import UnsupportedVersion

OLDEST, NEWEST = 13, 18

QUERIES = (
    *("schemas", "extension_members", "operator_classes", "collations", "relations", "inheritance", "columns"),
    *("constraints", "indexes", "sequences", "policies", "triggers", "enums", "domains", "domain_checks"),
    *("extensions", "functions", "roles", "grants", "settings", "role_settings", "views"),
    *("table_statistics", "index_statistics", "column_statistics", "sessions", "server_statistics"),
)
ATTEMPTS = 5
FORBIDDEN = "42501"  # the state of an error where a privilege is missing
SEQUENCES_AT_ONCE = 500  # each keeps a lock until its transaction ends, and a server has a few thousand for all

Fetched = tuple[Server, dict[str, Sequence[Row]], list[Row], Session]


def read(target: str, options: ReadOptions) -> Reading:
    """Read the database that `target` names. See `engines.base.Engine.read`."""
    with connect(target, options) as connection:
        server, rows, statements, session = _fetch_in_peace(connection, options)
        values = sequence_values(connection, options, rows, session)
        reading = build(server, rows, statements, values, session, options)
        return _with_applied(reading, connection, options, session.role)


def _with_applied(reading: Reading, connection: Connection, options: ReadOptions, role: str) -> Reading:
    """The reading, with the migrations that the application's tool has written down as run."""
    applied: dict[str, tuple[str, ...]] = {}
    problems: list[Diagnostic] = []
    unseen: list[Unseen] = []
    for tool, query in questions(reading.catalog, always_quoted, PUBLIC):
        try:
            with read_only(connection, options), psycopg.RawCursor(connection) as cursor:
                listed = cursor.execute(query.encode()).fetchall()
        except psycopg.Error as error:
            if error.sqlstate == FORBIDDEN:
                grant = _grant_of_list(reading.catalog, tool, role)
                unseen.append(Unseen(f"{tool}'s list of applied migrations", grant))
                continue
            words = " ".join((error.diag.message_primary or str(error)).split())
            problems.append(Diagnostic(Origin(), f"{tool}'s list of applied migrations could not be read: {words}"))
            continue
        applied[tool] = tuple(str(row[0]) for row in listed)
    facts = replace(reading.facts, applied=applied) if reading.facts is not None and applied else reading.facts
    return replace(
        reading,
        facts=facts,
        diagnostics=(*reading.diagnostics, *problems),
        unseen=(*reading.unseen, *unseen),
    )


def _grant_of_list(catalog: Catalog, tool: str, role: str) -> str:
    """What lets a role read the lists of a tool: its tables, and the schemas that they are in."""
    tables = [table for table in catalog.tables if table.owned_by == tool]
    schemas = ", ".join(sorted({quote(table.schema or PUBLIC) for table in tables}))
    names = ", ".join(qualified(table.schema, table.name) for table in tables)
    return f"grant usage on schema {schemas} to {quote(role)}; grant select on {names} to {quote(role)}"


def _fetch_in_peace(connection: Connection, options: ReadOptions) -> Fetched:
    """The rows, read again where somebody dropped what was just being read."""
    for _ in range(ATTEMPTS - 1):
        try:
            return fetch(connection, options)
        except ChangedMeanwhile:
            continue
    return fetch(connection, options)


def fetch(connection: Connection, options: ReadOptions) -> tuple[Server, dict[str, Sequence[Row]], list[Row], Session]:
    """Every row of every query, in one read-only transaction: one state of the database, and one pass over it."""
    session = Session(connection)
    major = connection.info.server_version // 10000
    if major < OLDEST:
        version = connection.info.parameter_status("server_version")
        raise UnsupportedVersion(
            f"this is PostgreSQL {version}; dbarchitect reads {OLDEST} and later",
            hint="Upgrade the server: its version gets no security fixes any more.",
        )
    with read_only(connection, options):
        server = Server(*session.run("server", major)[0])
        session.role = server.role
        if server.encoding == "SQL_ASCII":
            session.decode_leniently()
        if major > NEWEST:
            words = f"PostgreSQL {major} is newer than dbarchitect knows; what it has since {NEWEST} is not read"
            session.diagnostics.append(Diagnostic(Origin(), words))
        rows = session.run_all(QUERIES, major)
        statements = session.run_statements(server)
    if options.schemas:
        _keep_only(rows, frozenset(options.schemas))
    return server, rows, statements, session


def _keep_only(rows: dict[str, Sequence[Row]], schemas: frozenset[str]) -> None:
    """Leave out the objects of other schemas; what refers to their tables still finds the names."""
    for name in ("sequences", "enums", "domains", "functions", "schemas"):
        rows[name] = [row for row in rows[name] if row[1] in schemas]
    rows["column_statistics"] = [row for row in rows["column_statistics"] if row[0] in schemas]


def sequence_values(
    connection: Connection, options: ReadOptions, rows: Rows, session: Session
) -> Mapping[int, int | None]:
    """The last value of each sequence that the role may read; None for one that was never used."""
    readable = [row[0] for row in rows["sequences"] if row[-1]]
    values: dict[int, int | None] = {}
    for start in range(0, len(readable), SEQUENCES_AT_ONCE):
        numbers = readable[start : start + SEQUENCES_AT_ONCE]
        try:
            with read_only(connection, options), psycopg.RawCursor(connection) as cursor:
                values.update(cursor.execute(sql("sequence_values"), [numbers]).fetchall())
        except psycopg.Error as error:
            words = " ".join((error.diag.message_primary or str(error)).split())
            session.diagnostics.append(Diagnostic(Origin(), f"values of sequences could not be read: {words}"))
            break
    return values


def build(
    server: Server,
    rows: Rows,
    statements: Sequence[Row],
    values: Mapping[int, int | None],
    session: Session,
    options: ReadOptions,
) -> Reading:
    """What was read, from its rows."""
    with _no_garbage():
        return _build(server, rows, statements, values, session, options)


@contextmanager
def _no_garbage() -> Iterator[None]:
    """Nothing that is built here is garbage: looking for it again and again costs half as much as the building."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _build(
    server: Server,
    rows: Rows,
    statements: Sequence[Row],
    values: Mapping[int, int | None],
    session: Session,
    options: ReadOptions,
) -> Reading:
    relations = collect(rows)
    return Reading(
        catalog=build_catalog(server, rows, relations, frozenset(options.schemas)),
        facts=statistics.make_facts(rows, relations, server, tuple(statistics.query_facts(statements)), values),
        name=server.database,
        diagnostics=(*session.diagnostics, *_left_out(rows), *_not_modelled(rows, relations)),
        unseen=(*session.unseen, *statistics.unseen(rows, server, statements)),
    )


def _left_out(rows: Rows) -> Iterator[Diagnostic]:
    """The tables that somebody else has locked, and the views that cannot be printed for it."""
    locked = [qualified(schema_of(row[1]), row[2]) for row in rows["relations"] if row[-1]]
    undefined = {number for number, definition in rows["views"] if definition is None}
    views = [qualified(schema_of(row[1]), row[2]) for row in rows["relations"] if row[0] in undefined and not row[-1]]
    for name in locked:
        text = f"{name} is locked by another session and was left out: read again when that is done"
        yield Diagnostic(Origin(), text)
    for name in views:
        yield Diagnostic(
            Origin(), f"view {name} reads a table that another session has locked or dropped, and was left out"
        )


def _not_modelled(rows: Rows, relations: Relations) -> Iterator[Diagnostic]:
    """Constraints that say more than the model can hold."""
    for row in rows["constraints"]:
        relation, name, *_, is_temporal, clears_some_columns = row
        if relation in relations.parts and (is_temporal or clears_some_columns):
            what = "WITHOUT OVERLAPS" if is_temporal else "the columns that ON DELETE clears"
            text = f"{relations.parts[relation].ref}: constraint {name} is read without {what}"
            yield Diagnostic(Origin(), text)


def build_catalog(server: Server, rows: Rows, relations: Relations, schemas: frozenset[str]) -> Catalog:
    """The catalog of all schemas, or of those named."""
    parts = relations.parts
    members: dict[int, str] = dict(rows["extension_members"])
    roles = tuple(objects.read_roles(rows))
    engine = replace(POSTGRESQL, version=server.version, hosted_by=objects.hosting(roles))
    wanted = [row for row in rows["relations"] if not schemas or row[1] in schemas]
    return Catalog(
        engine=engine,
        tables=tuple(make_table(row, parts, members) for row in wanted if row[3] in ("r", "p", "f") and not row[-1]),
        views=tuple(objects.read_views(wanted, rows, parts, members)),
        enums=tuple(objects.read_enums(rows, members)),
        domains=tuple(objects.read_domains(rows, members)),
        sequences=tuple(objects.read_sequences(rows, relations.numbered, members)),
        functions=tuple(objects.read_functions(rows)),
        extensions=tuple(objects.read_extensions(rows)),
        schemas=tuple(name for number, name in rows["schemas"] if name != PUBLIC and number not in members),
        roles=roles,
        grants=tuple(objects.read_grants(rows, parts)),
        settings=tuple(objects.read_settings(rows)),
    )

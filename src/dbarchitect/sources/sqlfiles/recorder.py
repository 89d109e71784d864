"""SQL inside other readers' migrations (Django's RunSQL, Alembic's op.execute), replayed and recorded as operations."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, MutableSet
from dataclasses import replace

from dbarchitect.catalog.engine import POSTGRESQL, EngineInfo
from dbarchitect.catalog.migrations import Operation, OperationKind
from dbarchitect.catalog.refs import Diagnostic, Origin, Ref
from dbarchitect.sources.sqlfiles import sqlite
from dbarchitect.sources.sqlfiles.dialects import READABLE
from dbarchitect.sources.sqlfiles.masking import masked
from dbarchitect.sources.sqlfiles.postgresql import replay as postgresql
from dbarchitect.sources.sqlfiles.record import Record, Said
from dbarchitect.sources.sqlfiles.schema import Schema
from dbarchitect.sources.sqlfiles.text import SqlText


def record_sql(
    schema: Schema,
    text: str,
    *,
    engine: EngineInfo = POSTGRESQL,
    new_tables: MutableSet[Ref] | None = None,
    in_transaction: bool = True,
    reversible: bool = True,
    origin: Origin | None = None,
    problems: list[Diagnostic] | None = None,
) -> Iterator[Operation]:
    """The operations that a script of SQL is; `schema` is left as they leave it.

    `schema` is a draft that the caller keeps from statement to statement.
    `new_tables` are the tables that the same migration has made so far: those that the script makes, renames or drops
    are added, moved and taken away. `origin` is the place of the script's text in the migration, given to every
    operation; without it origins are offsets in the text. What could not be followed is added to `problems`; such a
    statement is still an operation, of kind OTHER and without a cost where nothing of it was understood. For engines
    whose SQL cannot be read the whole text is one such operation.
    """
    new = new_tables if new_tables is not None else set()
    record = Record(schema, engine)
    record.begin(in_transaction=in_transaction, reversible=reversible)
    record.new_tables = {(ref.schema, ref.table or "") for ref in new}
    if engine.name not in READABLE:
        said = Said(masked(text[:2000]), origin or Origin())
        record.add(OperationKind.OTHER, Ref.database(), said, None)
        yield from record.end()
        return
    data = text.encode("utf-8", "replace")
    file = SqlText(origin.path or "" if origin is not None else "", data, hashlib.sha256(data).hexdigest())
    replaying = sqlite.replay if engine.name == "sqlite" else postgresql.replay
    found = [replace(d, origin=origin or d.origin) for d in replaying(schema, file, record)]
    if problems is not None:
        problems += found
    made = {Ref.of_table(name, space) for space, name in record.new_tables}
    for ref in [ref for ref in new if ref not in made]:
        new.discard(ref)
    for ref in made:
        new.add(ref)
    operations = record.end()
    yield from (replace(o, origin=origin) for o in operations) if origin is not None else operations

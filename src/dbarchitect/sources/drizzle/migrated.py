"""The migrations of a Drizzle schema, and what they hold that the schema does not say.

drizzle-kit compares the schema with its own snapshot of it, not with a database: what people write into a migration by
hand stays in the database although the schema is silent. The last snapshot tells such things apart from those that the
schema has dropped and whose migration is still to be made. Triggers, functions, extensions, exclusions and the like are
beyond the schema's words and are taken over in any case.
"""

from __future__ import annotations

import json
import posixpath
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TypeVar

from dbarchitect.catalog.members import Check, Column, ForeignKey, Index, Policy, UniqueKey
from dbarchitect.catalog.objects import Catalog, Table, View
from dbarchitect.catalog.refs import Diagnostic
from dbarchitect.catalog.survey import Application
from dbarchitect.change.apply import columns_of_member
from dbarchitect.sources.base import SourceReading
from dbarchitect.sources.discover import Project, SourceFile
from dbarchitect.sources.refined import in_order, refined_key
from dbarchitect.sources.sqlfiles.folders import set_of
from dbarchitect.sources.sqlfiles.reading import NOT_YET, read_set

_Member = TypeVar("_Member", Index, UniqueKey, ForeignKey, Check, Policy)


def migration_files(project: Project, out: str, bases: Iterable[str]) -> tuple[SourceFile, ...]:
    """The files of the migrations, journal and snapshots included, of the first base below which `out` has SQL."""
    for base in bases:
        folder = posixpath.normpath(posixpath.join(base, out.lstrip("/")))
        if folder in {".", ".."} or folder.startswith("../"):
            continue
        found = project.under(folder)
        if any(file.suffix == ".sql" for file in found):
            return found
    return ()


def replayed(files: tuple[SourceFile, ...], engine: str, given: tuple[Table, ...] = ()) -> SourceReading:
    """What the migrations make, where they go on from `given` tables."""
    wanted = tuple(file for file in files if file.suffix == ".sql" or file.name == "_journal.json")
    found = replace(set_of(wanted, engine), tool="drizzle", ordered=True)
    return read_set(found, Application("drizzle"), given)


def added_to(declared: Catalog, told: SourceReading, files: tuple[SourceFile, ...]) -> Catalog:
    """What migrations that go on from a database that was there make of it: its tables are those of the schema, of
    which only the columns are taken for granted."""
    bare = (
        Table(table.name, table.columns, table.schema)
        for table in declared.tables
        if told.catalog.table(table.ref) is None
    )
    return replayed(files, declared.engine.name, tuple(bare)).catalog


def starts_elsewhere(declared: Catalog, told: SourceReading) -> Diagnostic | None:
    """What is said where the migrations change tables of the schema that they do not create: they began on a database
    that was there, so that they do not tell the whole of it. None where they do."""
    missing = [problem for problem in told.diagnostics if NOT_YET in problem.text]
    made = sum(told.catalog.table(table.ref) is not None for table in declared.tables)
    if not missing or made * 2 >= len(declared.tables):
        return None
    text = "the migrations go on from a database that was there before them: the schema is not compared with them"
    return Diagnostic(missing[0].origin, text)


def last_snapshot(files: Iterable[SourceFile]) -> frozenset[str] | None:
    """The names of everything that drizzle-kit's last snapshot knows; None where there is none to be read."""
    snapshots = [file for file in files if file.name == "snapshot.json" or file.name.endswith("_snapshot.json")]
    if not snapshots:
        return None
    try:
        data = json.loads(max(snapshots, key=lambda file: file.path).text())
    except (OSError, ValueError, RecursionError):
        return None
    names: set[str] = set()
    waiting: list[object] = [data]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            name = item.get("name")
            names.update([name] if isinstance(name, str) else [])
            names.update(key for key in item if isinstance(key, str))
            waiting += item.values()
        elif isinstance(item, list):
            # SQLite's and older snapshots keep a member in one text, its name first.
            waiting += item
        elif isinstance(item, str):
            names.add(item.partition(";")[0])
    return frozenset(names)


def with_hand_written(declared: Catalog, migrated: Catalog, known: frozenset[str] | None) -> Catalog:
    """The catalog of the schema with what only the migrations hold; `known` are the names in the last snapshot."""
    theirs = {table.ref.key: table for table in migrated.tables}
    tables = [_table(t, theirs[t.ref.key], known) if t.ref.key in theirs else t for t in declared.tables]
    partitions = [
        table
        for table in migrated.tables
        if table.partition_of is not None and declared.table(table.partition_of) is not None
    ]
    extensions = {extension.name for extension in declared.extensions}
    sequences = {(s.schema, s.name) for s in declared.sequences}
    return replace(
        declared,
        tables=(*tables, *(p for p in partitions if declared.table(p.ref) is None)),
        views=tuple(_views(declared.views, migrated.views)),
        enums=tuple(in_order(enum, migrated.enums) for enum in declared.enums),
        extensions=(*declared.extensions, *(e for e in migrated.extensions if e.name not in extensions)),
        sequences=(*declared.sequences, *(s for s in migrated.sequences if (s.schema, s.name) not in sequences)),
        domains=migrated.domains,
        functions=migrated.functions,
        roles=migrated.roles,
        grants=migrated.grants,
    )


def _table(table: Table, migrated: Table, known: frozenset[str] | None) -> Table:
    columns = tuple(_column(column, migrated.column(column.name)) for column in table.columns)
    names = {column.name for column in columns}
    over = {key.columns for key in (*table.unique_keys, *(_key_like(i) for i in table.indexes)) if key.columns}

    def beyond(own: Iterable[_Member], others: Iterable[_Member]) -> Iterator[_Member]:
        """Members of the migrations that the schema has not and the snapshot knows nothing of."""
        mine = tuple(own)
        named = {member.name for member in mine}
        for member in others:
            if known is None or member.name is None or member.name in known or member.name in named:
                continue
            if member not in mine and set(columns_of_member(member)) <= names:
                yield member

    return replace(
        table,
        columns=columns,
        unique_keys=(
            *(_unique(key, migrated.unique_keys) for key in table.unique_keys),
            *(key for key in beyond(table.unique_keys, migrated.unique_keys) if key.columns not in over),
        ),
        foreign_keys=(
            *(refined_key(key, migrated.foreign_keys) for key in table.foreign_keys),
            *beyond(table.foreign_keys, migrated.foreign_keys),
        ),
        checks=(*table.checks, *beyond(table.checks, migrated.checks)),
        indexes=(
            *(_index(index, migrated.indexes) for index in table.indexes),
            *beyond(table.indexes, migrated.indexes),
        ),
        policies=(*table.policies, *_policies(table, migrated, known)),
        row_security=table.row_security or migrated.row_security,
        force_row_security=migrated.force_row_security,
        exclusions=migrated.exclusions,
        triggers=migrated.triggers,
        partitioning=migrated.partitioning,
        unlogged=migrated.unlogged,
        options=migrated.options,
        strict=migrated.strict,
        without_rowid=migrated.without_rowid,
        comment=migrated.comment,
    )


def _key_like(index: Index) -> UniqueKey:
    return UniqueKey(index.column_names if index.is_key else ())


def _policies(table: Table, migrated: Table, known: frozenset[str] | None) -> Iterator[Policy]:
    own = {policy.name for policy in table.policies}
    for policy in migrated.policies:
        if known is not None and policy.name not in own and policy.name not in known:
            yield policy


def _column(column: Column, migrated: Column | None) -> Column:
    """A collation and a comment are beyond the schema."""
    if migrated is None:
        return column
    return replace(column, collation=column.collation or migrated.collation, comment=migrated.comment)


def _unique(key: UniqueKey, migrated: Iterable[UniqueKey]) -> UniqueKey:
    for other in migrated:
        if other.columns == key.columns:
            return replace(
                key, deferrable=other.deferrable, initially_deferred=other.initially_deferred, include=other.include
            )
    return key


def _index(index: Index, migrated: Iterable[Index]) -> Index:
    """What INCLUDE and NULLS NOT DISTINCT add, which the schema has no words for."""
    for other in migrated:
        if other.name == index.name and other.columns == index.columns:
            return replace(index, include=other.include, nulls_not_distinct=other.nulls_not_distinct)
    return index


def _views(declared: Iterable[View], migrated: Iterable[View]) -> Iterator[View]:
    """The schema may build a view's query with functions; the migrations hold its text."""
    theirs = {(view.schema, view.name): view for view in migrated}
    for view in declared:
        other = theirs.pop((view.schema, view.name), None)
        if other is None:
            yield view
        else:
            yield replace(
                view,
                definition=view.definition or other.definition,
                columns=view.columns or other.columns,
                indexes=other.indexes,
            )
    yield from theirs.values()

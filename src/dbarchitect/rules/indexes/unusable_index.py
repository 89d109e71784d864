"""The rule `unusable-index`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from dbarchitect.catalog.expressions import Expression, columns_of, expression, implies_is_null, not_null_columns
from dbarchitect.catalog.members import Column, Index
from dbarchitect.catalog.objects import Catalog, Table
from dbarchitect.catalog.survey import Survey
from dbarchitect.change.operations import Add, Change, Drop
from dbarchitect.finding import Applicability, Category, Evidence, EvidenceKind, Finding, Fix, Level, Precision
from dbarchitect.rules._base import Rule
from dbarchitect.rules._schema.paths import Path, forwards, paths
from dbarchitect.rules._sql import listed, quoted

_DOCUMENTS = frozenset({"jsonb", "tsvector"})
_LARGEST_ENTRY = "2,704 bytes"


@dataclass(frozen=True, slots=True)
class _Fault:
    """What is wrong, what to do, how bad and how sure, and the index that would be right (None: none at all)."""

    message: str
    hint: str
    level: Level
    precision: Precision
    better: Index | None = None
    mend: bool = True


class UnusableIndex(Rule):
    """An index that no search can use as it was meant

    ## What it finds
    A btree on a whole document or array (`jsonb`, `tsvector`, `text[]`), which only finds values that are equal as a
    whole; a partial index whose condition is never true (`where deleted_at is null` on a column that is NOT NULL) and
    which is therefore always empty; one whose condition is always true.

    ## Why it matters
    The searches that people write (`tags @> …`, `data ->> 'key' = …`, `document @@ query`) read the whole table in
    spite of the index, and a value of more than about 2.7 kB cannot be inserted at all. A unique index that is always
    empty refuses nothing. One whose condition is always true is passed over by queries that do not repeat the
    condition.

    ## When to leave it
    Where whole values are compared for equality on purpose. Indexes on booleans and columns of few values are not
    judged here: a rare value makes them worth it, and `unused-index` sees those that are not.

    ## How the fix works
    It replaces the btree by a GIN index, drops what is always empty, and leaves out a condition that is always true. A
    unique index that is always empty is left to you: what it was meant to refuse may be in the table by now.

    ## References
    - https://www.postgresql.org/docs/current/datatype-json.html#JSON-INDEXING
    - https://www.postgresql.org/docs/current/indexes-partial.html
    - https://www.postgresql.org/docs/current/gin.html
    """

    code = "IDX007"
    level = Level.WARNING
    precision = Precision.HIGH
    category = Category.PERFORMANCE

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for each index."""
        for table in survey.tables:
            for path, fault in _faulty(survey, table):
                yield Finding(
                    self.name(),
                    path.ref,
                    fault.message,
                    fault.hint,
                    (Evidence(EvidenceKind.CATALOG, path.described(), path.origin),),
                    path.origin,
                    level=fault.level,
                    precision=fault.precision,
                )

    def fix(self, finding: Finding, survey: Survey) -> Fix | None:
        """Drop it, and create the right one."""
        table = survey.catalog.table(finding.object)
        for path, fault in _faulty(survey, table) if table else ():
            if path.ref.key == finding.object.key and fault.mend:
                changes: list[Change] = [Drop(path.table.ref, path.index)]
                if fault.better is not None:
                    changes.append(Add(path.table.ref, fault.better))
                note = "Look for queries that compare whole values: they lose their index."
                document = fault.better is not None and fault.better.method != path.index.method
                return Fix(tuple(changes), Applicability.UNSAFE, note) if document else Fix(tuple(changes))
        return None


def _faulty(survey: Survey, table: Table) -> Iterator[tuple[Path, _Fault]]:
    named: set[tuple[str, ...]] = set()
    for path in paths(table):
        if path.key is not None or path.ref.key in named:  # the same index again, without a name
            continue
        named.add(path.ref.key)
        documents = survey.engine.capabilities.json_binary
        fault = (_of_document(survey.catalog, path) if documents else None) or _of_predicate(table, path)
        if fault is not None:
            yield path, fault


def _of_document(catalog: Catalog, path: Path) -> _Fault | None:
    index = path.index
    column = path.table.column(index.column_names[0]) if index.column_names else None
    alone = len(index.columns) == 1 and not index.include and index.columns[0].operator_class is None
    if column is None or not alone or index.method != "btree" or index.unique:
        return None
    type_ = catalog.base_type(column.type)
    document = type_.name in _DOCUMENTS and not type_.dimensions
    if not document and not type_.dimensions:
        return None
    better = replace(index, method="gin", columns=(replace(index.columns[0], descending=False, nulls_first=None),))
    if any(other.method == "gin" and other.column_names[:1] == (column.name,) for other in path.table.indexes):
        return _document_fault(path, column, None)
    return _document_fault(path, column, better if document else None, mend=document)


def _document_fault(path: Path, column: Column, better: Index | None, *, mend: bool = True) -> _Fault:
    return _Fault(
        f"On {path.table.ref}, {path} is a btree over whole values of type {column.type}: it finds none by what they "
        f"contain, and a value of more than {_LARGEST_ENTRY} cannot be inserted.",
        f"Replace {path} by a GIN index, or by one on the part that is searched.",
        Level.WARNING if column.type.name in _DOCUMENTS else Level.INFO,
        Precision.HIGH if column.type.name in _DOCUMENTS else Precision.MEDIUM,
        better,
        mend,
    )


def _of_predicate(table: Table, path: Path) -> _Fault | None:
    predicate = path.index.predicate
    if predicate is None:
        return None
    required = {column.name for column in table.columns if not column.nullable}
    empty = [name for name in columns_of(predicate) if name in required and implies_is_null(predicate, name)]
    if empty:
        refuses = ", and refuses nothing" if path.index.unique else ""
        return _Fault(
            f"On {table.ref}, {path} only holds rows where {empty[0]} is null, which is NOT NULL: it is always empty"
            f"{refuses}.",
            f"Drop {path}, or write the condition that was meant.",
            Level.WARNING,
            Precision.HIGH,
            mend=not path.index.unique,
        )
    names = not_null_columns(predicate)
    if not names or not set(names) <= required or predicate != _all_of(names):
        return None
    whole = replace(path.index, predicate=None)
    others = [other.index for other in paths(table) if other.index is not path.index]
    known = any(forwards(other) == forwards(whole) for other in others)
    implied = set(names) <= set(path.index.column_names[:1])
    passed_over = "" if implied else ": queries that do not repeat the condition may pass it over"
    return _Fault(
        f"On {table.ref}, {path} leaves out the rows where {listed(names)} is null, and there are none{passed_over}.",
        f"Create {path} without its condition.",
        Level.INFO,
        Precision.HIGH,
        None if known else whole,
        mend=not (known and path.index.unique),
    )


def _all_of(names: tuple[str, ...]) -> Expression:
    return expression(" and ".join(f"{quoted(name)} is not null" for name in names))

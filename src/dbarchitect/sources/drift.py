"""Compares two accounts of one schema object by object, and says on which side each difference lies.

Only what both accounts can know is compared: columns with their types, nullability and written defaults, keys,
uniqueness, indexes, checks, values of enums. Tables of frameworks and partitions are left out. A unique key and a
unique index over the same columns are the same; names of keys and indexes do not count.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, replace

from dbarchitect.catalog.drift import Difference, Side
from dbarchitect.catalog.members import Column, Index
from dbarchitect.catalog.objects import Catalog, Table
from dbarchitect.catalog.refs import Kind, Origin, Ref
from dbarchitect.catalog.types import Family

_HAS = {Side.MODELS: "the models have", Side.MIGRATIONS: "the migrations make", Side.DATABASE: "the database has"}
_HAS_NOT = {
    Side.MODELS: "the models do not",
    Side.MIGRATIONS: "the migrations do not",
    Side.DATABASE: "the database does not",
}


def compare(lead: Catalog, leading: Side, other: Catalog, following: Side) -> tuple[Difference, ...]:
    """The differences of two catalogs of one engine; `lead` is the side that ought to be right."""
    return tuple(_Comparison(lead, leading, other, following).differences())


@dataclass(frozen=True, slots=True)
class _Part:
    """Something that a table has or has not: its address, what it is, and where it is written."""

    ref: Ref
    words: str
    origin: Origin


_Parts = Mapping[Hashable, _Part]


@dataclass(frozen=True, slots=True)
class _Comparison:
    lead: Catalog
    leading: Side
    other: Catalog
    following: Side

    def differences(self) -> Iterator[Difference]:
        ours, theirs = _own(self.lead), _own(self.other)
        for key in sorted(ours.keys() | theirs.keys()):
            mine, its = ours.get(key), theirs.get(key)
            if mine is not None and its is not None:
                yield from self._table(mine, its)
            elif mine is not None and self.other.table(mine.ref) is None and not _is_view(self.other, mine):
                yield self._missing(_Part(mine.ref, f"table {mine.ref}", mine.origin), self.leading)
            elif its is not None and self.lead.table(its.ref) is None:
                yield self._missing(_Part(its.ref, f"table {its.ref}", its.origin), self.following)
        yield from self._enums()

    def _missing(self, part: _Part, present: Side) -> Difference:
        absent = self.following if present is self.leading else self.leading
        text = f"{_HAS[present]} the {part.words}, {_HAS_NOT[absent]}"
        return Difference(part.ref, present, absent, "missing", text, part.origin)

    def _differs(self, ref: Ref, aspect: str, mine: str, its: str, origin: Origin) -> Difference:
        text = f"the {aspect} of {ref} is {mine} in the {self.leading.value}, {its} in the {self.following.value}"
        return Difference(ref, self.leading, self.following, aspect, text, origin)

    def _table(self, mine: Table, its: Table) -> Iterator[Difference]:
        yield from self._parts(_columns(mine), _columns(its))
        for column in mine.ordered_columns:
            twin = its.column(column.name)
            if twin is not None and not self._is_brought(mine, column):
                yield from self._column(mine.ref.column(column.name), column, twin)
        own, their = (", ".join(t.primary_key.columns) if t.primary_key is not None else "none" for t in (mine, its))
        if own != their:
            yield self._differs(mine.ref, "primary key", own, their, mine.origin)
        for parts in (_unique, _foreign_keys, _checks):
            yield from self._parts(parts(mine), parts(its))
        theirs = _indexes(its)
        ours = {key: part for key, part in _indexes(mine).items() if key in theirs or not self._is_brought(mine, part)}
        yield from self._parts(ours, theirs)
        yield from self._deletions(mine, its)

    def _is_brought(self, table: Table, part: Column | _Part) -> bool:
        """True for what a library's base gives a model: its place is the class itself, and which it is goes with the
        library's version. Of a key it is worth telling."""
        key = table.primary_key
        is_key = isinstance(part, Column) and key is not None and part.name in key.columns
        brought = part.origin.path is not None and part.origin == table.origin
        return self.leading is Side.MODELS and brought and not is_key

    def _parts(self, mine: _Parts, its: _Parts) -> Iterator[Difference]:
        yield from (self._missing(part, self.leading) for key, part in mine.items() if key not in its)
        yield from (self._missing(part, self.following) for key, part in its.items() if key not in mine)

    def _column(self, ref: Ref, mine: Column, its: Column) -> Iterator[Difference]:
        own, their = self.lead.base_type(mine.type), self.other.base_type(its.type)
        known = Family.OTHER not in {self.lead.family(mine.type), self.other.family(its.type)}
        if self.leading is Side.MODELS and own.name == their.name and not (own.arguments or own.modifiers):
            own = their  # a model that computes the length, or leaves it to a library's field
        if own != their and (known or own.name == their.name):
            yield self._differs(ref, "type", str(mine.type), str(its.type), mine.origin)
        if mine.nullable != its.nullable:
            words = {True: "nullable", False: "not null"}
            yield self._differs(ref, "nullability", words[mine.nullable], words[its.nullable], mine.origin)
        comparable = mine.generated is None and its.generated is None and mine.identity == its.identity
        said = mine.default is not None or self.leading is not Side.MODELS  # models keep most defaults to themselves
        if comparable and said and mine.default != its.default:
            before, after = (c.default.text if c.default is not None else "none" for c in (mine, its))
            yield self._differs(ref, "default", before, after, mine.origin)

    def _deletions(self, mine: Table, its: Table) -> Iterator[Difference]:
        theirs = {(key.columns, key.referenced.key): key for key in its.foreign_keys}
        for key in mine.foreign_keys:
            twin = theirs.get((key.columns, key.referenced.key))
            if twin is not None and twin.on_delete is not key.on_delete:
                ref = mine.ref.over(key.columns, Kind.CONSTRAINT)
                yield self._differs(ref, "ON DELETE", key.on_delete.value, twin.on_delete.value, key.origin)

    def _enums(self) -> Iterator[Difference]:
        theirs = {(e.schema, e.name): e for e in self.other.enums if e.owned_by is None}
        for mine in self.lead.enums:
            its = theirs.get((mine.schema, mine.name))
            if its is not None and mine.owned_by is None and mine.values != its.values:
                ref = Ref(Kind.ENUM, mine.schema, name=mine.name)
                yield self._differs(ref, "list of values", ", ".join(mine.values), ", ".join(its.values), mine.origin)


def _own(catalog: Catalog) -> Mapping[tuple[str, ...], Table]:
    return {t.ref.key: t for t in catalog.tables if t.owned_by is None and t.partition_of is None}


def _is_view(catalog: Catalog, table: Table) -> bool:
    """Models may be mapped onto a view."""
    return any((view.schema, view.name) == (table.schema, table.name) for view in catalog.views)


def _columns(table: Table) -> _Parts:
    return {
        column.name.casefold(): _Part(
            table.ref.column(column.name), f"column {table.ref.column(column.name)}", column.origin
        )
        for column in table.ordered_columns
    }


def _unique(table: Table) -> _Parts:
    """What is unique, by key or by index."""
    found: dict[Hashable, _Part] = {}
    for key in table.unique_keys:
        ref = table.ref.over(key.columns, Kind.CONSTRAINT)
        found[frozenset(key.columns)] = _Part(ref, f"unique key {_over(table, key.columns)}", key.origin)
    for index in table.indexes:
        if index.is_key:
            ref = table.ref.over(index.column_names, Kind.CONSTRAINT)
            words = f"unique key {_over(table, index.column_names)}"
            found.setdefault(frozenset(index.column_names), _Part(ref, words, index.origin))
    return found


def _foreign_keys(table: Table) -> _Parts:
    return {
        (key.columns, key.referenced.key): _Part(
            table.ref.over(key.columns, Kind.CONSTRAINT),
            f"foreign key {_over(table, key.columns)} to {key.referenced}",
            key.origin,
        )
        for key in table.foreign_keys
    }


def _indexes(table: Table) -> _Parts:
    """The indexes that are no keys, valid or not: whether one is valid is no matter of the schema."""
    return {
        replace(index, valid=True): _Part(
            table.ref.over(index.column_names, Kind.INDEX, index.name), _index_words(table, index), index.origin
        )
        for index in table.indexes
        if not index.is_key
    }


def _index_words(table: Table, index: Index) -> str:
    if index.name is not None and any(column.expression is not None for column in index.columns):
        return f"index {index.name} of {table.ref}"  # its expressions may fill a page
    keys = tuple(c.name or (c.expression.text if c.expression is not None else "") for c in index.columns)
    partial = f" where {index.predicate.text}" if index.predicate is not None else ""
    return f"{'unique ' if index.unique else ''}index {_over(table, keys)}{partial}"


def _checks(table: Table) -> _Parts:
    return {
        check.expression: _Part(
            table.ref.over((), Kind.CONSTRAINT, check.name),
            f"check ({check.expression.text}) of {table.ref}",
            check.origin,
        )
        for check in table.checks
    }


def _over(table: Table, columns: tuple[str, ...]) -> str:
    return f"{table.ref}({', '.join(columns)})"

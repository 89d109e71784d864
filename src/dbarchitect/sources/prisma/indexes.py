"""Keys and indexes of a model. Prisma makes unique indexes, never unique constraints."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from dbarchitect.catalog.expressions import Expression, expression
from dbarchitect.catalog.members import Index, IndexColumn, UniqueKey
from dbarchitect.catalog.refs import Diagnostic
from dbarchitect.sources.prisma.names import column_name, constraint_name, given_name, table_name
from dbarchitect.sources.prisma.syntax import (
    Attribute,
    Block,
    Call,
    Entries,
    Number,
    Text,
    Value,
    Word,
    items_of,
    text_of,
    word_of,
)

_DEFAULT_CLASSES = re.compile(r"(jsonb_ops|array_ops|.*_minmax_ops)\Z")


@dataclass(slots=True)
class Keys:
    """Reads the keys and indexes of one model; problems gather in `diagnostics`."""

    model: Block
    engine: str
    diagnostics: list[Diagnostic]

    def primary_key(self) -> UniqueKey | None:
        """The primary key: `@id` on a field or `@@id` on the model."""
        table = table_name(self.model)
        for field in self.model.fields:
            attribute = field.attribute("id")
            if attribute is not None:
                name = given_name(attribute.call) or constraint_name(self.engine, table, (), "pkey")
                return UniqueKey((column_name(field),), name, origin=attribute.origin)
        attribute = self.model.attribute("id")
        if attribute is None:
            return None
        columns = tuple(key.name for key in self._keys(attribute) if key.name is not None)
        name = given_name(attribute.call) or constraint_name(self.engine, table, (), "pkey")
        return UniqueKey(columns, name, origin=attribute.origin) if columns else None

    def indexes(self) -> Iterator[Index]:
        """All other keys and indexes."""
        table = table_name(self.model)
        for field in self.model.fields:
            attribute = field.attribute("unique")
            if attribute is not None:
                key = IndexColumn(column_name(field), descending=word_of(attribute.call.get("sort")) == "Desc")
                name = given_name(attribute.call) or constraint_name(self.engine, table, (column_name(field),), "key")
                yield Index((key,), unique=True, name=name, origin=attribute.origin)
        for kind, suffix in (("unique", "key"), ("index", "idx"), ("fulltext", "idx")):
            for attribute in self.model.attributes(kind):
                index = self._index(attribute, kind, suffix)
                if index is not None:
                    yield index

    def _index(self, attribute: Attribute, kind: str, suffix: str) -> Index | None:
        call = attribute.call
        keys = tuple(self._keys(attribute))
        if not keys:
            return None
        columns = tuple(key.name for key in keys if key.name is not None)
        # On an index `name` is what `map` is now; on a unique key it is the client's name for it.
        older = text_of(call.get("name")) if kind != "unique" else None
        method = "fulltext" if kind == "fulltext" else (word_of(call.get("type")) or "btree").lower()
        return Index(
            keys,
            unique=kind == "unique",
            method=method,
            predicate=self._predicate(attribute),
            name=given_name(call) or older or constraint_name(self.engine, table_name(self.model), columns, suffix),
            origin=attribute.origin,
        )

    def _keys(self, attribute: Attribute) -> Iterator[IndexColumn]:
        call = attribute.call
        listed = call.get("fields") or next(iter(call.positional()), None)
        for item in items_of(listed):
            name = word_of(item)
            field = self.model.field(name) if name is not None else None
            if field is None:
                text = f"@@{attribute.name} of {self.model.name} names {name or 'something'}, which is no field of it"
                self.diagnostics.append(Diagnostic(attribute.origin, text))
                continue
            options = item if isinstance(item, Call) else Call(field.name)
            yield IndexColumn(
                column_name(field),
                operator_class=_operator_class(options.get("ops")),
                descending=word_of(options.get("sort")) == "Desc",
            )

    def _predicate(self, attribute: Attribute) -> Expression | None:
        where = attribute.call.get("where")
        if isinstance(where, Call) and where.name == "raw":
            text = text_of(next(iter(where.positional()), None))
            return expression(text) if text else None
        if isinstance(where, Entries):
            return expression(" and ".join(self._condition(entry.name or "", entry.value) for entry in where.items))
        return None

    def _condition(self, name: str, value: Value) -> str:
        field = self.model.field(name)
        column = '"' + (column_name(field) if field is not None else name).replace('"', '""') + '"'
        negated = isinstance(value, Entries)
        if isinstance(value, Entries):
            value = value.items[0].value if value.items else Word("null")
        if isinstance(value, Word) and value.value == "null":
            return f"{column} is {'not ' if negated else ''}null"
        return f"{column} {'<>' if negated else '='} {_literal(value)}"


def _literal(value: Value) -> str:
    if isinstance(value, Text):
        return "'" + value.value.replace("'", "''") + "'"
    return value.value if isinstance(value, Number | Word) else "null"


def _operator_class(value: Value | None) -> str | None:
    """`raw("gin_trgm_ops")`, or `JsonbPathOps` for jsonb_path_ops; None where it is the default of its method."""
    if isinstance(value, Call) and value.name == "raw":
        return text_of(next(iter(value.positional()), None))
    name = word_of(value)
    if name is None:
        return None
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().replace("min_max", "minmax")
    return None if _DEFAULT_CLASSES.match(snake) else snake

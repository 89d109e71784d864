"""What of a table goes with one of its columns: when that takes another name, and when it is dropped."""

from __future__ import annotations

import re
from dataclasses import replace

from dbarchitect.catalog.expressions import Expression, columns_of, expression
from dbarchitect.catalog.members import ForeignKey, IndexColumn, UniqueKey
from dbarchitect.catalog.objects import Table

_WORD = re.compile(r"""'(?:[^']++|'')*'|"(?:[^"]++|"")*"|(?<![\w$.])[A-Za-z_\u0080-\U0010ffff][\w$]*""")


def spelled(name: str) -> str:
    """A name as it stands in SQL, in quotes where it needs them."""
    return name if re.fullmatch(r"[a-z_][a-z0-9_$]*", name) else '"' + name.replace('"', '""') + '"'


def renamed_in(text: str, old: str, new: str) -> str:
    """An expression's text with a name replaced; strings, qualified names and longer names stay."""

    def swap(match: re.Match[str]) -> str:
        word = match[0]
        if word[0] == "'":
            return word
        name = word[1:-1].replace('""', '"') if word[0] == '"' else word.lower()
        return spelled(new) if name == old else word

    return _WORD.sub(swap, text)


def swapped(names: tuple[str, ...], old: str, new: str) -> tuple[str, ...]:
    """The names, with the new one in the place of the old."""
    return tuple(new if name == old else name for name in names)


def with_renamed(table: Table, old: str, new: str) -> Table:
    """The table with another name for one of its columns, in all of its own that names it."""

    def of(value: Expression | None) -> Expression | None:
        if value is None or old not in columns_of(value):
            return value
        return expression(renamed_in(value.text, old, new))

    def key(index_column: IndexColumn) -> IndexColumn:
        name = new if index_column.name == old else index_column.name
        return replace(index_column, name=name, expression=of(index_column.expression))

    def unique(known: UniqueKey) -> UniqueKey:
        return replace(known, columns=swapped(known.columns, old, new), include=swapped(known.include, old, new))

    def reference(known: ForeignKey) -> ForeignKey:
        return replace(known, columns=swapped(known.columns, old, new))

    return replace(
        table,
        columns=tuple(
            replace(c, name=new if c.name == old else c.name, generated=of(c.generated)) for c in table.columns
        ),
        primary_key=unique(table.primary_key) if table.primary_key is not None else None,
        unique_keys=tuple(unique(k) for k in table.unique_keys),
        foreign_keys=tuple(reference(k) for k in table.foreign_keys),
        checks=tuple(replace(c, expression=of(c.expression) or c.expression) for c in table.checks),
        indexes=tuple(
            replace(
                i,
                columns=tuple(key(c) for c in i.columns),
                include=swapped(i.include, old, new),
                predicate=of(i.predicate),
            )
            for i in table.indexes
        ),
        policies=tuple(replace(p, using=of(p.using), check=of(p.check)) for p in table.policies),
        triggers=tuple(replace(t, columns=swapped(t.columns, old, new)) for t in table.triggers),
        partitioning=None
        if table.partitioning is None
        else replace(table.partitioning, keys=swapped(table.partitioning.keys, old, new)),
    )


def without_column(table: Table, name: str) -> Table:
    """The table without a column and without all of its own that stands on it."""

    def free(*values: Expression | None) -> bool:
        return not any(value is not None and name in columns_of(value) for value in values)

    key = table.primary_key
    return replace(
        table,
        columns=tuple(c for c in table.columns if c.name != name and free(c.generated)),
        primary_key=None if key is not None and name in (*key.columns, *key.include) else key,
        unique_keys=tuple(k for k in table.unique_keys if name not in (*k.columns, *k.include)),
        foreign_keys=tuple(k for k in table.foreign_keys if name not in k.columns),
        checks=tuple(c for c in table.checks if free(c.expression)),
        exclusions=tuple(e for e in table.exclusions if all(name != element for element, _ in e.elements)),
        indexes=tuple(
            i
            for i in table.indexes
            if name not in (*(c.name for c in i.columns), *i.include)
            and free(i.predicate, *(c.expression for c in i.columns))
        ),
        policies=tuple(p for p in table.policies if free(p.using, p.check)),
    )

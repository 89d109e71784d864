"""What is made of columns: aggregates, directions, other names."""

from __future__ import annotations

from dataclasses import replace

from dbarchitect.catalog.queries import Aggregate
from dbarchitect.sources.code.typescript.builders.values import Column, Fragment, Sort
from dbarchitect.sources.code.typescript.values import Const
from dbarchitect.sources.code.typescript.vocabulary import Arguments
from dbarchitect.sources.code.values import Value


def aggregated(function: str, value: Value | None) -> Column:
    """`count()`, `sum(column)`."""
    match value:
        case Column(column=ref, reads=reads):
            plain = ref if value.plain else None
            return Column(plain, function, name=function, aggregate=Aggregate(function, plain), reads=reads)
        case Fragment(parts=parts):
            inside = frozenset().union(*(p.reads for p in parts if isinstance(p, Column)))
            return Column(None, function, name=function, aggregate=Aggregate(function), reads=inside)
        case _:
            return Column(None, function, name=function, aggregate=Aggregate(function))


def of_column(owner: Column, name: str, arguments: Arguments) -> Value | None:
    """A method of a column expression."""
    first = arguments.get(0)
    match name:
        case "as":
            return replace(owner, name=str(first.value)) if isinstance(first, Const) else owner
        case "mapWith" | "getSQL":
            return owner
        case "asc" | "desc":
            return Sort(owner, name == "desc")
        case _:
            return None

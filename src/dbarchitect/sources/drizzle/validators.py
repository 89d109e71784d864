"""What zod's schemas made of a table let into it: `createInsertSchema(users, { role: z.enum(ROLES) })`.

What every such schema of a table agrees on for a column stands in its `Declared`: the values of an enumeration, the
greatest length of a text, the bounds of a number. The program checks them, the database does not.
Source: https://orm.drizzle.team/docs/zod
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from dbarchitect.catalog.members import Column, Declared
from dbarchitect.catalog.objects import Catalog, Table
from dbarchitect.catalog.types import Family
from dbarchitect.sources.drizzle.columns import ColumnDraft
from dbarchitect.sources.drizzle.evaluate import Evaluator
from dbarchitect.sources.drizzle.library import declared
from dbarchitect.sources.drizzle.shapes import Shapes
from dbarchitect.sources.drizzle.standard import enumerated
from dbarchitect.sources.drizzle.values import Called, Closure, Got, Obj, Value, chain
from dbarchitect.sources.typescript.index import TypeScriptIndex
from dbarchitect.sources.typescript.syntax import Bind, Call, External, Found

_MAKES = re.compile(rb"createInsertSchema|createUpdateSchema")
_MAKERS = frozenset({"createInsertSchema", "createUpdateSchema"})
_PACKAGES = frozenset({"drizzle-zod", "drizzle-orm/zod"})
_OWN = External("zod", "schema")
_NUMBERS = frozenset({Family.INTEGER, Family.DECIMAL, Family.FLOAT})


@dataclass(frozen=True, slots=True)
class Limits:
    """What a validator lets pass; None and nothing where it does not say."""

    choices: tuple[str, ...] = ()
    low: int | float | None = None
    high: int | float | None = None


Validators = Mapping[tuple[Called, str], tuple[Limits, ...]]


def find_validators(index: TypeScriptIndex, evaluator: Evaluator) -> Validators:
    """What validators say, by table and property."""
    found: dict[tuple[Called, str], tuple[Limits, ...]] = {}
    for path in index.matching(_MAKES):
        module = index.module(path)
        if module is None:
            continue
        for name, statement in module.bound.items():
            if isinstance(statement, Bind) and isinstance(statement.value, Call):
                for key, limits in _of_schema(evaluator, evaluator.found(Found(module, name))):
                    found[key] = (*found.get(key, ()), limits)
    return found


def _of_schema(evaluator: Evaluator, value: Value) -> Iterator[tuple[tuple[Called, str], Limits]]:
    head, steps = chain(value)
    if not isinstance(head, External) or head.package not in _PACKAGES or head.name not in _MAKERS or not steps:
        return
    made = declared(steps[0].arg(0))
    given = [steps[0].arg(1), *(step.arg(0) for step in steps[1:] if step.name in {"extend", "safeExtend"})]
    for refined in given:
        if made is None or not isinstance(refined, Obj):
            continue
        for key, item in refined.entries.items():
            told = evaluator.call(item, (_OWN,)) if isinstance(item, Closure) else item
            limits = _limits(told)
            if limits is not None:
                yield (made.call, key), limits


def _limits(value: Value) -> Limits | None:
    """What one validator says; None where it cannot be told."""
    named = enumerated(value)
    if named is not None:
        texts = tuple(item for item in named.values() if isinstance(item, str))
        return Limits(texts) if len(texts) == len(named) else None
    low: int | float | None = None
    high: int | float | None = None
    while isinstance(value, Called) and isinstance(value.function, Got):
        name, first = value.function.name, value.args[0] if value.args else None
        number = first if isinstance(first, int | float) and not isinstance(first, bool) else None
        if name in {"max", "lte", "length"} and number is not None:
            high = number if high is None else high
        if name in {"min", "gte", "length"} and number is not None:
            low = number if low is None else low
        elif name == "nonnegative":
            low = 0 if low is None else low
        elif name in {"or", "transform", "pipe", "refine", "superRefine", "preprocess"}:
            return None
        value = value.function.owner
    return Limits(low=low, high=high) if (low, high) != (None, None) else None


def with_validators(
    catalog: Catalog, shapes: Shapes, drafts: Mapping[Called, Mapping[str, ColumnDraft]], validators: Validators
) -> Catalog:
    """The catalog with what all validators of a column agree on."""
    if not validators:
        return catalog
    said: dict[tuple[tuple[str, ...], str], Limits] = {}
    for (table, key), every in validators.items():
        draft, made = drafts.get(table, {}).get(key), declared(table)
        ref = shapes.ref(made) if made is not None else None
        if draft is not None and ref is not None and len(set(every)) == 1:
            said[ref.key, draft.column.name] = every[0]

    def completed(table: Table) -> Table:
        columns = tuple(_column(column, said.get((table.ref.key, column.name))) for column in table.columns)
        return replace(table, columns=columns)

    return replace(catalog, tables=tuple(completed(table) for table in catalog.tables))


def _column(column: Column, limits: Limits | None) -> Column:
    if limits is None or column.type.dimensions:
        return column
    family, own = column.type.family, column.declared or Declared()
    if limits.choices and family is Family.TEXT:
        own = replace(own, choices=own.choices or limits.choices)
    elif limits.high is not None and family is Family.TEXT and isinstance(limits.high, int):
        own = replace(own, max_length=limits.high)
    elif family in _NUMBERS:
        low, high = (None if bound is None else str(bound) for bound in (limits.low, limits.high))
        own = replace(own, minimum=low, maximum=high)
    return column if own == Declared() else replace(column, declared=own)

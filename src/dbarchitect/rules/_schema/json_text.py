"""Text columns that hold JSON, judged by default and name."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from dbarchitect.catalog.expressions import functions_of
from dbarchitect.catalog.members import Column
from dbarchitect.catalog.objects import Catalog, Table
from dbarchitect.catalog.types import Family
from dbarchitect.finding import Precision
from dbarchitect.rules._names import phrases, singular, words
from dbarchitect.rules._schema.comments import tells_json
from dbarchitect.rules._schema.limits import checks_naming
from dbarchitect.rules._schema.values import default_of

_BY_NAME = phrases("metadata, meta data, preference, setting, attribute, property, extra data, custom data, payload")
_LISTS = phrases(
    "question, resource, option, choice, tag, item, link, image, attachment, step, answer, feature, permission, scope, "
    "recipient, parameter, header, filter, rule, category, skill, ingredient, instruction, photo"
)
_COMPARED = frozenset({"key", "hash", "signature", "fingerprint", "digest"})
_LONG = 255


@dataclass(frozen=True, slots=True)
class HiddenJson:
    """A column, why it is thought to hold JSON, and how sure that is."""

    column: Column
    why: str
    precision: Precision


def is_customary(catalog: Catalog) -> bool:
    """True where some column of the application evidently keeps JSON as text."""
    columns = (column for table in catalog.tables if table.owned_by is None for column in table.columns)
    return any(catalog.family(c.type) is Family.TEXT and _is_json(default_of(c) or "") for c in columns)


def hidden_json(catalog: Catalog, table: Table, *, customary: bool) -> Iterator[HiddenJson]:
    """The text columns of a table that hold JSON, and that no CHECK keeps to it.

    Where it is `customary`, unbounded text called like several things (`questions`) is taken for a list of them.
    """
    for column in table.ordered_columns:
        if catalog.family(column.type) is not Family.TEXT or column.generated is not None:
            continue
        checks = (functions_of(check) for check, _ in checks_naming(catalog, table, column))
        found = None if any("json" in name for names in checks for name in names) else _judge(column, customary)
        if found is not None:
            yield found


def _judge(column: Column, customary: bool) -> HiddenJson | None:
    default = default_of(column)
    if default is not None and _is_json(default):
        return HiddenJson(column, f"its default is {default!r}", Precision.HIGH)
    compared = bool(_COMPARED & set(words(column.name)[-1:]))  # a document made a key: it is compared, not read
    if column.declared is not None and tells_json(column.declared.comment) and not compared:
        return HiddenJson(column, "the comment beside it says so", Precision.HIGH)
    if words(column.name)[-1:] == ("json",) and len(words(column.name)) > 1:
        return HiddenJson(column, "its name ends in json", Precision.MEDIUM)
    if default or (column.type.length or _LONG + 1) <= _LONG:
        return None
    if _BY_NAME.ends(column.name):
        return HiddenJson(column, "unbounded text under a name that JSON goes by", Precision.LOW)
    several = _LISTS.ends(column.name) and words(column.name)[-1] != singular(words(column.name)[-1])
    if customary and several:
        return HiddenJson(column, "text for several things, in an application that keeps lists as text", Precision.LOW)
    return None


def _is_json(text: str) -> bool:
    if text[:1] not in {"[", "{"}:
        return False
    try:
        return isinstance(json.loads(text), list | dict)
    except (ValueError, RecursionError):
        return False

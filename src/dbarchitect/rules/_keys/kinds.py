"""Columns that identify a row by what they mean: all kinds put together, and those of settings, lists and periods.

The other kinds have modules of their own: `_relation_keys`, `_identifier_keys` (with `_sign_in`), `_processor_keys`.
Each function looks for one kind in one table and knows the evidence for it.
"""

from __future__ import annotations

from collections.abc import Iterator

from dbarchitect.catalog.members import Column
from dbarchitect.catalog.objects import Catalog, Table
from dbarchitect.catalog.types import Family
from dbarchitect.finding import Level, Precision
from dbarchitect.rules._keys.identifiers import identifiers
from dbarchitect.rules._keys.natural import NaturalKey, held_by, is_identified
from dbarchitect.rules._keys.processors import processor_ids
from dbarchitect.rules._keys.relations import of_relations
from dbarchitect.rules._names import phrases, singular_words, thing_words, words
from dbarchitect.rules._schema.shape import (
    is_account,
    is_copy,
    is_creation_time,
    is_event,
    is_surrogate,
    is_update_time,
    joined_columns,
    reference_columns,
    says_who,
    time_columns,
)
from dbarchitect.rules._schema.values import default_of

_VOCABULARY = phrases(
    "tag, label, category, genre, keyword, topic, unit, permission, skill, currency, country, language, role"
)
_CODE = phrases("code, slug, key")
_NAME = phrases("name, title, label")
_SETTINGS = phrases(
    "setting, preference, option, config, configuration, property, attribute, metadata, meta, variable, flag"
)
_LOOSE = phrases("metadata, meta, attribute, property")
_NAMESPACES = phrases("module, namespace, section, scope, category, group, plugin, environment, locale, language")
_SYMBOL = phrases("symbol, ticker")
_SYMBOL_PARTS = phrases("interval, timeframe, resolution, period, direction, side, exchange, source")
_PERIODS = phrases("daily, weekly, monthly, hourly")
_PERIOD_COLUMN = phrases("date, day, week, month, hour, period, period start, bucket")


def natural_keys(catalog: Catalog, table: Table) -> Iterator[NaturalKey]:
    """All natural keys that a table shows, each set of columns once, the surest first."""
    seen: set[frozenset[str]] = set()
    if is_copy(table):
        return
    kinds = (of_relations(catalog, table), identifiers(catalog, table), processor_ids(catalog, table), _settings(table))
    for kind in (*kinds, _codes(catalog, table), _names(table), _by_time(table)):
        for key in kind:
            if frozenset(key.columns) not in seen:
                seen.add(frozenset(key.columns))
                yield key


def _settings(table: Table) -> Iterator[NaturalKey]:
    """A name and its value, for each owner."""
    names = {singular_words(column.name): column.name for column in table.columns}
    key = names.get(("key",)) or names.get(("name",))
    owners = reference_columns(table)
    value = names.get(("value",))
    of_anything = any(words(column.name)[:1] == ("content",) and column.name in owners for column in table.columns)
    if key and value and len(owners) <= 1 and not of_anything and _SETTINGS.ends("_".join(thing_words(table))):
        spaces = tuple(column.name for column in table.ordered_columns if _NAMESPACES.whole(column.name))
        columns = (*owners, *spaces, key)
        if not is_identified(table, key):
            harm = "one setting can have two values, and which of them is read is chance"
            loose = _LOOSE.ends("_".join(thing_words(table)))
            level = Level.INFO if loose else Level.WARNING
            yield NaturalKey(columns, harm, f"{value} is the value of what {key} names", level)


def _names(table: Table) -> Iterator[NaturalKey]:
    """Names in a vocabulary that people choose from: tags, labels, categories."""
    owners = tuple(c for c in reference_columns(table) if not says_who(c) and words(c)[:1] != ("parent",))
    if not _VOCABULARY.ends("_".join(thing_words(table))) or len(owners) > 1 or joined_columns(table):
        return
    surrogate = {c.name for c in table.columns if is_surrogate(table, c.name) and c.type.family is not Family.TEXT}
    others = [path for path in table.access_paths() if path.unique and path.predicate is None]
    chosen_by = [path for path in others if not held_by(path) <= surrogate]
    if chosen_by:
        return
    if any(_CODE.whole(column.name) for column in table.columns):
        return
    for column in table.ordered_columns:
        if column.type.family is Family.TEXT and _NAME.whole(column.name) and not column.nullable:
            harm = "one name can stand in the list twice, and rows spread over both"
            why = "it is the name in a list to choose from"
            yield NaturalKey((*owners, column.name), harm, why, Level.INFO)
            return


def _codes(catalog: Catalog, table: Table) -> Iterator[NaturalKey]:
    """A code beside a name: the short word by which programs know the row, within its owner."""
    owners = tuple(c for c in reference_columns(table) if not says_who(c) and words(c)[:1] != ("parent",))
    named = any(_NAME.whole(column.name) for column in table.columns)
    parents = [catalog.table(key.referenced) for key in table.foreign_keys if key.columns[0] in owners]
    if len(owners) > 1 or not named or is_account(table) or any(is_event(t) for t in (table, *parents) if t):
        return
    for column in table.ordered_columns:
        code = column.type.family is Family.TEXT and singular_words(column.name) == ("code",) and not column.nullable
        if code and not is_identified(table, column.name) and default_of(column) != "":
            why = "a code beside a name is what programs know the row by"
            yield NaturalKey((*owners, column.name), "one code can mean two things", why, Level.INFO)


def _by_time(table: Table) -> Iterator[NaturalKey]:
    """What is known of a thing at a time: prices of a symbol, the figures of a day."""
    times = [c for c in time_columns(table) if not is_creation_time(c) and not is_update_time(c) and not c.nullable]
    symbol = next((c for c in table.ordered_columns if _SYMBOL.whole(c.name) and not c.nullable), None)
    if symbol is not None and times and not is_identified(table, symbol.name):
        parts = (c for c in table.ordered_columns if _SYMBOL_PARTS.whole(c.name) and not c.nullable)
        columns = (symbol.name, *(c.name for c in parts), times[0].name)
        harm = "one import twice doubles every figure"
        yield NaturalKey(columns, harm, "symbol and time say which row it is", Level.INFO, Precision.LOW)
    if _PERIODS.within("_".join(thing_words(table))):
        day = _period_column(table)
        owners = tuple(c for c in reference_columns(table) if not says_who(c))
        if day is not None and len(owners) <= 2 and not is_identified(table, day.name):
            harm = "one period can be counted twice"
            yield NaturalKey((*owners, day.name), harm, "its name says one row for each period", Level.INFO)


def _period_column(table: Table) -> Column | None:
    kinds = {Family.DATE, Family.TIMESTAMP}
    found = (c for c in table.ordered_columns if c.type.family in kinds and _PERIOD_COLUMN.whole(c.name))
    return next((c for c in found if not c.nullable), None)

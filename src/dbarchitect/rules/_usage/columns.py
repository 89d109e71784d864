"""What a column is worth to a search: whether one of its values picks few rows of a table, or half of them."""

from __future__ import annotations

from collections import Counter
from enum import IntEnum
from functools import lru_cache

from dbarchitect.catalog.members import Column
from dbarchitect.catalog.objects import Catalog, Table
from dbarchitect.catalog.queries import Code, Comparison, Verb
from dbarchitect.catalog.types import Family
from dbarchitect.rules._names import phrases, thing_words, words
from dbarchitect.rules._schema.references import declared_reference, telling_column, undeclared_targets
from dbarchitect.rules._schema.shape import (
    ACCOUNTS,
    asked_once_of_each,
    is_creation_time,
    is_event,
    is_log,
    is_lookup,
    is_soft_delete,
    reference_columns,
)
from dbarchitect.rules._schema.values import value_set
from dbarchitect.rules._usage.runners import Runner, runner_of

_IDENTIFIERS = phrases(
    "id, uuid, guid, uid, token, key, code, slug, hash, digest, fingerprint, email, username, login, handle, number, "
    "reference, ref, name, path, url, uri, domain, host, hostname, phone, barcode, sku, isbn, ip, address, object pk, "
    "checksum, sha256, md5, commit, serial, secret, nonce, identifier, session, title"
)
_TOKENS = phrases("api key, token, uuid, hash, secret key, access key")
_STATES = phrases(
    "status, state, type, kind, role, level, stage, phase, mode, category, priority, severity, visibility, tier, plan, "
    "gender, provider, platform, source, language, locale, country, currency, result, outcome, method, scope, format"
)
_SETTINGS = phrases("setting, configuration, config, preference, role, permission, feature flag")
_FLAGS = phrases("is, has, was, can, allow, enable, disable, show, hide, require, use")
_TIMES = {Family.TIMESTAMP, Family.DATE}
_MOMENTS = phrases("at, timestamp")
"""Last words of moments that are kept as numbers, where the engine has no type for them."""
_SHARED = phrases("email, phone, username, login, handle, ip, address, domain, host, hostname, name, path, url, uri")
_PROSE = phrases(
    "content, contents, body, text, description, message, note, notes, comment, html, markdown, summary, excerpt, bio, "
    "biography, prompt, transcript, details, remarks, caption, article, story, conclusion, reason, "
    "instructions"
)
_ONE_OF = phrases("primary, default, current, latest, is main")
"""Words of a flag that one row among those of its owner bears."""


class Worth(IntEnum):
    """What equality with one value of a column leaves, the fewest rows first; also the order in an index."""

    REFERENCE = 0
    IDENTIFIER = 1
    VALUE = 2
    TIME = 3
    STATE = 4
    FLAG = 5


SELECTIVE = frozenset({Worth.REFERENCE, Worth.IDENTIFIER, Worth.VALUE, Worth.TIME})


def worth_of(catalog: Catalog, table: Table, column: Column) -> Worth:
    """How far equality with a value of this column narrows a search."""
    known = _worths(table, catalog)
    if table.column(column.name) is not column:
        return _worth(catalog, table, column)
    if column.name not in known:
        known[column.name] = _worth(catalog, table, column)
    return known[column.name]


@asked_once_of_each
def _worths(_table: Table, _catalog: Catalog) -> dict[str, Worth]:
    """What a table's columns are worth, as far as somebody asked: every lookup asks."""
    return {}


def _worth(catalog: Catalog, table: Table, column: Column) -> Worth:
    family = catalog.family(column.type)
    if family is Family.BOOLEAN or is_soft_delete(column):
        return Worth.FLAG
    if column.name in reference_columns(table) or any(column.name in key.columns for key in table.foreign_keys):
        return Worth.REFERENCE
    declared = column.declared
    if declared_reference(column) is not None:
        return Worth.REFERENCE
    if telling_column(column) is not None:
        return Worth.IDENTIFIER
    if column.name in undeclared_targets(table, catalog):
        return Worth.REFERENCE
    if family is Family.ENUM or (declared is not None and declared.choices) or _STATES.ends(column.name):
        return Worth.STATE
    if family in _TIMES or (family is Family.INTEGER and _MOMENTS.ends(column.name)):
        return Worth.TIME
    if family is Family.UUID or _IDENTIFIERS.ends(column.name) or _TOKENS.within(column.name):
        return Worth.IDENTIFIER
    if value_set(catalog, table, column) is not None or (family is Family.INTEGER and _FLAGS.starts(column.name)):
        return Worth.STATE
    return Worth.VALUE


def is_prose(column: Column) -> bool:
    """True for a text of any length that somebody wrote: a row of an index holds no more than a few kilobytes."""
    limited = bool(column.type.arguments)
    return column.type.family is Family.TEXT and not limited and _PROSE.ends(column.name)


def marks_one(column: Column) -> bool:
    """True for a flag that one row among those of its owner bears: the primary version, the default address."""
    return column.type.family is Family.BOOLEAN and _ONE_OF.ends(column.name)


def is_shared(column: Column) -> bool:
    """True for what names somebody or something in many rows: an address, a name; not a token that one row has."""
    return _SHARED.ends(column.name)


TINY, HARDLY, USUAL, FILLED, GROWING = 0.15, 0.7, 1.0, 1.15, 1.3
_BROAD = 3
"""A row that brings so many things together is a deed (an order, a booking, an entry): there is one for each time."""


def growth_of(code: Code, table: Table) -> float:
    """How much an index on this table is worth: little on a short list, more where use of the application adds rows."""
    short = is_lookup(table) or _SETTINGS.ends("_".join(thing_words(table)))
    if (short and not _is_of_each_person(table)) or table.ref.key in _pruned(code):
        return TINY
    if table.ref.key in _purged(code):
        return GROWING
    signs = (
        any(map(is_creation_time, table.columns)),
        bool(table.foreign_keys),
        table.ref.key in _filled(code),
    )
    if is_log(table) or is_event(table) or is_broad(table):
        return GROWING if any(signs) else USUAL
    return (HARDLY, HARDLY, USUAL, FILLED)[sum(signs)]


def _is_of_each_person(table: Table) -> bool:
    """Whether each row is what one person has for one thing (the key is `user_id` and `server_id`): there are more of
    these than people."""
    keys = (path.column_names for path in table.access_paths() if path.unique and len(path.column_names) > 1)
    people = (name for names in keys for name in names if words(name)[-1:] == ("id",))
    return any(ACCOUNTS.ends("_".join(words(name)[:-1])) for name in people)


def breadth_of(table: Table) -> int:
    """How many other tables a row of this one brings together."""
    return len({key.referenced.table_ref.key for key in table.foreign_keys} - {table.ref.key})


def is_broad(table: Table) -> bool:
    """True where a row brings so many things together that it comes with each deed."""
    return breadth_of(table) >= _BROAD


def is_everywhere(catalog: Catalog, column: Column) -> bool:
    """True for the time of making that most tables have, by a base class: it tells nothing of this table's rows."""
    return is_creation_time(column) and column.name in catalog.derive(_common_columns)


def _common_columns(catalog: Catalog) -> frozenset[str]:
    tables = [table for table in catalog.tables if table.owned_by is None]
    counted = Counter(column.name for table in tables for column in table.columns)
    return frozenset(name for name, number in counted.items() if number * 2 > len(tables))


@lru_cache(maxsize=4)
def _filled(code: Code) -> frozenset[tuple[str, ...]]:
    """The tables that requests, tasks and what they share put rows into; empty where too little was seen to tell."""
    by_hand = {Runner.COMMAND, Runner.SCRIPT, Runner.MIGRATION, Runner.DECLARED}
    return frozenset(
        query.table.key
        for query in code.queries
        if query.verb in {Verb.INSERT, Verb.UPSERT}
        and query.table is not None
        and runner_of(code, query) not in by_hand
    )


@lru_cache(maxsize=4)
def _purged(code: Code) -> frozenset[tuple[str, ...]]:
    """The tables from which old rows are deleted by time or number: nobody clears out what does not grow."""
    return frozenset(
        query.table.key
        for query in code.queries
        if query.verb is Verb.DELETE and query.table is not None
        if any(p.comparison is Comparison.RANGE and p.column.table_ref == query.table for p in query.predicates)
    )


@lru_cache(maxsize=4)
def _pruned(code: Code) -> frozenset[tuple[str, ...]]:
    """The tables from which all rows are deleted but some that are named: no more than these ever stay."""
    return frozenset(
        query.table.key
        for query in code.queries
        if query.verb is Verb.DELETE and query.table is not None and query.predicates and not query.dynamic
        if all(p.comparison is Comparison.NOT_IN and not (p.optional or p.negated) for p in query.predicates)
    )

"""Natural keys of tables that join two things: each pair once."""

from __future__ import annotations

from collections.abc import Iterator

from dbarchitect.catalog.objects import Catalog, Table
from dbarchitect.finding import Level, Precision
from dbarchitect.rules._keys.natural import NaturalKey, held_by
from dbarchitect.rules._names import phrases, thing_words, words
from dbarchitect.rules._schema.shape import (
    ACCOUNTS,
    ORDERING,
    is_event,
    is_soft_delete,
    is_surrogate,
    is_update_time,
    joined_columns,
    reference_columns,
    says_created,
    says_who,
    time_columns,
)
from dbarchitect.rules._sql import listed

_RELATIONS = phrases(
    "like, vote, upvote, follow, follower, favorite, favourite, bookmark, membership, member, enrollment, enrolment, "
    "rsvp, reaction, star, watcher, participation, participant, attendance, attendee, collaborator"
)
_LINKS = frozenset(
    {"to", "x", "has", "in", "of", "and", "link", "map", "mapping", "rel", "relation", "association", "through"}
)
_OWN_THING = phrases("url, title, link, body, content")
_CONTENT_TYPE = ("content", "type", "id")
_ENDS = phrases("valid until, valid to, until, end, end date, end at, end on, end time, ended at, ended on")
_REACTIONS = phrases("emoji, reaction, type, kind")


def _what_it_holds(table: Table, joined: tuple[str, ...]) -> str:
    key = table.primary_key.columns if table.primary_key is not None else ()
    besides = [c.name for c in table.ordered_columns if c.name not in {*joined, *key}]
    return f"the table holds nothing but its references{f', with {listed(besides)}' if besides else ''}"


def of_relations(catalog: Catalog, table: Table) -> Iterator[NaturalKey]:
    """Tables that join two things: each pair at most once."""
    if _is_place_in_a_list(catalog, table):
        return
    joined = joined_columns(table)
    absent = sum(1 for name in joined if (column := table.column(name)) is not None and column.nullable)
    # An entry without a moment is a place in something, and no deed (`book_entries`).
    happens = is_event(table) and (bool(time_columns(table)) or thing_words(table)[-1:] != ("entry",))
    if joined and not happens and absent in ({0, 2} if len(joined) == 2 else {0}):
        harm = f"the same {listed(joined)} can be joined twice, and every count and list shows it double"
        yield NaturalKey(joined, harm, _what_it_holds(table, joined), precision=Precision.HIGH, pair=True)
        return
    if joined or _has_a_natural_key(table):
        return
    references = tuple(c for c in reference_columns(table) if not says_who(c))
    bound = tuple(c for c in references if (found := table.column(c)) is not None and not found.nullable)
    named_relation = _RELATIONS.ends("_".join(thing_words(table)))
    if named_relation and (_is_thing(table) or not any(_is_person(catalog, table, column) for column in references)):
        return
    if not named_relation and (not _is_named_after(catalog, table, bound) or _is_more(table)):
        return
    if any(_ENDS.ends(column.name) for column in time_columns(table)):
        return  # it holds for a time, and begins again
    why = "its name says that it is a relation of two things"
    pointed = _pointing(table)
    if pointed:
        people = tuple(c for c in bound if _is_person(catalog, table, c)) if named_relation else ()
        if len(people) == 1:
            pair = (*pointed, *people)
            yield NaturalKey(pair, f"the same {listed(pair)} can stand in it twice", why, pair=True)
        return
    scoped = any(c.name not in references and c.nullable and words(c.name)[-1:] == ("id",) for c in table.columns)
    extra = tuple(c.name for c in table.ordered_columns if named_relation and _REACTIONS.whole(c.name))
    if len(bound) == 2:
        pairs = [(*bound, *(extra if thing_words(table)[-1:] == ("reaction",) else ()))]
    elif len(bound) == 1 and named_relation:
        pairs = [(*bound, other) for other in references if other not in bound]
    else:
        return
    for pair in pairs:
        level = Level.INFO if scoped and not named_relation else Level.WARNING
        yield NaturalKey(pair, f"the same {listed(pair)} can stand in it twice", why, level, pair=True)


def _pointing(table: Table) -> tuple[str, ...]:
    """The columns that together say at which row of which table a row points (`object_type, object_id`); empty where
    there are none."""
    names = {words(column.name): column.name for column in table.columns}
    for column in table.ordered_columns:
        own = words(column.name)
        if own[-1:] in {("id",), ("pk",)} and column.name not in reference_columns(table) and own[:-1]:
            kinds = (names.get((*own[:-1], "type")), names.get((*own[:-1], "model")), names.get(_CONTENT_TYPE))
            kind = next((name for name in kinds if name is not None), None)
            if kind is not None:
                return kind, column.name
    return ()


def _is_place_in_a_list(catalog: Catalog, table: Table) -> bool:
    """True where a row is a place in a list that people arrange, with rows of its own below it (the sets of the second
    exercise of a training): what it refers to may stand in the list again."""
    placed = any(ORDERING.whole(column.name) for column in table.columns)
    return placed and any(
        key.referenced.table_ref.key == table.ref.key for other in catalog.tables for key in other.foreign_keys
    )


def _is_person(catalog: Catalog, table: Table, column: str) -> bool:
    """True for a reference to somebody, or to a table that was not read: nobody else likes, follows or is a member."""
    key = next(key for key in table.foreign_keys if key.columns == (column,))
    parent = catalog.table(key.referenced)
    return parent is None or ACCOUNTS.ends("_".join(thing_words(parent))) or ACCOUNTS.within(column)


def _has_a_natural_key(table: Table) -> bool:
    """True where something beyond the surrogate is unique already: somebody thought of what may repeat. A place in an
    order (`product_id, position`) is no such thought."""
    keys = [held_by(path) for path in table.access_paths() if path.unique]
    return any(not any(is_surrogate(table, name) or ORDERING.whole(name) for name in key) for key in keys)


def _is_more(table: Table) -> bool:
    """True where a row is more than the pair, which may then meet again: it has a moment of its own (`earned_at`), or
    is a thing with a title or an address."""
    if _is_thing(table):
        return True
    return any(not (says_created(c.name) or is_update_time(c) or is_soft_delete(c)) for c in time_columns(table))


def _is_thing(table: Table) -> bool:
    """True where a row has a title, an address, words of its own: a bookmark of a page, not one person's mark."""
    return any(_OWN_THING.whole(column.name) for column in table.columns)


def _is_named_after(catalog: Catalog, table: Table, references: tuple[str, ...]) -> bool:
    """True for `user_roles` between users and roles: the name is made of the names of both."""
    parents = []
    for column in references:
        key = next(key for key in table.foreign_keys if key.columns == (column,))
        parent = catalog.table(key.referenced)
        parents.append(thing_words(parent) if parent else ())
    own = tuple(word for word in thing_words(table) if word not in _LINKS)
    if len(parents) != 2 or not all(parents):
        return False
    left, right = ("".join(words_) for words_ in parents)
    return "".join(own) in {left + right, right + left}

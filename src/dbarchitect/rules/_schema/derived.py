"""Columns whose value follows from others: of the same row, or of the rows that refer to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dbarchitect.catalog.members import Column, ForeignKey
from dbarchitect.catalog.objects import Catalog, Table
from dbarchitect.catalog.types import Family
from dbarchitect.finding import Precision
from dbarchitect.rules._names import Phrases, phrases, singular_words, thing_words, words
from dbarchitect.rules._schema.domains import body_columns
from dbarchitect.rules._schema.on_delete import Sibling
from dbarchitect.rules._schema.shape import is_copy, is_log
from dbarchitect.rules._sql import listed

_NUMBERS = {Family.INTEGER, Family.DECIMAL, Family.FLOAT, Family.MONEY}
_MEASURES = phrases("word count, char count, character count, letter count, reading time, read time, line count")
_TOTALS = phrases("total, subtotal, sub total, total amount, total price, grand total, total cost, amount total")
_LINES = phrases("item, line, line item, position, detail, entry, product")
_PRICES = phrases("price, amount, unit price, cost, total, subtotal, quantity, qty, line total")
_BALANCES = phrases("balance, credits balance, credit balance, points balance, current balance, available balance")
_BALANCE_WORDS = {"balance", "current", "available", "total"}
_BOOKS = phrases(
    "transaction, ledger, ledger entry, movement, posting, journal entry, journal line, ledger line, credit log, "
    "balance change, account entry, booking entry"
)
_SUM = phrases("amount, delta, change, credit, debit, value, point, quantity")
_PROGRESS = phrases("progress, progress pct, progress percent, progress percentage, completion, completion percentage")
_DONE = phrases("completed, is completed, done, is done, completed at, finished, finished at, is complete")
_STEPS = phrases("progress, completion, attempt")
_FIRST = phrases("first name, given name, forename, firstname")
_LAST = phrases("last name, family name, surname, lastname")
_FULL = phrases("full name, fullname, complete name")
_BIRTHS = phrases("birth date, date of birth, birthdate, birthday, dob, born on, born at")


@dataclass(frozen=True, slots=True)
class Derived:
    """A column, what its value `follows` from, and where that stands: `source` is a child table, None for the row."""

    column: Column
    follows: str
    cure: str
    source: Table | None = None
    precision: Precision = Precision.MEDIUM


def derived_columns(catalog: Catalog, table: Table) -> Iterator[Derived]:
    """The columns of a table whose value follows from others, and that nothing in the database keeps true."""
    if is_copy(table) or is_log(table):
        return
    for column in table.ordered_columns:
        if column.generated is not None or column.identity is not None:
            continue
        found = _of_the_row(catalog, table, column)
        if found is None and catalog.family(column.type) in _NUMBERS:
            found = _of_the_children(catalog, table, column)
        if found is not None and not _is_maintained(catalog, table, found):
            yield found


def _of_the_row(catalog: Catalog, table: Table, column: Column) -> Derived | None:
    name, family = column.name, catalog.family(column.type)
    if _MEASURES.ends(name) and family in _NUMBERS:
        bodies = [body.name for body in body_columns(table, catalog) if catalog.family(body.type) is Family.TEXT]
        about = [body for body in bodies if set(words(body)) & set(words(name))]
        if about or len(bodies) == 1:
            body = (about or bodies)[0]
            return Derived(column, body, "Make it a generated column, or count where it is shown")
    if _FULL.whole(name) and family is Family.TEXT:
        parts = [c.name for c in table.ordered_columns if _FIRST.whole(c.name) or _LAST.whole(c.name)]
        if len(parts) > 1:
            return Derived(column, listed(parts), "Make it a generated column")
    if words(name) == ("age",) and family in _NUMBERS:
        births = [c.name for c in table.ordered_columns if _BIRTHS.whole(c.name)]
        if births:
            return Derived(column, f"{births[0]} and today's date", "Drop it and compute it where it is shown")
    return None


def _of_the_children(catalog: Catalog, table: Table, column: Column) -> Derived | None:
    cure = "Keep it by a trigger, or run a query that compares the two"
    counted = _counted(column.name)
    about = _subject(column.name)

    def distance(pair: tuple[Table, ForeignKey]) -> tuple[bool, bool]:
        # A balance of credits follows from the credits before the transactions; posts refer to users by user_id and
        # by hidden_by_id, and what is counted goes by the first.
        return not about & set(thing_words(pair[0])), not Sibling(*pair).names(table)

    held = sorted(catalog.references_to(table.ref), key=distance)
    for child, key in held:
        if child.ref.key == table.ref.key or child.owned_by is not None or is_copy(child):
            continue
        thing = thing_words(child)
        joined = "_".join(thing)
        by = f" that refer to it by {', '.join(key.columns)}" if _is_plain(key, table) else ""
        rows = f"the rows of {child.ref}{by}"
        if counted and _is_called(thing, counted, table):
            return Derived(column, rows, cure, child)
        if _TOTALS.whole(column.name) and _is_part(thing, table) and _has_number(catalog, child, _PRICES):
            return Derived(column, rows, cure, child, Precision.LOW)
        booked = _BOOKS.ends(joined) or bool(about & set(thing))
        balance = _BALANCES.ends(column.name) or _is_store(column.name, thing)
        if balance and booked and _has_number(catalog, child, _SUM):
            return Derived(column, rows, cure, child)
        if _PROGRESS.whole(column.name) and any(_DONE.whole(other.name) for other in child.columns):
            return Derived(column, rows, cure, child, Precision.LOW)
    if _PROGRESS.whole(column.name):
        return _of_the_steps(catalog, table, column)
    return None


def _is_plain(key: ForeignKey, table: Table) -> bool:
    """True for `order_id` to orders: another role (`payment_order_id`) need not be the one that counts."""
    own, thing = singular_words("_".join(key.columns)), thing_words(table)
    return own in {thing, thing[-1:], (*thing, "id"), (*thing[-1:], "id")}


def _subject(name: str) -> set[str]:
    """What a balance is one of: the credits of `credit_balance`; empty where it is no balance."""
    return set(singular_words(name)) - _BALANCE_WORDS if _BALANCES.ends(name) else set()


def _is_store(name: str, thing: tuple[str, ...]) -> bool:
    """True for `credits` beside `credit_transactions`: a number that is called after what is booked."""
    own = singular_words(name)
    return bool(own) and len(thing) > len(own) and thing[: len(own)] == own and _BOOKS.ends("_".join(thing))


def _of_the_steps(catalog: Catalog, table: Table, column: Column) -> Derived | None:
    """The progress of a course beside that of its lessons, where both are kept for the same person."""
    own = {key.referenced.key for key in table.foreign_keys}
    for other in catalog.tables:
        shared = own & {key.referenced.key for key in other.foreign_keys}
        steps = _STEPS.ends("_".join(thing_words(other))) and any(_DONE.whole(c.name) for c in other.columns)
        if shared and steps and other.ref.key != table.ref.key and other.owned_by is None and not is_copy(other):
            cure = "Keep it by a trigger, or run a query that compares the two"
            return Derived(column, f"the rows of {other.ref}", cure, other, Precision.LOW)
    return None


def _counted(name: str) -> tuple[str, ...]:
    """What a counter counts: `comments_count`, `num_comments`, `commentCount`; empty where it is none."""
    own = singular_words(name)
    if own[-1:] == ("count",):
        return own[:-1]
    if own[:1] not in {("num",), ("number",), ("count",)}:
        return ()
    return own[2:] if own[1:2] == ("of",) else own[1:]


def _is_called(thing: tuple[str, ...], counted: tuple[str, ...], table: Table) -> bool:
    """True for `comment` or `post comment` where the comments of a post are counted."""
    parent = thing_words(table)
    shortened = thing[len(parent) :] if thing[: len(parent)] == parent else thing
    return counted in {thing, shortened}


def _is_part(thing: tuple[str, ...], table: Table) -> bool:
    """True for `order item` of `order`."""
    parent = thing_words(table)
    return len(thing) > len(parent) and thing[: len(parent)] == parent and _LINES.ends("_".join(thing))


def _has_number(catalog: Catalog, table: Table, names: Phrases) -> bool:
    return any(names.ends(c.name) and catalog.family(c.type) in _NUMBERS for c in table.columns)


def _is_maintained(catalog: Catalog, table: Table, found: Derived) -> bool:
    """True where a trigger of the table or of its source speaks of the column, or may: its text was not read."""
    bodies = {f"{f.schema}.{f.name}" if f.schema else f.name: f.definition for f in catalog.functions}
    for holder in filter(None, (table, found.source)):
        for trigger in holder.triggers:
            text = trigger.body or bodies.get(trigger.function or "", "")
            if not text or found.column.name.casefold() in text.casefold():
                return True
    return False

"""A table that does not say when its rows were made or changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dbarchitect.catalog.expressions import literal_value
from dbarchitect.catalog.members import Column
from dbarchitect.catalog.objects import Catalog, Table
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Survey
from dbarchitect.catalog.types import Family, parse_type
from dbarchitect.change.operations import AddColumn
from dbarchitect.finding import (
    Applicability,
    Category,
    Evidence,
    EvidenceKind,
    Finding,
    Fix,
    Level,
    Precision,
    Strength,
)
from dbarchitect.rules._base import Rule
from dbarchitect.rules._names import in_style, phrases, thing_words, words
from dbarchitect.rules._schema.domains import (
    extended,
    is_part_of_owner,
    is_payment,
    is_user_content,
    keeps_its_past,
    owner_column,
    signs_in,
)
from dbarchitect.rules._schema.shape import (
    is_copy,
    is_creation_time,
    is_event,
    is_lookup,
    is_soft_delete,
    is_update_time,
    joined_columns,
    time_columns,
)
from dbarchitect.rules._schema.soft_delete import state_values
from dbarchitect.rules._schema.versions import is_document
from dbarchitect.rules._sql import count, listed

_BEGUN = frozenset(
    words(
        "created joined registered signed occurred sent received recorded issued submitted started paid published "
        "accepted uploaded posted logged requested fetched placed ordered purchased written opened reported filed "
        "imported captured measured taken detected triggered invited enrolled booked donated inserted creation pub "
        "saved installed made"
    )
)
_CHANGED = frozenset(words("updated modified changed edited update modification edit"))
_TIME_WORDS = frozenset(words("at on date time datetime timestamp up in day last metadata record row"))
_MOMENTS = frozenset(words("date time datetime timestamp day"))
_STATES = phrases("status, state, stage, payment status, order status")
_BEGINNINGS = frozenset(
    words("pending open new draft queued processing created waiting requested submitted scheduled started unpaid todo")
)
_AMOUNTS = phrases("balance, credit balance, credits balance, stock, quantity in stock, stock quantity")
_PLANS = frozenset(words("due start starts end ends expires expire until birth born scheduled deadline valid"))
_AROUND = frozenset(
    words(
        "session token setting preference config configuration cache lock code device category tag label unit type "
        "kind permission grant role"
    )
)
_FEWEST_COLUMNS = 4


class MissingTimestamps(Rule):
    """Rows do not say when they were made or changed

    ## What it finds
    Tables whose rows somebody makes (accounts, payments, what users write, what belongs to a user) with no column for
    the time of making (`created_at`, or a time of its own such as `date_joined`); and tables whose rows evidently
    change (accounts, documents, a balance, or a state that begins as pending or the like, without times for its
    steps) with none for the time of the last change. Lookups, tables that only join others, things that happen,
    settings, sessions and tables of fewer than four columns are left alone, and so is whatever gives no sign that the
    question will be asked.

    ## Why it matters
    When something went wrong, the first question is when; without the column nobody can answer, not even for the rows
    of yesterday. Incremental exports, caches and sync need the time of change too. It cannot be filled in later.

    ## When to leave it
    When rows are never changed, or another table keeps their history.

    ## How the fix works
    Adds the missing columns, nullable and without a default: existing rows say honestly that the time is not known.
    The model then fills them (`auto_now`, `onupdate`, `@updatedAt`), or a default and a trigger do.

    ## References
    - https://www.postgresql.org/docs/current/ddl-alter.html
    """

    code = "HIS001"
    level = Level.INFO
    precision = Precision.MEDIUM
    category = Category.MAINTAINABILITY

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding per table, naming what is missing."""
        for table in survey.tables:
            missing = _missing(table, survey.catalog)
            if not missing:
                continue
            times = listed(column.name for column in time_columns(table)) or "none"
            yield Finding(
                self.name(),
                table.ref,
                f"{table.ref} has no {listed((gap.column for gap in missing), 'and no')}: when a row "
                f"{listed((gap.question for gap in missing), 'or')} cannot be told.",
                f"Add {listed(gap.column for gap in missing)}, and let the model or a trigger fill "
                f"{'it' if len(missing) == 1 else 'them'}.",
                (
                    Evidence(EvidenceKind.CATALOG, f"columns that hold a time: {times}", table.origin),
                    *(Evidence(EvidenceKind.CATALOG, gap.why, table.origin) for gap in missing),
                ),
                table.origin,
                salient=tuple(gap.column for gap in missing),
            )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """Most of the judged tables say both."""
        judged = [t for t in survey.tables if not _exempt(t) and not is_copy(t)]
        complete = [t for t in judged if _is_made(t) and _is_changed(t)]
        if len(complete) >= 2 and len(complete) * 2 > len(judged):
            names = listed(str(table.ref) for table in complete[:6])
            evidence = (Evidence(EvidenceKind.CATALOG, f"{names}{' and others' if len(complete) > 6 else ''}"),)
            message = f"{len(complete)} of {count(len(judged), 'table')} say when their rows were made and changed."
            yield Strength(self.name(), Ref.database(), message, evidence)

    def fix(self, finding: Finding, survey: Survey) -> Fix | None:
        """Add the columns, nullable."""
        table = survey.catalog.table(finding.object)
        if table is None:
            return None
        last = max((column.position for column in table.columns), default=0)
        moment = parse_type("timestamptz" if survey.engine.capabilities.time_zones else "datetime")
        changes = tuple(
            AddColumn(table.ref, Column(gap.column, moment, position=last + number))
            for number, gap in enumerate(_missing(table, survey.catalog), 1)
        )
        note = "The model or a trigger must fill the new columns; existing rows stay NULL: not known."
        return Fix(changes, Applicability.UNSAFE, note)


@dataclass(frozen=True, slots=True)
class _Gap:
    """A time that is missing: the column to add, the question it would answer, why it will be asked."""

    column: str
    question: str
    why: str


def _exempt(table: Table) -> bool:
    own = thing_words(table)
    around = bool(_AROUND & set(own[-1:]))
    small = sum(not is_soft_delete(column) for column in table.columns) < _FEWEST_COLUMNS
    return small or around or is_lookup(table) or _joins(table) or keeps_its_past(table)


def _joins(table: Table) -> bool:
    """True for a table that joins others, whether it says more about each pair (a role) or not."""
    referring = {name for key in table.foreign_keys for name in key.columns}
    return bool(joined_columns(table)) or (len(referring) > 1 and table.is_key(referring))


def _missing(table: Table, catalog: Catalog) -> tuple[_Gap, ...]:
    if _exempt(table):
        return ()
    gaps = []
    whole = (table, *extended(table, catalog))
    made_by = _why_made(table, catalog)
    if made_by and not any(_is_made(part) for part in whole):
        gaps.append(_Gap(in_style("created_at", table), "was made", made_by))
    changes = _why_changed(table, catalog)
    if changes and not any(_is_changed(part) for part in whole):
        gaps.append(_Gap(in_style("updated_at", table), "was last changed", changes))
    return tuple(gap for gap in gaps if table.column(gap.column) is None)


def _is_made(table: Table) -> bool:
    return any((is_creation_time(c) or _says_when(c, _BEGUN)) and _may_be_time(c) for c in table.columns)


def _is_changed(table: Table) -> bool:
    return any((is_update_time(c) or _says_when(c, _CHANGED)) and _may_be_time(c) for c in table.columns)


def _says_when(column: Column, verbs: frozenset[str]) -> bool:
    """True for `date_joined`, `sent_on`, `pub_date`, `metadata_modified`, and for a bare `date` or `time`."""
    own = set(words(column.name))
    bare = len(own) == 1 and own <= _MOMENTS and verbs is _BEGUN
    return bool(own & verbs and own <= verbs | _TIME_WORDS) or bare


def _may_be_time(column: Column) -> bool:
    """Times are also kept as numbers (seconds) and, where the engine has no type for them, as text."""
    return column.type.family in {Family.TIMESTAMP, Family.DATE, Family.TIME, Family.INTEGER, Family.TEXT, Family.FLOAT,
                                  Family.DECIMAL, Family.OTHER}  # fmt: skip


def _why_made(table: Table, catalog: Catalog) -> str:
    if signs_in(table, catalog):
        return "people register here"
    if is_payment(table):
        return "it records money"
    if thing_words(table)[-1:] == ("account",):
        return ""  # what belongs to an account: a sign-in by another service, a mailbox
    owner = owner_column(table, catalog)
    column = table.column(owner) if owner else None
    if column is None or column.nullable or is_part_of_owner(table, catalog) or is_event(table):
        return "somebody wrote it" if is_user_content(table, catalog) else ""
    return f"its rows belong to somebody ({owner})"


def _why_changed(table: Table, catalog: Catalog) -> str:
    if signs_in(table, catalog):
        return "accounts are changed by their owners"
    if is_document(table, catalog):
        return "what users write is worked on"
    if is_event(table) and not is_payment(table):
        return ""
    moving = next((column for column in table.ordered_columns if _moves(column, table, catalog)), None)
    steps = [c for c in time_columns(table) if not is_creation_time(c) and not _PLANS & set(words(c.name))]
    return f"{moving.name} changes, and no column says when" if moving is not None and not steps else ""


def _moves(column: Column, table: Table, catalog: Catalog) -> bool:
    """True for a balance, and for a state that begins with something that does not last."""
    if _AMOUNTS.whole(column.name):
        return column.type.family in {Family.INTEGER, Family.DECIMAL, Family.FLOAT, Family.MONEY}
    if not _STATES.whole(column.name):
        return False
    default = literal_value(column.default) if column.default is not None else None
    said = column.declared.default if column.declared is not None else None
    known = state_values(catalog, table, column) | {value.casefold() for value in (default, said) if value}
    return bool(_BEGINNINGS & {word for value in known for word in words(value)})

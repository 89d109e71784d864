"""What kind of table it is, by several signals: words of its name and the columns and keys that it has."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TypeVar

from dbarchitect.catalog.members import Column, ForeignKey
from dbarchitect.catalog.objects import Catalog, Table
from dbarchitect.catalog.types import Family
from dbarchitect.rules._names import phrases, singular_words, thing_words, words

EVENTS = phrases(
    "log, event, history, audit, activity, view, visit, click, impression, hit, metric, stat, measurement, "
    "reading, sample, ping, flip, attempt, notification, message, transaction, delivery, request, trace, "
    "snapshot, heartbeat, usage, tracking, analytics, statistics, job, execution, run, result, entry, check "
    "in, download, play, scan, error, alert, update, change, revision, version, email, queue, outbox, "
    "telemetry, record, payment, order, submission, session, token, redemption, booking, reservation, purchase, "
    "visit, assignment history, activation, deactivation, suspension, ban, approval, rejection, removal, transfer"
)
"""Last words of tables that gather a row for something that happened, again and again for the same things."""
_HOSTS = phrases("host, hostname, server, smtp host, imap host")
_BASES = phrases("base url, server url, api url, api base url, endpoint, service url")
_KEYS_TO = phrases("password, passwd, secret, api key, access token, client secret")
_KEPT = (
    frozenset({("history", "id"), ("history", "date")}),
    frozenset({("pgh", "id"), ("pgh", "label")}),
)
"""The columns that libraries add to tables in which they keep what rows were."""
LOGS = phrases(
    "log, event, history, audit, activity, view, visit, click, impression, hit, metric, measurement, reading, "
    "ping, heartbeat, tracking, analytics, statistics, usage, telemetry, trace, snapshot, delivery, "
    "notification, message, transaction, entry"
)
"""Last words of tables that grow with every use and are hardly ever changed."""
ACCOUNTS = phrases(
    "user, account, member, customer, profile, person, admin, staff, employee, patient, client, student, "
    "teacher, author, player"
)
TENANTS = phrases(
    "organization, organisation, org, team, workspace, tenant, company, group, project, site, store, shop, "
    "account, household, community"
)
_CREDENTIALS = phrases("password, passwd, password hash, email, username, last login, hashed password")
_CREATED = phrases(
    "created, created at, created on, create time, creation time, creation date, date created, created time, "
    "created date, timestamp, inserted at, added at, date added, joined at, assigned at, granted at, linked "
    "at, tagged at, added on"
)
_UPDATED = phrases(
    "updated, updated at, updated on, modified, modified at, modified on, update time, last modified, date "
    "modified, last updated, changed at, updated date, last update"
)
ORDERING = phrases(
    "position, order, sort, sort order, sort index, rank, weight, index, display order, ordering, priority, "
    "idx, seq, sequence"
)
"""Names of a place in a list that people arrange."""
_SOFT_DELETE = phrases(
    "deleted at, deleted on, date deleted, deleted, is deleted, removed at, archived at, discarded at, deleted time"
)
_COPIES = frozenset({"historical", "history", "archive", "archived", "backup", "tmp", "tombstone", "deleted", "purged"})
_LINKED = frozenset({"provider_account_id", "account_id", "provider_user_id"})
_PROVIDERS = frozenset({"provider", "provider_id"})
_DOERS = phrases("creator, updater, modifier, editor, approver, reviewer, inviter")
_TIMES = {Family.TIMESTAMP, Family.DATE}
_Answer = TypeVar("_Answer")


def says_created(name: str) -> bool:
    """True for the name of a time at which a row is made (`created_at`, `joined_at`), whatever fills it."""
    return _CREATED.whole(name)


def asked_once(judge: Callable[[Table], _Answer]) -> Callable[[Table], _Answer]:
    """The same function of a table, computed once for each: dozens of rules ask the same of thousands of tables."""

    @wraps(judge)
    def remembered(table: Table) -> _Answer:
        return table.derive(judge)

    return remembered


def asked_once_of_each(judge: Callable[[Table, Catalog], _Answer]) -> Callable[[Table, Catalog], _Answer]:
    """The same function of a table and the catalog that it is in, computed once for each table of a catalog."""

    def known(_: Catalog) -> dict[tuple[str, ...], tuple[Table, _Answer]]:
        return {}

    @wraps(judge)
    def remembered(table: Table, catalog: Catalog) -> _Answer:
        answers, key = catalog.derive(known), table.ref.key
        before = answers.get(key)
        if before is not None and before[0] is table:  # not another state of it, before or after a change
            return before[1]
        answer = judge(table, catalog)
        answers[key] = table, answer
        return answer

    return remembered


def is_creation_time(column: Column) -> bool:
    """True for the column that says when a row was made."""
    return bool(column.declared and column.declared.sets_on_create) or _CREATED.whole(column.name)


def is_update_time(column: Column) -> bool:
    """True for the column that says when a row was last changed."""
    return bool(column.declared and column.declared.sets_on_update) or _UPDATED.whole(column.name)


def is_soft_delete(column: Column) -> bool:
    """True for a column whose value marks a row as deleted."""
    return _SOFT_DELETE.whole(column.name)


def says_who(column: str) -> bool:
    """True for a column that says who did something: `created_by`, `resolvedById`, `creator_id`."""
    own = words(column)
    own = own[:-1] if own[-1:] == ("id",) else own
    return own[-1:] == ("by",) or _DOERS.whole("_".join(own))


def is_surrogate(table: Table, column: str) -> bool:
    """True for a primary key, or an `id` within one, that stands for nothing else (no foreign key)."""
    key = table.primary_key
    if key is None or foreign_keys_over(table, (column,)):
        return False
    return key.columns == (column,) or (column in key.columns and column.lower() == "id")


def foreign_keys_over(table: Table, columns: tuple[str, ...]) -> tuple[ForeignKey, ...]:
    """The foreign keys made of exactly these columns."""
    return tuple(key for key in table.foreign_keys if set(key.columns) == set(columns))


@asked_once
def reference_columns(table: Table) -> tuple[str, ...]:
    """The columns that are a foreign key by themselves, in the table's order."""
    single = {key.columns[0] for key in table.foreign_keys if len(key.columns) == 1}
    return tuple(column.name for column in table.ordered_columns if column.name in single)


@asked_once
def joined_columns(table: Table) -> tuple[str, ...]:
    """The references of a table that does nothing but join others, empty where it is no such table.

    Besides the references it may have a surrogate key, times of its making and change, an order, a soft-delete mark.
    """
    references = reference_columns(table)
    if len(references) < 2 or len(references) != sum(len(key.columns) for key in table.foreign_keys):
        return ()
    for column in table.columns:
        own = column.name in references or is_surrogate(table, column.name) or ORDERING.whole(column.name)
        if not (own or is_creation_time(column) or is_update_time(column) or is_soft_delete(column)):
            return ()
    return references


@asked_once
def time_columns(table: Table) -> tuple[Column, ...]:
    """The columns that hold a date or a moment."""
    return tuple(column for column in table.ordered_columns if column.type.family in _TIMES)


@asked_once
def is_copy(table: Table) -> bool:
    """True for a table that keeps earlier states of another's rows: what it repeats is ruled where it came from."""
    own = thing_words(table)
    marks = {words(column.name) for column in table.columns}
    named = bool(_COPIES & {*own[:1], *own[-1:]}) or "staging" in own
    return named or any(pair <= marks for pair in _KEPT)


@asked_once
def is_log(table: Table) -> bool:
    """True for a table that gains a row whenever something happens: its name's last word says so, and it has a time."""
    words = thing_words(table)
    return bool(words) and LOGS.ends("_".join(words)) and bool(time_columns(table))


@asked_once
def is_event(table: Table) -> bool:
    """True where the same things may meet again in another row: something that happens, not something that is."""
    return EVENTS.ends("_".join(thing_words(table))) and not _is_connection(table)


def _is_connection(table: Table) -> bool:
    """True for a table of settings by which another system is reached, a mailbox or a queue: its host, and the password
    for it."""
    hosts = any(_HOSTS.ends(c.name) or _BASES.whole(c.name) for c in table.columns)
    return hosts and any(_KEYS_TO.ends(c.name) for c in table.columns)


@asked_once
def is_account(table: Table) -> bool:
    """True for a table of people who sign in: its name says so, and it has an address, a name or a password. Not for
    what this program signs in with elsewhere."""
    words = thing_words(table)
    named = bool(words) and ACCOUNTS.ends("_".join(words)) and any(_CREDENTIALS.within(c.name) for c in table.columns)
    return named and not (words[-1] != "user" and _is_connection(table))


@asked_once
def is_linked_account(table: Table) -> bool:
    """True for the table in which a sign-in library keeps what an identity provider gave it: the library makes its rows
    and prescribes its columns."""
    names = {"_".join(words(column.name)) for column in table.columns}
    return "access_token" in names and bool(_LINKED & names) and bool(_PROVIDERS & names)


@asked_once
def is_tenant(table: Table) -> bool:
    """True for a table whose rows own other tables' rows for a group of people."""
    return TENANTS.ends("_".join(thing_words(table)))


@asked_once
def is_lookup(table: Table) -> bool:
    """True for a short list of things that hardly changes: few columns, no references, no times but its own making."""
    times = [c for c in time_columns(table) if not is_creation_time(c) and not is_update_time(c)]
    labels = ("name", "code", "label", "title", "slug", "key", "value", "description")
    named = any(singular_words(c.name)[-1:] in {(label,) for label in labels} for c in table.columns)
    small = len(table.columns) <= 6 and not table.foreign_keys and not times
    return small and named and not is_account(table) and not is_event(table) and not is_tenant(table)


def tables_by_thing(catalog: Catalog) -> dict[str, list[Table]]:
    """The tables by what they are called, in singular words without spaces: by their own name and by their model's."""
    found: dict[str, list[Table]] = {}
    for table in catalog.tables:
        for name in {"".join(singular_words(table.name)), "".join(thing_words(table))}:
            found.setdefault(name, []).append(table)
    return found

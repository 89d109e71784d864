"""Recognising what a table is for (payments, keys, logs, what users write), by its name and its columns together."""

from __future__ import annotations

from dbarchitect.catalog.members import Column
from dbarchitect.catalog.objects import Catalog, Table
from dbarchitect.catalog.types import Family
from dbarchitect.rules._names import phrases, singular_words, thing_words, words
from dbarchitect.rules._schema.shape import (
    asked_once_of_each,
    foreign_keys_over,
    is_account,
    is_creation_time,
    is_lookup,
    is_update_time,
    joined_columns,
    time_columns,
)

_PAYMENTS = phrases("payment, charge, payment intent, payment transaction")
_AMOUNT = phrases("amount, total, price, sum, value")
_OF_MONEY = phrases("currency, status, state, paid at, intent id, charge id, transaction id, payment id")
_OF_OTHERS = phrases("provider, vendor, adapter, base url, api base, api url, endpoint")
_API_KEYS = phrases("api key, api token, access key, personal access token, apikey, service token")
_LAST_USED = phrases("last used, last used at, last used time, last used on, accessed at, last accessed at, used at")
_GRANTED = phrases("scope, permission, right, ability, name, label, description")
_NO_API_KEYS = frozenset({"session", "device", "push", "subscription", "cache", "lock", "invite", "invitation"})
KEYS = phrases("key, token, api key, access key, secret, value, api token, access token")
"""What a column is called that holds a key."""
_PASSWORDS = phrases("password, password hash, hashed password, encrypted password, passwd, last login, email verified")
_HOLDERS = frozenset({"user", "account", "member"})

_FROM = phrases("valid from, validity from, effective from, sys start, system time start, row start")
_UNTIL = phrases("valid to, valid until, validity to, effective to, effective until, sys end, system time end, row end")

_TITLES = frozenset(words("title name subject headline caption heading label"))
_BODIES = frozenset(
    words("body content text html markdown document story transcript article answer entry post instruction essay lyric")
)
_REMARKS = frozenset(words("note comment message review letter prompt"))
_DATA = frozenset({"data", "json"})
_QUALIFIERS = frozenset(words("raw full main plain rich md source long"))
_MACHINE = frozenset(
    words(
        "session token cache job task setting config configuration preference webhook key integration notification "
        "metadata migration queue lock subscription credential device connection import export report template "
        "permission role invitation invite membership log audit history version revision draft run execution request "
        "response alert email event state status backup"
    )
)
_SHORT = 200

_STREAMS = phrases(
    "page view, product view, post view, item view, profile view, link view, visit, click, impression, hit, ping, "
    "heartbeat, tracking, analytics, telemetry, trace, usage, webhook delivery, email "
    "delivery, login attempt, sign in attempt, api request, http request"
)
_LOGGED = frozenset(
    words(
        "website web page browser usage access event request response error exception login signin email mail sms "
        "webhook api job task run execution system activity action visit search sync delivery notification message "
        "security session query debug server client application app change sent received workflow ping crawl bot "
        "admin traffic http url redirect download play view scan history user service worker cron process status "
        "credit token cost llm chat call sensor device"
    )
)
_MEASUREMENTS = phrases("metric, measurement, reading")
_NUMBERS = {Family.INTEGER, Family.DECIMAL, Family.FLOAT}
_SPANS = frozenset(words("start starts begin begins end ends ended until due scheduled finish"))


def is_payment(table: Table) -> bool:
    """True for a table of money that was or will be taken: its name says so, it has an amount, and a currency, a state
    or the processor's number."""
    names = [column.name for column in table.columns]
    named = _PAYMENTS.ends("_".join(thing_words(table)))
    return named and any(_AMOUNT.within(n) for n in names) and any(_OF_MONEY.within(n) for n in names)


def is_api_key(table: Table) -> bool:
    """True for a table of keys that the application hands out to programs, not of those by which it calls others."""
    of_others = any(_OF_OTHERS.whole(column.name) for column in table.columns)
    named = _API_KEYS.ends("_".join(thing_words(table))) and len(table.columns) > 2
    return (named or _is_used_like_a_key(table)) and not of_others


def _is_used_like_a_key(table: Table) -> bool:
    """True where one key or token finds the row, which says when it was last used and what it opens or is called: a
    program presents it, whatever the table is called. A session has no name, a device's token is for writing to it."""
    texts = (column.name for column in table.columns if column.type.family is Family.TEXT)
    bearer = any(KEYS.whole(name) and table.is_key((name,)) for name in texts)
    names = [column.name for column in table.columns]
    used, told = any(map(_LAST_USED.whole, names)), any(map(_GRANTED.whole, names))
    return bearer and used and told and not _NO_API_KEYS & set(thing_words(table))


def login_tables(catalog: Catalog) -> tuple[Table, ...]:
    """The tables of people who sign in, those that frameworks own among them."""
    return tuple(table for table in catalog.tables if signs_in(table, catalog))


@asked_once_of_each
def signs_in(table: Table, catalog: Catalog) -> bool:
    """True for a table of people who sign in: users by name, or people with a password. Not for customers and patients
    in a file, nor for what belongs to a user (a mail account, a membership) and refers to the table of users."""
    if not is_account(table) or not _is_holder(table):
        return False
    for key in table.foreign_keys:
        other = catalog.table(key.referenced)
        if other is not None and other.ref.key != table.ref.key and is_account(other) and _is_holder(other):
            return False
    return True


def _is_holder(table: Table) -> bool:
    return bool(_HOLDERS & set(thing_words(table)[-1:])) or has_credentials(table)


def has_credentials(table: Table) -> bool:
    """True where a password or the last sign-in is among the columns."""
    return any(_PASSWORDS.whole(column.name) for column in table.columns)


@asked_once_of_each
def owner_column(table: Table, catalog: Catalog) -> str | None:
    """The column that says whose row it is: a foreign key to a table of accounts."""
    for key in table.foreign_keys:
        other = catalog.table(key.referenced)
        if len(key.columns) == 1 and other is not None and other.ref.key != table.ref.key and signs_in(other, catalog):
            return key.columns[0]
    return None


def is_part_of_owner(table: Table, catalog: Catalog) -> bool:
    """True where each owner has one row at most: settings, a profile."""
    owner = owner_column(table, catalog)
    return owner is not None and table.is_key((owner,))


def extended(table: Table, catalog: Catalog) -> tuple[Table, ...]:
    """The tables whose rows this one continues, one row for each: by a foreign key that is a key itself."""
    parents = (catalog.table(k.referenced) for k in table.foreign_keys if table.is_key(k.columns))
    return tuple(parent for parent in parents if parent is not None and parent.ref.key != table.ref.key)


def keeps_its_past(table: Table) -> bool:
    """True where each row is a version: it says from when and until when it was valid."""
    return any(_FROM.whole(c.name) for c in table.columns) and any(_UNTIL.whole(c.name) for c in table.columns)


def body_columns(table: Table, catalog: Catalog) -> tuple[Column, ...]:
    """The columns that hold what a person wrote or made: long text or JSON, named as a body (`content`, `body_html`,
    `meal_plan_data` of a saved meal plan), and not text about something else (`error_message`, `footer_html`)."""
    things = set(thing_words(table))
    found = []
    for column in table.ordered_columns:
        own = set(singular_words(column.name))
        family, length = catalog.family(column.type), column.type.length
        long = family is Family.JSON or (family is Family.TEXT and (length is None or length > _SHORT))
        said = own & _BODIES or (own & things and own & (_DATA | _REMARKS))
        listed = column.declared is not None and column.declared.choices
        if long and said and own <= _BODIES | _REMARKS | _DATA | _QUALIFIERS | things and not listed:
            found.append(column)
    return tuple(found)


def title_column(table: Table) -> Column | None:
    """The column that names the row for people."""
    things = set(thing_words(table))
    for column in table.ordered_columns:
        own = set(singular_words(column.name))
        if own & _TITLES and own <= _TITLES | things:
            return column
    return None


@asked_once_of_each
def is_user_content(table: Table, catalog: Catalog) -> bool:
    """True for a table of what users write or make: somebody owns the row, and it has a body, and a title or the
    name of a text; no log, no lookup, no part of the account itself, nothing that machines write."""
    things = thing_words(table)
    if is_account(table) or is_lookup(table) or joined_columns(table) or _MACHINE & set(things):
        return False
    if owner_column(table, catalog) is None or is_part_of_owner(table, catalog) or not body_columns(table, catalog):
        return False
    return title_column(table) is not None or bool((_BODIES | _REMARKS) & set(things[-1:]))


def is_audit(table: Table) -> bool:
    """True for a record of who changed what, which is kept for years on purpose."""
    return "audit" in thing_words(table) and bool(time_columns(table))


@asked_once_of_each
def is_stream(table: Table, catalog: Catalog) -> bool:
    """True for a table that gains a row whenever something happens, and whose rows nobody goes back to.

    Its name says so and it has a time; nothing is changed (no time of a change), nothing refers to its rows, nobody
    gave them a title, and they are not planned (a start, an end): a calendar's `events` are no log. Nor is what counts
    up one row for each thing and day.
    """
    things = "_".join(thing_words(table))
    times = time_columns(table)
    if not times or any(is_update_time(column) for column in table.columns):
        return False
    measured = _MEASUREMENTS.ends(things) and _has_number(table)
    if (
        not (_STREAMS.ends(things) or measured or _is_machine_log(table))
        or is_audit(table)
        or is_user_content(table, catalog)
    ):
        return False
    planned = any(_SPANS & set(words(column.name)) for column in times)
    titles = {("title",)} | ({("name",)} if things.endswith("activity") else set())
    titled = any(singular_words(c.name) in titles or _is_remark(c) for c in table.columns)
    referred = any(other.ref.key != table.ref.key for other, _ in catalog.references_to(table.ref))
    return not (planned or titled or referred or _counts_up(table))


def _is_remark(column: Column) -> bool:
    """True for what somebody wrote to the row; the number of `comments` that a post has is none."""
    return bool(_REMARKS & set(singular_words(column.name)[-1:])) and column.type.family not in _NUMBERS


def _counts_up(table: Table) -> bool:
    """True where a day or hour has one row for each thing, with a number that grows: its key holds the date."""
    dates = {column.name for column in table.columns if column.type.family is Family.DATE}
    counters = (column.name for column in table.columns if column.type.family is Family.INTEGER)
    counted = any(words(name)[-1:] in {("count",), ("counter",)} for name in counters)
    return counted and any(path.unique and dates & set(path.column_names) for path in table.access_paths())


def _is_machine_log(table: Table) -> bool:
    """True for `logs`, `usage_logs`, `webhook_events`; a `workout_log` is somebody's diary, `order_events` tell an
    order's story."""
    things = thing_words(table)
    return things[-1:] in {("log",), ("event",), ("activity",)} and set(things[-2:-1]) <= _LOGGED


def _has_number(table: Table) -> bool:
    key = table.primary_key.columns if table.primary_key else ()
    plain = (c for c in table.columns if c.name not in key and not foreign_keys_over(table, (c.name,)))
    return any(column.type.family in _NUMBERS for column in plain)


def stream_time(table: Table) -> Column:
    """The time that orders a stream's rows: that of its making first, then one that is required."""
    return min(time_columns(table), key=lambda c: (not is_creation_time(c), c.nullable, c.position, c.name))

"""Columns that identify a row by what they mean: which they are, and how sure that is.

Each function looks for one kind of natural key in one table and knows the evidence for it; none of them asks whether
the database enforces it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dbarchitect.catalog.expressions import columns_of
from dbarchitect.catalog.members import Column, Index
from dbarchitect.catalog.objects import Catalog, Table
from dbarchitect.catalog.types import Family
from dbarchitect.finding import Level, Precision
from dbarchitect.rules._names import phrases, singular_words, thing_words, words
from dbarchitect.rules._shape import (
    ACCOUNTS,
    ORDERING,
    is_account,
    is_copy,
    is_creation_time,
    is_event,
    is_soft_delete,
    is_surrogate,
    is_tenant,
    is_update_time,
    joined_columns,
    reference_columns,
    says_created,
    says_who,
    time_columns,
)
from dbarchitect.rules._sql import listed
from dbarchitect.rules._values import default_of

_RELATIONS = phrases(
    "like, vote, upvote, follow, follower, favorite, favourite, bookmark, membership, member, enrollment, enrolment, "
    "rsvp, reaction, star, watcher, participation, participant, attendance, attendee, collaborator"
)
_LINKS = frozenset(
    {"to", "x", "has", "in", "of", "and", "link", "map", "mapping", "rel", "relation", "association", "through"}
)
_OWN_THING = phrases("url, title, link, body, content")
_REACTIONS = phrases("emoji, reaction, type, kind")
_SLUG = phrases("slug, permalink, handle")
_PROVIDER = phrases("provider, provider name, auth type, login type, auth method, login method, auth source")
_LOGIN = phrases("email, email address, username, user name, login, login name")
_ASKED = frozenset({"invited", "invitation", "invite", "pending", "waiting", "deleted"})
"""Who is to become an account, or was one: the same person may be asked twice, by several."""
_SUBJECT = phrases("user id, subject, sub, oidc sub, external id, auth id, firebase uid, clerk id, auth0 id")
"""By what somebody else's sign-in names an account: the address beside it is only for writing to people."""
_SIGN_IN = phrases("password, passwd, last login, is active, login count, two factor, totp")
_ACTIVE = phrases("is active")
_PASSWORD = phrases("password, passwd, password hash, hashed password, pass hash")
_PRODUCT = phrases("sku, isbn, isbn13, ean, upc, gtin, barcode, vin, imei, doi, orcid")
_CODED = phrases(
    "coupon, promo, promotion, voucher, promo code, gift card, invite, currency, country, language, airport"
)
_SHARED_CODE = phrases("referral code, invite code, invitation code, join code, share code")
_PUBLIC = phrases("uuid, guid, code, public id, badge key, external uuid, public uuid, public key id")
_BEARER = phrases("token, session, invitation, invite, api key, access key, share link, magic link, password reset")
_BEARER_COLUMN = phrases(
    "token, key, token hash, key hash, hashed token, hashed key, session token, session key, invite token, "
    "invitation token, reset token, api key, verification token, digest"
)
_LOOKED_UP_BY = phrases("prefix, selector, identifier, lookup, series, key id, token id, public id")
_ELSEWHERE = phrases("remote id, external id, foreign id, upstream id, provider id, source id, origin id, remote key")
_PROCESSORS = frozenset(
    {
        "stripe",
        "paypal",
        "paddle",
        "braintree",
        "adyen",
        "square",
        "mollie",
        "razorpay",
        "chargebee",
        "lemonsqueezy",
        "lemon",
        "polar",
        "gocardless",
        "klarna",
        "revenuecat",
    }
)
_PROCESSOR_THINGS = {
    "customer": frozenset(
        {
            "user",
            "account",
            "customer",
            "team",
            "organization",
            "organisation",
            "workspace",
            "tenant",
            "profile",
            "company",
            "member",
            "subscription",
        }
    ),
    "subscription": frozenset({"subscription", "user", "account", "team", "organization", "workspace", "membership"}),
    "intent": frozenset({"payment", "order", "transaction", "purchase", "charge", "donation", "checkout"}),
    "charge": frozenset({"payment", "transaction", "charge", "donation"}),
    "invoice": frozenset({"invoice", "order", "payment"}),
    "session": frozenset({"checkout", "payment", "order", "purchase", "session"}),
    "transaction": frozenset({"payment", "transaction", "order", "purchase"}),
    "refund": frozenset({"refund"}),
    "event": frozenset({"event", "webhook"}),
    "dispute": frozenset({"dispute"}),
    "payout": frozenset({"payout"}),
    "order": frozenset({"payment", "order", "transaction"}),
}
_VOCABULARY = phrases(
    "tag, label, category, genre, keyword, topic, unit, permission, skill, currency, country, language, role"
)
_CONVENTION = 2
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


@dataclass(frozen=True, slots=True)
class NaturalKey:
    """Columns that together mean one thing. `harm` is what two rows alike would be; `why` is the evidence."""

    columns: tuple[str, ...]
    harm: str
    why: str
    level: Level = Level.WARNING
    precision: Precision = Precision.MEDIUM
    pair: bool = False


def natural_keys(catalog: Catalog, table: Table) -> Iterator[NaturalKey]:
    """All natural keys that a table shows, each set of columns once, the surest first."""
    seen: set[frozenset[str]] = set()
    if is_copy(table):
        return
    kinds = (_relation(catalog, table), _identifiers(catalog, table), _processor_ids(catalog, table), _settings(table))
    for kind in (*kinds, _codes(catalog, table), _names(table), _by_time(table)):
        for key in kind:
            if frozenset(key.columns) not in seen:
                seen.add(frozenset(key.columns))
                yield key


def kept_unique(table: Table, columns: tuple[str, ...]) -> bool:
    """True where some unique index, partial and expression ones included, holds nothing but these columns."""
    return any(path.unique and held_by(path) <= set(columns) for path in table.access_paths())


def held_by(path: Index) -> set[str]:
    """The columns that an index holds, those inside its expressions included."""
    inside = (columns_of(part.expression) for part in path.columns if part.expression is not None)
    return {part.name for part in path.columns if part.name is not None}.union(*inside)


def _identified(table: Table, column: str) -> bool:
    """True where a unique index holds the column, alone or within a scope."""
    return any(path.unique and column in held_by(path) for path in table.access_paths())


def _relation(catalog: Catalog, table: Table) -> Iterator[NaturalKey]:
    """Tables that join two things: each pair at most once."""
    joined = joined_columns(table)
    absent = sum(1 for name in joined if (column := table.column(name)) is not None and column.nullable)
    if joined and not is_event(table) and absent in ({0, 2} if len(joined) == 2 else {0}):
        harm = f"the same {listed(joined)} can be joined twice, and every count and list shows it double"
        yield NaturalKey(
            joined, harm, "the table holds nothing but its references", precision=Precision.HIGH, pair=True
        )
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
    why = "its name says that it is a relation of two things"
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


def _identifiers(catalog: Catalog, table: Table) -> Iterator[NaturalKey]:
    """Columns by which people or other systems name one row."""
    thing = "_".join(thing_words(table))
    for column in table.ordered_columns:
        name, family = column.name, catalog.family(column.type)
        if family not in {Family.TEXT, Family.UUID} or name in reference_columns(table) or _identified(table, name):
            continue
        text = family is Family.TEXT
        if default_of(column) == "":
            continue
        if text and _SLUG.whole(name) and not (is_event(table) or _is_optional(table, column) or _is_mirror(table)):
            harm = "two rows can claim one address, and the wrong one is shown"
            scope, siblings = _scope_of_siblings(catalog, table, name)
            if siblings:
                why = f"{siblings} other tables keep {name} unique within {listed(scope)}"
                yield NaturalKey((*scope, name), harm, why)
                continue
            yield NaturalKey((*_scope(table, name), name), harm, "addresses are made of it", Level.INFO)
        elif text and _LOGIN.whole(name) and _signs_in(catalog, table) and not _has_a_login(table):
            harm = "one person can register twice, and signing in finds either"
            by = _provider(catalog, table)
            why = "people sign in by it" if by is None else f"people sign in by it, with whom {by} names"
            yield NaturalKey((name,) if by is None else (name, by), harm, why)
        elif text and _PRODUCT.whole(name) and not is_event(table) and not _is_copy(catalog, table, name):
            yield NaturalKey((name,), "one article can stand in it twice", "it is an article number", Level.INFO)
        elif text and _is_own_code(name, thing, table):
            yield NaturalKey((name,), "one code can mean two things", "codes are typed in to find one row")
        elif family is Family.UUID and _PUBLIC.whole(name) and not column.nullable and not is_event(table):
            why = "a uuid that refers to nothing is a name for the row"
            yield NaturalKey((name,), "nothing keeps it from naming two rows", why, Level.INFO)
        elif text and _BEARER.ends(thing) and _BEARER_COLUMN.whole(name) and not _is_found_otherwise(table):
            why = "whoever presents it is looked up by it"
            yield NaturalKey((name,), "one token can open two rows", why, Level.INFO)


def _provider(catalog: Catalog, table: Table) -> str | None:
    """The required column that says who vouches for an account: the same address may have one with each."""
    for column in table.ordered_columns:
        kind = catalog.family(column.type)
        if _PROVIDER.ends(column.name) and not column.nullable and kind in {Family.TEXT, Family.ENUM}:
            return column.name
    return None


def _is_mirror(table: Table) -> bool:
    """True where the row is another system's, known by its number there: that system's names may meet again here."""
    keys = (held_by(path) for path in table.access_paths() if path.unique)
    return any(_ELSEWHERE.ends(column) and column not in reference_columns(table) for key in keys for column in key)


def _is_found_otherwise(table: Table) -> bool:
    """True where a part of the token in the open finds its row, so that the secret part is only compared: it may be
    salted, and then its likes would not even be alike."""
    return any(_LOOKED_UP_BY.ends(column.name) and _identified(table, column.name) for column in table.columns)


def _is_optional(table: Table, column: Column) -> bool:
    """True where a row may do without: NULL, or the empty text of a field that the form lets pass.

    A model that says of the other columns that they are required, and not of this one, says that this one is not.
    """
    if column.nullable or column.declared is not None:
        return column.nullable or (column.declared is not None and column.declared.required is False)
    return any(other.declared is not None and other.declared.required for other in table.columns)


def _scope(table: Table, name: str) -> tuple[str, ...]:
    """Within what a name is looked up: the references that stand before it in an index (`project_id, slug`)."""
    references = set(reference_columns(table))
    for path in table.access_paths():
        before = path.column_names[:-1]
        if path.column_names[-1:] == (name,) and before and set(before) <= references:
            return before
    return ()


def _scope_of_siblings(catalog: Catalog, table: Table, name: str) -> tuple[tuple[str, ...], int]:
    """Within what other tables keep a column of that name unique, by references that this table has as well, and how
    many do; no scope where fewer than two do."""
    own = {(key.columns, key.referenced.key) for key in table.foreign_keys}
    scopes: dict[tuple[str, ...], int] = {}
    for other in catalog.tables:
        references = {(key.columns, key.referenced.key) for key in other.foreign_keys} & own
        within = {columns[0] for columns, _ in references if len(columns) == 1}
        for path in other.access_paths():
            scope = tuple(column for column in path.column_names if column != name)
            named = path.is_key and name in path.column_names and scope and set(scope) <= within
            if named and other.ref.key != table.ref.key:
                scopes[scope] = scopes.get(scope, 0) + 1
    best = max(scopes, key=lambda scope: scopes[scope], default=())
    return (best, scopes[best]) if scopes and scopes[best] >= _CONVENTION else ((), 0)


def _has_a_login(table: Table) -> bool:
    """True where one of the names to sign in by is unique already: the other is only for writing to people."""
    return any(
        _identified(table, column.name)
        and (_LOGIN.whole(column.name) or (_SUBJECT.whole(column.name) and column.type.family is Family.TEXT))
        for column in table.columns
    ) or any(_is_number_elsewhere(table, path) for path in table.access_paths())


def _is_number_elsewhere(table: Table, path: Index) -> bool:
    """Whether a unique key is another system's number of the person (`telegram_id`): by it the account is known, and
    the name beside it is that system's to rule."""
    held = held_by(path)
    key = set(table.primary_key.columns) if table.primary_key is not None else set()
    names = [words(name) for name in held if name not in key and name not in reference_columns(table)]
    return path.unique and len(held) == 1 and any(len(name) > 1 and name[-1] == "id" for name in names)


def _signs_in(catalog: Catalog, table: Table) -> bool:
    """True where an account is one that somebody signs in to: not a contact that is called one, nor a row that
    continues the account of another table (Supabase's `auth.users`, what a provider tells of a user)."""
    thing = thing_words(table)
    person = thing[-1:] != ("account",) or len(thing) == 1  # a mail account is somebody's account elsewhere
    evident = thing[-1:] == ("user",) or _shows_sign_in(catalog, table)
    key = table.primary_key
    elsewhere = key is not None and any(key.columns == other.columns for other in table.foreign_keys)
    asked = bool(_ASKED & set(thing))
    signed = [words(column.name) for column in table.columns]
    if not any("email" in name or name[:1] == ("login",) for name in signed):  # a nick alone is what others see
        evident = _shows_sign_in(catalog, table)
    return is_account(table) and person and evident and not (elsewhere or asked or _continues(catalog, table))


def _shows_sign_in(catalog: Catalog, table: Table) -> bool:
    """True where a table holds what signing in needs; that an account is active says so only where no other table
    keeps the passwords of people."""
    needs = [column.name for column in table.columns if _SIGN_IN.within(column.name)]
    others = (other for other in catalog.tables if other.ref.key != table.ref.key)
    weak = all(_ACTIVE.within(name) for name in needs)
    return bool(needs) and not (weak and any(is_account(other) and _keeps_passwords(other) for other in others))


def _continues(catalog: Catalog, table: Table) -> bool:
    """True where each row belongs to one account of a table that keeps the passwords."""
    parents = (catalog.table(key.referenced) for key in table.foreign_keys if table.is_key(key.columns))
    return not _keeps_passwords(table) and any(
        parent is not None and is_account(parent) and _keeps_passwords(parent) for parent in parents
    )


def _keeps_passwords(table: Table) -> bool:
    return any(_PASSWORD.within(column.name) for column in table.columns)


def _is_own_code(name: str, thing: str, table: Table) -> bool:
    if _SHARED_CODE.whole(name):
        return is_account(table) or is_tenant(table)
    own = words(name)
    return own[-1:] == ("code",) and _CODED.ends(thing) and (own == ("code",) or thing.endswith("_".join(own[:-1])))


def _is_copy(catalog: Catalog, table: Table, name: str) -> bool:
    """True where another table keeps the column of that name unique: this one only repeats it."""
    others = (other for other in catalog.tables if other.ref.key != table.ref.key)
    return any(_identified(other, name) for other in others if other.column(name) is not None)


def _processor_ids(catalog: Catalog, table: Table) -> Iterator[NaturalKey]:
    """The payment processor's number of the very thing that a row is.

    Several tenants may have one person as their customer, whom the processor knows by one number.
    """
    thing = set(thing_words(table)[-1:])
    parents = (catalog.table(key.referenced) for key in table.foreign_keys)
    of_a_tenant = any(parent is not None and is_tenant(parent) for parent in parents)
    for column in table.ordered_columns:
        own = words(column.name)
        if own[-1:] != ("id",) or own[0] not in _PROCESSORS or _identified(table, column.name) or len(own) < 3:
            continue
        if thing & _PROCESSOR_THINGS.get(own[-2], frozenset()) and column.type.family is Family.TEXT:
            if own[-2] == "customer" and (thing == {"subscription"} or (thing == {"customer"} and of_a_tenant)):
                continue
            harm = f"a repeated webhook or a retry can enter one {own[0].capitalize()} {own[-2]} twice"
            yield NaturalKey((column.name,), harm, f"it is the number that {own[0]} gave the same thing")


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
        if not _identified(table, key):
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
        if code and not _identified(table, column.name) and default_of(column) != "":
            why = "a code beside a name is what programs know the row by"
            yield NaturalKey((*owners, column.name), "one code can mean two things", why, Level.INFO)


def _by_time(table: Table) -> Iterator[NaturalKey]:
    """What is known of a thing at a time: prices of a symbol, the figures of a day."""
    times = [c for c in time_columns(table) if not is_creation_time(c) and not is_update_time(c) and not c.nullable]
    symbol = next((c for c in table.ordered_columns if _SYMBOL.whole(c.name) and not c.nullable), None)
    if symbol is not None and times and not _identified(table, symbol.name):
        parts = (c for c in table.ordered_columns if _SYMBOL_PARTS.whole(c.name) and not c.nullable)
        columns = (symbol.name, *(c.name for c in parts), times[0].name)
        harm = "one import twice doubles every figure"
        yield NaturalKey(columns, harm, "symbol and time say which row it is", Level.INFO, Precision.LOW)
    if _PERIODS.within("_".join(thing_words(table))):
        day = _period_column(table)
        owners = tuple(c for c in reference_columns(table) if not says_who(c))
        if day is not None and len(owners) <= 2 and not _identified(table, day.name):
            harm = "one period can be counted twice"
            yield NaturalKey((*owners, day.name), harm, "its name says one row for each period", Level.INFO)


def _period_column(table: Table) -> Column | None:
    kinds = {Family.DATE, Family.TIMESTAMP}
    found = (c for c in table.ordered_columns if c.type.family in kinds and _PERIOD_COLUMN.whole(c.name))
    return next((c for c in found if not c.nullable), None)

"""Accounts that somebody signs in to, and the columns that say by what."""

from __future__ import annotations

from dbarchitect.catalog.members import Index
from dbarchitect.catalog.objects import Catalog, Table
from dbarchitect.catalog.types import Family
from dbarchitect.rules._keys.natural import held_by, is_identified
from dbarchitect.rules._names import phrases, thing_words, words
from dbarchitect.rules._schema.shape import is_account, reference_columns

LOGIN = phrases("email, email address, username, user name, login, login name")
_PROVIDER = phrases("provider, provider name, auth type, login type, auth method, login method, auth source")
_ASKED = frozenset({"invited", "invitation", "invite", "pending", "waiting", "deleted"})
"""Who is to become an account, or was one: the same person may be asked twice, by several."""
_SUBJECT = phrases("user id, subject, sub, oidc sub, external id, auth id, firebase uid, clerk id, auth0 id")
"""By what somebody else's sign-in names an account: the address beside it is only for writing to people."""
_SIGN_IN = phrases("password, passwd, last login, is active, login count, two factor, totp")
_ACTIVE = phrases("is active")
_PASSWORD = phrases("password, passwd, password hash, hashed password, pass hash")


def signs_in(catalog: Catalog, table: Table) -> bool:
    """True where an account is one that somebody signs in to: not a contact that is called one, nor a row that
    continues the account of another table (Supabase's `auth.users`, what a provider tells of a user)."""
    thing = thing_words(table)
    person = thing[-1:] != ("account",) or len(thing) == 1  # a mail account is somebody's account elsewhere
    shown = _shows_sign_in(catalog, table)
    evident = shown or (thing[-1:] == ("user",) and not _is_signed_in_elsewhere(catalog, table))
    key = table.primary_key
    elsewhere = key is not None and any(key.columns == other.columns for other in table.foreign_keys)
    asked = bool(_ASKED & set(thing))
    signed = [words(column.name) for column in table.columns]
    if not any("email" in name or name[:1] == ("login",) for name in signed):  # a nick alone is what others see
        evident = shown
    return is_account(table) and person and evident and not (elsewhere or asked or _continues(catalog, table))


def has_a_login(table: Table) -> bool:
    """True where one of the names to sign in by is unique already: the other is only for writing to people."""
    return any(
        is_identified(table, column.name)
        and (LOGIN.whole(column.name) or (_SUBJECT.whole(column.name) and column.type.family is Family.TEXT))
        for column in table.columns
    ) or any(_is_number_elsewhere(table, path) for path in table.access_paths())


def _is_number_elsewhere(table: Table, path: Index) -> bool:
    """Whether a unique key is another system's number of the person (`telegram_id`): by it the account is known, and
    the name beside it is that system's to rule."""
    held = held_by(path)
    key = set(table.primary_key.columns) if table.primary_key is not None else set()
    names = [words(name) for name in held if name not in key and name not in reference_columns(table)]
    return path.unique and len(held) == 1 and any(len(name) > 1 and name[-1] == "id" for name in names)


def provider(catalog: Catalog, table: Table) -> str | None:
    """The required column that says who vouches for an account: the same address may have one with each."""
    for column in table.ordered_columns:
        kind = catalog.family(column.type)
        if _PROVIDER.ends(column.name) and not column.nullable and kind in {Family.TEXT, Family.ENUM}:
            return column.name
    return None


def _shows_sign_in(catalog: Catalog, table: Table) -> bool:
    """True where a table holds what signing in needs; that an account is active says so only where no other table
    keeps the passwords of people."""
    needs = [column.name for column in table.columns if _SIGN_IN.within(column.name)]
    others = (other for other in catalog.tables if other.ref.key != table.ref.key)
    weak = all(_ACTIVE.within(name) for name in needs)
    return bool(needs) and not (weak and any(is_account(other) and _keeps_passwords(other) for other in others))


def _is_signed_in_elsewhere(catalog: Catalog, table: Table) -> bool:
    """True where people sign in to another table, which keeps their passwords and no two of one name: this one only
    calls somebody a user (of the customer, of a workspace)."""
    return any(
        other.ref.key != table.ref.key
        and is_account(other)
        and _keeps_passwords(other)
        and any(LOGIN.whole(column.name) and is_identified(other, column.name) for column in other.columns)
        for other in catalog.tables
    )


def _continues(catalog: Catalog, table: Table) -> bool:
    """True where each row belongs to one account of a table that keeps the passwords."""
    parents = (catalog.table(key.referenced) for key in table.foreign_keys if table.is_key(key.columns))
    return not _keeps_passwords(table) and any(
        parent is not None and is_account(parent) and _keeps_passwords(parent) for parent in parents
    )


def _keeps_passwords(table: Table) -> bool:
    return any(_PASSWORD.within(column.name) for column in table.columns)

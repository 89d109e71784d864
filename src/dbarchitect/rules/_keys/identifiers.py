"""Natural keys of one column by which people or programs name a row: addresses, logins, codes, tokens."""

from __future__ import annotations

from collections.abc import Iterator

from dbarchitect.catalog.members import Column
from dbarchitect.catalog.objects import Catalog, Table
from dbarchitect.catalog.types import Family
from dbarchitect.finding import Level
from dbarchitect.rules._keys.natural import NaturalKey, held_by, is_identified
from dbarchitect.rules._keys.sign_in import LOGIN, has_a_login, provider, signs_in
from dbarchitect.rules._names import phrases, singular_words, thing_words, words
from dbarchitect.rules._schema.shape import is_account, is_event, is_tenant, reference_columns, tables_by_thing
from dbarchitect.rules._schema.values import default_of
from dbarchitect.rules._sql import listed

_SLUG = phrases("slug, url slug, permalink, handle")
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
_LOOKED_UP_BY = phrases("prefix, selector, identifier, lookup, series, key id, token id, public id, client id, app id")
_ELSEWHERE = phrases("remote id, external id, foreign id, upstream id, provider id, source id, origin id, remote key")
_CONVENTION = 2


def identifiers(catalog: Catalog, table: Table) -> Iterator[NaturalKey]:
    """Columns by which people or other systems name one row."""
    thing = "_".join(thing_words(table))
    for column in table.ordered_columns:
        name, family = column.name, catalog.family(column.type)
        if family not in {Family.TEXT, Family.UUID} or name in reference_columns(table) or is_identified(table, name):
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
        elif text and LOGIN.whole(name) and signs_in(catalog, table) and not has_a_login(table):
            harm = "one person can register twice, and signing in finds either"
            by = provider(catalog, table)
            why = "people sign in by it" if by is None else f"people sign in by it, with whom {by} names"
            yield NaturalKey((name,) if by is None else (name, by), harm, why, login=True)
        elif text and _PRODUCT.whole(name) and not is_event(table) and not _is_copy(catalog, table, name):
            yield NaturalKey((name,), "one article can stand in it twice", "it is an article number", Level.INFO)
        elif text and _is_own_code(name, thing, table) and not _is_of_another(catalog, name):
            yield NaturalKey((name,), "one code can mean two things", "codes are typed in to find one row")
        elif family is Family.UUID and _PUBLIC.whole(name) and not column.nullable and not is_event(table):
            why = "a uuid that refers to nothing is a name for the row"
            yield NaturalKey((name,), "nothing keeps it from naming two rows", why, Level.INFO)
        elif text and _BEARER.ends(thing) and _BEARER_COLUMN.whole(name) and not _is_found_otherwise(table):
            why = "whoever presents it is looked up by it"
            yield NaturalKey((name,), "one token can open two rows", why, Level.INFO, bearer=True)


def _is_mirror(table: Table) -> bool:
    """True where the row is another system's, known by its number there: that system's names may meet again here."""
    keys = (held_by(path) for path in table.access_paths() if path.unique)
    return any(_ELSEWHERE.ends(column) and column not in reference_columns(table) for key in keys for column in key)


def _is_found_otherwise(table: Table) -> bool:
    """True where a part of the token in the open finds its row, so that the secret part is only compared: it may be
    salted, and then its likes would not even be alike."""
    return any(_LOOKED_UP_BY.ends(column.name) and is_identified(table, column.name) for column in table.columns)


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


def _is_own_code(name: str, thing: str, table: Table) -> bool:
    if _SHARED_CODE.whole(name):
        return is_account(table) or is_tenant(table)
    own = words(name)
    return own[-1:] == ("code",) and _CODED.ends(thing) and (own == ("code",) or thing.endswith("_".join(own[:-1])))


def _is_of_another(catalog: Catalog, name: str) -> bool:
    """Whether another table keeps the codes that a column is called after: `invitation_code` beside `invitation.code`
    is the one that somebody came with."""
    whose = "".join(singular_words(name)[:-1])
    return any(other.column("code") is not None for other in tables_by_thing(catalog).get(whose, ()))


def _is_copy(catalog: Catalog, table: Table, name: str) -> bool:
    """True where another table keeps the column of that name unique: this one only repeats it."""
    others = (other for other in catalog.tables if other.ref.key != table.ref.key)
    return any(is_identified(other, name) for other in others if other.column(name) is not None)

"""Names to sign in by that are unique letter by letter, and the index that folds them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dbarchitect.catalog.expressions import columns_of, expression, functions_of, implies_is_null
from dbarchitect.catalog.members import Column, Index, IndexColumn
from dbarchitect.catalog.objects import Catalog, Table
from dbarchitect.catalog.types import Family
from dbarchitect.rules._fixes.members import names_in_use
from dbarchitect.rules._names import derived_name, phrases, thing_words, words
from dbarchitect.rules._schema.limits import checks_naming
from dbarchitect.rules._schema.shape import is_account, is_copy, is_soft_delete
from dbarchitect.rules._sql import quoted

_LOGIN = phrases("email, email address, mail, username, user name, login, login name, handle, nickname")
_FOLDING = frozenset({"lower", "upper", "casefold", "unaccent", "normalize"})
_FOLDED = frozenset(words("lower lowercase lowercased canonical normalized normalised ci folded search"))
_TELL_CASE = frozenset({"c", "posix", "ucs_basic", "default", "binary", "rtrim", "pg_c_utf8", "pg_unicode_fast"})


ENGINES = ("postgresql", "sqlite")
"""Those that compare text letter by letter unless told otherwise; MySQL's usual collations know no case."""


@dataclass(frozen=True, slots=True)
class Login:
    """A column to sign in by, and the unique index that tells upper from lower case."""

    column: Column
    index: Index


def logins(catalog: Catalog, table: Table) -> Iterator[Column]:
    """The columns of a table of accounts by which people sign in."""
    thing = thing_words(table)
    elsewhere = thing[-1:] == ("account",) and len(thing) > 1  # a mail account is somebody's account elsewhere
    if not is_account(table) or is_copy(table) or elsewhere:
        return
    for column in table.ordered_columns:
        if _LOGIN.whole(column.name) and catalog.family(column.type) is Family.TEXT:
            yield column


def case_sensitive_logins(catalog: Catalog, table: Table) -> Iterator[Login]:
    """Those that are unique, alone or within an owner, and that nothing keeps from differing by case alone."""
    if catalog.engine.name not in ENGINES:
        return
    for column in logins(catalog, table):
        if is_folded(catalog, table, column) or column.generated is not None:
            continue
        for index in table.access_paths():
            plain = column.name in index.column_names and len(index.column_names) == len(index.columns)
            scoped = all(_is_scope(table, name) for name in index.column_names if name != column.name)
            told_apart = plain and scoped and not any(part.collation for part in index.columns)
            if index.unique and told_apart and not _refuses_nothing(table, index):
                yield Login(column, index)
                break


def _refuses_nothing(table: Table, index: Index) -> bool:
    """True for an index that holds the whole primary key, or whose condition no row meets: it makes nothing unique."""
    key = table.primary_key.columns if table.primary_key is not None else ()
    if key and set(key) <= set(index.column_names):
        return True
    predicate = index.predicate
    required = (column.name for column in table.columns if not column.nullable)
    return predicate is not None and any(implies_is_null(predicate, name) for name in required)


def _is_scope(table: Table, name: str) -> bool:
    """True for an owner within which the name is unique, and for the mark of a soft delete."""
    marks = (column for column in table.columns if column.name == name)
    owner = any(name in key.columns for key in table.foreign_keys) or words(name)[-1:] == ("id",)
    return owner or any(is_soft_delete(column) for column in marks)


def is_unique_login(table: Table, column: Column) -> bool:
    """True where some unique index holds the column."""
    return any(
        path.unique
        and (
            column.name in path.column_names
            or any(part.expression is not None and column.name in columns_of(part.expression) for part in path.columns)
        )
        for path in table.access_paths()
    )


def _may_be_caseless(collation: str | None) -> bool:
    """True for a collation of somebody's own, and for SQLite's NOCASE; those of the systems all tell case."""
    name = (collation or "c").casefold()
    return name not in _TELL_CASE and not name.endswith(("-x-icu", ".utf8", ".utf-8"))


def is_folded(catalog: Catalog, table: Table, column: Column) -> bool:
    """True where type, collation, an index, a CHECK or another column keep case from telling two rows apart."""
    if catalog.base_type(column.type).name == "citext" or _may_be_caseless(column.collation):
        return True
    if any(_FOLDING & set(functions_of(check)) for check, _ in checks_naming(catalog, table, column)):
        return True
    for path in table.access_paths():
        parts = [part.expression for part in path.columns if part.expression is not None]
        if any(column.name in columns_of(part) for part in parts):
            return True
        if any(part.name == column.name and _may_be_caseless(part.collation) for part in path.columns):
            return True
    own = set(words(column.name))
    return any(
        other.name != column.name
        and (
            (_FOLDED & set(words(other.name)) and own & set(words(other.name)))
            or (other.generated is not None and column.name in columns_of(other.generated))
        )
        for other in table.columns
    )


def folded_index(catalog: Catalog, table: Table, login: Login) -> Index:
    """A unique index like the login's own, on the column in lower case."""
    name = login.column.name
    folded = IndexColumn(expression=expression(f"lower({quoted(name)})"))
    parts = tuple(folded if part.name == name else part for part in login.index.columns)
    names = ("lower" if part.name is None else part.name for part in parts)
    called = derived_name("uq", table.name, (*names, name), names_in_use(catalog))
    return Index(parts, unique=True, predicate=login.index.predicate, name=called)

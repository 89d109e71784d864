"""Columns of text that hold UUIDs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dbarchitect.catalog.expressions import functions_of
from dbarchitect.catalog.members import Column
from dbarchitect.catalog.objects import Catalog, Table
from dbarchitect.catalog.types import Family
from dbarchitect.finding import Precision
from dbarchitect.rules._names import phrases, words

MAKERS = frozenset(
    {"gen_random_uuid", "uuid_generate_v4", "uuid_generate_v1mc", "uuid_generate_v1", "uuidv4", "uuidv7"}
)
"""The functions by which servers make UUIDs."""
_NAMES = phrases("uuid, guid")
_SECRETS = phrases("secret, token, password, code, nonce, salt, challenge, verifier, hash, signature")
_SPELLED = 36
_BARE = 32
_KEYS = frozenset({"id", "uuid", "guid", "pk", "uid"})


@dataclass(frozen=True, slots=True)
class TextUuid:
    """A column, why it is thought to hold UUIDs, and how sure that is."""

    table: Table
    column: Column
    why: str
    precision: Precision


def text_uuids(catalog: Catalog, table: Table) -> Iterator[TextUuid]:
    """The columns of a table; those that refer to another table follow what they refer to and are left out."""
    referring = {name for key in table.foreign_keys for name in key.columns}
    for column in table.ordered_columns:
        base = catalog.base_type(column.type)
        if base.family is not Family.TEXT or base.name == "citext" or column.name in referring:
            continue
        if _SECRETS.ends(column.name):  # random text, of which nothing says that it stays a UUID
            continue
        if column.generated is None and (found := _judge(table, column, base.length)) is not None:
            yield TextUuid(table, column, *found)


def _judge(table: Table, column: Column, length: int | None) -> tuple[str, Precision] | None:
    if column.default is not None and MAKERS & set(functions_of(column.default)):
        return f"its default is {column.default}", Precision.HIGH
    if column.declared is not None and column.declared.generator is not None:
        made = column.declared.generator == "uuid"
        return ("the client fills it with uuid()", Precision.HIGH) if made else None
    if _NAMES.ends(column.name) and (length is None or length >= _BARE):
        return "its name says so", Precision.MEDIUM
    alone = any(path.unique and path.column_names == (column.name,) for path in table.access_paths())
    if length == _SPELLED and _KEYS & set(words(column.name)[-1:]) and alone:
        return "it is a key of 36 characters, the length of a UUID", Precision.MEDIUM
    return None

"""Names of tables, indexes and constraints, as SQLAlchemy, Flask-SQLAlchemy and SQLModel give them.

Source: https://docs.sqlalchemy.org/en/20/core/constraints.html#configuring-constraint-naming-conventions
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from hashlib import md5

_FLASK = re.compile(r"((?<=[a-z0-9])[A-Z]|(?!^)[A-Z](?=[a-z]))")
_TOKEN = re.compile(r"%\((\w+)\)s")
_LONGEST = 63
"""Characters: PostgreSQL's longest identifier."""


def flask_table_name(class_name: str) -> str:
    """The table of a model without `__tablename__` under Flask-SQLAlchemy: `HTTPLog` → `http_log`."""
    return _FLASK.sub(r"_\1", class_name).lower().lstrip("_")


def sqlmodel_table_name(class_name: str) -> str:
    """The table of a SQLModel without `__tablename__`: `UserItem` → `useritem`."""
    return class_name.lower()


def constraint_name(
    kind: str,
    conventions: Mapping[str, str],
    table: str,
    columns: Sequence[str],
    *,
    explicit: str | None = None,
    referred_table: str = "",
    referred_columns: Sequence[str] = (),
) -> str | None:
    """The name that a naming_convention gives (`kind`: ix, uq, ck, fk, pk), else the explicit one.

    An explicit name takes part in a convention with `%(constraint_name)s` for checks only, as in SQLAlchemy. None
    where neither tells.
    """
    convention = conventions.get(kind)
    if convention is None:
        return explicit
    if explicit is not None and "%(constraint_name)s" not in convention:
        return explicit
    if explicit is None and "%(constraint_name)s" in convention:
        return None
    missing = False

    def token(match: re.Match[str]) -> str:
        nonlocal missing
        value = _token(match[1], table, columns, explicit or "", referred_table, referred_columns)
        missing = missing or value is None
        return value or ""

    name = _TOKEN.sub(token, convention)
    return explicit if missing else _shortened(name)


def _shortened(name: str) -> str:
    """What SQLAlchemy sends for a name that a convention made too long for PostgreSQL: its head and four digits."""
    if len(name) <= _LONGEST:
        return name
    return f"{name[: _LONGEST - 8]}_{md5(name.encode(), usedforsecurity=False).hexdigest()[-4:]}"


def _token(
    name: str, table: str, columns: Sequence[str], explicit: str, referred: str, referred_columns: Sequence[str]
) -> str | None:
    fixed = {"table_name": table, "constraint_name": explicit, "referred_table_name": referred}
    if name in fixed:
        return fixed[name]
    match = re.fullmatch(r"(?P<side>referred_)?column_(?P<at>\d+)(?P<all>_?N)?_(?P<what>name|key|label)", name)
    if match is None:
        return None
    given = referred_columns if match["side"] else columns
    labelled = [f"{table}_{c}" if match["what"] == "label" else c for c in given]
    if match["all"]:
        return ("_" if match["all"].startswith("_") else "").join(labelled)
    at = int(match["at"])
    return labelled[at] if at < len(labelled) else None


def index_name(conventions: Mapping[str, str], table: str, columns: Sequence[str]) -> str | None:
    """The name of the index that `index=True` makes; SQLAlchemy's own convention is `ix_table_column`."""
    return constraint_name("ix", {"ix": "ix_%(column_0_label)s", **conventions}, table, columns)


def server_name(table: str, columns: Sequence[str], suffix: str) -> str | None:
    """The name that PostgreSQL gives a constraint without one; None where it would shorten it."""
    name = "_".join((table, *columns, suffix))
    return name if len(name.encode()) <= _LONGEST else None

"""What migrations say beyond a schema's words, of objects that both know."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from dbarchitect.catalog.members import ForeignKey
from dbarchitect.catalog.objects import Enum


def refined_key(key: ForeignKey, migrated: Iterable[ForeignKey]) -> ForeignKey:
    """A foreign key as migrations made it: when it is checked, and whether it has been."""
    for other in migrated:
        if (other.columns, other.referenced.key) == (key.columns, key.referenced.key):
            return replace(
                key,
                deferrable=other.deferrable,
                initially_deferred=other.initially_deferred,
                match_full=other.match_full,
                validated=other.validated,
            )
    return key


def in_order(enum: Enum, migrated: Iterable[Enum]) -> Enum:
    """An enum with its values in the order that the server sorts them by: later ones were added at the end."""
    for other in migrated:
        if (other.schema, other.name) == (enum.schema, enum.name) and set(other.values) == set(enum.values):
            return replace(enum, values=other.values)
    return enum

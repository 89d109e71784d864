"""What a natural key is: columns that identify a row by what they mean, and whether a unique index holds them."""

from __future__ import annotations

from dataclasses import dataclass

from dbarchitect.catalog.expressions import columns_of
from dbarchitect.catalog.members import Index
from dbarchitect.catalog.objects import Table
from dbarchitect.finding import Level, Precision
from dbarchitect.rules._names import words

_MADE = frozenset(
    {"hash", "hashed", "digest", "normalized", "normalised", "canonical", "lower", "lowercase", "lowered", "folded",
     "ci", "clean", "cleaned", "index", "key", "slug"}
)  # fmt: skip
"""What a column is called that is made of another one's value, beside its name."""


@dataclass(frozen=True, slots=True)
class NaturalKey:
    """Columns that together mean one thing. `harm` is what two rows alike would be; `why` is the evidence. `login`:
    people sign in by it; `bearer`: whoever presents it is let in."""

    columns: tuple[str, ...]
    harm: str
    why: str
    level: Level = Level.WARNING
    precision: Precision = Precision.MEDIUM
    pair: bool = False
    login: bool = False
    bearer: bool = False


def kept_unique(table: Table, columns: tuple[str, ...]) -> bool:
    """True where some unique index, partial and expression ones included, holds nothing but these columns."""
    return any(path.unique and held_by(path) <= set(columns) for path in table.access_paths())


def held_by(path: Index) -> set[str]:
    """The columns that an index holds, those inside its expressions included."""
    inside = (columns_of(part.expression) for part in path.columns if part.expression is not None)
    return {part.name for part in path.columns if part.name is not None}.union(*inside)


def is_identified(table: Table, column: str) -> bool:
    """True where a unique index holds the column, alone or within a scope, or alone what is made of it alone
    (`email_hash`, `normalized_email`)."""
    return any(path.unique and column in held_by(path) for path in table.access_paths()) or _by_image(table, column)


def _by_image(table: Table, column: str) -> bool:
    name = words(column)
    for path in table.access_paths():
        if not path.unique or path.predicate is not None or len(path.column_names) != 1:
            continue
        other = words(path.column_names[0] or "")
        made = other[-1:] if other[:-1] == name else other[:1] if other[1:] == name else ()
        if made and made[0] in _MADE:
            return True
    return False

"""What the database itself allows a column to hold: CHECKs, domains, enums, foreign keys."""

from __future__ import annotations

from collections.abc import Iterator

from dbarchitect.catalog.expressions import (
    Expression,
    bounds,
    columns_of,
    comparisons,
    functions_of,
    length_limits,
    not_null_columns,
    value_sets,
)
from dbarchitect.catalog.members import Column
from dbarchitect.catalog.objects import Catalog, Table
from dbarchitect.catalog.types import Family

_DOMAIN_VALUE = "value"


def checks_naming(catalog: Catalog, table: Table, column: Column) -> Iterator[tuple[Expression, str]]:
    """The CHECKs that speak of a column, those of its domain included, each with the name that it has in there."""
    folded = column.name.casefold()
    for expression, named in table.derive(_checks_with_names):
        if folded in named:
            yield expression, named[folded]
    type_, seen = column.type, set[str]()
    while (domain := catalog.domain_of(type_)) is not None and domain.name not in seen:
        seen.add(domain.name)
        for check in domain.checks:
            yield check.expression, next(iter(columns_of(check.expression)), _DOMAIN_VALUE)
        type_ = domain.type


def _checks_with_names(table: Table) -> tuple[tuple[Expression, dict[str, str]], ...]:
    return tuple(
        (check.expression, {name.casefold(): name for name in columns_of(check.expression)}) for check in table.checks
    )


def limits_values(catalog: Catalog, table: Table, column: Column) -> bool:
    """True where the database keeps a column to certain values: an enum, a foreign key, or any CHECK about it that is
    more than "not null" or "not longer than"."""
    if catalog.family(column.type) is Family.ENUM or any(column.name in key.columns for key in table.foreign_keys):
        return True
    return any(not _is_trivial(check, name) for check, name in checks_naming(catalog, table, column))


def _is_trivial(check: Expression, name: str) -> bool:
    if columns_of(check) == not_null_columns(check):
        return True
    limited = name in {limit.column for limit in length_limits(check)}
    return limited and name not in value_sets(check) and set(functions_of(check)) <= {"length"}


def has_lower_bound(catalog: Catalog, table: Table, column: Column) -> bool:
    """True where a CHECK keeps a column from falling below a constant or another column; a CHECK about it that we
    cannot read counts, too."""
    for check, name in checks_naming(catalog, table, column):
        found, values = bounds(check).get(name), value_sets(check).get(name)
        pairs = [pair for pair in comparisons(check) if name in {pair.left, pair.right}]
        above = any((pair.left == name) is pair.operator.startswith(">") for pair in pairs)
        if above or values or (found is not None and found.low is not None):
            return True
        if found is None and not pairs and not _is_trivial(check, name):
            return True
    return False


def is_bounded(catalog: Catalog, table: Table, column: Column) -> bool:
    """True where any CHECK limits the values of a column."""
    return any(not _is_trivial(check, name) for check, name in checks_naming(catalog, table, column))

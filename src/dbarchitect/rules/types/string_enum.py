"""The rule `string-enum`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from dbarchitect.catalog.expressions import expression, literal_value, value_sets
from dbarchitect.catalog.members import Check, Column
from dbarchitect.catalog.objects import Enum, Table
from dbarchitect.catalog.survey import Survey
from dbarchitect.catalog.types import Family, SqlType
from dbarchitect.change.operations import AlterColumn, Change, Create, Drop
from dbarchitect.finding import Applicability, Category, Evidence, EvidenceKind, Finding, Fix, Level, Precision
from dbarchitect.rules._base import Rule
from dbarchitect.rules._code.coded_values import closed_values
from dbarchitect.rules._names import derived_name
from dbarchitect.rules._schema.limits import checks_naming
from dbarchitect.rules._schema.values import told_values
from dbarchitect.rules._sql import literal, quoted


class StringEnum(Rule):
    """A closed set of values kept as text

    ## What it finds
    A text column whose values are a closed set, by the model's choices, a comment beside it or a CHECK, where the
    engine has enum types. It must be selected: whether a set is better kept by a CHECK, an enum or a table of its own
    is a matter of taste, and a set that nothing keeps is already reported by `unconstrained-value-set`.

    ## Why it matters
    An enum takes four bytes, sorts in its own order, and is declared once for all tables that use it.

    ## When to leave it
    Values come and go: an enum can be added to and renamed in place, but a value can be removed only by a new type. A
    lookup table with a foreign key can be changed by any INSERT.

    ## How the fix works
    It creates the type, drops the CHECK that did its work, and converts the column. Values outside the set make it
    fail.

    ## References
    - https://www.postgresql.org/docs/current/datatype-enum.html
    """

    code = "TYP001"
    level = Level.INFO
    precision = Precision.HIGH
    category = Category.SCHEMA_DESIGN
    engines = ("postgresql",)
    default = False

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for each column."""
        for table in survey.tables:
            for column, values in _closed(survey, table):
                ref = table.ref.column(column.name)
                yield Finding(
                    self.name(),
                    ref,
                    f"{ref} keeps one of {len(values)} values as {column.type}; an enum says so once, in four bytes.",
                    hint=f"Make {ref} an enum, or a reference to a table of the values.",
                    evidence=(
                        Evidence(EvidenceKind.CATALOG, f"{ref}: {', '.join(map(repr, values))}", survey.origin_of(ref)),
                    ),
                    origin=survey.origin_of(ref),
                )

    def fix(self, finding: Finding, survey: Survey) -> Fix | None:
        """The enum type, and the column of it."""
        table = survey.catalog.table(finding.object)
        for column, values in _closed(survey, table) if table else ():
            if column.name == finding.object.columns[0] and table is not None:
                return _fix(survey, table, column, values)
        return None


def _fix(survey: Survey, table: Table, column: Column, values: tuple[str, ...]) -> Fix | None:
    checks = [check for check in table.checks if column.name in value_sets(check.expression)]
    others = [text for text, _ in checks_naming(survey.catalog, table, column) if column.name not in value_sets(text)]
    if others or any(column.name == part.name for path in table.access_paths() for part in path.columns):
        return None
    taken = {e.name for e in survey.catalog.enums} | {t.name for t in survey.catalog.tables}
    enum = Enum(derived_name(table.name, column.name, (), taken), values, table.schema)
    type_ = SqlType(enum.name, schema=enum.schema)
    default = literal_value(column.default) if column.default is not None else None
    cast = expression(f"{literal(default)}::{quoted(enum.name)}") if default is not None else column.default
    new = replace(column, type=type_, default=cast, collation=None)
    using = f"{quoted(column.name)}::text::{quoted(enum.name)}"
    drops: tuple[Change, ...] = tuple(Drop(table.ref, check) for check in checks)
    note = f"Look for other values first: select distinct {quoted(column.name)} from {table.ref}."
    return Fix((Create(enum), *drops, AlterColumn(table.ref, column, new, using)), Applicability.UNSAFE, note)


def _closed(survey: Survey, table: Table) -> Iterator[tuple[Column, tuple[str, ...]]]:
    for column in table.ordered_columns:
        if survey.catalog.family(column.type) is not Family.TEXT or column.generated is not None:
            continue
        declared = column.declared.choices if column.declared else ()
        checked = next(iter(_checked(table.checks, column)), ())
        values = declared or checked or told_values(column) or closed_values(survey, table, column)
        if len(values) > 1 and all(values):
            yield column, values


def _checked(checks: tuple[Check, ...], column: Column) -> Iterator[tuple[str, ...]]:
    for check in checks:
        values = value_sets(check.expression).get(column.name)
        if values:
            yield values

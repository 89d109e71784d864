"""The rule `length-mismatch`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from dbarchitect.catalog.expressions import value_sets
from dbarchitect.catalog.members import Column
from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.survey import Survey
from dbarchitect.change.operations import AlterColumn
from dbarchitect.finding import Applicability, Category, Evidence, EvidenceKind, Finding, Fix, Level, Precision
from dbarchitect.rules._base import Rule
from dbarchitect.rules._fixes.retyping import referring_columns
from dbarchitect.rules._schema.values import default_of


@dataclass(frozen=True, slots=True)
class _TooShort:
    """A column that is too short for what it is said to hold: how many characters, and who says so."""

    column: Column
    wanted: int
    why: str


class LengthMismatch(Rule):
    """A column too short for what it shall hold

    ## What it finds
    Text of limited length that is shorter than a value it shall hold: one of the model's choices, of a CHECK's list,
    its own default, or the length that the model's validator lets pass. Foreign keys shorter than what they reference
    are the business of `foreign-key-type-mismatch`.

    ## Why it matters
    The form accepts it and the database refuses it: the one state whose name is a letter too long fails when it is
    first reached, which is in production.

    ## When to leave it
    The value is never stored.

    ## How the fix works
    It makes the column as long as its longest value. That neither rewrites nor locks more than a moment.

    ## References
    - https://www.postgresql.org/docs/current/datatype-character.html
    - https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-NOTES
    """

    code = "TYP009"
    level = Level.ERROR
    precision = Precision.HIGH
    category = Category.DATA_INTEGRITY
    engines = ("postgresql",)

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for each column."""
        for table in survey.tables:
            for found in _too_short(table):
                ref = table.ref.column(found.column.name)
                origin = survey.origin_of(ref)
                limit = found.column.type.length
                yield Finding(
                    self.name(),
                    ref,
                    f"{ref} takes {limit} characters, and {found.why}: such a value is refused when first stored.",
                    f"Make {ref} varchar({found.wanted}).",
                    (Evidence(EvidenceKind.CATALOG, f"{ref} {found.column.type}; {found.why}", origin),),
                    origin,
                )

    def fix(self, finding: Finding, survey: Survey) -> Fix | None:
        """The length of the longest value."""
        table = survey.catalog.table(finding.object)
        for found in _too_short(table) if table else ():
            column = found.column
            if table is None or column.name != finding.object.columns[0]:
                continue
            refers = any(column.name in key.columns for key in table.foreign_keys)
            if refers or referring_columns(survey.catalog, table.ref.column(column.name)):
                return None
            longer = replace(column, type=replace(column.type, arguments=(found.wanted,), spelled=""))
            return Fix((AlterColumn(table.ref, column, longer),), Applicability.SAFE)
        return None


def _too_short(table: Table) -> Iterator[_TooShort]:
    for column in table.ordered_columns:
        type_ = column.type
        if type_.name not in {"character varying", "character"} or type_.length is None or type_.dimensions:
            continue
        declared, default = column.declared, default_of(column)
        found: list[tuple[int, str]] = []
        said = [(value, "the model allows") for value in (declared.choices if declared else ())]
        for check in table.checks:
            said += [(value, "a CHECK allows") for value in value_sets(check.expression).get(column.name, ())]
        said += [(default, "it starts as")] if default is not None and column.generated is None else []
        found += [(len(value), f"{who} {value!r} of {len(value)}") for value, who in said]
        if declared is not None and declared.max_length is not None:
            found.append((declared.max_length, f"the model's validator lets {declared.max_length} pass"))
        wanted, why = max(found, default=(0, ""))
        if wanted > type_.length:
            yield _TooShort(column, wanted, why)

"""The rule `invalid-currency-code`."""

from __future__ import annotations

import string
from collections.abc import Iterable, Iterator

from dbarchitect.catalog.members import Column
from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Survey
from dbarchitect.catalog.types import Family
from dbarchitect.change.operations import Add
from dbarchitect.finding import Applicability, Category, Evidence, EvidenceKind, Finding, Fix, Level, Precision
from dbarchitect.rules._base import Rule
from dbarchitect.rules._fixes.members import new_check
from dbarchitect.rules._names import phrases
from dbarchitect.rules._schema.limits import checks_naming
from dbarchitect.rules._schema.quantities import MONEY, is_number, measure
from dbarchitect.rules._schema.values import default_of
from dbarchitect.rules._sql import quoted

_CURRENCY = phrases("currency, currency code, currency iso, iso currency, price currency")
_LENGTH = 3
_MANY = 5


class InvalidCurrencyCode(Rule):
    """A currency that can be any text

    ## What it finds
    A column for a currency (`currency`, `price_currency`) of plain text, with no CHECK, enum or foreign key.

    ## Why it matters
    `US$`, `Euro`, an empty text and `usd` beside `USD` all pass, and a sum by currency then has several lines for one.
    An amount is worth nothing without its currency.

    ## When to leave it
    The currency is not of ISO 4217 (points of a game, a cryptocurrency).

    ## How the fix works
    It adds a CHECK of the form: three letters, in the case that the column's default shows, else all upper or all lower
    (Stripe writes `usd`, ISO 4217 `USD`). It does not list currencies: the list would refuse the next market. A table
    of the currencies that you accept, with a foreign key, is stricter.

    ## References
    - https://www.iso.org/iso-4217-currency-codes.html
    - https://docs.stripe.com/currencies
    """

    code = "CHK004"
    level = Level.INFO
    precision = Precision.MEDIUM
    category = Category.DATA_INTEGRITY

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for each column; one for the database where there are many."""
        found = [(table, column) for table in survey.tables for column in _unchecked(survey, table)]
        if len(found) > _MANY:
            yield self._of_all(survey, found)
        else:
            yield from (self._finding(survey, table, column) for table, column in found)

    def _of_all(self, survey: Survey, found: list[tuple[Table, Column]]) -> Finding:
        refs = [table.ref.column(column.name) for table, column in found]
        return Finding(
            self.name(),
            Ref.database(),
            f"{len(refs)} columns accept any text for a currency ({refs[0]} is the first): 'usd', 'US$' and '' can "
            "stand beside 'USD'.",
            hint="Keep the currencies that you accept in a table, and let these columns refer to it.",
            evidence=tuple(
                Evidence(EvidenceKind.CATALOG, f"{ref} {column.type}, no CHECK", survey.origin_of(ref))
                for ref, (_, column) in zip(refs, found, strict=True)
            ),
            origin=survey.origin_of(refs[0]),
        )

    def _finding(self, survey: Survey, table: Table, column: Column) -> Finding:
        ref = table.ref.column(column.name)
        amounts = [
            c.name for c in table.ordered_columns if is_number(survey.catalog, c) and MONEY.ends(measure(c.name))
        ]
        of_what = f", and {amounts[0]} is worth nothing without it" if amounts else ""
        return Finding(
            self.name(),
            ref,
            f"{ref} accepts any text for a currency{of_what}: 'usd', 'US$' and '' can stand beside 'USD'.",
            hint=f"Add a CHECK that {ref} is three letters of one case, or a foreign key to the currencies you accept.",
            evidence=(Evidence(EvidenceKind.CATALOG, f"{ref} {column.type}, no CHECK", survey.origin_of(ref)),),
            origin=survey.origin_of(ref),
        )

    def fix(self, finding: Finding, survey: Survey) -> Fix | None:
        """A CHECK of the form of the code, where it is one of three letters."""
        wanted = finding.object
        changes = [
            Add(
                table.ref,
                new_check(survey.catalog, table, (column.name,), _form(quoted(column.name), default_of(column))),
            )
            for table in survey.tables
            for column in _unchecked(survey, table)
            if _is_of_three(column) and wanted.key in {Ref.database().key, table.ref.column(column.name).key}
        ]
        note = "Look for other spellings first: select distinct of each column."
        return Fix(tuple(changes), Applicability.UNSAFE, note) if changes else None


def _is_of_three(column: Column) -> bool:
    """True where the code is one of three letters, by the column's length or its default."""
    default = default_of(column)
    return column.type.length == _LENGTH or (default is not None and len(default) == _LENGTH)


def _form(name: str, default: str | None) -> str:
    """Three letters and nothing else, in words that every engine has."""
    upper, lower = (f"ltrim({name}, '{letters}') = ''" for letters in (string.ascii_uppercase, string.ascii_lowercase))
    if default is not None and default.isupper():
        case = upper
    elif default is not None and default.islower():
        case = lower
    else:
        case = f"({upper} or {lower})"
    return f"length({name}) = {_LENGTH} and {case}"


def _unchecked(survey: Survey, table: Table) -> Iterator[Column]:
    for column in table.ordered_columns:
        if survey.catalog.family(column.type) is not Family.TEXT or not _CURRENCY.ends(column.name):
            continue
        checked = any(True for _ in checks_naming(survey.catalog, table, column))
        if not checked and not any(column.name in key.columns for key in table.foreign_keys):
            yield column

"""The rule `json-in-text`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from dbarchitect.catalog.expressions import expression, functions_of, literal_value
from dbarchitect.catalog.objects import Column, Table
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Survey
from dbarchitect.catalog.types import Family, SqlType
from dbarchitect.change.operations import Add, AlterColumn
from dbarchitect.finding import (
    Applicability,
    Category,
    Evidence,
    EvidenceKind,
    Finding,
    Fix,
    Level,
    Precision,
    Strength,
)
from dbarchitect.rules._base import Rule
from dbarchitect.rules._limits import checks_naming
from dbarchitect.rules._members import new_check
from dbarchitect.rules._names import phrases, words
from dbarchitect.rules._sql import count, literal, quoted
from dbarchitect.rules._values import default_of

_BY_NAME = phrases("metadata, meta data, preference, setting, attribute, property, extra data, custom data, payload")
_LONG = 255


@dataclass(frozen=True, slots=True)
class _Hidden:
    column: Column
    why: str
    precision: Precision


class JsonInText(Rule):
    """JSON kept as plain text

    ## What it finds
    A text column that holds JSON: its default is a JSON list or object, or its name ends in `json`; with less certainty
    unbounded text called `metadata`, `preferences`, `settings` or the like. On SQLite a CHECK with `json_valid` makes
    it right.

    ## Why it matters
    Every reader parses it again, nothing refuses what does not parse, no index reaches inside, and two texts of the
    same value are different.

    ## When to leave it
    The text must come back byte for byte (a signed document).

    ## How the fix works
    On PostgreSQL it changes the type to `jsonb`; that fails on an empty text or anything else that is no JSON: look for
    it first, and let the application stop encoding and decoding. On SQLite it adds `CHECK (json_valid(column))`.

    ## References
    - https://www.postgresql.org/docs/current/datatype-json.html
    - https://www.sqlite.org/json1.html
    """

    code = "TYP004"
    level = Level.WARNING
    precision = Precision.HIGH
    category = Category.SCHEMA_DESIGN

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for each column."""
        for table in survey.tables:
            for found in _hidden(survey, table):
                ref = table.ref.column(found.column.name)
                guess = found.precision is Precision.LOW
                typed = survey.engine.capabilities.json_binary
                precision = Precision.MEDIUM if found.precision is Precision.HIGH and not typed else found.precision
                verb = "seems to keep" if guess else "keeps"
                yield Finding(
                    self.name(),
                    ref,
                    f"{ref} {verb} JSON as {found.column.type} ({found.why}): every reader parses it again, and "
                    "nothing refuses what does not parse.",
                    hint=_hint(survey, table, found.column),
                    evidence=(Evidence(EvidenceKind.CATALOG, f"{ref}: {found.why}", survey.origin_of(ref)),),
                    origin=survey.origin_of(ref),
                    level=Level.INFO if guess else None,
                    precision=precision if precision is not self.precision else None,
                )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """The JSON that is kept as such."""
        kept = [
            (table, column)
            for table in survey.tables
            for column in table.ordered_columns
            if survey.catalog.family(column.type) is Family.JSON
        ]
        if kept:
            evidence = tuple(
                Evidence(EvidenceKind.CATALOG, f"{table.ref.column(column.name)} {column.type}", column.origin)
                for table, column in kept
            )
            message = f"{count(len(kept), 'column')} of varying shape kept as JSON, not as text."
            yield Strength(self.name(), Ref.database(), message, evidence)

    def fix(self, finding: Finding, survey: Survey) -> Fix | None:
        """jsonb where the engine has it, else a CHECK that it is JSON."""
        table = survey.catalog.table(finding.object)
        column = table.column(finding.object.columns[0]) if table else None
        if table is None or column is None:
            return None
        name = quoted(column.name)
        if not survey.engine.capabilities.json_binary:
            check = new_check(survey.catalog, table, (column.name,), f"json_valid({name})")
            note = f"Look for rows where not json_valid({name}) first."
            return Fix((Add(table.ref, check),), Applicability.UNSAFE, note)
        note = (
            "An empty text, or anything else that is no JSON, makes this fail; the application must stop encoding it."
        )
        constant = literal_value(column.default) if column.default is not None else None
        default = expression(f"{literal(constant)}::jsonb") if constant is not None else column.default
        new = replace(column, type=SqlType("jsonb"), default=default, collation=None)
        return Fix((AlterColumn(table.ref, column, new, f"{name}::jsonb"),), Applicability.UNSAFE, note)


def _hint(survey: Survey, table: Table, column: Column) -> str:
    ref = table.ref.column(column.name)
    if survey.engine.capabilities.json_binary:
        return f"Make {ref} jsonb."
    return f"Declare {ref} as JSON in the model, or add CHECK (json_valid({quoted(column.name)}))."


def _hidden(survey: Survey, table: Table) -> Iterator[_Hidden]:
    for column in table.ordered_columns:
        if survey.catalog.family(column.type) is not Family.TEXT or column.generated is not None:
            continue
        checks = (functions_of(check) for check, _ in checks_naming(survey.catalog, table, column))
        found = None if any("json" in name for names in checks for name in names) else _judge(column)
        if found is not None:
            yield found


def _judge(column: Column) -> _Hidden | None:
    default = default_of(column)
    if default is not None and default[:1] in "[{" and _is_json(default):
        return _Hidden(column, f"its default is {default!r}", Precision.HIGH)
    if words(column.name)[-1:] == ("json",) and len(words(column.name)) > 1:
        return _Hidden(column, "its name ends in json", Precision.MEDIUM)
    if (column.type.length or _LONG + 1) > _LONG and _BY_NAME.ends(column.name) and not default:
        return _Hidden(column, "unbounded text under a name that JSON goes by", Precision.LOW)
    return None


def _is_json(text: str) -> bool:
    try:
        return isinstance(json.loads(text), list | dict)
    except ValueError:
        return False

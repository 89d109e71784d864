"""The rule `json-in-text`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from dbarchitect.catalog.expressions import expression, literal_value
from dbarchitect.catalog.members import Column
from dbarchitect.catalog.objects import Table
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
from dbarchitect.rules._code.json_code import json_in_code
from dbarchitect.rules._fixes.members import new_check
from dbarchitect.rules._fixes.prisma import has_to_run_on_sqlite, on_sqlite
from dbarchitect.rules._schema.json_text import hidden_json, is_customary
from dbarchitect.rules._schema.limits import checks_naming
from dbarchitect.rules._sql import count, literal, quoted


class JsonInText(Rule):
    """JSON kept as plain text

    ## What it finds
    A text column that holds JSON: its default is a JSON list or object, a comment beside it in the models says so
    (`String // JSON array`), or its name ends in `json`; with less certainty unbounded text called `metadata`,
    `preferences`, `settings` or the like, and text called like several things (`questions`) in an application that
    keeps lists as text elsewhere. Where the code is read, those who parse it and those who write it are shown. On
    SQLite, which keeps all JSON as text, a CHECK with `json_valid` makes it right: information, as where Prisma's
    schema stands beside one for SQLite that has to hold the same.

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
        customary = is_customary(survey.catalog)
        typed = survey.engine.capabilities.json_binary and not has_to_run_on_sqlite(survey)
        for table in survey.tables:
            for found in hidden_json(survey.catalog, table, customary=customary):
                ref = table.ref.column(found.column.name)
                code = json_in_code(survey, ref)
                guess = found.precision is Precision.LOW and not code
                sure = Precision.MEDIUM if found.precision is Precision.LOW and code else found.precision
                precision = Precision.MEDIUM if sure is Precision.HIGH and not typed else sure
                verb = "seems to keep" if guess else "keeps"
                yield Finding(
                    self.name(),
                    ref,
                    f"{ref} {verb} JSON as {found.column.type} ({found.why}): every reader parses it again, and "
                    "nothing refuses what does not parse.",
                    hint=_hint(survey, table, found.column),
                    evidence=(Evidence(EvidenceKind.CATALOG, f"{ref}: {found.why}", survey.origin_of(ref)), *code),
                    origin=survey.origin_of(ref),
                    level=Level.INFO if found.precision is Precision.LOW or not typed else None,
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
        if any(True for _ in checks_naming(survey.catalog, table, column)):
            return None  # a CHECK on the text need not hold for JSON, or even have a meaning
        note = (
            "An empty text, or anything else that is no JSON, makes this fail; the application must stop encoding it."
        )
        constant = literal_value(column.default) if column.default is not None else None
        default = expression(f"{literal(constant)}::jsonb") if constant is not None else column.default
        new = replace(column, type=SqlType("jsonb"), default=default, collation=None)
        return Fix((AlterColumn(table.ref, column, new, f"{name}::jsonb"),), Applicability.UNSAFE, note)


def _hint(survey: Survey, table: Table, column: Column) -> str:
    ref = table.ref.column(column.name)
    if has_to_run_on_sqlite(survey):
        return f"Declare {ref} as Json in each of the schemas: Prisma has it on SQLite since 6.2.0."
    if survey.engine.capabilities.json_binary:
        return f"Make {ref} {survey.engine.capabilities.json_type}."
    check = f"json_valid({quoted(column.name)})"
    prisma = on_sqlite(survey, "Json", ref, check)
    if prisma is None and survey.application.framework in {None, "sql"}:
        return f"Add CHECK ({check}) to {table.ref}."
    return prisma or f"Declare {ref} as JSON in the model, or add CHECK ({check})."

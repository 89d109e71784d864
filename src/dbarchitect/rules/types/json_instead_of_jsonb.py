"""The rule `json-instead-of-jsonb`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from dbarchitect.catalog.expressions import columns_of, expression, literal_value
from dbarchitect.catalog.members import Column
from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.survey import Survey
from dbarchitect.catalog.types import SqlType
from dbarchitect.change.operations import AlterColumn
from dbarchitect.finding import Applicability, Category, Evidence, EvidenceKind, Finding, Fix, Level, Precision
from dbarchitect.rules._base import Rule
from dbarchitect.rules._keys.natural import held_by
from dbarchitect.rules._names import phrases, thing_words
from dbarchitect.rules._schema.limits import checks_naming
from dbarchitect.rules._schema.shape import is_copy, is_log
from dbarchitect.rules._sql import literal, quoted

_RAW = phrases(
    "raw, payload, body, request, response, webhook, original, document, signed, signature, message, snapshot, log, "
    "dump, export, manifest, schema, json schema, geojson"
)


class JsonInsteadOfJsonb(Rule):
    """JSON kept as text under another name

    ## What it finds
    Columns of type `json` where `jsonb` would do. Left alone are logs, copies, raw payloads and schemas, whose
    exact text (spaces, order of keys, keys that repeat) is what they are kept for.

    ## Why it matters
    `json` stores the text as it came and parses it anew for each operator; no GIN index reaches inside, and it has no
    equality, so that DISTINCT, GROUP BY and UNION over the row fail.

    ## When to leave it
    The text must come back byte for byte, or is only ever handed through.

    ## How the fix works
    It changes the type to `jsonb`, which rewrites the table under an exclusive lock. Spaces and the order of keys go,
    of keys that repeat the last one stays. Code that compares the text notices.

    ## References
    - https://www.postgresql.org/docs/current/datatype-json.html
    """

    code = "TYP008"
    level = Level.INFO
    precision = Precision.HIGH
    category = Category.SCHEMA_DESIGN
    engines = ("postgresql",)

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for each column."""
        for table in survey.tables:
            for column in _plain_json(table):
                ref = table.ref.column(column.name)
                origin = survey.origin_of(ref)
                yield Finding(
                    self.name(),
                    ref,
                    f"{ref} is json, which is text that every operator parses anew: no GIN index reaches inside, and "
                    "rows cannot be compared.",
                    f"Make {ref} jsonb.",
                    (Evidence(EvidenceKind.CATALOG, f"{ref} json", origin),),
                    origin,
                )

    def fix(self, finding: Finding, survey: Survey) -> Fix | None:
        """jsonb, unless a CHECK, an index or a generated column works on it as json."""
        table = survey.catalog.table(finding.object)
        column = table.column(finding.object.columns[0]) if table else None
        if table is None or column is None or _is_worked_on(survey, table, column):
            return None
        constant = literal_value(column.default) if column.default is not None else None
        default = expression(f"{literal(constant)}::jsonb") if constant is not None else column.default
        new = replace(column, type=SqlType("jsonb"), default=default)
        note = "The table is rewritten under an exclusive lock; spaces, the order of keys and repeated keys go."
        change = AlterColumn(table.ref, column, new, f"{quoted(column.name)}::jsonb")
        return Fix((change,), Applicability.UNSAFE, note)


def _plain_json(table: Table) -> Iterator[Column]:
    if is_log(table) or is_copy(table) or _RAW.ends("_".join(thing_words(table))):
        return
    for column in table.ordered_columns:
        plain = column.type.name == "json" and not column.type.dimensions and column.type.schema is None
        if plain and column.generated is None and not _RAW.within(column.name):
            yield column


def _is_worked_on(survey: Survey, table: Table, column: Column) -> bool:
    checked = any(True for _ in checks_naming(survey.catalog, table, column))
    indexed = any(column.name in held_by(path) for path in table.access_paths())
    expressions = (other.generated for other in table.columns if other.generated is not None)
    computed = any(column.name in columns_of(generated) for generated in expressions)
    odd_default = column.default is not None and literal_value(column.default) is None
    return checked or indexed or computed or odd_default or bool(table.policies) or bool(table.triggers)

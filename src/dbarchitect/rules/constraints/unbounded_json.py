"""The rule `unbounded-json`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from dbarchitect.catalog.members import Column
from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.survey import Survey
from dbarchitect.catalog.types import Family
from dbarchitect.change.operations import Add
from dbarchitect.finding import Applicability, Category, Evidence, EvidenceKind, Finding, Fix, Level, Precision
from dbarchitect.rules._base import Rule
from dbarchitect.rules._fixes.members import new_check
from dbarchitect.rules._names import phrases, thing_words
from dbarchitect.rules._schema.domains import owner_column
from dbarchitect.rules._schema.limits import checks_naming
from dbarchitect.rules._sql import quoted

_CONTENT = phrases("content, body, document, block, answer, draft, note, page, post, story, article")
_DATA = phrases("data")
_MACHINE = phrases("metadata, raw, event, request, response, session, cache, webhook, geo, error, meta, provider, job")
_MACHINES = phrases(
    "setting, webhook, job, task, cache, audit, session, configuration, config, event, migration, import"
)


class UnboundedJson(Rule):
    """JSON of any size and shape

    ## What it finds
    A JSON column that holds what users make (`content`, `answers`, the `meal_plan_data` of somebody's row) with no
    CHECK about it: neither a limit of its size nor a word on its shape.

    ## Why it matters
    One request can store as many megabytes as the web server lets through, and each later read of the row carries them.
    A list where an object is expected fails at the first reader, far from the one who wrote it.

    ## When to leave it
    Only your own code writes it, in a shape that it knows.

    ## How the fix works
    It adds a CHECK on the length of the text (1,048,576 characters unless the option `maximum` says otherwise). The
    size that PostgreSQL's `pg_column_size` gives is no measure for this: it is that of the compressed value, and a dump
    of such rows may not restore. Check the shape in the application as well, by a schema.

    ## References
    - https://www.postgresql.org/docs/current/datatype-json.html
    - https://www.sqlite.org/json1.html#jvalid
    """

    code = "CHK005"
    level = Level.INFO
    precision = Precision.LOW
    category = Category.DATA_INTEGRITY

    @dataclass(frozen=True, slots=True)
    class Options:
        """`maximum`: the size that the fix proposes, in characters."""

        maximum: int = 1_048_576

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for each column."""
        for table in survey.tables:
            for column in _unbounded(survey, table):
                ref = table.ref.column(column.name)
                yield Finding(
                    self.name(),
                    ref,
                    f"{ref} takes JSON of any size and shape: one request can store megabytes that all reads carry.",
                    hint=f"Limit the size of {ref} by a CHECK, and check its shape where it is written.",
                    evidence=(Evidence(EvidenceKind.CATALOG, f"{ref} {column.type}, no CHECK", survey.origin_of(ref)),),
                    origin=survey.origin_of(ref),
                )

    def fix(self, finding: Finding, survey: Survey) -> Fix | None:
        """A CHECK on the length."""
        table = survey.catalog.table(finding.object)
        options = self.options
        if table is None or not isinstance(options, UnboundedJson.Options):
            return None
        name = finding.object.columns[0]
        text = f"length(cast({quoted(name)} as text)) <= {options.maximum}"
        check = new_check(survey.catalog, table, (name,), text)
        return Fix((Add(table.ref, check),), Applicability.UNSAFE, f"Look for rows where not ({text}) first.")


def _unbounded(survey: Survey, table: Table) -> Iterator[Column]:
    for column in table.ordered_columns:
        machine = _MACHINE.within(column.name) or _MACHINES.within("_".join(thing_words(table)))
        owned = _DATA.ends(column.name) and not _DATA.whole(column.name) and owner_column(table, survey.catalog)
        users = (_CONTENT.ends(column.name) or owned) and not machine
        json = survey.catalog.family(column.type) is Family.JSON
        if json and users and not any(True for _ in checks_naming(survey.catalog, table, column)):
            yield column

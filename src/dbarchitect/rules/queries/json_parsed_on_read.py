"""Columns of text whose JSON the program parses each time it reads them."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.queries import EventFact, EventKind
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.catalog.types import Family
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Level, Precision
from dbarchitect.rules._base import Rule
from dbarchitect.rules._code.json_code import json_in_code
from dbarchitect.rules._code.reach import is_backstage
from dbarchitect.rules._code.telling import shown_in
from dbarchitect.rules._schema.json_text import hidden_json, is_customary
from dbarchitect.rules._sql import count, quoted


class JsonParsedOnRead(Rule):
    """JSON is kept as text and parsed on every read

    ## What it finds
    A text column that the code gives to `json.loads` or `JSON.parse`. Columns that say by their default or name that
    they hold JSON are told by `json-in-text`.

    ## Why it matters
    Every reader must know that there is JSON and what to do when it is none; nothing refuses a broken document when it
    is written, no query can ask for a value inside, and each read pays for parsing the whole.

    ## When to leave it
    The text must come back byte for byte (a signed document, a payload kept as it came in), or only some rows hold
    JSON and others plain text.

    ## How the fix works
    There is none to be generated, as code has to change with it: make the column `jsonb` (SQLAlchemy's `JSON`, Django's
    `JSONField`, Prisma's `Json`) after looking for rows that do not parse, and drop the parsing and the writing of
    JSON. On SQLite add `CHECK (json_valid(column))`.

    ## References
    - https://www.postgresql.org/docs/current/datatype-json.html
    - https://www.sqlite.org/json1.html
    """

    code = "QRY016"
    level = Level.INFO
    precision = Precision.MEDIUM
    category = Category.QUERY_PATTERNS
    needs = frozenset({Need.CATALOG, Need.CODE})

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding per column."""
        code = survey.code
        if code is None:
            return
        found: dict[tuple[str, ...], list[EventFact]] = {}
        for event in code.events:
            hidden = is_backstage(code, event.place.function)
            if event.kind is EventKind.JSON_PARSED and event.column is not None and not hidden:
                found.setdefault(event.column.key, []).append(event)
        customary = is_customary(survey.catalog)
        for events in found.values():
            finding = _finding(self.name(), events, survey, customary=customary)
            if finding is not None:
                yield finding


def _finding(rule: str, events: list[EventFact], survey: Survey, *, customary: bool) -> Finding | None:
    ref = events[0].column
    table = survey.catalog.table(ref) if ref is not None else None
    column = table.column(ref.columns[0]) if table is not None and ref is not None and ref.columns else None
    if ref is None or table is None or column is None or table.owned_by is not None:
        return None
    if survey.catalog.family(column.type) is not Family.TEXT:
        return None
    if any(h.column.name == column.name for h in hidden_json(survey.catalog, table, customary=customary)):
        return None  # `json-in-text` says it
    ref = table.ref.column(column.name)
    functions = list(dict.fromkeys(shown_in(survey.code, event.place.function) for event in events))
    who = functions[0] if len(functions) == 1 else f"{functions[0]} and {count(len(functions) - 1, 'other function')}"
    typed = survey.engine.capabilities.json_binary
    return Finding(
        rule,
        ref,
        f"{ref} keeps JSON as {column.type}, which {who} {'parses' if len(functions) == 1 else 'parse'} on each read: "
        "nothing refuses what does not parse, and no query can ask for a value inside.",
        f"Make {ref} jsonb, and drop the parsing." if typed else f"Add CHECK (json_valid({quoted(column.name)})).",
        (
            Evidence(EvidenceKind.CATALOG, f"{ref} {column.type}", survey.origin_of(ref)),
            *json_in_code(survey, ref),
        ),
        events[0].origin,
    )

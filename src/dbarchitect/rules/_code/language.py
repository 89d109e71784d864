"""The words in which the language of a file speaks of what rules talk about."""

from __future__ import annotations

from dataclasses import dataclass

from dbarchitect.catalog.survey import Survey


@dataclass(frozen=True, slots=True)
class Language:
    """A language's words: for no value, for what finds rows by their keys, for what catches errors, for the error of
    a violated constraint, for reading and writing JSON. `checks_null` tells that its types make every reader of a
    column that may be NULL say what is to happen then."""

    nothing: str
    lookup: str
    clause: str
    conflict: str
    parse: str
    stringify: str
    checks_null: bool = False


PYTHON = Language("None", "a dictionary", "except", "IntegrityError", "json.loads", "json.dumps")
TYPESCRIPT = Language("null", "a Map", "catch", "error of a violated constraint", "JSON.parse", "JSON.stringify", True)
_ENDS = (".ts", ".tsx", ".js", ".jsx", ".mjs", ".cjs", ".mts", ".cts", ".prisma", ".vue", ".svelte")
_TYPESCRIPT_TOOLS = frozenset({"prisma", "drizzle", "kysely"})


def of_file(path: str | None) -> Language:
    """The language that a file is written in; Python where its name does not tell."""
    return TYPESCRIPT if path is not None and path.endswith(_ENDS) else PYTHON


def of_application(survey: Survey) -> Language:
    """The language of an application: of its framework, else of the first file that asks the database."""
    if survey.application.framework in _TYPESCRIPT_TOOLS:
        return TYPESCRIPT
    queries = survey.code.queries if survey.code is not None else ()
    return of_file(queries[0].origin.path) if queries and survey.application.framework == "sql" else PYTHON

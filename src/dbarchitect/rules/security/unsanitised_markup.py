"""Stored text that becomes markup as it is."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable

from dbarchitect.catalog.queries import Code, EventFact, EventKind, FunctionKind, QueryFact
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.catalog.types import Family
from dbarchitect.finding import Category, Finding, Level, Precision
from dbarchitect.rules._base import Rule
from dbarchitect.rules._code.noticed import around, events_of, first_events, happens_in, within
from dbarchitect.rules._code.queries import WRITES
from dbarchitect.rules._code.telling import shown_in
from dbarchitect.rules._sql import count

_OPERATORS = re.compile(r"admin|staff|editor|backoffice|\bcms\b", re.IGNORECASE)
_RIGHTS = re.compile(r"admin|staff|superuser|editor|role|permission|forbidden|403|privilege", re.IGNORECASE)


class UnsanitisedMarkup(Rule):
    """Stored text is put into pages as markup

    ## What it finds
    Columns of text that reach a page as markup: `dangerouslySetInnerHTML`, `<MDXRemote source>` and `serialize` of
    next-mdx-remote, `mark_safe` and `Markup` in Python, whatever makes HTML of Markdown in between. Not where
    something that cleans by its name stands in between (DOMPurify, sanitize-html, xss, bleach, nh3), or where the
    functions that write the column clean it.

    ## Why it matters
    Whoever writes the row writes into the page of everyone who reads it: a script there acts with their session.
    Markdown lets HTML through unless it is told not to, and MDX is a program: its expressions run where the page is
    made, on the server.

    ## When to leave it
    Text that only the operators themselves write, and that nobody else ever will.

    ## How the fix works
    There is none in the schema: clean the HTML when it is shown (DOMPurify, sanitize-html, rehype-sanitize, nh3), after
    Markdown was made into it, and keep MDX for files of the repository; for what people write Markdown does.

    ## References
    - https://cheatsheetseries.owasp.org/cheatsheets/Cross_Site_Scripting_Prevention_Cheat_Sheet.html
    - https://react.dev/reference/react-dom/components/common#dangerously-setting-the-inner-html
    - https://github.com/hashicorp/next-mdx-remote#security
    """

    code = "SEC026"
    level = Level.WARNING
    precision = Precision.MEDIUM
    category = Category.SECURITY
    needs = frozenset({Need.CATALOG, Need.CODE})

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for each column; for information where no visitor is seen to write it."""
        code = survey.code
        if code is None:
            return
        rendered = _rendered(survey, code)
        written = _writers(code, rendered)
        for column, events in rendered.items():
            writers = written.get(column, [])
            if any(happens_in(code, EventKind.MARKUP_CLEANED, _about(code, query)) for query in writers):
                continue
            first = events[0]
            by = shown_in(code, first.place.function)
            places = f", in {count(len(events), 'place')}" if len(events) > 1 else ""
            open_ = any(_is_open(code, query) for query in writers)
            yield Finding(
                self.name(),
                column,
                f"{by} puts {column} into the page as markup{places}: a script in that text "
                "runs for everyone who reads it, and nothing cleans it on the way.",
                "Clean the HTML when it is shown (DOMPurify, sanitize-html, rehype-sanitize), or show it as text.",
                first_events(events),
                first.origin,
                level=None if open_ else Level.INFO,
            )


def _rendered(survey: Survey, code: Code) -> dict[Ref, list[EventFact]]:
    """The columns of text that are put into pages, and where."""
    found: dict[Ref, list[EventFact]] = {}
    for event in events_of(code, EventKind.MARKUP_RENDERED):
        table = survey.catalog.table(event.column) if event.column is not None else None
        column = table.column(event.column.columns[0]) if table is not None and event.column is not None else None
        if table is None or column is None or table.owned_by is not None:
            continue
        if survey.catalog.family(column.type) is Family.TEXT:
            found.setdefault(table.ref.column(column.name), []).append(event)
    return found


def _writers(code: Code, columns: Container[Ref]) -> dict[Ref, list[QueryFact]]:
    """The queries that write each of these columns."""
    found: dict[Ref, list[QueryFact]] = {}
    for query in code.queries:
        if query.verb in WRITES:
            for column in {a.column for a in query.assignments if a.column in columns}:
                found.setdefault(column, []).append(query)
    return found


def _about(code: Code, query: QueryFact) -> frozenset[str]:
    """The function of a query, what it calls, and what calls it."""
    return within(code, query.place.function) | around(code, query.place.function)


def _is_open(code: Code, query: QueryFact) -> bool:
    """Whether some way to a write is no operator's: its route says nothing of them, and nothing asks for a right."""
    functions = [code.functions.get(key) for key in around(code, query.place.function)]
    routes = [function for function in functions if function is not None and function.kind is FunctionKind.ROUTE]
    return any(
        not _OPERATORS.search(function.route or function.key) and not any(map(_RIGHTS.search, function.guards))
        for function in routes
    )

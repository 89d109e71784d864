"""Files that are kept for what their senders say they are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.queries import Code, EventFact, EventKind, QueryFact, Verb
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Level, Precision, Strength
from dbarchitect.rules._base import Rule
from dbarchitect.rules._code.noticed import events_of, first_events, happens_in, queries_in, within
from dbarchitect.rules._code.queries import table_of
from dbarchitect.rules._code.telling import as_evidence, shown_in
from dbarchitect.rules._names import words

_OF_FILES = frozenset(words("file filename url uri path key mime mimetype content size bytes blob attachment storage"))
_KEEPING = frozenset({Verb.INSERT, Verb.UPDATE, Verb.UPSERT})


@dataclass(frozen=True, slots=True)
class _Upload:
    function: str
    received: EventFact
    types: tuple[EventFact, ...]
    sizes: tuple[EventFact, ...]
    kept: QueryFact
    table: Table


class UncheckedUpload(Rule):
    """An uploaded file is what its sender says it is

    ## What it finds
    Functions that take a file from a request, keep it and write a row for it, and test only the type that came with it
    (`file.type`, `mimetype`, the end of its name), which the sender writes; nothing looks into the file (a library that
    knows the first bytes of each format, or that decodes the image, the table, the document).

    ## Why it matters
    A page with a script, named `image/png`, passes the test. Where it is given out again with a type that a browser
    guesses, the script runs with the session of whoever opens it; what is made for images or tables fails on it later.

    ## When to leave it
    Files that are only ever given out as attachments, from another domain, with `X-Content-Type-Options: nosniff`.

    ## How the fix works
    There is none in the schema: read the first bytes (file-type, python-magic), compare them with the types that are
    allowed and with what the sender says, and store the type that was found.

    ## References
    - https://cheatsheetseries.owasp.org/cheatsheets/File_Upload_Cheat_Sheet.html
    - https://developer.mozilla.org/en-US/docs/Web/API/Blob/type
    """

    code = "SEC025"
    level = Level.INFO
    precision = Precision.MEDIUM
    category = Category.SECURITY
    needs = frozenset({Need.CATALOG, Need.CODE})

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for each function."""
        code = survey.code
        if code is None:
            return
        for upload in _uploads(survey, code):
            if not upload.types or happens_in(code, EventKind.FILE_LOOKED_INTO, within(code, upload.function)):
                continue
            by = shown_in(code, upload.function)
            yield Finding(
                self.name(),
                upload.table.ref,
                f"{by} takes the type of a file for {upload.table.ref} from its sender: whatever "
                "calls itself an allowed type is kept, as nothing looks into the file.",
                "Read the first bytes of the file (file-type, python-magic), and keep the type that they tell.",
                (*first_events(upload.types, "what the sender says"), as_evidence(upload.kept)),
                upload.types[0].origin,
                (upload.function,),
            )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """Uploads of which type and size are checked."""
        code = survey.code
        if code is None:
            return
        for upload in _uploads(survey, code):
            if upload.types and upload.sizes:
                by = shown_in(code, upload.function)
                message = f"{by} checks type and size of a file before {upload.table.ref} gets it."
                tested = (upload.types[0], upload.sizes[0])
                evidence = tuple(Evidence(EvidenceKind.CODE, event.text, event.origin) for event in tested)
                yield Strength(self.name(), upload.table.ref, message, evidence)


def _uploads(survey: Survey, code: Code) -> Iterator[_Upload]:
    """The files that are received, with what is tested of them, and the row that is written for each."""
    seen: set[str] = set()
    for received in events_of(code, EventKind.FILE_RECEIVED):
        function = received.place.function
        name = received.text.partition(".")[0].strip()
        kept = _kept(survey, code, function)
        if function in seen or kept is None or not re.fullmatch(r"[\w$]+", name):
            continue
        seen.add(function)
        types = tuple(_tests(code, EventKind.FILE_TYPE_TESTED, function, name))
        sizes = tuple(_tests(code, EventKind.FILE_SIZE_TESTED, function, name))
        yield _Upload(function, received, types, sizes, *kept)


def _kept(survey: Survey, code: Code, function: str) -> tuple[QueryFact, Table] | None:
    """The write that keeps where the file lies, or what it is."""
    for query in queries_in(code, within(code, function)):
        table = table_of(query, survey)
        if query.verb in _KEEPING and table is not None and table.owned_by is None:
            written = {word for a in query.assignments if a.column.columns for word in words(a.column.columns[0])}
            if written & _OF_FILES:
                return query, table
    return None


def _tests(code: Code, kind: EventKind, function: str, name: str) -> Iterator[EventFact]:
    """The tests of what the sender says of this file."""
    for event in events_of(code, kind):
        if event.place.function == function and re.search(rf"\b{re.escape(name)}\??\.", event.text):
            yield event

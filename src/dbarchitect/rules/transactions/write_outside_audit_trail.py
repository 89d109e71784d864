"""Changes that the audit trail does not tell of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from dbarchitect.catalog.queries import Code, FunctionKind, QueryFact
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.finding import Category, Finding, Level, Precision, Strength
from dbarchitect.rules._base import Rule
from dbarchitect.rules._code import as_evidence, shown_in
from dbarchitect.rules._sql import count, listed
from dbarchitect.rules._trails import audit_tables, is_record, is_written_behind, records
from dbarchitect.rules._units import Happening, happenings, working_functions

_FEWEST = 2
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class _Path:
    """A request that writes a table, and whether it records what it did."""

    function: str
    query: QueryFact
    recorded: bool


class WriteOutsideAuditTrail(Rule):
    """Changes that the audit trail does not tell of

    ## What it finds
    Tables that requests change where most of the requests that do so write a row to the audit trail (a table of who
    changed what), and some do not: with the share, and each that leaves it out. What a function calls counts. Silent
    where there is no trail, where triggers, signals or a library write it, and for tables of which the fewer changes
    are recorded: they may be left out on purpose.

    ## Why it matters
    A trail is believed. After a dispute its silence is taken for "it was not changed", and the one path that does not
    write to it is the one that is found then.

    ## When to leave it
    When the change is the user's own and nobody has to answer for it: a setting of the display.

    ## How the fix works
    By hand: record it in the same transaction as the change, best in the function that all paths go through, or by a
    trigger.

    ## References
    https://cheatsheetseries.owasp.org/cheatsheets/Logging_Cheat_Sheet.html
    https://wiki.postgresql.org/wiki/Audit_trigger
    """

    code = "TXN005"
    level = Level.WARNING
    precision = Precision.MEDIUM
    category = Category.TRANSACTIONS
    needs = frozenset({Need.CATALOG, Need.CODE})

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for each table."""
        for table, paths in _paths(survey):
            left_out = [path for path in paths if not path.recorded]
            kept = len(paths) - len(left_out)
            if not left_out or kept < _FEWEST or kept <= len(left_out):
                continue
            names = listed([shown_in(survey.code, path.function) for path in left_out[:_SHOWN]])
            evidence = [as_evidence(path.query, "not recorded") for path in left_out[:_SHOWN]]
            example = next(path for path in paths if path.recorded)
            evidence.append(as_evidence(example.query, "recorded"))
            yield Finding(
                self.name(),
                table,
                f"{kept} of {count(len(paths), 'request')} that change {table} write to the audit trail; {names} "
                f"{'does' if len(left_out) == 1 else 'do'} not, and what is changed there cannot be told later.",
                "Record the change in the same transaction, as the other requests do.",
                tuple(evidence),
                left_out[0].query.origin,
                tuple(sorted(path.function for path in left_out)),
            )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """Tables of which every change by a request is recorded."""
        full = [(table, paths) for table, paths in _paths(survey) if all(path.recorded for path in paths)]
        several = [(table, paths) for table, paths in full if len(paths) >= _FEWEST]
        if several:
            names = listed(str(table) for table, _ in several[:_SHOWN])
            text = f"Every request that changes {names} is recorded in the audit trail."
            evidence = tuple(as_evidence(paths[0].query) for _, paths in several[:_SHOWN])
            yield Strength(self.name(), Ref.database(), text, evidence)


def _paths(survey: Survey) -> Iterator[tuple[Ref, list[_Path]]]:
    """By table the requests that change it; none where the trail is written behind the code's back."""
    code, tables = survey.code, audit_tables(survey)
    if code is None or not tables or is_written_behind(code, tables):
        return
    own = {table.ref.key: table.ref for table in survey.tables}
    found: dict[tuple[str, ...], list[_Path]] = {}
    for function in working_functions(code):
        fact = code.functions.get(function)
        if fact is None or fact.kind is not FunctionKind.ROUTE:
            continue
        recorded = records(code, function, tables)
        for key, query in _written(code, function, tables).items():
            if key in own:
                found.setdefault(key, []).append(_Path(function, query, recorded))
    for key, paths in found.items():
        yield own[key], paths


def _written(code: Code, function: str, tables: frozenset[tuple[str, ...]]) -> dict[tuple[str, ...], QueryFact]:
    """The first write of each table that a request makes, the trail's own left out."""
    found: dict[tuple[str, ...], QueryFact] = {}
    for happening in happenings(code, function):
        query = happening.query
        if query is not None and query.table is not None and _is_change(happening) and not is_record(happening, tables):
            found.setdefault(query.table.key, query)
    return found


def _is_change(happening: Happening) -> bool:
    return happening.writes and not happening.in_handler

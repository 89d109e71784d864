"""Changes that the audit trail does not tell of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.finding import Category, Finding, Level, Precision, Strength
from dbarchitect.rules._base import Rule
from dbarchitect.rules._code.telling import as_evidence, shown_in
from dbarchitect.rules._sql import count, listed
from dbarchitect.rules.transactions._recorded import (
    Loose,
    Path,
    is_changed,
    loose_records,
    passes,
    paths_by_table,
    telling,
    weight,
)

_FEWEST = 2
_SHOWN = 5
_NAMED = 12
_EACH = 3
_MANY = 5


class WriteOutsideAuditTrail(Rule):
    """Changes that the audit trail does not tell of

    ## What it finds
    Tables that requests change where most of the requests that do so write a row to the audit trail (a table of who
    changed what), and some do not: with the share, and each that leaves it out; where the tables are many, one finding
    for all of them. What a function calls counts. As information, once for the application each: the tables that
    requests change and no request records, without those that hold what passes (sessions, logs, notifications); and the
    requests that write a change and its record in different transactions. Silent where there is no trail, and where
    triggers, signals or a library write it.

    ## Why it matters
    A trail is believed. After a dispute its silence is taken for "it was not changed", and the one path that does not
    write to it is the one that is found then.

    ## When to leave it
    When the change is the user's own and nobody has to answer for it: a setting of the display.

    ## How the fix works
    By hand: record it in the same transaction as the change, best in the function that all paths go through, or by a
    trigger.

    ## References
    - https://cheatsheetseries.owasp.org/cheatsheets/Logging_Cheat_Sheet.html
    - https://wiki.postgresql.org/wiki/Audit_trigger
    """

    code = "TXN005"
    level = Level.WARNING
    precision = Precision.MEDIUM
    category = Category.TRANSACTIONS
    needs = frozenset({Need.CATALOG, Need.CODE})

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for each table that most requests record, one for the tables of which none is, one for changes
        that last without their record."""
        found = list(paths_by_table(survey))
        yield from self._left_out(survey, found)
        if sum(path.recorded for _, paths in found for path in paths) >= _FEWEST:
            untold = [(table, paths) for table, paths in found if not any(p.recorded for p in paths)]
            kept = [(table, paths) for table, paths in untold if not passes(survey, table, changed=is_changed(paths))]
            if kept:
                yield self._untold(sorted(kept, key=lambda each: weight(survey, *each)), len(found))
        loose = list(loose_records(survey))
        if loose:
            yield self._parted(survey, loose)

    def _left_out(self, survey: Survey, found: list[tuple[Ref, list[Path]]]) -> Iterator[Finding]:
        uneven = [(table, paths, left) for table, paths in found if (left := _leaves_out(paths))]
        if len(uneven) > _MANY:
            yield self._of_many(survey, [(table, left) for table, _, left in uneven])
            return
        for table, paths, left_out in uneven:
            kept = len(paths) - len(left_out)
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
        full = [(table, paths) for table, paths in paths_by_table(survey) if all(path.recorded for path in paths)]
        several = [(table, paths) for table, paths in full if len(paths) >= _FEWEST]
        if several:
            names = listed(str(table) for table, _ in several[:_SHOWN])
            text = f"Every request that changes {names} is recorded in the audit trail."
            evidence = [as_evidence(p.query, "recorded") for _, paths in several[:_SHOWN] for p in paths[:_SHOWN]]
            yield Strength(self.name(), Ref.database(), text, tuple(dict.fromkeys(evidence)))

    def _of_many(self, survey: Survey, uneven: list[tuple[Ref, list[Path]]]) -> Finding:
        functions = list(dict.fromkeys(path.function for _, left in uneven for path in left))
        rest = [f"{len(functions) - _SHOWN} more"] if len(functions) > _SHOWN else []
        names = listed([*(shown_in(survey.code, function) for function in functions[:_SHOWN]), *rest])
        tables = [str(table) for table, _ in uneven]
        more = [f"{len(tables) - _NAMED} more"] if len(tables) > _NAMED else []
        evidence = [
            as_evidence(path.query, f"{table}, not recorded")
            for table, left in uneven[:_NAMED]
            for path in left[:_EACH]
        ]
        return Finding(
            self.name(),
            Ref.database(),
            f"{count(len(functions), 'request')} ({names}) {'does' if len(functions) == 1 else 'do'} not write to the "
            f"audit trail what they change of {listed([*tables[:_NAMED], *more])}, of which most requests do: what is "
            "changed there cannot be told later.",
            "Record the change in the same transaction, as the other requests do.",
            tuple(dict.fromkeys(evidence)),
            evidence[0].origin,
            ("requests",),
        )

    def _untold(self, untold: list[tuple[Ref, list[Path]]], every: int) -> Finding:
        names = [str(table) for table, _ in untold]
        rest = [f"{len(names) - _NAMED} more"] if len(names) > _NAMED else []
        evidence = [
            as_evidence(query, f"{table}, not recorded")
            for table, paths in untold[:_NAMED]
            for query in telling(paths)[:_EACH]
        ]
        return Finding(
            self.name(),
            Ref.database(),
            f"Of {count(every, 'table')} that requests change, the audit trail never tells of "
            f"{listed([*names[:_NAMED], *rest])}: who changed a row there, and when, cannot be told later.",
            "Decide for which of them somebody will ask one day, and record their changes in the same transaction.",
            tuple(evidence),
            evidence[0].origin,
            ("tables",),
            level=Level.INFO,
            precision=Precision.LOW,
        )

    def _parted(self, survey: Survey, loose: list[Loose]) -> Finding:
        functions = list(dict.fromkeys(one.function for one in loose))
        rest = [f"{len(functions) - _SHOWN} more"] if len(functions) > _SHOWN else []
        names = listed([*(shown_in(survey.code, function) for function in functions[:_SHOWN]), *rest])
        every = list(dict.fromkeys(str(one.change.table) for one in loose))
        more = [f"{len(every) - _NAMED} more"] if len(every) > _NAMED else []
        tables = listed([*every[:_NAMED], *more])
        evidence = [
            e
            for one in loose[:_NAMED]
            for e in (as_evidence(one.change, "changed"), as_evidence(one.record, "recorded"))
        ]
        return Finding(
            self.name(),
            Ref.database(),
            f"{count(len(functions), 'request')} ({names}) {'writes' if len(functions) == 1 else 'write'} a change of "
            f"{tables} and its record in the audit trail in different transactions: a failure between them leaves the "
            "change and no record of it.",
            "Write both in one transaction: hand the open transaction to the function that records.",
            tuple(dict.fromkeys(evidence)),
            loose[0].change.origin,
            ("transactions",),
            level=Level.INFO,
        )


def _leaves_out(paths: list[Path]) -> list[Path]:
    """The requests that change a table and leave it out of the trail, where most of them do not."""
    left_out = [path for path in paths if not path.recorded]
    kept = len(paths) - len(left_out)
    return left_out if kept >= _FEWEST and kept > len(left_out) else []

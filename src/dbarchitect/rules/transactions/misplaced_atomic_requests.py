"""The setting for one transaction in each request, where Django does not read it."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.queries import Code, FunctionKind, SignKind
from dbarchitect.catalog.refs import Kind, Ref
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Level, Precision
from dbarchitect.rules._base import Rule
from dbarchitect.rules._code.telling import shown_in, with_route
from dbarchitect.rules._code.units import changes, working_functions
from dbarchitect.rules._sql import count, listed

_SHOWN = 3


class MisplacedAtomicRequests(Rule):
    """ATOMIC_REQUESTS where Django does not read it

    ## What it finds
    `ATOMIC_REQUESTS` as a setting of its own, beside `DATABASES` instead of inside of it, while nothing in the project
    hands it on to a database. The writes that no transaction keeps together because of it are told by this finding
    alone, not by `writes-without-transaction`.

    ## Why it matters
    Whoever set it believes that a view that fails leaves nothing half done. Django reads the key of each database only,
    finds none there, and commits each statement by itself: every view of several writes can stop between two of them.

    ## When to leave it
    Never: either each request is to be a transaction, then it belongs into `DATABASES`, or not, then the line misleads.

    ## How the fix works
    By hand: `DATABASES["default"]["ATOMIC_REQUESTS"] = True`. Look first for views that call other systems or run long,
    which would hold their locks as long: those are set apart with `@transaction.non_atomic_requests`. What a view has
    written when it answers with an error without raising is committed as before.

    ## References
    - https://docs.djangoproject.com/en/stable/topics/db/transactions/#tying-transactions-to-http-requests
    - https://docs.djangoproject.com/en/stable/ref/settings/#atomic-requests
    """

    code = "TXN007"
    level = Level.WARNING
    precision = Precision.HIGH
    category = Category.TRANSACTIONS
    needs = frozenset({Need.CATALOG, Need.CODE})

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for the place where it is set."""
        code = survey.code
        sign = next((s for s in code.signs if s.kind is SignKind.MISPLACED_ATOMIC_REQUESTS), None) if code else None
        if code is None or sign is None:
            return
        routes = [key for key in working_functions(code) if _is_route(code, key)]
        several = [key for key in routes if len({h.what.origin for _, h in changes(code, key)}) > 1]
        names = listed([*(shown_in(code, key) for key in several[:_SHOWN]), *_rest(len(several))])
        verb = "writes" if len(several) == 1 else "write"
        result = f": what {names} {verb} in several statements is kept together by nothing" if several else ""
        evidence = [Evidence(EvidenceKind.SETTING, sign.text, sign.origin)]
        for key in several[:_SHOWN]:
            what = changes(code, key)[0][1].what
            evidence.append(Evidence(EvidenceKind.CODE, f"{with_route(code, key)}: {what.text}", what.origin))
        yield Finding(
            self.name(),
            Ref(Kind.SETTING, name="ATOMIC_REQUESTS"),
            "ATOMIC_REQUESTS is set beside DATABASES and not inside of it, where alone Django looks for it, so that no "
            f"request runs in a transaction{result}.",
            'Set DATABASES["default"]["ATOMIC_REQUESTS"] instead, or remove the line.',
            tuple(evidence),
            sign.origin,
        )


def _is_route(code: Code, key: str) -> bool:
    function = code.functions.get(key)
    return function is not None and function.kind is FunctionKind.ROUTE


def _rest(number: int) -> list[str]:
    return [f"{count(number - _SHOWN, 'other view')}"] if number > _SHOWN else []

"""Rows of queries whose type is thrown away."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.queries import EventKind
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.finding import Category, Finding, Level, Precision
from dbarchitect.rules._base import Rule
from dbarchitect.rules._code.noticed import events_of, first_events
from dbarchitect.rules._code.telling import shown_in
from dbarchitect.rules._sql import count, listed

_SHOWN = 3


class UntypedQueryResult(Rule):
    """Rows of queries that are declared as any

    ## What it finds
    TypeScript that declares what a query gives as `any`: a variable (`const rows: any[] = await …`), an array that is
    filled with what rows hold, a parameter that takes a row (`(row: any) =>`), raw SQL (`$queryRaw<any>`). One finding
    for the application, with the places.

    ## Why it matters
    Prisma, Drizzle and Kysely know the type of every column, and which may be null. `any` throws that away from there
    on: a column that is renamed or becomes nullable breaks at run time, in front of a visitor, where the compiler would
    have named the line.

    ## When to leave it
    Rows that go out as they are, to be shown by something that checks them itself.

    ## How the fix works
    There is none in the schema: leave the annotation out, the compiler infers a better one; name the type where it has
    to be written (`Prisma.OrderGetPayload<…>`, `typeof orders.$inferSelect`), for raw SQL that of its columns.

    ## References
    - https://www.prisma.io/docs/orm/prisma-client/type-safety
    - https://orm.drizzle.team/docs/goodies#type-api
    - https://typescript-eslint.io/rules/no-explicit-any/
    """

    code = "QRY020"
    level = Level.INFO
    precision = Precision.HIGH
    category = Category.MAINTAINABILITY
    needs = frozenset({Need.CATALOG, Need.CODE})

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for the application."""
        code = survey.code
        events = events_of(code, EventKind.UNTYPED_ROWS) if code is not None else ()
        if not events:
            return
        functions = list(dict.fromkeys(shown_in(code, event.place.function) for event in events))
        more = [f"{len(functions) - _SHOWN} more"] if len(functions) > _SHOWN else []
        yield Finding(
            self.name(),
            Ref.database(),
            f"Rows of queries are declared as any in {count(len(events), 'place')} "
            f"({listed([*functions[:_SHOWN], *more])}): a column that changes breaks them at run time only.",
            "Leave the annotation out, or name the type of the row.",
            first_events(events),
            events[0].origin,
        )

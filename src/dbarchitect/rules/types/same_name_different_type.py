"""The rule `same-name-different-type`."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.survey import Survey
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Level, Precision
from dbarchitect.rules._base import Rule
from dbarchitect.rules._sql import listed
from dbarchitect.rules.types._same_names import Place, same_names

_SHOWN = 4


class SameNameDifferentType(Rule):
    """One name, several types

    ## What it finds
    A reference (`user_id`) or a name of several words (`email_verified`) whose columns have types of different kinds:
    a number here and text there, a date and a moment, for references also integers of different width. One finding for
    each name, with all places. Foreign keys whose type is not that of their target are the business of
    `foreign-key-type-mismatch`; names that fit anything (`object_id`, `value`) are left alone.

    ## Why it matters
    Whoever joins the two, or copies from one to the other, converts: the index is passed by, the time of day is lost,
    cents are taken for euros. And whoever reads the one believes to know the other.

    ## When to leave it
    The two mean different things: then another name for one of them says so.

    ## How the fix works
    None is applied: which of the types is right depends on what is stored, and the code that reads it changes too.

    ## References
    - https://www.postgresql.org/docs/current/typeconv-oper.html
    - https://www.sqlite.org/datatype3.html#comparisons
    """

    code = "TYP007"
    level = Level.INFO
    precision = Precision.MEDIUM
    category = Category.SCHEMA_DESIGN

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for each name, at the first of the odd places."""
        for found in same_names(survey.catalog, tuple(survey.tables)):
            first = found.odd[0]
            ref = first.table.ref.column(first.column.name)
            yield Finding(
                self.name(),
                ref,
                f"{found.name} is {_told(found.odd)} and {_told(found.others)}: who joins or copies one to the other "
                "converts it.",
                hint=f"Give {found.name} one type, or the one that means something else another name.",
                evidence=tuple(
                    Evidence(
                        EvidenceKind.CATALOG,
                        str(place),
                        survey.origin_of(place.table.ref.column(place.column.name)),
                    )
                    for place in (*found.odd, *found.others)
                ),
                origin=survey.origin_of(ref),
                precision=Precision.LOW if found.is_reference else None,
            )


def _told(places: tuple[Place, ...]) -> str:
    """`integer in orders, carts and 3 more`."""
    by_type: dict[str, list[str]] = {}
    for place in places:
        by_type.setdefault(str(place.column.type), []).append(str(place.table.ref))
    said = []
    for type_, tables in by_type.items():
        rest = len(tables) - _SHOWN
        shown = listed([*tables[:_SHOWN], f"{rest} more"]) if rest > 0 else listed(tables)
        said.append(f"{type_} in {shown}")
    return listed(said)

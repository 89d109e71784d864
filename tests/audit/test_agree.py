"""Fixes that are applied one after another do not stand in each other's way."""

from __future__ import annotations

from collections.abc import Iterable

from support.surveys import survey, table

from dbarchitect.api import engine_speller
from dbarchitect.audit.run import audit
from dbarchitect.catalog.expressions import expression
from dbarchitect.catalog.members import Index, IndexColumn
from dbarchitect.catalog.survey import Survey
from dbarchitect.change.operations import Add, Drop
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Fix, Level, Precision
from dbarchitect.rules._base import Rule

OLD = Index((IndexColumn("author_id"),), name="ix_old")


class TwoIndexes(Rule):
    """Asks for two indexes of each table that both take over from the old one

    ## Why it matters
    They do. So there.
    """

    code = "TST901"
    level = Level.WARNING
    precision = Precision.HIGH
    category = Category.PERFORMANCE

    def detect(self, survey: Survey) -> Iterable[Finding]:
        for one in survey.tables:
            for condition in ("id > 1", "id > 2") if one.foreign_keys else ():
                evidence = (Evidence(EvidenceKind.CATALOG, condition, one.origin),)
                yield Finding(self.name(), one.ref, condition, hint="Add", evidence=evidence, salient=(condition,))

    def fix(self, finding: Finding, survey: Survey) -> Fix | None:
        columns = (IndexColumn("author_id"), IndexColumn("id"))
        index = Index(columns, predicate=expression(finding.salient[0]), name="ix_new")
        return Fix((Add(finding.object, index), Drop(finding.object, OLD)))


def statements() -> list[tuple[str, ...]]:
    from dataclasses import replace

    book = replace(table("book", references="author"), indexes=(OLD,))
    result = audit([survey(table("author"), book)], [TwoIndexes()], engine_speller(), {})
    return [item.fix.up for item in result.findings if item.fix is not None]


def test_what_one_drops_no_later_one_drops_again() -> None:
    ups = [" ".join(up).lower() for up in statements()]
    assert len(ups) == 2
    assert [up.count("drop index") for up in ups] == [1, 0]


def test_indexes_of_one_name_get_names_of_their_own() -> None:
    ups = [" ".join(up).lower() for up in statements()]
    assert "index ix_new on" in ups[0]
    assert "index ix_new_2 on" in ups[1]

"""Fixes that are applied one after another do not stand in each other's way."""

from __future__ import annotations

from collections.abc import Iterable

from support.surveys import survey, table

from dbarchitect.api import engine_speller
from dbarchitect.audit.run import audit
from dbarchitect.catalog.expressions import expression
from dbarchitect.catalog.members import Index, IndexColumn, UniqueKey
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


class Asks(Rule):
    """Asks for an index or a key of each table that refers to another

    ## Why it matters
    It does.
    """

    code = "TST902"
    level = Level.WARNING
    precision = Precision.HIGH
    category = Category.PERFORMANCE
    wishes: tuple[tuple[str, Index | UniqueKey], ...] = ()

    def detect(self, survey: Survey) -> Iterable[Finding]:
        for one in survey.tables:
            for number, (name, _) in enumerate(self.wishes if one.foreign_keys else ()):
                evidence = (Evidence(EvidenceKind.CATALOG, name, one.origin),)
                yield Finding(
                    self.name(), one.ref, name, hint="Add", evidence=evidence, salient=(name,), weight=9.0 - number
                )

    def fix(self, finding: Finding, survey: Survey) -> Fix | None:
        return Fix((Add(finding.object, dict(self.wishes)[finding.salient[0]]),))


SHORT = Index((IndexColumn("author_id"),), name="ix_short")
LONG = Index((IndexColumn("author_id"), IndexColumn("id")), name="ix_long")
UNIQUE = UniqueKey(("author_id", "id"), name="uq_both")
SOME = Index((IndexColumn("author_id"),), predicate=expression("id > 1"), name="ix_some")


def fixes(*wishes: Index | UniqueKey) -> list[list[str] | None]:
    """What is left of the fixes that add these one after another, in words."""
    rule = Asks()
    rule.wishes = tuple((f"{number} {wish.name}", wish) for number, wish in enumerate(wishes))
    book = table("book", references="author")
    result = audit([survey(table("author"), book)], [rule], engine_speller(), {})
    assert [item.finding.message[:1] for item in result.findings] == [str(number) for number in range(len(wishes))]
    return [
        None
        if item.fix is None
        else [f"{type(c).__name__} {c.member.name}" for c in item.fix.fix.changes if isinstance(c, Add | Drop)]
        for item in result.findings
    ]


def test_an_index_that_an_earlier_unique_key_begins_with_is_not_made() -> None:
    assert fixes(UNIQUE, SHORT) == [["Add uq_both"], None]


def test_a_unique_key_takes_over_from_an_earlier_index_that_it_begins_with() -> None:
    assert fixes(SHORT, UNIQUE) == [["Add ix_short"], ["Add uq_both", "Drop ix_short"]]


def test_the_same_index_is_made_once_and_the_longer_one_takes_over() -> None:
    assert fixes(SHORT, SHORT, LONG) == [["Add ix_short"], None, ["Add ix_long", "Drop ix_short"]]


def test_an_index_of_some_rows_takes_over_from_none() -> None:
    assert fixes(SHORT, SOME, UNIQUE) == [["Add ix_short"], ["Add ix_some"], ["Add uq_both", "Drop ix_short"]]

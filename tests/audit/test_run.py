"""Rules over Surveys: what is found, what is not evaluated, and the order of work."""

from __future__ import annotations

from dataclasses import replace

from support.surveys import Breaks, NeedsStatistics, Unindexed, sizes, survey, table

from dbarchitect.api import engine_speller
from dbarchitect.audit.model import Phase
from dbarchitect.audit.run import audit
from dbarchitect.catalog.refs import Kind, Ref
from dbarchitect.finding import Applicability, Category, Finding

SHOP = (table("author"), table("book", references="author"), table("log", references="author"))


def test_a_fix_is_spelled_up_and_down() -> None:
    result = audit([survey(*SHOP)], [Unindexed()], engine_speller(), {})
    item = result.findings[0]
    assert item.fix is not None
    assert item.fix.up == ("create index ix_hand on book (author_id)",) or item.fix.up[0].lower().startswith(
        "create index ix_hand on book"
    )
    assert item.fix.down is not None
    assert item.fix.down[0].lower().startswith("drop index")
    assert item.phase is Phase.TWO_WEEKS
    assert item.gain == "Deleting a parent reads the whole child."


def test_the_larger_table_comes_first() -> None:
    facts = sizes(book=1_000, log=90_000_000)
    result = audit([survey(*SHOP, facts=facts)], [Unindexed()], engine_speller(), {})
    assert [item.finding.object.table for item in result.findings] == ["log", "book"]
    assert [item.priority for item in result.findings] == [1, 2]


def test_a_rule_without_its_input_is_not_evaluated_and_its_category_has_no_score() -> None:
    result = audit([survey(*SHOP)], [NeedsStatistics()], engine_speller(), {})
    (application,) = result.applications
    assert "statistics" in application.not_evaluated[0].why
    assert result.score.overall is None
    assert application.score.categories[Category.PERFORMANCE] is None


def test_a_rule_that_fails_costs_nothing_but_itself() -> None:
    result = audit([survey(*SHOP)], [Breaks(), Unindexed()], engine_speller(), {})
    (application,) = result.applications
    assert "ZeroDivisionError" in application.not_evaluated[0].why
    assert len(result.findings) == 2
    assert application.score.categories[Category.SECURITY] is None


def test_fingerprints_do_not_depend_on_the_place() -> None:
    from dataclasses import replace

    from dbarchitect.catalog.refs import Origin

    moved = tuple(replace(t, origin=Origin("elsewhere.py", 900)) for t in SHOP)
    one = audit([survey(*SHOP)], [Unindexed()], engine_speller(), {})
    two = audit([survey(*moved)], [Unindexed()], engine_speller(), {})
    assert [i.finding.fingerprint for i in one.findings] == [i.finding.fingerprint for i in two.findings]


def test_fingerprints_do_not_depend_on_the_order_of_columns_or_the_names_of_indexes() -> None:
    def of(kind: Kind, columns: tuple[str, ...], name: str | None = None) -> str:
        return Finding("r", Ref.of_table("t").over(columns, kind, name), "m").fingerprint

    assert of(Kind.COLUMN, ("a", "b")) == of(Kind.COLUMN, ("b", "a")) != of(Kind.COLUMN, ("a",))
    assert of(Kind.INDEX, ("a", "b"), "x") == of(Kind.INDEX, ("a", "b"), "y") != of(Kind.INDEX, ("b", "a"), "x")
    assert of(Kind.INDEX, (), "x") != of(Kind.INDEX, (), "y")


def test_many_of_one_kind_do_not_hide_another() -> None:
    tables = (table("author"), *(table(f"t{n:02}", references="author") for n in range(40)))

    class Other(Unindexed):
        """Another fault of the same weight"""

        code = "TST009"

        def detect(self, survey):
            yield next(iter(super().detect(survey)))

        @classmethod
        def name(cls) -> str:
            return "other"

    result = audit([survey(*tables)], [Unindexed(), Other()], engine_speller(), {})
    place = next(item.priority for item in result.findings if item.finding.rule == "other")
    assert place <= 3


def test_a_fix_that_can_break_nothing_comes_before_one_that_needs_a_look() -> None:
    class Unsafe(Unindexed):
        """The same harm, and existing rows may stand in the way of its fix"""

        code = "TST010"

        def fix(self, finding, survey):
            return replace(super().fix(finding, survey), applicability=Applicability.UNSAFE)

    class Undecided(Unindexed):
        """The same harm, and no fix is known"""

        code = "TST008"

        def fix(self, finding, survey):
            return None

    result = audit([survey(*SHOP[:2])], [Undecided(), Unsafe(), Unindexed()], engine_speller(), {})
    assert [item.rule.code for item in result.findings] == ["TST001", "TST010", "TST008"]


def test_a_reference_weighs_by_the_table_that_holds_it() -> None:
    places = tuple(table(f"note{n}", references="order") for n in range(4))
    shop = (table("author"), table("order", references="author"), table("badge", references="author"), *places)
    result = audit([survey(*shop)], [Unindexed()], engine_speller(), {})
    assert result.findings[0].finding.object.table == "order"

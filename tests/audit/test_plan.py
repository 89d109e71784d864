"""The phased plan: every finding in one phase, what it brings calculated by the score's own formula."""

from __future__ import annotations

from support.surveys import Unindexed, survey, table

from dbarchitect.api import engine_speller
from dbarchitect.audit.model import Phase
from dbarchitect.audit.plan import plan
from dbarchitect.audit.run import audit
from dbarchitect.audit.score import readiness, score, table_score
from dbarchitect.audit.summary import summary
from dbarchitect.finding import Category


def made(*names: str):
    tables = (table("author"), *(table(name, references="author") for name in names))
    (application,) = audit([survey(*tables)], [Unindexed()], engine_speller(), {}).applications
    return application


def test_every_finding_is_in_one_phase_and_the_score_after_all_is_ten() -> None:
    application = made("book", "essay")
    phases = plan(application.findings, [Category.PERFORMANCE], 3)
    assert [phase.phase for phase in phases] == [Phase.TWO_WEEKS]
    (step,) = phases[0].steps
    assert [item.priority for item in step.findings] == [1, 2]
    assert step.effort == "2 statements ready to apply"
    assert "TST001" in step.metric
    assert phases[0].score_after == 10


def test_the_score_after_a_phase_counts_what_is_left() -> None:
    application = made("book", "essay")
    first, second = application.findings
    later = (first, type(second)(**{f: getattr(second, f) for f in second.__slots__} | {"phase": Phase.LATER}))
    now, last = plan(later, [Category.PERFORMANCE], 3)
    assert now.score_after == score([second], [Category.PERFORMANCE], 3).overall
    assert last.score_after == 10


def test_no_findings_no_plan() -> None:
    assert plan((), [Category.PERFORMANCE], 3) == ()


def test_a_table_s_score_is_the_formula_with_n_of_one_table() -> None:
    application = made("book")
    assert table_score(application.findings) == round(10 * 7 / (7 + 3), 1)
    assert table_score(()) == 10


def test_readiness_needs_all_four_categories() -> None:
    production = (Category.DATA_INTEGRITY, Category.SECURITY, Category.SCALABILITY, Category.OPERATIONS)
    assert readiness(score((), production, 3)) == 10
    assert readiness(score((), production[:3], 3)) is None


def test_the_summary_counts_and_quotes() -> None:
    text = summary(made("book"))
    assert "2 tables with 3 columns in PostgreSQL" in text
    assert "Found: 1 warning." in text
    assert "To do first: a foreign key has no index (book.author_id)." in text
    assert "Right: 1 strength." in text

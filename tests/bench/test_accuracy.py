"""The accuracy bench on a small repository: what counts as found, at which place, and what it prints."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

BENCH = Path(__file__).parents[2] / "bench"
if str(BENCH) not in sys.path:
    sys.path.insert(0, str(BENCH))

import accuracy  # noqa: E402 - the bench's modules lie beside the package, not in it
from answers import Asked, Flagged, answers, flagged  # noqa: E402
from facts import Fact, check_out, read_facts  # noqa: E402
from served import Served  # noqa: E402

from dbarchitect import api  # noqa: E402

MODELS = """
from sqlalchemy import Column, DateTime, ForeignKey, Integer, String
from sqlalchemy.orm import declarative_base

Base = declarative_base()


class Customer(Base):
    __tablename__ = "customers"
    id = Column(Integer, primary_key=True)
    name = Column(String(80), nullable=False)


class Order(Base):
    __tablename__ = "orders"
    id = Column(Integer, primary_key=True)
    customer_id = Column(Integer, ForeignKey("customers.id", ondelete="CASCADE"), nullable=False)
    placed_at = Column(DateTime(timezone=True), nullable=False)
"""


QUERIES = """
from models import Customer


def customer_of(session, name):
    found = session.query(Customer).filter_by(name=name).one_or_none()
    if found is None:
        found = Customer(name=name)
        session.add(found)
        session.commit()
    return found
"""

FACT = {
    "app": "shop",
    "repo": "some/shop",
    "stack": "django",
    "date": "2024-01-01",
    "kind": "index_added",
    "table": "orders",
    "columns": ["customer_id"],
    "foreseeable": "code",
    "confirmed_in_source": True,
}


def _fact(**changes: object) -> Fact:
    given: dict[str, object] = {
        "app": "shop",
        "repo": "some/shop",
        "stack": "alembic",
        "commit": "0" * 40,
        "date": "2024-01-01",
        "kind": "index_added",
        "table": "orders",
        "columns": ("customer_id",),
        "foreseeable": "schema:unindexed_fk",
        "confirmed": True,
    }
    return Fact(**{**given, **changes})  # type: ignore[arg-type]


def _flagged(*asked: Asked, place: int | None = 1) -> Flagged:
    return Flagged("some-rule", "warning", place, "orders", asked, from_code=False)


def _asking(kind: str, *columns: str, table: str = "orders", place: int | None = 1) -> Flagged:
    return _flagged(Asked(kind, table, columns), place=place)


def _git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-c", "user.name=Some One", "-c", "user.email=one@example.org", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


@pytest.fixture
def mirrors(tmp_path: Path) -> tuple[Path, str]:
    """A folder of one mirror, and the commit in it."""
    work = tmp_path / "work"
    (work / "shop").mkdir(parents=True)
    (work / "shop" / "models.py").write_text(MODELS, encoding="utf-8")
    (work / "requirements.txt").write_text("sqlalchemy\npsycopg\n", encoding="utf-8")
    _git(work, "init", "-q")
    _git(work, "add", ".")
    _git(work, "commit", "-q", "-m", "before")
    commit = _git(work, "rev-parse", "HEAD")
    mirror = tmp_path / "mirrors" / "some+shop"
    mirror.mkdir(parents=True)
    _git(mirror, "clone", "-q", "--bare", str(work), "repo")
    return tmp_path / "mirrors", commit


class TestAnswers:
    """Which finding answers which fact."""

    def test_an_index_is_found_by_its_leading_column_and_exactly_only_by_all_in_order(self) -> None:
        fact = _fact(columns=("customer_id", "placed_at"))
        assert answers(fact, _asking("index_added", "customer_id")) == (True, False)
        assert answers(fact, _asking("index_added", "customer_id", "placed_at")) == (True, True)
        assert answers(fact, _asking("index_added", "placed_at", "customer_id")) == (False, False)

    def test_a_unique_key_is_the_same_in_any_order(self) -> None:
        fact = _fact(kind="unique_added", columns=("customer_id", "placed_at"))
        assert answers(fact, _asking("unique_added", "placed_at", "customer_id")) == (True, True)
        assert answers(fact, _asking("unique_added", "customer_id")) == (True, False)

    def test_a_unique_key_serves_as_an_index_but_not_the_other_way(self) -> None:
        assert answers(_fact(), _asking("unique_added", "customer_id")) == (True, True)
        assert answers(_fact(kind="unique_added"), _asking("index_added", "customer_id")) == (False, False)

    def test_another_table_kind_or_column_answers_nothing(self) -> None:
        fact = _fact()
        assert answers(fact, _asking("index_added", "customer_id", table="order_lines")) == (False, False)
        assert answers(fact, _asking("not_null_added", "customer_id")) == (False, False)
        assert answers(fact, _asking("index_added", "placed_at")) == (False, False)

    def test_the_case_of_names_and_the_schema_of_a_fact_do_not_count(self) -> None:
        assert answers(_fact(table="public.Orders", columns=("Customer_ID",)), _asking("index_added", "customer_id"))[1]

    def test_one_of_several_things_that_a_finding_asks_for_is_enough(self) -> None:
        found = _flagged(Asked("fk_added", "orders", ("shop_id",)), Asked("index_added", "orders", ("customer_id",)))
        assert answers(_fact(), found) == (True, True)


class TestPlaces:
    """Budgets, and the place of a finding."""

    def _result(self, *findings: Flagged, tables: int = 8) -> accuracy.CommitResult:
        names = frozenset({"orders", *(f"table_{number}" for number in range(tables - 1))})
        return accuracy.CommitResult("some/shop", "0" * 40, (accuracy.Audited("shop", names, findings),), 0.0)

    def test_the_budget_is_rounded_up_for_each_hundred_tables(self) -> None:
        scored = accuracy.score(_fact(), self._result(_asking("index_added", "customer_id", place=4)))
        assert scored.budgets == (2, 4, 8)
        assert [scored.found(budget) for budget in (0, 1, 2, None)] == [False, True, True, True]

    def test_a_remark_counts_without_a_budget_only(self) -> None:
        scored = accuracy.score(_fact(), self._result(_asking("index_added", "customer_id", place=None)))
        assert [scored.found(budget) for budget in (0, 1, 2, None)] == [False, False, False, True]

    def test_the_best_placed_answer_counts_and_exactness_apart(self) -> None:
        fact = _fact(columns=("customer_id", "placed_at"))
        leading = _asking("index_added", "customer_id", place=2)
        exact = _asking("index_added", "customer_id", "placed_at", place=7)
        scored = accuracy.score(fact, self._result(exact, leading))
        assert (scored.leading.place, scored.exact.place) == (2, 7)
        assert scored.found(0)
        assert not scored.found(1, exact=True)

    @pytest.mark.parametrize(
        ("kind", "columns", "there"),
        [
            ("index_added", ("customer_id",), True),
            ("index_added", ("customer_id", "number"), True),
            ("index_added", ("number",), False),
            ("index_added", ("customer_id", "number", "placed_at"), False),
            ("unique_added", ("customer_id", "number", "placed_at"), True),
            ("unique_added", ("customer_id",), False),
        ],
    )
    def test_a_fact_may_ask_for_what_is_there(self, kind: str, columns: tuple[str, ...], there: bool) -> None:
        served = Served(frozenset({("orders", ("customer_id", "number"), True)}))
        result = accuracy.CommitResult(
            "some/shop", "0" * 40, (accuracy.Audited("shop", frozenset({"orders"}), (), served),), 0.0
        )
        assert accuracy.score(_fact(kind=kind, columns=columns), result).there is there

    def test_a_table_that_was_not_read_is_not_found(self) -> None:
        scored = accuracy.score(_fact(table="invoices"), self._result(_asking("index_added", "customer_id")))
        assert scored.budgets is None
        assert not scored.found(None)


class TestRun:
    """The whole bench."""

    def test_what_a_fix_changes_is_what_a_finding_asks_for(self, tmp_path: Path) -> None:
        (tmp_path / "models.py").write_text(MODELS, encoding="utf-8")
        application = api.audit([str(tmp_path)]).applications[0]
        found = [one for one in flagged(application) if one.rule == "unindexed-foreign-key"]
        assert [one.asked for one in found] == [(Asked("index_added", "orders", ("customer_id",)),)]
        places = [one.place for one in flagged(application) if one.place is not None]
        assert places == list(range(1, len(places) + 1))

    def test_without_a_fix_the_columns_it_speaks_of_count(self, tmp_path: Path) -> None:
        (tmp_path / "models.py").write_text(MODELS, encoding="utf-8")
        (tmp_path / "queries.py").write_text(QUERIES, encoding="utf-8")
        application = api.audit([str(tmp_path)]).applications[0]
        without = replace(application, findings=tuple(replace(item, fix=None) for item in application.findings))
        for known in (application, without):
            (found,) = [one for one in flagged(known) if one.rule == "assumed-unique"]
            assert found.asked == (Asked("unique_added", "customers", ("name",)),)

    def test_facts_are_looked_for_at_the_commit_before(
        self, mirrors: tuple[Path, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        folder, commit = mirrors
        fact = {**FACT, "before_commit": commit}
        lines = (
            fact,
            {**fact, "columns": ["placed_at"]},
            {**fact, "columns": ["id"]},
            {**fact, "stack": "prisma", "app": "other"},
        )
        facts = tmp_path / "facts.jsonl"
        facts.write_text("\n".join(map(json.dumps, lines)) + "\n", encoding="utf-8")
        out = tmp_path / "out.json"
        arguments = [str(facts), "--mirrors", str(folder), "--stack", "python", "--jobs", "1", "--json", str(out)]
        assert accuracy.main([*arguments, "--show-missed"]) == 0
        said = capsys.readouterr()
        row = next(line for line in said.out.splitlines() if line.startswith("| python | index_added |"))
        assert row.startswith("| python | index_added | 2 | ")
        assert row.endswith(" 1 (50 %) |")
        assert "orders(placed_at) code: no finding" in said.out
        assert "Left out, as they ask for what was there already: 1" in said.out
        assert "1/1 some/shop" in said.err
        assert [one["found"]["100"] for one in json.loads(out.read_text(encoding="utf-8"))["facts"]] == [
            True,
            False,
            False,
        ]

    def test_a_commit_that_the_mirror_lacks_is_told(
        self, mirrors: tuple[Path, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        folder, _ = mirrors
        facts = tmp_path / "facts.jsonl"
        facts.write_text(json.dumps({**FACT, "before_commit": "f" * 40}), encoding="utf-8")
        assert accuracy.main([str(facts), "--mirrors", str(folder), "--jobs", "1"]) == 1
        assert "not in the mirror" in capsys.readouterr().err
        assert read_facts(facts)[0].language == "python"
        assert not check_out(folder / "some+shop" / "repo", "f" * 40, tmp_path / "nothing")

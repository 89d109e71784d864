"""Which migrations still matter, what is known of their tables, and what the hints tell the tool that runs them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dbarchitect.catalog.cost import Cost
from dbarchitect.catalog.migrations import ChainFault, ChainProblem, History, Migration, Operation, OperationKind
from dbarchitect.catalog.objects import Catalog, Table, View
from dbarchitect.catalog.refs import Kind, Ref
from dbarchitect.catalog.survey import Application, Need, Survey
from dbarchitect.finding import Finding, Level
from dbarchitect.rules._registry import all_rules, find_rule
from dbarchitect.rules.migrations import _tools as tools
from dbarchitect.rules.migrations._judging import MigrationRule, Standing, by_age, steps, steps_on_old_tables

ORDERS = Ref.of_table("orders")
SHARE = Cost("SHARE", scans=True)
RULES = [rule for rule in all_rules() if issubclass(rule, MigrationRule)]


def create(table: Ref = ORDERS) -> Operation:
    return Operation(OperationKind.CREATE_TABLE, table)


def index(table: Ref = ORDERS, column: str = "at") -> Operation:
    return Operation(OperationKind.CREATE_INDEX, table.over((column,), Kind.INDEX, "ix"), cost=SHARE)


def migration(
    name: str, *operations: Operation, applied: bool | None = None, parents: tuple[str, ...] = ()
) -> Migration:
    return Migration(name, f"{name}.sql", operations, parents, applied=applied)


def survey(*migrations: Migration, catalog: Catalog | None = None, tool: str = "sql") -> Survey:
    history = History(tool, migrations, (migrations[-1].name,))
    needs = frozenset({Need.CATALOG, Need.MIGRATIONS})
    return Survey(Application("case"), catalog or Catalog(), needs=needs, history=history)


def said(rule: str, of: Survey) -> list[Finding]:
    return list(find_rule(rule)().detect(of))


def kept(of: Survey, newest: int = 5) -> list[str]:
    assert of.history is not None
    return [step.migration.name for step in steps_on_old_tables(of, of.history, newest)]


def test_a_table_that_no_migration_made_may_hold_rows() -> None:
    assert kept(survey(migration("1", index()))) == ["1"]


def test_a_table_is_young_for_some_migrations() -> None:
    padding = [migration(str(number)) for number in range(2, 6)]
    assert kept(survey(migration("1", create()), *padding[:3], migration("9", index()))) == []
    assert kept(survey(migration("1", create()), *padding, migration("9", index()))) == ["9"]


def test_migrations_of_other_applications_do_not_age_a_table() -> None:
    others = [migration(f"other.{number}") for number in range(9)]
    assert kept(survey(migration("shop.1", create()), *others, migration("shop.2", index()))) == []


def test_a_renamed_table_keeps_its_age() -> None:
    renaming = Operation(OperationKind.RENAME_TABLE, ORDERS, value="sales")
    later = [migration(str(number)) for number in range(2, 4)]
    assert kept(survey(migration("1", create()), *later, migration("4", renaming, index(Ref.of_table("sales"))))) == []


def test_a_table_dropped_and_made_again_is_young() -> None:
    dropped = Operation(OperationKind.DROP_TABLE, ORDERS)
    of = survey(migration("1", dropped), migration("2", create()), migration("3", index()))
    assert kept(of) == ["1"]


def test_what_frameworks_own_and_views_are_left_out() -> None:
    catalog = Catalog(tables=(Table("orders", (), owned_by="django"),), views=(View("days", "select 1"),))
    assert kept(survey(migration("1", index(), index(Ref.of_table("days"))), catalog=catalog)) == []


def test_the_newest_are_those_with_most_behind_them() -> None:
    """Two applications: the one that runs last is the older one."""
    long = [migration(f"a.{n}", parents=(f"a.{n - 1}",) if n else ()) for n in range(4)]
    short = [migration("z.0"), migration("z.1", parents=("z.0",))]
    of = survey(*long, *short)
    assert of.history is not None
    assert [m.name for m in by_age(of.history)][-2:] == ["a.2", "a.3"]


def test_standings() -> None:
    migrations = (
        migration("1", index(), applied=True),
        migration("2", index()),
        migration("3", index(), applied=False),
    )
    of = survey(*migrations)
    assert of.history is not None
    assert [step.standing for step in steps(of.history, 2)] == [Standing.PAST, Standing.OPEN, Standing.PENDING]
    assert [step.standing for step in steps(of.history, 0)] == [Standing.PAST, Standing.PAST, Standing.PENDING]


def test_the_fingerprint_does_not_depend_on_place_or_number() -> None:
    first = said("index-created-not-concurrently", survey(migration("2", index(), applied=False)))
    moved = migration("2", create(Ref.of_table("users")), index(), applied=False)
    second = said("index-created-not-concurrently", survey(migration("1", applied=True), moved))
    assert [f.fingerprint for f in first] == [f.fingerprint for f in second]
    other = said("index-created-not-concurrently", survey(migration("3", index(), applied=False)))
    assert other[0].fingerprint != first[0].fingerprint


def test_the_same_object_twice_in_a_migration_is_one_finding() -> None:
    assert len(said("index-created-not-concurrently", survey(migration("2", index(), index(), applied=False)))) == 1


def test_an_old_habit_that_died_is_silent() -> None:
    old = [migration(f"0{n}", index(column=f"c{n}"), applied=True) for n in range(9)]
    new = [migration(f"1{n:02}", applied=True) for n in range(60)]
    assert said("index-created-not-concurrently", survey(*old, *new)) == []
    (habit,) = said("index-created-not-concurrently", survey(*new, *old))
    assert habit.level is Level.INFO
    assert habit.message.startswith("9 of 69 migrations ")
    assert len(habit.evidence) <= 10


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name())
def test_no_history_no_finding(rule: type[MigrationRule]) -> None:
    empty = Survey(Application("case"), Catalog())
    assert not list(rule().detect(empty))
    assert not list(rule().praise(empty))


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule.habit], ids=lambda rule: rule.name())
def test_who_speaks_of_a_habit_gives_advice(rule: type[MigrationRule]) -> None:
    for tool in ("django", "alembic", "prisma", "drizzle", "flyway", "sql", "unheard-of"):
        assert rule().advice(tool).endswith(".")


def test_hints_speak_the_language_of_the_tool() -> None:
    assert "AddIndexConcurrently" in tools.index_created("django")
    assert "atomic = False" in tools.index_created("django")
    assert "autocommit_block" in tools.index_created("alembic")
    assert "postgresql_concurrently=True" in tools.index_dropped("alembic")
    assert "executeInTransaction=false" in tools.index_created("flyway")
    assert "NO TRANSACTION" in tools.index_created("goose")
    assert "transaction:false" in tools.index_created("dbmate")
    assert "postgresql_not_valid=True" in tools.foreign_key_added("alembic")
    assert "AddConstraintNotValid" in tools.check_added("django")


def test_no_hint_asks_for_what_the_tool_cannot_do() -> None:
    """Drizzle opens one transaction for all; Django's NOT VALID operation takes no foreign key."""
    assert "by hand" in tools.index_created("drizzle")
    assert "deployed later" in tools.foreign_key_added("drizzle")
    assert "AddConstraintNotValid" not in tools.foreign_key_added("django")
    assert "autocommit_block" in tools.foreign_key_added("alembic"), "all pending revisions share one transaction"


def test_the_statement_of_the_hint_is_the_written_one() -> None:
    written = replace(index(), statement='CREATE UNIQUE INDEX IF NOT EXISTS "ix" ON "orders"("at")')
    (finding,) = said("index-created-not-concurrently", survey(migration("2", written, applied=False)))
    assert '`CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS "ix" ON "orders"("at")`' in finding.hint
    cut = replace(index(), statement="CREATE INDEX ix ON orders (at, …")
    (finding,) = said("index-created-not-concurrently", survey(migration("2", cut, applied=False)))
    assert "`CREATE INDEX CONCURRENTLY …`" in finding.hint


def test_names_may_hold_anything() -> None:
    hostile = Ref.of_table("o'\"\n</script>💥")
    for rule in RULES:
        for kind in OperationKind:
            operation = Operation(
                kind, hostile.column('c\n"'), cost=Cost("ACCESS EXCLUSIVE", True, True), required=True
            )
            of = survey(migration("2'\n", operation, operation, applied=False))
            for finding in rule().detect(of):
                assert finding.fingerprint
                assert finding.evidence


@pytest.mark.parametrize(
    ("fault", "tool", "level"),
    [
        (ChainFault.CYCLE, "django", None),
        (ChainFault.DUPLICATE, "flyway", None),
        (ChainFault.DUPLICATE, "sql", Level.WARNING),
        (ChainFault.SEVERAL_HEADS, "alembic", Level.WARNING),
    ],
)
def test_what_breaks_the_chain_for_whom(fault: ChainFault, tool: str, level: Level | None) -> None:
    of = survey(migration("1"), tool=tool)
    assert of.history is not None
    problem = ChainProblem(fault, "1 and 2 are at odds", ("1", "2"))
    of = replace(of, history=replace(of.history, problems=(problem,)))
    (finding,) = said("broken-migration-chain", of)
    assert finding.level is level
    assert not list(find_rule("broken-migration-chain")().praise(of))


@pytest.mark.parametrize(
    ("limit", "level"),
    [("11000", Level.INFO), ("30s", Level.INFO), ("1min", Level.INFO), ("10min", None), ("0", None), ("?", None)],
)
def test_a_statement_timeout_bounds_the_harm(limit: str, level: Level | None) -> None:
    setting = Operation(
        OperationKind.SET, Ref(Kind.SETTING, name="statement_timeout"), name="statement_timeout", value=limit
    )
    (finding,) = said("index-created-not-concurrently", survey(migration("2", setting, index(), applied=False)))
    assert finding.level is level

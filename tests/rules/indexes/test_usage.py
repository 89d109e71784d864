"""What queries ask of tables, from hand-made facts: lookups, who runs them, and the indexes that they need."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import pytest

from dbarchitect.catalog.members import Column, ForeignKey, Index, IndexColumn, UniqueKey
from dbarchitect.catalog.objects import Catalog, Table
from dbarchitect.catalog.queries import (
    Bound,
    CallFact,
    Code,
    Comparison,
    Fetch,
    FunctionFact,
    FunctionKind,
    Idiom,
    Join,
    LoopFact,
    Operand,
    Place,
    Predicate,
    QueryFact,
    SortKey,
    Verb,
)
from dbarchitect.catalog.refs import Origin, Ref
from dbarchitect.catalog.survey import Application, Need, Survey
from dbarchitect.catalog.types import parse_type
from dbarchitect.finding import Level
from dbarchitect.rules._usage.lookups import lookups_of
from dbarchitect.rules._usage.needs import WARNS, Needs, needs_of, of_reference
from dbarchitect.rules._usage.runners import WEIGHTS, Runner, runner_of, weight_of_runner
from dbarchitect.rules.indexes.missing_composite_index import MissingCompositeIndex
from dbarchitect.rules.indexes.unindexed_filter_column import UnindexedFilterColumn
from dbarchitect.rules.indexes.unindexed_text_search import UnindexedTextSearch

USERS, EVENTS, TEAMS = Ref.of_table("users"), Ref.of_table("events"), Ref.of_table("teams")
ORIGIN = Origin("app/views.py", 1)


def column(name: str, type_: str = "integer", *, nullable: bool = False) -> Column:
    return Column(name, parse_type(type_), nullable=nullable)


def table(
    name: str, *columns: Column, refers: tuple[tuple[str, Ref], ...] = (), indexes: tuple[str, ...] = ()
) -> Table:
    return Table(
        name,
        (column("id"), *columns),
        primary_key=UniqueKey(("id",)),
        foreign_keys=tuple(ForeignKey((own,), other, ("id",)) for own, other in refers),
        indexes=tuple(Index(tuple(map(IndexColumn, text.split()))) for text in indexes),
    )


def catalog(*indexes: str) -> Catalog:
    moment = "timestamp with time zone"
    events = table(
        "events",
        column("user_id"),
        column("token", "text"),
        column("status", "text"),
        column("done", "boolean"),
        column("gone_at", moment, nullable=True),
        column("created_at", moment),
        refers=(("user_id", USERS),),
        indexes=indexes,
    )
    return Catalog(tables=(table("users", column("email", "text")), events))


def where(name: str, comparison: Comparison = Comparison.EQUAL, of: Ref = EVENTS, **more: object) -> Predicate:
    return replace(Predicate(of.column(name), comparison), **more)


def query(*predicates: Predicate, function: str = "app/views.py:show", **more: object) -> QueryFact:
    made = QueryFact(
        Verb.SELECT,
        EVENTS,
        Place(function),
        ORIGIN,
        "sqlalchemy",
        tables=(EVENTS,),
        predicates=predicates,
        fetch=Fetch.ALL,
    )
    return replace(made, **more)


def newest(*predicates: Predicate, **more: object) -> QueryFact:
    ordering = (SortKey(EVENTS.column("created_at"), descending=True),)
    return query(*predicates, ordering=ordering, limit=Bound(20), **more)


def code(*queries: QueryFact, calls: tuple[CallFact, ...] = (), **kinds: FunctionKind) -> Code:
    kinds = {"show": FunctionKind.ROUTE, **kinds}
    functions = {
        f"app/views.py:{name}": FunctionFact(f"app/views.py:{name}", ORIGIN, kind) for name, kind in kinds.items()
    }
    return Code(queries, MappingProxyType(functions), calls)


def survey(what: Catalog, asked: Code) -> Survey:
    return Survey(Application("a"), what, needs=frozenset({Need.CATALOG, Need.CODE}), code=asked)


def needs(what: Catalog, *queries: QueryFact, **kinds: FunctionKind) -> Needs:
    return needs_of(survey(what, code(*queries, **kinds)))[EVENTS.key]


def columns(found: Needs) -> tuple[list[tuple[str, ...]], list[tuple[str, ...]]]:
    return [n.columns for n in found.singles], [n.columns for n in found.composites]


def test_equality_without_an_index_is_needed_and_warned_of() -> None:
    (need,) = needs(catalog("user_id"), query(where("token"))).singles
    assert need.columns == ("token",)
    assert need.score >= WARNS


@pytest.mark.parametrize("index", ["token", "user_id", "token status"])
def test_an_index_of_any_column_that_narrows_serves(index: str) -> None:
    assert columns(needs(catalog(index), query(where("token"), where("user_id")))) == ([], [])


def test_a_unique_key_among_the_compared_columns_serves() -> None:
    assert columns(needs(catalog(), query(where("id"), where("token")))) == ([], [])


def test_equality_then_sort() -> None:
    found = needs(catalog("user_id"), newest(where("user_id")))
    assert [need.keys for need in found.composites] == [(("user_id", False), ("created_at", True))]


@pytest.mark.parametrize("index", ["user_id created_at", "user_id created_at token"])
def test_an_index_in_the_right_order_serves_equality_then_sort(index: str) -> None:
    assert columns(needs(catalog(index), newest(where("user_id")))) == ([], [])


def test_the_wrong_order_serves_the_order_but_not_the_owner() -> None:
    _, composites = columns(needs(catalog("created_at user_id", "user_id"), newest(where("user_id"))))
    assert composites == [("user_id", "created_at")]


def test_equality_then_range() -> None:
    _, composites = columns(needs(catalog("user_id"), query(where("created_at", Comparison.RANGE), where("user_id"))))
    assert composites == [("user_id", "created_at")]


def test_a_list_of_owners_does_not_come_in_order() -> None:
    assert columns(needs(catalog("user_id"), newest(where("user_id", Comparison.IN)))) == ([], [])


def test_the_longer_index_stands_for_the_shorter() -> None:
    found = needs(catalog(), newest(where("user_id")), query(where("user_id"), function="app/views.py:other"))
    assert columns(found) == ([], [("user_id", "created_at")])


def test_the_foreign_keys_finding_carries_the_longer_index() -> None:
    asked = survey(catalog(), code(newest(where("user_id"))))
    need = of_reference(asked, asked.catalog.tables[0], "user_id")
    assert need is not None
    assert need.columns == ("user_id", "created_at")
    indexed = survey(catalog("user_id"), code(newest(where("user_id"))))
    assert of_reference(indexed, indexed.catalog.tables[0], "user_id") is None


def test_a_second_index_that_begins_with_the_same_bare_key_is_a_remark() -> None:
    by_state = query(where("user_id"), where("token"), function="app/views.py:other")
    more = replace(by_state, place=Place("app/views.py:third"))
    queries = (newest(where("user_id")), by_state, more)
    routes = {"other": FunctionKind.ROUTE, "third": FunctionKind.ROUTE}
    bare = list(MissingCompositeIndex().detect(survey(catalog(), code(*queries, **routes))))
    assert [finding.level for finding in bare] == [Level.INFO]
    led = list(MissingCompositeIndex().detect(survey(catalog("user_id"), code(*queries, **routes))))
    assert None in {finding.level for finding in led}


def test_a_flag_that_one_row_of_each_owner_bears_narrows() -> None:
    shown = query(where("user_id"), where("is_default"))
    events = catalog("user_id").tables[1 if catalog().tables[0].name == "users" else 0]
    marked = replace(events, columns=(*events.columns, column("is_default", "boolean")))
    what = Catalog(tables=(marked, table("users")))
    again = replace(shown, place=Place("app/views.py:other"))
    found = needs(what, shown, again, other=FunctionKind.ROUTE)
    assert columns(found)[1] == [("user_id", "is_default")]
    assert found.composites[0].narrows(what)


@pytest.mark.parametrize(
    ("type_", "level"), [("jsonb", Level.WARNING), ("text[]", Level.WARNING), ("tsvector", None), ("text", None)]
)
def test_a_search_for_one_element_is_as_exact_as_equality(type_: str, level: Level | None) -> None:
    events = next(each for each in catalog().tables if each.name == "events")
    searched = replace(events, columns=(*events.columns, column("history", type_)))
    comparison = Comparison.CONTAINS if type_ == "text" else Comparison.CONTAINS_ELEMENT
    asked = survey(Catalog(tables=(searched, table("users"))), code(query(where("history", comparison))))
    assert [finding.level for finding in UnindexedTextSearch().detect(asked)] == [level]


def test_a_state_beside_a_time_leaves_the_lead_to_the_time() -> None:
    due = query(where("status"), where("created_at", Comparison.RANGE))
    assert columns(needs(catalog(), due)) == ([("created_at",)], [])


@pytest.mark.parametrize(
    "predicate",
    [
        where("token", negated=True),
        where("token", Comparison.NOT_EQUAL),
        where("token", function="lower"),
        where("token", case_insensitive=True),
        where("token", Comparison.CONTAINS),
        where("gone_at", Comparison.IS_NULL, operand=Operand.CONSTANT, constants=("null",)),
    ],
)
def test_what_no_plain_index_finds_needs_none(predicate: Predicate) -> None:
    assert columns(needs(catalog("user_id"), query(predicate))) == ([], [])


def test_optional_and_alternative_conditions_count_less() -> None:
    sure = needs(catalog(), query(where("token"))).singles[0].score
    optional = needs(catalog(), query(where("token", optional=True))).singles[0].score
    hidden = replace(where("status", alternative=True), case_insensitive=True)
    beside = needs(catalog(), query(where("token", alternative=True), hidden))
    assert max(optional, beside.singles[0].score) < sure / 2


def test_an_or_with_another_table_reads_all_rows() -> None:
    either = query(where("token", alternative=True), where("email", of=USERS, alternative=True))
    assert not needs(catalog(), either).singles


def test_each_side_of_an_or_within_one_table_needs_an_index() -> None:
    either = query(where("token", alternative=True), where("status", alternative=True))
    assert ("token",) in columns(needs(catalog(), either))[0]


def test_an_upsert_searches_by_its_key() -> None:
    kept = query(verb=Verb.UPSERT, key=(EVENTS.column("token"),), idiom=Idiom.GET_OR_CREATE)
    assert columns(needs(catalog(), kept))[0] == [("token",)]


def joined(*predicates: Predicate, **more: object) -> QueryFact:
    pair = (EVENTS.column("user_id"), USERS.column("id"))
    return query(*predicates, joins=(Join((pair,)),), tables=(EVENTS, USERS), **more)


def test_a_filter_on_the_other_side_of_a_join_leads_by_the_key() -> None:
    assert columns(needs(catalog(), joined(where("email", of=USERS))))[0] == [("user_id",)]
    assert columns(needs(catalog("user_id"), joined(where("email", of=USERS), where("token")))) == ([], [])


def test_a_join_of_whole_tables_needs_no_index() -> None:
    assert columns(needs(catalog(), joined())) == ([], [])


def test_a_partial_index_serves_queries_that_compare_what_it_leaves_out_by() -> None:
    from dbarchitect.catalog.expressions import expression

    due = query(where("created_at", Comparison.RANGE), where("status", negated=True))
    plain = catalog()
    partial = Index((IndexColumn("created_at"),), predicate=expression("status <> 'done'"))
    tables = tuple(replace(t, indexes=(partial,)) if t.name == "events" else t for t in plain.tables)
    assert columns(needs(replace(plain, tables=tables), due)) == ([], [])
    elsewhere = query(where("created_at", Comparison.RANGE))
    assert columns(needs(replace(plain, tables=tables), elsewhere))[0] == [("created_at",)]


def without_keys(*indexes: str) -> Catalog:
    plain = catalog(*indexes)
    return replace(plain, tables=tuple(replace(t, foreign_keys=()) for t in plain.tables))


def test_a_column_named_after_a_table_is_an_owner_without_a_foreign_key() -> None:
    found = needs(without_keys("user_id"), newest(where("user_id")))
    assert [need.keys for need in found.composites] == [(("user_id", False), ("created_at", True))]
    assert found.composites[0].score == needs(catalog("user_id"), newest(where("user_id"))).composites[0].score


def test_an_index_of_several_columns_leads_for_one_of_its_first_alone() -> None:
    asked = (newest(where("user_id")), query(where("user_id"), where("status")), query(where("user_id")))
    levels = {
        finding.object.columns: finding.level
        for finding in MissingCompositeIndex().detect(survey(without_keys(), code(*asked)))
    }
    assert levels == {("user_id", "created_at"): None}
    assert not list(UnindexedFilterColumn().detect(survey(without_keys(), code(*asked))))


def test_who_runs_it_is_the_most_demanding_of_all_that_call() -> None:
    asked = query(where("token"), function="app/views.py:find")
    call = CallFact(Place("app/views.py:show"), "app/views.py:find", ORIGIN)
    assert runner_of(code(asked, find=FunctionKind.OTHER), asked) is Runner.UNKNOWN
    assert runner_of(code(asked, calls=(call,), find=FunctionKind.OTHER), asked) is Runner.REQUEST
    assert runner_of(code(asked, find=FunctionKind.TASK), asked) is Runner.TASK
    assert runner_of(code(asked, find=FunctionKind.COMMAND), asked) is Runner.COMMAND
    declared = replace(asked, idiom=Idiom.ADMIN)
    assert runner_of(code(declared, calls=(call,), find=FunctionKind.OTHER), declared) is Runner.DECLARED


@pytest.mark.parametrize(
    ("kind", "runner"),
    [
        (FunctionKind.OTHER, Runner.REQUEST),
        (FunctionKind.MODULE, Runner.REQUEST),
        (FunctionKind.TASK, Runner.TASK),
        (FunctionKind.COMMAND, Runner.COMMAND),
    ],
)
def test_what_a_framework_runs_to_answer_a_request_is_one(kind: FunctionKind, runner: Runner) -> None:
    asked = query(where("token"), function="app/views.py:find")
    made = code(asked, find=kind)
    answers = replace(made.functions["app/views.py:find"], answers=True)
    answering = replace(made, functions=MappingProxyType({"app/views.py:find": answers}))
    assert runner_of(answering, asked) is runner


def test_where_no_route_is_seen_what_nobody_is_seen_to_run_is_a_request() -> None:
    asked = query(where("token"), function="app/views.py:find")
    nothing = code(asked, show=FunctionKind.OTHER, find=FunctionKind.OTHER)
    assert weight_of_runner(nothing, Runner.UNKNOWN) == WEIGHTS[Runner.REQUEST]
    half = code(asked, query(where("token")), find=FunctionKind.OTHER)
    assert weight_of_runner(half, Runner.UNKNOWN) == WEIGHTS[Runner.UNKNOWN]
    most = code(asked, asked, asked, query(where("token")), find=FunctionKind.OTHER)
    assert WEIGHTS[Runner.UNKNOWN] < weight_of_runner(most, Runner.UNKNOWN) < WEIGHTS[Runner.REQUEST]
    assert weight_of_runner(nothing, Runner.SCRIPT) == WEIGHTS[Runner.SCRIPT]


def test_a_search_is_warned_of_where_no_route_is_seen_and_a_remark_beside_those_that_are() -> None:
    asked = query(where("token"), function="app/store.py:find")

    def level(*others: QueryFact, **kinds: FunctionKind) -> Level | None:
        (found,) = UnindexedFilterColumn().detect(survey(catalog("user_id"), code(asked, *others, **kinds)))
        return found.level

    assert level(show=FunctionKind.OTHER) is None
    assert level(query(where("user_id"))) is Level.INFO


def test_more_places_and_loops_weigh_more() -> None:
    once = needs(catalog(), query(where("token"))).singles[0].score
    twice = needs(catalog(), query(where("token")), query(where("token"), function="app/views.py:other"))
    again = query(where("token"), place=Place("app/views.py:show", loops=(LoopFact("for", "tokens"),)))
    assert once < needs(catalog(), again).singles[0].score
    assert once < twice.singles[0].score < 2 * once


def test_migrations_and_unknown_tables_are_left_out() -> None:
    moved = query(where("token"), function="app/views.py:move")
    assert lookups_of(code(moved, move=FunctionKind.MIGRATION), EVENTS) == ()
    nowhere = replace(query(where("token")), table=None, tables=())
    assert lookups_of(code(nowhere), EVENTS) == ()


def test_a_column_that_the_table_lacks_is_passed_over() -> None:
    assert columns(needs(catalog(), query(where("nonsense"), where("nothing", Comparison.RANGE)))) == ([], [])


def test_no_code_no_needs() -> None:
    assert needs_of(Survey(Application("a"), catalog())) == {}


def test_a_join_that_leads_from_too_many_rows_is_left_out() -> None:
    flag = where("gone_at", Comparison.IS_NULL, operand=Operand.CONSTANT, constants=("null",))
    nobody = where("user_id", Comparison.IS_NULL, operand=Operand.CONSTANT, constants=("null",))
    listed = joined(nobody, where("admin", of=USERS, operand=Operand.CONSTANT, constants=("true",)), flag)
    assert columns(needs(catalog(), listed)) == ([], [])


@pytest.mark.parametrize(("index", "served"), [("status", False), ("status created_at", True), ("created_at", True)])
def test_an_index_on_the_state_does_not_stand_for_one_on_the_time(index: str, served: bool) -> None:
    due = query(where("status"), where("created_at", Comparison.RANGE), function="app/views.py:expire")
    assert (columns(needs(catalog(index), due, expire=FunctionKind.TASK)) == ([], [])) is served


def test_a_search_that_nobody_is_seen_to_run_counts_where_no_route_is_seen() -> None:
    events = next(each for each in catalog().tables if each.name == "events")
    searched = Catalog(tables=(replace(events, columns=(*events.columns, column("history", "jsonb"))), table("users")))
    asked = query(where("history", Comparison.CONTAINS_ELEMENT), function="app/store.py:find")
    beside = code(asked, query(where("user_id")))
    assert not list(UnindexedTextSearch().detect(survey(searched, beside)))
    assert list(UnindexedTextSearch().detect(survey(searched, code(asked, show=FunctionKind.OTHER))))

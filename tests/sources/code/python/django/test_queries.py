"""Querysets and rows of a small Django project as facts: conditions, writes, aggregates, ways through the code."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbarchitect.catalog.queries import Comparison, Fetch, Idiom, Operand, Use, Verb

from .shop import MODELS, asked, code_of, one, queries_of


@pytest.mark.parametrize(
    ("lookup", "column", "comparison"),
    [
        ("status='x'", "shop_order.status", Comparison.EQUAL),
        ("status=None", "shop_order.status", Comparison.IS_NULL),
        ("status__in=['a', 'b']", "shop_order.status", Comparison.IN),
        ("status__istartswith=x", "shop_order.status", Comparison.PREFIX),
        ("created__year=x", "shop_order.created", Comparison.RANGE),
        ("parent__isnull=False", "shop_order.parent_id", Comparison.IS_NOT_NULL),
        ("user__email__icontains=x", "auth_user.email", Comparison.CONTAINS),
        ("user__id=x", "shop_order.user_id", Comparison.EQUAL),
        ("items__sku=x", "shop_item.sku", Comparison.EQUAL),
        ("tags=x", "shop_order_tags.tag_id", Comparison.EQUAL),
        ("tags__name=x", "shop_tag.name", Comparison.EQUAL),
        ("data__a__b=x", "shop_order.data", Comparison.JSON),
        ("pk=x", "shop_order.id", Comparison.EQUAL),
    ],
)
def test_lookups(tmp_path: Path, lookup: str, column: str, comparison: Comparison) -> None:
    query = one(tmp_path, f"def f(x):\n    return list(Order.everything.filter({lookup}))\n")
    assert asked(query) == {(column, comparison)}
    assert query.fetch is Fetch.ALL
    assert [(str(k.column), k.descending) for k in query.ordering] == [("shop_order.created", True)]


def test_nothing_runs_before_it_is_needed(tmp_path: Path) -> None:
    body = """
def f(x):
    q = Order.everything.filter(total=1)
    if x:
        q = q.filter(status=x)
    print(len(q))
"""
    query = one(tmp_path, body)
    assert {(str(p.column), p.optional) for p in query.predicates} == {
        ("shop_order.total", False),
        ("shop_order.status", True),
    }
    assert query.uses == {Use.COUNTED}


def test_relations_in_loops_run_queries_unless_they_are_loaded(tmp_path: Path) -> None:
    body = """
def f():
    for order in Order.everything.all():
        print(order.user.email, order.items.count())

def g():
    for order in Order.everything.select_related("user").prefetch_related("items"):
        print(order.user.email, [i.sku for i in order.items.all()])
"""
    found = queries_of(tmp_path, body)
    in_loops = [(str(q.table), q.place.function) for q in found if q.place.loops]
    assert in_loops == [("auth_user", "shop/views.py:f"), ("shop_item", "shop/views.py:f")]
    prefetched = [q for q in found if q.place.function.endswith(":g") and str(q.table) == "shop_item"]
    assert [asked(q) for q in prefetched] == [{("shop_item.order_id", Comparison.IN)}]


def test_conditions_with_q_exclude_and_exists(tmp_path: Path) -> None:
    body = """
def f(x):
    inner = Item.objects.filter(order=OuterRef("pk"), sku=x)
    return list(
        Order.everything.filter(Q(status=x) | Q(total__gt=3), Exists(inner)).exclude(parent=x).order_by("-total")[5:25]
    )
"""
    query = one(tmp_path, body)
    marks = {str(p.column): (p.comparison, p.alternative, p.operand) for p in query.predicates}
    assert marks["shop_order.status"] == (Comparison.EQUAL, True, Operand.PARAMETER)
    assert marks["shop_order.total"][1] is True
    assert marks["shop_item.order_id"] == (Comparison.EQUAL, False, Operand.COLUMN)
    assert marks["shop_order.parent_id"][0] is Comparison.NOT_EQUAL
    assert query.limit is not None
    assert query.limit.value == 20
    assert query.offset is not None
    assert query.offset.value == 5


def test_open_keyword_arguments_are_unknown(tmp_path: Path) -> None:
    query = one(tmp_path, "def f(**filters):\n    return Order.everything.filter(**filters).first()\n")
    assert "where" in query.dynamic


def test_writes(tmp_path: Path) -> None:
    body = """
def f(user, pk):
    with transaction.atomic():
        order = Order.everything.select_for_update().get(pk=pk)
        order.total -= 1
        order.save()
    Order.everything.filter(pk=pk).update(total=F("total") - 1)
    Order.everything.get_or_create(user=user, status="x", defaults={"total": 1})
    Order(user=user, total=3).save()
    order.delete()
"""
    read, save, update, upsert, insert, delete = queries_of(tmp_path, body)
    assert read.locks
    assert read.place.transaction is not None
    assert Use.CHANGED in read.uses
    (written,) = save.assignments
    assert [str(c) for c in written.reads] == ["shop_order.total"]
    assert (save.verb, save.idiom) == (Verb.UPDATE, Idiom.SAVE)
    assert update.assignments[0].operand is Operand.EXPRESSION
    assert update.place.transaction is None
    assert [str(c) for c in upsert.key] == ["shop_order.user_id", "shop_order.status"]
    assert insert.verb is Verb.INSERT
    assert {str(a.column) for a in insert.assignments} == {"shop_order.user_id", "shop_order.total"}
    assert delete.verb is Verb.DELETE


def test_aggregates_group(tmp_path: Path) -> None:
    body = 'def f():\n    return list(Order.everything.values("status").annotate(n=Count("items")))\n'
    query = one(tmp_path, body)
    assert [str(c) for c in query.grouping] == ["shop_order.status"]
    assert [(a.function, str(a.column)) for a in query.aggregates] == [("count", "shop_item.id")]


def test_pages(tmp_path: Path) -> None:
    body = "def f(n):\n    return Paginator(Order.everything.all(), 25).get_page(n)\n"
    found = {q.fetch: q for q in queries_of(tmp_path, body)}
    assert set(found) == {Fetch.COUNT, Fetch.ALL}
    listed = found[Fetch.ALL]
    assert listed.idiom is Idiom.PAGINATED
    assert listed.limit is not None
    assert listed.limit.value == 25


def test_choices_are_constants(tmp_path: Path) -> None:
    models = (
        MODELS
        + """
class Job(models.Model):
    class State(models.TextChoices):
        NEW = "new", "Fresh"
        DONE = "done"
    OLD = "old"
    state = models.CharField(max_length=9, choices=State.choices)
"""
    )
    body = """
from shop.models import Job
def run(request):
    return list(Job.objects.filter(state__in=[Job.State.NEW, Job.State.DONE.value, Job.OLD]))
"""
    query = next(q for q in code_of(tmp_path, body, models=models).queries if str(q.table) == "shop_job")
    assert [p.constants for p in query.predicates] == [("new", "done", "old")]


def test_entries_of_one_way_are_optional_conditions(tmp_path: Path) -> None:
    body = """
def run(request, state):
    tests = {"deleted": False}
    if state:
        tests["status"] = state
    if request.user:
        tests.update(total=3)
    return list(Order.everything.filter(**tests))
"""
    query = one(tmp_path, body)
    assert [(str(p.column), p.optional) for p in query.predicates] == [
        ("shop_order.deleted", False), ("shop_order.status", True), ("shop_order.total", True),
    ]  # fmt: skip


def test_a_dictionary_that_may_hold_more_gives_no_default(tmp_path: Path) -> None:
    body = """
class Search:
    def __init__(self, **kwargs):
        self.status = kwargs.pop("status", None)
    def run(self):
        return Order.everything.get(status=self.status)
"""
    assert asked(one(tmp_path, body)) == {("shop_order.status", Comparison.EQUAL)}


def test_a_name_that_a_test_narrows(tmp_path: Path) -> None:
    body = """
OPEN = "open"

def of_two(status):
    if status in [OPEN, "paid"]:
        return Order.everything.filter(status=status).exists()

def of_one(status):
    if status == OPEN:
        pass
    else:
        return Order.everything.filter(status=status).exists()
    return Order.everything.filter(status=status).count()
"""
    found = {
        (q.place.function.rpartition(":")[2], q.fetch): q.predicates[0].constants for q in queries_of(tmp_path, body)
    }
    assert found == {
        ("of_two", Fetch.EXISTS): ("open", "paid"), ("of_one", Fetch.EXISTS): (), ("of_one", Fetch.COUNT): (),
    }  # fmt: skip


def test_what_ends_the_loop_is_done_once(tmp_path: Path) -> None:
    body = """
def f(services, order):
    for service in services:
        if service.works():
            order.save()
            return True
        elif service.fails():
            Order.everything.create(total=1)
            break
        Item.objects.filter(sku=service.name).update(sku="x")
"""
    found = {q.verb: len(q.place.loops) for q in queries_of(tmp_path, "def of(order: Order): pass\n" + body) if q.table}
    assert found[Verb.INSERT] == 0
    assert found[Verb.UPDATE] == 1


def test_a_text_that_the_caller_gives_decides(tmp_path: Path) -> None:
    body = """
ALL = "all"

def chosen(which):
    if which == ALL:
        return Order.everything.filter(status="open")
    if which != "other":
        return Order.everything.filter(deleted=True)
    return Order.everything.filter(total=1)

def run(request):
    return chosen("other").count(), chosen("all").exists()
"""
    found = {q.fetch: asked(q) for q in queries_of(tmp_path, body) if q.place.function.endswith(":run")}
    assert found[Fetch.COUNT] == {("shop_order.total", Comparison.EQUAL)}
    assert found[Fetch.EXISTS] == {("shop_order.status", Comparison.EQUAL)}


def test_rows_that_are_the_answer_are_not_loaded_for_a_test_alone(tmp_path: Path) -> None:
    body = """
def f(user):
    own = Order.objects.of(user)
    shown = own if own else Order.objects.all()
    return [order.total for order in shown]
"""
    assert not any(Use.TESTED in query.uses for query in queries_of(tmp_path, body))


@pytest.mark.parametrize(
    "body",
    [
        "return [*found, 1]",
        "return {*found, 1}",
        "user.tags.add(*found)",
        "return dict(found.values_list('id', 'name'))",
    ],
)
def test_rows_that_are_unpacked_are_asked_for(body: str, tmp_path: Path) -> None:
    query = one(tmp_path, f"def f(user, x):\n    found = Tag.objects.filter(name=x)\n    {body}\n")
    assert query.fetch is Fetch.ALL
    assert asked(query) == {("shop_tag.name", Comparison.EQUAL)}


def test_a_copy_of_a_dictionary_has_its_entries(tmp_path: Path) -> None:
    body = "def f(x):\n    given = {'name': x}\n    return list(Tag.objects.filter(**dict(given, id=1)))\n"
    assert asked(one(tmp_path, body)) == {("shop_tag.name", Comparison.EQUAL), ("shop_tag.id", Comparison.EQUAL)}


def test_a_copy_of_a_row_is_a_row(tmp_path: Path) -> None:
    body = (
        "from copy import deepcopy\n"
        "def clone(order: Order):\n    other = deepcopy(order)\n    other.pk = None\n"
        "    other.status = 'new'\n    other.save()\n"
    )
    code = code_of(tmp_path, body)
    (query,) = (q for q in code.queries if q.place.function == "shop/views.py:clone")
    assert (query.verb, str(query.table)) == (Verb.INSERT, "shop_order"), "a row without a key is a new one"
    assert "shop_order.status" in {str(a.column) for a in query.assignments}


def test_rows_by_a_text_of_sql(tmp_path: Path) -> None:
    text = "select * from shop_order where status = %s order by created"
    body = f"def f(x):\n    for order in Order.objects.raw('{text}', [x]):\n        print(order.user.username)\n"
    raw, lazy = queries_of(tmp_path, body)
    assert asked(raw) == {("shop_order.status", Comparison.EQUAL)}
    assert [str(key.column) for key in raw.ordering] == ["shop_order.created"]
    assert raw.as_text
    assert lazy.idiom is Idiom.LAZY_RELATION
    assert lazy.place.loops[0].rows
    pasted = "def f(x):\n    return list(Order.objects.raw(f\"select * from shop_order where status = '{x}'\"))\n"
    assert one(tmp_path / "pasted", pasted).interpolated == ("x",)

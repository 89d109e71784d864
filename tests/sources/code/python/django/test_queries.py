"""Querysets, managers, rows and declarations of a small Django project as facts."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbarchitect.catalog.queries import Bound, Code, Comparison, Fetch, Idiom, Operand, QueryFact, Use, Verb
from dbarchitect.sources.assemble import read_project
from dbarchitect.sources.code.python.reader import read_code
from dbarchitect.sources.discover import open_project
from dbarchitect.sources.python.index import PythonIndex

_SETTINGS = """
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "shop"]
DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": "x"}}
"""
_MODELS = """
from django.conf import settings
from django.db import models

class OrderQuerySet(models.QuerySet):
    def open(self):
        return self.filter(status="open")
    def of(self, user):
        return self.open().filter(user=user)

class OrderManager(models.Manager.from_queryset(OrderQuerySet)):
    def get_queryset(self):
        return super().get_queryset().filter(deleted=False)

class Tag(models.Model):
    name = models.CharField(max_length=20)

class Order(models.Model):
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    status = models.CharField(max_length=20)
    deleted = models.BooleanField(default=False)
    created = models.DateTimeField()
    total = models.IntegerField()
    data = models.JSONField()
    tags = models.ManyToManyField(Tag)
    parent = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="children")
    objects = OrderManager()
    everything = models.Manager()
    class Meta:
        ordering = ["-created"]

class Item(models.Model):
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="items")
    sku = models.CharField(max_length=20)
"""
_HEAD = """
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Count, Exists, F, OuterRef, Prefetch, Q, Sum
from django.db.models.functions import Lower
from django.shortcuts import get_object_or_404
from shop.models import Item, Order, Tag
"""


def _code(folder: Path, body: str, settings: str = _SETTINGS, models: str = _MODELS) -> Code:
    files = {
        "manage.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")\n',
        "project/__init__.py": "", "project/settings.py": settings,
        "shop/__init__.py": "", "shop/models.py": models, "shop/views.py": _HEAD + body,
    }  # fmt: skip
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    project = open_project(folder)
    index = PythonIndex(project)
    (reading,) = read_code(index, read_project(project, index))
    assert reading.code is not None
    return reading.code


def _queries(folder: Path, body: str) -> list[QueryFact]:
    return [q for q in _code(folder, body).queries if q.origin.path == "shop/views.py"]


def _one(folder: Path, body: str) -> QueryFact:
    found = _queries(folder, body)
    assert len(found) == 1, found
    return found[0]


def _asked(query: QueryFact) -> set[tuple[str, Comparison]]:
    return {(str(p.column), p.comparison) for p in query.predicates}


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
    query = _one(tmp_path, f"def f(x):\n    return list(Order.everything.filter({lookup}))\n")
    assert _asked(query) == {(column, comparison)}
    assert query.fetch is Fetch.ALL
    assert [(str(k.column), k.descending) for k in query.ordering] == [("shop_order.created", True)]


def test_managers_and_querysets_of_the_project_are_followed(tmp_path: Path) -> None:
    query = _one(tmp_path, "def f(user):\n    for order in Order.objects.of(user):\n        print(order.total)\n")
    columns = {name for name, _ in _asked(query)}
    assert columns == {"shop_order.deleted", "shop_order.status", "shop_order.user_id"}
    assert [str(c) for c in query.attributes or ()] == ["shop_order.total"]


def test_nothing_runs_before_it_is_needed(tmp_path: Path) -> None:
    body = """
def f(x):
    q = Order.everything.filter(total=1)
    if x:
        q = q.filter(status=x)
    print(len(q))
"""
    query = _one(tmp_path, body)
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
    found = _queries(tmp_path, body)
    in_loops = [(str(q.table), q.place.function) for q in found if q.place.loops]
    assert in_loops == [("auth_user", "shop/views.py:f"), ("shop_item", "shop/views.py:f")]
    prefetched = [q for q in found if q.place.function.endswith(":g") and str(q.table) == "shop_item"]
    assert [_asked(q) for q in prefetched] == [{("shop_item.order_id", Comparison.IN)}]


def test_conditions_with_q_exclude_and_exists(tmp_path: Path) -> None:
    body = """
def f(x):
    inner = Item.objects.filter(order=OuterRef("pk"), sku=x)
    return list(
        Order.everything.filter(Q(status=x) | Q(total__gt=3), Exists(inner)).exclude(parent=x).order_by("-total")[5:25]
    )
"""
    query = _one(tmp_path, body)
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
    query = _one(tmp_path, "def f(**filters):\n    return Order.everything.filter(**filters).first()\n")
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
    read, save, update, upsert, insert, delete = _queries(tmp_path, body)
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
    query = _one(tmp_path, body)
    assert [str(c) for c in query.grouping] == ["shop_order.status"]
    assert [(a.function, str(a.column)) for a in query.aggregates] == [("count", "shop_item.id")]


def test_pages(tmp_path: Path) -> None:
    body = "def f(n):\n    return Paginator(Order.everything.all(), 25).get_page(n)\n"
    found = {q.fetch: q for q in _queries(tmp_path, body)}
    assert set(found) == {Fetch.COUNT, Fetch.ALL}
    listed = found[Fetch.ALL]
    assert listed.idiom is Idiom.PAGINATED
    assert listed.limit is not None
    assert listed.limit.value == 25


def test_lists_of_the_admin(tmp_path: Path) -> None:
    body = """
from django.contrib import admin

@admin.register(Order)
class OrderAdmin(admin.ModelAdmin):
    list_filter = ("status", "user__email")
    search_fields = ["=status", "items__sku"]
    date_hierarchy = "created"
"""
    query = _one(tmp_path, body)
    assert query.idiom is Idiom.ADMIN
    assert ("auth_user.email", Comparison.EQUAL) in _asked(query)
    assert ("shop_item.sku", Comparison.CONTAINS) in _asked(query)
    assert ("shop_order.created", Comparison.RANGE) in _asked(query)
    assert all(p.optional for p in query.predicates if str(p.column) != "shop_order.deleted")


def test_viewsets(tmp_path: Path) -> None:
    body = """
from rest_framework import serializers, viewsets

class OrderSerializer(serializers.ModelSerializer):
    status = serializers.ChoiceField(choices=["open", "paid"], required=True)
    class Meta:
        model = Order
        fields = ["status", "total"]

class Orders(viewsets.ModelViewSet):
    queryset = Order.everything.filter(deleted=False)
    serializer_class = OrderSerializer
    filterset_fields = ["status"]
    ordering_fields = ["total"]

    def perform_create(self, serializer):
        serializer.save(user=self.request.user)
"""
    code = _code(tmp_path, body)
    listed, saved = (q for q in code.queries if q.origin.path == "shop/views.py")
    assert listed.idiom is Idiom.FILTER_FIELDS
    assert ("shop_order.status", Comparison.EQUAL) in _asked(listed)
    assert [str(k.column) for k in listed.ordering if k.optional] == ["shop_order.total"]
    assert {str(a.column) for a in saved.assignments} == {
        "shop_order.status", "shop_order.total", "shop_order.user_id",
    }  # fmt: skip
    (rule,) = code.rules
    assert (rule.choices, str(rule.column), rule.required) == (("open", "paid"), "shop_order.status", True)


def test_serializers_of_lists_touch_relations(tmp_path: Path) -> None:
    body = """
from rest_framework import serializers, viewsets

class ItemSerializer(serializers.ModelSerializer):
    class Meta:
        model = Item
        fields = ["sku"]

class OrderSerializer(serializers.ModelSerializer):
    items = ItemSerializer(many=True)
    class Meta:
        model = Order
        fields = ["items"]

class Orders(viewsets.ModelViewSet):
    queryset = Order.everything.all()
    serializer_class = OrderSerializer

class Loaded(viewsets.ModelViewSet):
    queryset = Order.everything.prefetch_related("items")
    serializer_class = OrderSerializer
"""
    (lazy,) = (q for q in _queries(tmp_path, body) if q.idiom is Idiom.SERIALIZER)
    assert str(lazy.table) == "shop_item"
    assert lazy.place.loops[0].rows


def test_routes(tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    (tmp_path / "project/urls.py").write_text(
        "from django.urls import path\nfrom shop import views\nurlpatterns = [path('orders/<int:pk>/', views.show)]\n"
    )
    code = _code(tmp_path, "def show(request, pk):\n    return get_object_or_404(Order, pk=pk)\n")
    assert code.functions["shop/views.py:show"].route == "orders/<int:pk>/"


def test_templates_touch_relations(tmp_path: Path) -> None:
    (tmp_path / "shop/templates/shop").mkdir(parents=True)
    (tmp_path / "shop/templates/shop/list.html").write_text(
        "<ul>\n{% for order in orders %}\n<li>{{ order.user.email }} {{ order.total }}</li>\n{% endfor %}\n</ul>"
    )
    body = """
from django.shortcuts import render

def show(request):
    return render(request, "shop/list.html", {"orders": Order.everything.filter(deleted=False)})
"""
    code = _code(tmp_path, body)
    (lazy,) = (q for q in code.queries if q.idiom is Idiom.TEMPLATE and q.place.loops)
    assert str(lazy.table) == "auth_user"
    assert (lazy.origin.path, lazy.origin.line) == ("shop/templates/shop/list.html", 3)
    assert lazy.place.function == "shop/views.py:show"


_REST = (
    _SETTINGS
    + """
REST_FRAMEWORK = {
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.LimitOffsetPagination",
    "PAGE_SIZE": 50,
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
}
"""
)


def test_pages_and_filters_that_the_settings_give_every_list(tmp_path: Path) -> None:
    body = """
from rest_framework import filters, viewsets

class Orders(viewsets.ModelViewSet):
    queryset = Order.everything.all()
    search_fields = ["status"]
    filterset_fields = ["total"]

class Searched(viewsets.ModelViewSet):
    queryset = Tag.objects.all()
    filter_backends = [filters.SearchFilter]
    search_fields = ["name"]
    pagination_class = None

class Own(viewsets.ModelViewSet):
    queryset = Item.objects.all()
    def get_queryset(self):
        return Item.objects.filter(order__user=self.request.user)
"""
    found = {str(q.table): q for q in _code(tmp_path, body, settings=_REST).queries if q.origin.path == "shop/views.py"}
    orders, tags, items = found["shop_order"], found["shop_tag"], found["shop_item"]
    assert orders.limit is not None
    assert (orders.limit.value, orders.offset is not None) == (50, True)
    assert [str(p.column) for p in orders.predicates] == ["shop_order.total"]
    assert tags.limit is None
    assert [str(p.column) for p in tags.predicates] == ["shop_tag.name"]
    assert items.idiom is Idiom.PAGINATED


def test_requests_that_are_transactions(tmp_path: Path) -> None:
    settings = _SETTINGS + 'DATABASES["default"]["ATOMIC_REQUESTS"] = True\n'
    body = """
def show(request):
    Tag.objects.filter(name="x").delete()
    return helper(request.GET["id"])

@transaction.non_atomic_requests
def apart(request):
    Item.objects.create(sku="a")

def helper(key):
    Tag.objects.create(name=key)
    return list(Order.objects.filter(status=key))

def shared():
    Order.objects.filter(status="x").delete()
"""
    queries = {
        q.place.function.partition(":")[2]: q for q in _code(tmp_path, body, settings=settings).queries
        if q.origin.path == "shop/views.py"
    }  # fmt: skip
    transaction = queries["helper"].place.transaction
    assert transaction is not None
    assert transaction.path == "project/settings.py"
    assert queries["apart"].place.transaction is None
    assert queries["shared"].place.transaction is None


def test_methods_that_lists_call_for_each_row(tmp_path: Path) -> None:
    body = """
from django.contrib import admin
from rest_framework import serializers, viewsets

class OrderSerializer(serializers.ModelSerializer):
    mail = serializers.SerializerMethodField()
    class Meta:
        model = Order
        fields = ["mail"]
    def get_mail(self, obj):
        return obj.user.email

class Orders(viewsets.ModelViewSet):
    queryset = Order.everything.all()
    serializer_class = OrderSerializer

@admin.register(Item)
class ItemAdmin(admin.ModelAdmin):
    list_display = ("sku", "status")
    def status(self, item):
        return item.order.status
"""
    lazy = [q for q in _queries(tmp_path, body) if q.relation]
    assert [(q.idiom, q.relation, q.place.loops[0].rows) for q in lazy] == [
        (Idiom.SERIALIZER, "Order.user", True), (Idiom.ADMIN, "Item.order", True),
    ]  # fmt: skip


def test_methods_touch_nothing_where_the_list_loads_it(tmp_path: Path) -> None:
    body = """
from django.contrib import admin
from rest_framework import serializers, viewsets

class OrderSerializer(serializers.ModelSerializer):
    mail = serializers.SerializerMethodField("mail_of")
    class Meta:
        model = Order
        fields = ["mail"]
    def mail_of(self, obj):
        return obj.user.email

class Orders(viewsets.ModelViewSet):
    queryset = Order.everything.all()
    serializer_class = OrderSerializer
    def get_queryset(self):
        return super().get_queryset().select_related("user")

@admin.register(Item)
class ItemAdmin(admin.ModelAdmin):
    list_display = ("sku", "status")
    list_select_related = ["order"]
    def status(self, item):
        return item.order.status
"""
    assert not [q for q in _queries(tmp_path, body) if q.idiom in {Idiom.SERIALIZER, Idiom.ADMIN} and q.relation]


def test_templates_of_generic_views(tmp_path: Path) -> None:
    folder = tmp_path / "shop/templates/shop"
    folder.mkdir(parents=True)
    (folder / "base.html").write_text("{% block body %}{% endblock %}{{ order_list.first.parent.total }}")
    (folder / "row.html").write_text("<li>{{ one.user.email }}</li>")
    (folder / "order_list.html").write_text(
        '{% extends "shop/base.html" %}\n{% block body %}{% for order in object_list %}\n'
        '{% include "shop/row.html" with one=order %}{% endfor %}{% endblock %}'
    )
    body = """
from django.conf import settings
from django.views.generic import ListView

class Orders(ListView):
    model = Order
    paginate_by = settings.PAGE
"""
    queries = _code(tmp_path, body).queries
    touched = [q for q in queries if q.relation and (q.origin.path or "").endswith(".html")]
    assert [(q.relation, q.origin.path, bool(q.place.loops)) for q in touched] == [
        ("Order.parent", "shop/templates/shop/base.html", False),
        ("Order.user", "shop/templates/shop/row.html", True),
    ]
    assert next(q for q in queries if q.origin.path == "shop/views.py").limit == Bound()


def test_choices_are_constants(tmp_path: Path) -> None:
    models = (
        _MODELS
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
    query = next(q for q in _code(tmp_path, body, models=models).queries if str(q.table) == "shop_job")
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
    query = _one(tmp_path, body)
    assert [(str(p.column), p.optional) for p in query.predicates] == [
        ("shop_order.deleted", False), ("shop_order.status", True), ("shop_order.total", True),
    ]  # fmt: skip


def test_a_method_that_asks_for_what_the_list_computed(tmp_path: Path) -> None:
    body = """
from rest_framework import serializers, viewsets

class OrderSerializer(serializers.ModelSerializer):
    count = serializers.SerializerMethodField()
    class Meta:
        model = Order
        fields = ["count"]
    def get_count(self, obj):
        if hasattr(obj, "item_count"):
            return obj.item_count
        return obj.items.filter(sku="x").count()

class Orders(viewsets.ModelViewSet):
    serializer_class = OrderSerializer
    queryset = Order.everything.all()
    def get_queryset(self):
        return super().get_queryset().annotate(item_count=Count("items"))
"""
    assert not [q for q in _queries(tmp_path, body) if q.place.loops]


def test_an_admin_that_shows_a_relation_joins_all(tmp_path: Path) -> None:
    body = """
from django.contrib import admin

@admin.register(Order)
class OrderAdmin(admin.ModelAdmin):
    list_display = ("parent", "mail")
    def mail(self, order):
        return order.user.email
"""
    assert not [q for q in _queries(tmp_path, body) if q.relation]


def test_a_viewset_without_a_list(tmp_path: Path) -> None:
    body = """
from rest_framework import mixins, serializers, viewsets

class OrderSerializer(serializers.ModelSerializer):
    user = serializers.StringRelatedField()
    mail = serializers.SerializerMethodField()
    class Meta:
        model = Order
        fields = ["mail"]
    def get_mail(self, obj):
        return obj.user.email

class One(mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    queryset = Order.everything.all()
    serializer_class = OrderSerializer
"""
    assert not [q for q in _queries(tmp_path, body) if q.place.loops]


def test_an_action_of_the_library_writes(tmp_path: Path) -> None:
    body = """
from rest_framework import viewsets

class Orders(viewsets.ModelViewSet):
    queryset = Order.everything.all()
    def update(self, request, *args, **kwargs):
        return super().update(request, *args, **kwargs)
"""
    written = [(q.verb, str(q.table), q.place.function.rpartition(".")[2]) for q in _queries(tmp_path, body)]
    assert (Verb.UPDATE, "shop_order", "update") in written


def test_filters_of_a_view_give_its_order(tmp_path: Path) -> None:
    body = """
from rest_framework import filters, viewsets

class Items(viewsets.ReadOnlyModelViewSet):
    queryset = Item.objects.all()
    filter_backends = (filters.OrderingFilter,)
    ordering = ["-sku"]
    def list(self, request, *args, **kwargs):
        return self.paginate_queryset(self.filter_queryset(Item.objects.only("sku")))
"""
    query = next(q for q in _queries(tmp_path, body) if q.place.function.endswith(".list"))
    assert [(str(k.column), k.descending) for k in query.ordering] == [("shop_item.sku", True)]


def test_a_dictionary_that_may_hold_more_gives_no_default(tmp_path: Path) -> None:
    body = """
class Search:
    def __init__(self, **kwargs):
        self.status = kwargs.pop("status", None)
    def run(self):
        return Order.everything.get(status=self.status)
"""
    assert _asked(_one(tmp_path, body)) == {("shop_order.status", Comparison.EQUAL)}


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
        (q.place.function.rpartition(":")[2], q.fetch): q.predicates[0].constants for q in _queries(tmp_path, body)
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
    found = {q.verb: len(q.place.loops) for q in _queries(tmp_path, "def of(order: Order): pass\n" + body) if q.table}
    assert found[Verb.INSERT] == 0
    assert found[Verb.UPDATE] == 1


def test_functions_that_look_at_one_field_are_rules(tmp_path: Path) -> None:
    models = _MODELS.replace(
        "class Item(models.Model):",
        "def short(value):\n    pass\n\nclass Item(models.Model):\n    def clean(self):\n"
        "        if not self.sku:\n            raise ValueError\n",
    )
    body = """
from django import forms
from rest_framework import serializers

def known(value):
    raise serializers.ValidationError("unknown")

class OrderSerializer(serializers.ModelSerializer):
    status = serializers.CharField(validators=[known])
    class Meta:
        model = Order
    def validate_data(self, value):
        if not isinstance(value, dict):
            raise serializers.ValidationError("data")
        return value

class OrderForm(forms.ModelForm):
    class Meta:
        model = Order
    def clean_total(self):
        return abs(self.cleaned_data["total"])
    def clean_parent(self):
        raise forms.ValidationError("parent")
"""
    found = _code(tmp_path, body, models=models).rules
    rules = [(r.layer, str(r.column), (r.check or "").rpartition(":")[2]) for r in found]
    assert rules == [
        ("model", "shop_item.sku", "Item.clean"),
        ("serializer", "shop_order.status", "known"),
        ("serializer", "shop_order.data", "OrderSerializer.validate_data"),
        ("form", "shop_order.parent_id", "OrderForm.clean_parent"),
    ]


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
    found = {q.fetch: _asked(q) for q in _queries(tmp_path, body) if q.place.function.endswith(":run")}
    assert found[Fetch.COUNT] == {("shop_order.total", Comparison.EQUAL)}
    assert found[Fetch.EXISTS] == {("shop_order.status", Comparison.EQUAL)}


def test_rows_that_are_the_answer_are_not_loaded_for_a_test_alone(tmp_path: Path) -> None:
    body = """
def f(user):
    own = Order.objects.of(user)
    shown = own if own else Order.objects.all()
    return [order.total for order in shown]
"""
    assert not any(Use.TESTED in query.uses for query in _queries(tmp_path, body))


def test_a_class_that_holds_a_manager(tmp_path: Path) -> None:
    body = """
from rest_framework import viewsets

class Orders(viewsets.ModelViewSet):
    queryset = Order.objects

    def get_queryset(self):
        return self.queryset.filter(user=self.request.user)

class Items(viewsets.ModelViewSet):
    queryset = Item.objects

    def get_queryset(self):
        return self.queryset.filter(sku=self.request.GET["sku"])
"""
    orders, items = _queries(tmp_path, body)
    assert _asked(orders) == {("shop_order.deleted", Comparison.EQUAL), ("shop_order.user_id", Comparison.EQUAL)}
    assert _asked(items) == {("shop_item.sku", Comparison.EQUAL)}


def test_a_module_that_holds_a_manager(tmp_path: Path) -> None:
    query = _one(tmp_path, "everything = Order.everything\ndef f(x):\n    return list(everything.filter(status=x))\n")
    assert _asked(query) == {("shop_order.status", Comparison.EQUAL)}


def test_what_a_method_puts_into_the_queryset(tmp_path: Path) -> None:
    body = """
from rest_framework import viewsets

class Orders(viewsets.ModelViewSet):
    queryset = Order.everything

    def get_queryset(self):
        self.queryset = self.queryset.filter(status=self.request.GET["status"])
        return super().get_queryset().order_by("total")
"""
    query = _one(tmp_path, body)
    assert _asked(query) == {("shop_order.status", Comparison.EQUAL)}
    assert [str(k.column) for k in query.ordering] == ["shop_order.total"]


def test_managers_that_a_base_of_a_library_gives(tmp_path: Path) -> None:
    models = """
from django.db import models
from some_library.models import Removable

class Item(models.Model):
    sku = models.CharField(max_length=20)

class Order(Removable):
    status = models.CharField(max_length=20)
class Tag(models.Model):
    name = models.CharField(max_length=20)
"""
    body = """
def f(x):
    return list(Order.global_objects.filter(status=x))
def g(x):
    return list(Item.global_objects.filter(sku=x))
"""
    (query,) = [q for q in _code(tmp_path, body, models=models).queries if q.origin.path == "shop/views.py"]
    assert _asked(query) == {("shop_order.status", Comparison.EQUAL)}


def test_the_rows_behind_an_object_that_nobody_knows(tmp_path: Path) -> None:
    models = f"{_MODELS}\nclass Visit(models.Model):\n    order = models.ForeignKey(Order, on_delete=models.CASCADE)\n"
    body = """
def f(order, x):
    return order.visit_set.filter(id=x).exists()
def g(order, x):
    return order.item_set.filter(id=x).exists()
"""
    (query,) = [q for q in _code(tmp_path, body, models=models).queries if q.origin.path == "shop/views.py"]
    assert _asked(query) == {("shop_visit.order_id", Comparison.EQUAL), ("shop_visit.id", Comparison.EQUAL)}


@pytest.mark.parametrize(
    "through",
    ["Order.tags.through.objects.filter(order_id=1)", "Through.objects.filter(order_id=1)"],
)
def test_the_table_between_two_models(through: str, tmp_path: Path) -> None:
    query = _one(tmp_path, f"def f():\n    Through = Order.tags.through\n    return list({through})\n")
    assert _asked(query) == {("shop_order_tags.order_id", Comparison.EQUAL)}


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
    query = _one(tmp_path, f"def f(user, x):\n    found = Tag.objects.filter(name=x)\n    {body}\n")
    assert query.fetch is Fetch.ALL
    assert _asked(query) == {("shop_tag.name", Comparison.EQUAL)}


def test_a_copy_of_a_dictionary_has_its_entries(tmp_path: Path) -> None:
    body = "def f(x):\n    given = {'name': x}\n    return list(Tag.objects.filter(**dict(given, id=1)))\n"
    assert _asked(_one(tmp_path, body)) == {("shop_tag.name", Comparison.EQUAL), ("shop_tag.id", Comparison.EQUAL)}


def test_a_class_that_holds_a_manager_of_a_librarys_model(tmp_path: Path) -> None:
    body = """
from django.contrib.auth.models import User
from rest_framework import viewsets

class Users(viewsets.ModelViewSet):
    queryset = User.objects

    def get_queryset(self):
        return self.queryset.filter(username=self.request.GET["name"])
"""
    assert _asked(_one(tmp_path, body)) == {("auth_user.username", Comparison.EQUAL)}


_FILTERED = """
import django_filters
from rest_framework import serializers, viewsets

class OrderFilter(django_filters.FilterSet):
    class Meta:
        model = Order
        fields = ["status"]
"""


def test_what_a_filter_set_leaves_of_a_queryset(tmp_path: Path) -> None:
    body = f"""{_FILTERED}
def f(request, user):
    found = OrderFilter(request.GET, queryset=Order.everything.filter(user=user)).qs
    return list(found.order_by("total")[:10])
"""
    (query,) = (q for q in _queries(tmp_path, body) if q.idiom is not Idiom.FILTER_FIELDS)
    assert [(str(p.column), p.optional) for p in query.predicates] == [
        ("shop_order.user_id", False),
        ("shop_order.status", True),
    ]
    assert query.limit == Bound(10)


@pytest.mark.parametrize(
    "declared", ['filterset_fields = ["status"]', 'search_fields = ["status"]', "filterset_class = OrderFilter"]
)
def test_a_view_that_declares_only_what_may_be_asked(declared: str, tmp_path: Path) -> None:
    body = f"""{_FILTERED}
class ItemSerializer(serializers.ModelSerializer):
    class Meta:
        model = Item
        fields = ["sku"]

class OrderSerializer(serializers.ModelSerializer):
    items = ItemSerializer(many=True)
    class Meta:
        model = Order
        fields = ["items"]

class Orders(viewsets.ModelViewSet):
    serializer_class = OrderSerializer
    {declared}

    def get_queryset(self):
        return Order.everything.filter(user=self.request.user)
"""
    found = _queries(tmp_path, body)
    (listed,) = (q for q in found if q.idiom is Idiom.FILTER_FIELDS and q.place.function.endswith(":Orders"))
    assert [(str(p.column), p.optional) for p in listed.predicates] == [
        ("shop_order.user_id", False),
        ("shop_order.status", True),
    ]
    (lazy,) = (q for q in found if q.idiom is Idiom.SERIALIZER)
    assert str(lazy.table) == "shop_item"


def test_what_is_done_for_rows_without_a_computed_value_is_not_done_for_those_with_one(tmp_path: Path) -> None:
    body = """
from rest_framework import serializers, viewsets

class OrderSerializer(serializers.ModelSerializer):
    number = serializers.SerializerMethodField()
    class Meta:
        model = Order
        fields = ["number"]

    def get_number(self, obj):
        try:
            return obj.number
        except AttributeError:
            return obj.items.count()

class Orders(viewsets.ModelViewSet):
    serializer_class = OrderSerializer

    def get_queryset(self):
        return Order.everything.ANNOTATED
"""
    asked = {
        how: [
            q.place.loops for q in _queries(tmp_path / how, body.replace("ANNOTATED", text)) if q.fetch is Fetch.COUNT
        ]
        for how, text in {"with": "annotate(number=Count('items'))", "without": "all()"}.items()
    }
    assert not any(asked["with"])
    assert any(asked["without"])


def test_querysets_that_are_handed_in_are_those_that_the_annotation_names(tmp_path: Path) -> None:
    body = (
        "def plain(orders: models.QuerySet[Order]):\n    return orders.filter(status='open').exists()\n"
        "def quoted(orders: 'models.QuerySet[Order]', user):\n"
        "    return list(orders.filter(user=user).order_by('-created')[:5])\n"
        "def own(orders: 'OrderQuerySet[Order]'):\n    return orders.open().count()\n"
        "def rows(orders: list[Order]):\n    return orders\n"
    )
    head = "from django.db import models\nfrom shop.models import OrderQuerySet\n"
    code = _code(tmp_path, head + body)
    plain, quoted, own = (q for q in code.queries if q.place.function.startswith("shop/views.py"))
    assert [str(p.column) for p in plain.predicates] == ["shop_order.status"]
    assert "where" in plain.dynamic, "which rows it holds already, the caller knows"
    assert [str(p.column) for p in quoted.predicates] == ["shop_order.user_id"]
    assert [(str(k.column), k.descending) for k in quoted.ordering] == [("shop_order.created", True)]
    assert quoted.dynamic == ("where",)
    assert quoted.limit == Bound(5)
    assert [p.constants for p in own.predicates] == [("open",)]


def test_a_manager_may_name_the_class_of_its_querysets(tmp_path: Path) -> None:
    models = _MODELS.replace(
        "class OrderManager(models.Manager.from_queryset(OrderQuerySet)):\n"
        "    def get_queryset(self):\n        return super().get_queryset().filter(deleted=False)",
        "class OrderManager(models.Manager):\n    QUERYSET = OrderQuerySet\n"
        "    def get_queryset(self):\n        return self.QUERYSET(self.model, using=self._db).open()",
    )
    assert "QUERYSET = " in models
    (query,) = _code(tmp_path, "def one(pk):\n    return Order.objects.get(id=pk)\n", models=models).queries[-1:]
    assert {str(p.column) for p in query.predicates} == {"shop_order.id", "shop_order.status"}
    assert query.dynamic == ()


def test_a_class_that_names_its_model_and_nothing_else_is_read(tmp_path: Path) -> None:
    base = (
        "class Base:\n    model_class = None\n"
        "    def newest(self, user):\n        return self.model_class.objects.filter(user=user).first()\n"
    )
    _code(tmp_path, base)
    (tmp_path / "shop" / "orders.py").write_text(
        "from shop.models import Order\nfrom shop.views import Base\n\n\nclass Orders(Base):\n    model_class = Order\n"
    )
    project = open_project(tmp_path)
    index = PythonIndex(project)
    (reading,) = read_code(index, read_project(project, index))
    assert reading.code is not None
    asked = {(str(q.table), q.place.function) for q in reading.code.queries}
    assert ("shop_order", "shop/views.py:Base.newest") in asked


def test_a_copy_of_a_row_is_a_row(tmp_path: Path) -> None:
    body = (
        "from copy import deepcopy\n"
        "def clone(order: Order):\n    other = deepcopy(order)\n    other.pk = None\n"
        "    other.status = 'new'\n    other.save()\n"
    )
    code = _code(tmp_path, body)
    (query,) = (q for q in code.queries if q.place.function == "shop/views.py:clone")
    assert (query.verb, str(query.table)) == (Verb.INSERT, "shop_order"), "a row without a key is a new one"
    assert "shop_order.status" in {str(a.column) for a in query.assignments}


@pytest.mark.parametrize("method", ["setup", "initial", "dispatch"])
def test_what_a_view_is_given_before_its_methods(method: str, tmp_path: Path) -> None:
    body = f"""
from django.views import View

class Orders(View):
    found = None

    def {method}(self, request, *args, **kwargs):
        self.found = Order.everything.filter(user=request.user)
        return super().{method}(request, *args, **kwargs)

    def get(self, request):
        return self.found.order_by("total").first()
"""
    queries = [q for q in _queries(tmp_path, body) if q.fetch is Fetch.FIRST]
    assert [_asked(q) for q in queries] == [{("shop_order.user_id", Comparison.EQUAL)}]


def _of_function(code: Code, name: str) -> list[tuple[str, str, list[str]]]:
    return [
        (str(q.verb), str(q.table), sorted(str(p.column) for p in q.predicates))
        for q in code.queries
        if q.place.function == f"shop/views.py:{name}" and q.idiom is not Idiom.LAZY_RELATION
    ]


def test_receivers_of_signals_are_sent_rows(tmp_path: Path) -> None:
    body = (
        "from django.db.models.signals import post_save\nfrom django.dispatch import receiver\n"
        "@receiver(post_save, sender=Order)\n"
        "def heard(sender, instance, **kwargs):\n"
        "    if not sender.everything.filter(status='new').exists():\n        instance.items.update(sku='')\n"
        "@receiver(post_save, sender=[Order, Item])\n"
        "def several(sender, instance, **kwargs):\n    instance.things.update(sku='')\n"
    )
    code = _code(tmp_path, body)
    assert _of_function(code, "heard") == [
        ("select", "shop_order", ["shop_order.status"]),
        ("update", "shop_item", ["shop_item.order_id"]),
    ]
    assert _of_function(code, "several") == []


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("order, sku):\n    return order.items.filter(sku=sku).exists()", ["shop_item.order_id", "shop_item.sku"]),
        ("order=None):\n    order.status = 'x'\n    order.save()", ["shop_order.id"]),
        ("order):\n    return order.items.filter(sku=1).exists() and order.parcel", []),  # no row of ours has that
        ("purchase):\n    return purchase.items.filter(sku=1).exists()", []),
        ("order: dict):\n    return order.items.filter(sku=1).exists()", []),
        ("order):\n    return order", []),
    ],
)
def test_rows_are_told_by_name_and_use(tmp_path: Path, source: str, expected: list[str]) -> None:
    told = _of_function(_code(tmp_path, f"def f({source}\n"), "f")
    assert [columns for _, _, columns in told] == ([expected] if expected else [])


def test_the_model_of_users_by_its_setting(tmp_path: Path) -> None:
    body = (
        "from django.apps import apps\nfrom django.conf import settings\n"
        "def f(x):\n    return apps.get_model(settings.AUTH_USER_MODEL).objects.filter(email__iexact=x).first()\n"
    )
    assert _of_function(_code(tmp_path, body), "f") == [("select", "auth_user", ["auth_user.email"])]


@pytest.mark.parametrize(
    ("loop", "asks"),
    [
        ("for model in (Tag, Item):", "model.objects.filter(id=x).delete()"),
        ("for name, model in [('tags', Tag), ('items', Item)]:", "print(name, model.objects.filter(id=x).count())"),
    ],
)
def test_a_loop_over_models_asks_each(loop: str, asks: str, tmp_path: Path) -> None:
    found = _queries(tmp_path, f"def f(x):\n    {loop}\n        {asks}\n")
    assert sorted(str(q.table) for q in found) == ["shop_item", "shop_tag"]
    assert all(q.place.loops[0].bound == 2 for q in found)


@pytest.mark.parametrize(
    "declared",
    [
        'class One(viewsets.ModelViewSet):\n    queryset = Item.objects.all()\n    lookup_field = "sku"',
        'class One(generics.RetrieveAPIView):\n    queryset = Item.objects.all()\n    lookup_field = "sku"',
        'class One(DetailView):\n    model = Item\n    slug_field = "sku"',
    ],
)
def test_the_row_that_a_view_looks_up(declared: str, tmp_path: Path) -> None:
    head = "from django.views.generic import DetailView\nfrom rest_framework import generics, viewsets\n"
    (query,) = (q for q in _queries(tmp_path, f"{head}{declared}\n") if q.fetch is Fetch.ONE)
    assert _asked(query) == {("shop_item.sku", Comparison.EQUAL)}
    own = f"{head}{declared}\n    def get_object(self):\n        return None\n"
    for number, body in enumerate((own, f"{head}{declared}\n".replace('"sku"', '"pk"'))):
        assert not [q for q in _queries(tmp_path / str(number), body) if q.fetch is Fetch.ONE]


def test_rows_by_a_text_of_sql(tmp_path: Path) -> None:
    text = "select * from shop_order where status = %s order by created"
    body = f"def f(x):\n    for order in Order.objects.raw('{text}', [x]):\n        print(order.user.username)\n"
    asked, lazy = _queries(tmp_path, body)
    assert _asked(asked) == {("shop_order.status", Comparison.EQUAL)}
    assert [str(key.column) for key in asked.ordering] == ["shop_order.created"]
    assert asked.as_text
    assert lazy.idiom is Idiom.LAZY_RELATION
    assert lazy.place.loops[0].rows
    pasted = "def f(x):\n    return list(Order.objects.raw(f\"select * from shop_order where status = '{x}'\"))\n"
    assert _one(tmp_path / "pasted", pasted).interpolated == ("x",)

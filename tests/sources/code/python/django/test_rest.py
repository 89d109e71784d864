"""What viewsets and serializers of Django REST framework ask."""

from __future__ import annotations

from pathlib import Path

from dbarchitect.catalog.queries import Comparison, Fetch, Idiom, Verb
from dbarchitect.sources.assemble import read_project
from dbarchitect.sources.code.python.reader import read_code
from dbarchitect.sources.discover import open_project
from dbarchitect.sources.python.index import PythonIndex

from .shop import MODELS, SERIALIZERS, asked, code_of, queries_of


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
    code = code_of(tmp_path, body)
    listed, saved = (q for q in code.queries if q.origin.path == "shop/views.py")
    assert listed.idiom is Idiom.FILTER_FIELDS
    assert ("shop_order.status", Comparison.EQUAL) in asked(listed)
    assert [str(k.column) for k in listed.ordering if k.optional] == ["shop_order.total"]
    assert {str(a.column) for a in saved.assignments} == {
        "shop_order.status", "shop_order.total", "shop_order.user_id",
    }  # fmt: skip
    (rule,) = code.rules
    assert (rule.choices, str(rule.column), rule.required) == (("open", "paid"), "shop_order.status", True)


def test_serializers_of_lists_touch_relations(tmp_path: Path) -> None:
    body = f"""
from rest_framework import serializers, viewsets

{SERIALIZERS}
class Orders(viewsets.ModelViewSet):
    queryset = Order.everything.all()
    serializer_class = OrderSerializer

class Loaded(viewsets.ModelViewSet):
    queryset = Order.everything.prefetch_related("items")
    serializer_class = OrderSerializer
"""
    (lazy,) = (q for q in queries_of(tmp_path, body) if q.idiom is Idiom.SERIALIZER)
    assert str(lazy.table) == "shop_item"
    assert lazy.place.loops[0].rows


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
    lazy = [q for q in queries_of(tmp_path, body) if q.relation]
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
    assert not [q for q in queries_of(tmp_path, body) if q.idiom in {Idiom.SERIALIZER, Idiom.ADMIN} and q.relation]


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
    assert not [q for q in queries_of(tmp_path, body) if q.place.loops]


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
    assert not [q for q in queries_of(tmp_path, body) if q.place.loops]


def test_an_action_of_the_library_writes(tmp_path: Path) -> None:
    body = """
from rest_framework import viewsets

class Orders(viewsets.ModelViewSet):
    queryset = Order.everything.all()
    def update(self, request, *args, **kwargs):
        return super().update(request, *args, **kwargs)
"""
    written = [(q.verb, str(q.table), q.place.function.rpartition(".")[2]) for q in queries_of(tmp_path, body)]
    assert (Verb.UPDATE, "shop_order", "update") in written


def test_functions_that_look_at_one_field_are_rules(tmp_path: Path) -> None:
    models = MODELS.replace(
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
    found = code_of(tmp_path, body, models=models).rules
    rules = [(r.layer, str(r.column), (r.check or "").rpartition(":")[2]) for r in found]
    assert rules == [
        ("model", "shop_item.sku", "Item.clean"),
        ("serializer", "shop_order.status", "known"),
        ("serializer", "shop_order.data", "OrderSerializer.validate_data"),
        ("form", "shop_order.parent_id", "OrderForm.clean_parent"),
    ]


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
            q.place.loops for q in queries_of(tmp_path / how, body.replace("ANNOTATED", text)) if q.fetch is Fetch.COUNT
        ]
        for how, text in {"with": "annotate(number=Count('items'))", "without": "all()"}.items()
    }
    assert not any(asked["with"])
    assert any(asked["without"])


def test_a_class_that_names_its_model_and_nothing_else_is_read(tmp_path: Path) -> None:
    base = (
        "class Base:\n    model_class = None\n"
        "    def newest(self, user):\n        return self.model_class.objects.filter(user=user).first()\n"
    )
    code_of(tmp_path, base)
    (tmp_path / "shop" / "orders.py").write_text(
        "from shop.models import Order\nfrom shop.views import Base\n\n\nclass Orders(Base):\n    model_class = Order\n"
    )
    project = open_project(tmp_path)
    index = PythonIndex(project)
    (reading,) = read_code(index, read_project(project, index))
    assert reading.code is not None
    asked = {(str(q.table), q.place.function) for q in reading.code.queries}
    assert ("shop_order", "shop/views.py:Base.newest") in asked

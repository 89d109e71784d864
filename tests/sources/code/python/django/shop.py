"""A small Django project, and what its code asks."""

from __future__ import annotations

from pathlib import Path

from dbarchitect.catalog.queries import Code, Comparison, Idiom, QueryFact
from dbarchitect.sources.assemble import read_project
from dbarchitect.sources.code.python.reader import read_code
from dbarchitect.sources.discover import open_project
from dbarchitect.sources.python.index import PythonIndex

SETTINGS = """
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "shop"]
DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": "x"}}
"""
MODELS = """
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
HEAD = """
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Count, Exists, F, OuterRef, Prefetch, Q, Sum
from django.db.models.functions import Lower
from django.shortcuts import get_object_or_404
from shop.models import Item, Order, Tag
"""
SERIALIZERS = """
class ItemSerializer(serializers.ModelSerializer):
    class Meta:
        model = Item
        fields = ["sku"]

class OrderSerializer(serializers.ModelSerializer):
    items = ItemSerializer(many=True)
    class Meta:
        model = Order
        fields = ["items"]
"""
"""Those of orders with their items, for the body of a program."""


def code_of(folder: Path, body: str, settings: str = SETTINGS, models: str = MODELS) -> Code:
    files = {
        "manage.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")\n',
        "project/__init__.py": "", "project/settings.py": settings,
        "shop/__init__.py": "", "shop/models.py": models, "shop/views.py": HEAD + body,
    }  # fmt: skip
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    project = open_project(folder)
    index = PythonIndex(project)
    (reading,) = read_code(index, read_project(project, index))
    assert reading.code is not None
    return reading.code


def queries_of(folder: Path, body: str) -> list[QueryFact]:
    return [q for q in code_of(folder, body).queries if q.origin.path == "shop/views.py"]


def one(folder: Path, body: str) -> QueryFact:
    found = queries_of(folder, body)
    assert len(found) == 1, found
    return found[0]


def asked(query: QueryFact) -> set[tuple[str, Comparison]]:
    return {(str(p.column), p.comparison) for p in query.predicates}


def of_function(code: Code, name: str) -> list[tuple[str, str, list[str]]]:
    return [
        (str(q.verb), str(q.table), sorted(str(p.column) for p in q.predicates))
        for q in code.queries
        if q.place.function == f"shop/views.py:{name}" and q.idiom is not Idiom.LAZY_RELATION
    ]

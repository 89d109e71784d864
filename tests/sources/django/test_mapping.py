"""How the models stand for the tables: every name leads where Django itself says."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from textwrap import dedent
from typing import Any

from dbarchitect.catalog.refs import Ref
from dbarchitect.sources.base import SourceReading
from dbarchitect.sources.mapping import MappedModel, MappedRelation, column_of, relation_of

LIBRARIES = ("django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "django.contrib.sites")

MODELS = """
from django.contrib.auth.models import User
from django.contrib.contenttypes.fields import GenericForeignKey, GenericRelation
from django.contrib.contenttypes.models import ContentType
from django.conf import settings
from django.db import models
from django.db.models import F


class Owned(models.Model):
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE,
        related_name="%(app_label)s_%(class)s_items", related_query_name="%(class)s_item",
    )
    created = models.DateTimeField(auto_now_add=True)
    notes = GenericRelation("shop.Note", related_query_name="%(class)s")

    class Meta:
        abstract = True
        ordering = ["-created"]


class Place(Owned):
    name = models.CharField(max_length=50, db_column="place_name")


class Restaurant(Place):
    stars = models.IntegerField()
    near = models.ForeignKey(Place, models.CASCADE, related_name="neighbours")
    kinds = models.ManyToManyField("Kind", related_name="places")


class Bar(Restaurant):
    late = models.BooleanField()


class Franchise(Place):
    place = models.OneToOneField(Place, models.CASCADE, parent_link=True, related_name="as_franchise")


class Kind(models.Model):
    code = models.CharField(max_length=5, primary_key=True)
    parent = models.ForeignKey("self", models.CASCADE, null=True, related_name="children")
    similar = models.ManyToManyField("self")
    follows = models.ManyToManyField("self", symmetrical=False, related_name="followers")


class Famous(Place):
    class Meta:
        proxy = True
        ordering = ["name"]


class Note(models.Model):
    content_type = models.ForeignKey(ContentType, models.CASCADE, related_name="+")
    object_id = models.PositiveIntegerField()
    about = GenericForeignKey()
    author = models.ForeignKey(User, models.SET_NULL, null=True)


class Order(models.Model):
    number = models.CharField(max_length=20, unique=True)
    placed = models.DateTimeField()
    kind = models.ForeignKey(Kind, models.PROTECT, db_column="sort")
    lines = models.ManyToManyField(Place, through="Line", through_fields=("order", "place"))
    extra = models.ManyToManyField(Kind, db_table="order_extra", related_name="+")
    helper = models.OneToOneField("auth.User", models.CASCADE)

    class Meta:
        default_related_name = "%(app_label)s_orders"
        ordering = ("-placed", F("number").desc(), "kind_id", "kind__code", "helper")


class Line(models.Model):
    backup = models.ForeignKey(Place, models.CASCADE, related_name="+")
    place = models.ForeignKey(Place, models.CASCADE)
    order = models.ForeignKey(Order, models.CASCADE, to_field="number")

    class Meta:
        order_with_respect_to = "order"


class Legacy(models.Model):
    code = models.IntegerField(primary_key=True)
    user = models.ForeignKey(User, models.DO_NOTHING, db_column="usr")

    class Meta:
        managed = False
        db_table = "old_things"
"""

ASK = """
import json, os, sys
sys.path.insert(0, os.getcwd())
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
import django
django.setup()
from django.apps import apps
out = {}
for model in apps.get_models(include_auto_created=True):
    meta = model._meta
    columns = {}
    for field in meta.local_concrete_fields if not meta.proxy else meta.concrete_model._meta.local_concrete_fields:
        columns[field.name] = columns[field.attname] = field.column
    relations = {}
    holder = meta.concrete_model._meta
    for field in holder.get_fields(include_parents=False, include_hidden=True):
        if not field.is_relation or type(field).__name__ in ("GenericForeignKey", "GenericRel"):
            continue
        target = field.related_model._meta
        if type(field).__name__ == "GenericRelation":
            kind = "generic"
            name, query = field.name, field.name
            pairs = [[holder.pk.column, target.get_field(field.object_id_field_name).column]]
        elif field.auto_created and not field.concrete:
            name, query, kind = field.get_accessor_name(), field.name, "reverse"
            if not name or field.hidden:
                continue
            if field.many_to_many:
                near, far = field.field.m2m_reverse_name(), field.field.m2m_column_name()
                pairs = [field.through._meta.db_table, near, far]
            else:
                pairs = [[b.column, a.column] for a, b in field.field.related_fields]
        else:
            name, query, kind = field.name, field.name, "forward"
            if field.many_to_many:
                table = field.remote_field.through._meta.db_table
                pairs = [table, field.m2m_column_name(), field.m2m_reverse_name()]
            else:
                pairs = [[a.column, b.column] for a, b in field.related_fields]
        many = bool(field.one_to_many or field.many_to_many)
        relations[name] = [target.label, query, kind, many, pairs]
    out[meta.label] = {"table": meta.db_table, "columns": columns, "pk": meta.pk.column, "relations": relations}
print(json.dumps(out))
"""


def test_every_name_leads_where_django_says(read_django) -> None:
    case = read_django(MODELS, apps=(*LIBRARIES, "shop"), engine_name="sqlite3")
    told = _told_by_django(case.root)
    ours = {model.label: model for model in case.reading.models}
    assert set(told) == set(ours)
    by_key = {model.key: model for model in case.reading.models}
    for label, truth in told.items():
        model = ours[label]
        assert model.table == Ref.of_table(truth["table"]), label
        assert dict(model.columns) == {**truth["columns"], "pk": truth["pk"]}, label
        assert model.primary_key == (truth["pk"],), label
        found = {name: _as_django_says(relation, by_key) for name, relation in model.relations.items()}
        if label == "shop.Note":
            found.pop("place")  # a name in filters alone; Django lists it with the rows that it has no accessor for
        assert found == truth["relations"], label


def _told_by_django(root: Path) -> dict[str, Any]:
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", dedent(ASK)], cwd=root, capture_output=True, text=True, env=environment
    )
    assert done.returncode == 0, done.stderr[-3000:]
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def _as_django_says(relation: MappedRelation, models: dict[str, MappedModel]) -> list[object]:
    kind = "generic" if relation.fixed else "reverse" if relation.reverse else "forward"
    through = relation.through
    if through is None:
        pairs: list[object] = [list(pair) for pair in relation.pairs]
    else:
        pairs = [through.table.table, through.near[0][1], through.far[0][0]]
    return [models[relation.target].label, relation.query_name or relation.name, kind, relation.many, pairs]


def missing(reading: SourceReading) -> Iterable[str]:
    """What the models name that is not there: other models, columns of the tables."""
    models = {model.key: model for model in reading.models}
    tables = {table.ref.key: {column.name for column in table.columns} for table in reading.catalog.tables}

    def has(table: Ref, column: str) -> bool:
        return table.key not in tables or column in tables[table.key]

    for model in reading.models:
        named = {*model.columns.values(), *model.primary_key, *(column for column, _ in model.ordering)}
        yield from (f"{model.label}: {column}" for column in named if not has(model.table, column))
        yield from (f"{model.label}: base {base}" for base in model.bases if base not in models)
        for relation in model.relations.values():
            place = f"{model.label}.{relation.name}"
            if relation.target not in models:
                yield f"{place}: {relation.target}"
                continue
            ends = [(model.table, relation.pairs, models[relation.target].table)]
            if relation.through is not None:
                between = relation.through
                ends = [(model.table, between.near, between.table), (between.table, between.far, ends[0][2])]
            assert bool(relation.pairs) != (relation.through is not None), place
            for left, pairs, right in ends:
                for a, b in pairs:
                    if not has(left, a) or not has(right, b):
                        yield f"{place}: {a} {b}"


def test_whatever_is_named_is_there_and_can_be_pickled(read_django) -> None:
    case = read_django(MODELS, apps=(*LIBRARIES, "shop"))
    assert list(missing(case.reading)) == []
    assert pickle.loads(pickle.dumps(case.reading.models)) == case.reading.models
    managed = {model.table.key for model in case.reading.models if model.label != "shop.Legacy"}
    assert managed == {table.ref.key for table in case.reading.catalog.tables}


def _model(reading: SourceReading, label: str) -> MappedModel:
    return next(model for model in reading.models if model.label == label)


def test_keys_and_labels(read_django) -> None:
    reading = read_django(MODELS, apps=(*LIBRARIES, "shop")).reading
    assert _model(reading, "shop.Place").key == "shop/models.py:Place"
    assert _model(reading, "auth.User").key == "django.contrib.auth.models.User"
    assert _model(reading, "shop.Order_extra").key == "shop/models.py:Order.extra.through"
    assert _model(reading, "shop.Famous").bases == ("shop/models.py:Place",)
    assert _model(reading, "shop.Famous").table == _model(reading, "shop.Place").table


def test_order_up_to_what_is_no_column(read_django) -> None:
    reading = read_django(MODELS, apps=(*LIBRARIES, "shop")).reading
    assert _model(reading, "shop.Place").ordering == (("created", True),)
    assert _model(reading, "shop.Famous").ordering == (("place_name", False),)
    assert _model(reading, "shop.Order").ordering == (("placed", True), ("number", True), ("sort", False))
    assert _model(reading, "shop.Line").ordering == (("_order", False),)
    assert _model(reading, "shop.Kind").ordering == ()


def test_inherited_columns_lie_in_the_parents_tables(read_django) -> None:
    reading = read_django(MODELS, apps=(*LIBRARIES, "shop")).reading
    models = {model.key: model for model in reading.models}
    bar, restaurant, place = (Ref.of_table(f"shop_{name}") for name in ("bar", "restaurant", "place"))
    assert column_of(models, _model(reading, "shop.Bar"), "late") == (bar.column("late"), ())
    found = column_of(models, _model(reading, "shop.Bar"), "name")
    assert found is not None
    assert found[0] == place.column("place_name")
    assert [join.pairs for join in found[1]] == [
        ((bar.column("restaurant_ptr_id"), restaurant.column("place_ptr_id")),),
        ((restaurant.column("place_ptr_id"), place.column("id")),),
    ]
    assert column_of(models, _model(reading, "shop.Bar"), "nothing") is None
    assert column_of(models, _model(reading, "shop.Bar"), "pk") == (bar.column("restaurant_ptr_id"), ())


def test_relations_are_found_by_accessor_and_by_the_name_in_filters(read_django) -> None:
    reading = read_django(MODELS, apps=(*LIBRARIES, "shop")).reading
    models = {model.key: model for model in reading.models}
    bar = _model(reading, "shop.Bar")
    found = relation_of(models, bar, "owner")
    assert found is not None
    assert (found[0].label, found[1].target, len(found[2])) == ("shop.Place", "django.contrib.auth.models.User", 2)
    user = _model(reading, "auth.User")
    assert relation_of(models, user, "note_set") is not None
    assert relation_of(models, user, "note") is None
    asked = relation_of(models, user, "note", in_filter=True)
    assert asked is not None
    assert asked[1].name == "note_set"
    assert relation_of(models, user, "note_set", in_filter=True) is None


def test_generic_relations_name_the_column_of_the_type(read_django) -> None:
    reading = read_django(MODELS, apps=(*LIBRARIES, "shop")).reading
    notes = _model(reading, "shop.Place").relations["notes"]
    assert (notes.target, notes.pairs) == ("shop/models.py:Note", (("id", "object_id"),))
    assert notes.fixed == ("content_type_id",)
    back = _model(reading, "shop.Note").relations["place"]
    assert (back.pairs, back.many) == ((("object_id", "id"),), False)


def test_tags(read_django) -> None:
    case = read_django(
        """
        from django.db import models
        from taggit.managers import TaggableManager
        from taggit.models import TaggedItemBase

        class Label(TaggedItemBase):
            content_object = models.ForeignKey("Post", models.CASCADE)

        class Post(models.Model):
            tags = TaggableManager()

        class Page(models.Model):
            code = models.IntegerField(primary_key=True)
            labels = TaggableManager(through="shop.Word")

        class Word(TaggedItemBase):
            content_object = models.ForeignKey(Page, models.CASCADE)
        """,
        apps=("django.contrib.contenttypes", "taggit", "shop"),
    )
    assert list(missing(case.reading)) == []
    post = _model(case.reading, "shop.Post").relations["tags"].through
    assert post is not None
    assert (post.table.table, post.near, post.far) == ("taggit_taggeditem", (("id", "object_id"),), (("tag_id", "id"),))
    assert post.fixed == ("content_type_id",)
    page = _model(case.reading, "shop.Page").relations["labels"].through
    assert page is not None
    assert (page.table.table, page.near) == ("shop_word", (("code", "content_object_id"),))
    assert page.fixed == ()
    assert _model(case.reading, "shop.Page").relations["labels"].target == "taggit.models.Tag"


def test_a_model_in_the_users_place(read_django) -> None:
    reading = read_django(
        """
        from django.contrib.auth.models import AbstractUser
        from django.contrib.auth import get_user_model
        from django.db import models

        class Member(AbstractUser):
            nick = models.CharField(max_length=5)
            class Meta(AbstractUser.Meta):
                ordering = ["nick"]

        class Post(models.Model):
            by = models.ForeignKey(get_user_model(), models.CASCADE)
            image = models.ForeignKey("filer.Image", models.CASCADE)
            pointing = models.ForeignKey(nobody_knows(), models.CASCADE)
        """,
        apps=(*LIBRARIES, "shop"),
        more='AUTH_USER_MODEL = "shop.Member"',
    ).reading
    assert list(missing(reading)) == []
    labels = {model.label for model in reading.models}
    assert "shop.Member" in labels
    assert "auth.User" not in labels
    member = _model(reading, "shop.Member")
    assert "django.contrib.auth.get_user_model" in member.aliases
    assert [model.label for model in reading.models if model.aliases] == ["shop.Member"]
    assert member.relations["groups"].target == "django.contrib.auth.models.Group"
    assert (member.ordering, set(member.relations) & {"post_set"}) == ((("nick", False),), {"post_set"})
    post = _model(reading, "shop.Post")
    assert post.relations.keys() == {"by", "image"}
    assert post.columns["pointing"] == "pointing_id"
    image = next(model for model in reading.models if model.key == post.relations["image"].target)
    assert (image.key, image.table, image.columns["pk"]) == ("filer.Image", Ref.of_table("filer_image"), "id")


def test_columns_that_only_migrations_tell(read_django) -> None:
    migration = """
    from django.db import migrations, models

    class Migration(migrations.Migration):
        operations = [
            migrations.CreateModel("Kind", [("id", models.AutoField(primary_key=True))]),
            migrations.CreateModel("Thing", [
                ("id", models.AutoField(primary_key=True)),
                ("name", models.TextField()),
                ("hidden", models.TextField()),
                ("kind", models.ForeignKey("shop.Kind", models.CASCADE)),
            ]),
        ]
    """
    reading = read_django(
        """
        from django.db import models
        from somewhere import Unknown

        class Kind(models.Model):
            pass

        class Thing(Unknown):
            name = models.TextField()
        """,
        files={"shop/migrations/0001_initial.py": migration},
    ).reading
    thing = _model(reading, "shop.Thing")
    assert thing.columns["hidden"] == "hidden"
    assert thing.columns["kind"] == thing.columns["kind_id"] == "kind_id"
    assert list(missing(reading)) == []


def test_histories(read_django) -> None:
    reading = read_django(
        """
        from django.db import models
        from simple_history.models import HistoricalRecords

        class Kind(models.Model):
            pass

        class Order(models.Model):
            kind = models.ForeignKey(Kind, models.CASCADE)
            number = models.CharField(max_length=5, db_column="no")
            past = HistoricalRecords()
        """,
        apps=("django.contrib.auth", "django.contrib.contenttypes", "simple_history", "shop"),
    ).reading
    assert list(missing(reading)) == []
    order, history = _model(reading, "shop.Order"), _model(reading, "shop.HistoricalOrder")
    assert (order.relations["past"].target, order.relations["past"].pairs) == (history.key, (("id", "id"),))
    assert history.key == "shop/models.py:HistoricalOrder"
    assert history.primary_key == ("history_id",)
    assert history.columns["number"] == "no"
    assert history.columns["kind"] == "kind_id"
    assert history.relations["kind"].target == "shop/models.py:Kind"
    assert history.ordering == (("history_date", True), ("history_id", True))
    assert "history_user" in history.relations


def test_a_key_of_several_columns(read_django) -> None:
    reading = read_django(
        """
        from django.db import models

        class Kind(models.Model):
            pass

        class Stock(models.Model):
            pk = models.CompositePrimaryKey("kind_id", "place")
            kind = models.ForeignKey(Kind, models.CASCADE)
            place = models.IntegerField()
        """
    ).reading
    stock = _model(reading, "shop.Stock")
    assert stock.primary_key == ("kind_id", "place")
    assert dict(stock.columns) == {"kind": "kind_id", "kind_id": "kind_id", "place": "place"}

"""The catalog read from models equals the one that Django's own migrations make, on both engines."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from support.djangorun import differences

from dbarchitect.sources.discover import open_project
from dbarchitect.sources.django import DjangoReader

from .conftest import migrated, write_project

CONTRIB = (
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.sites",
    "django.contrib.flatpages",
    "django.contrib.redirects",
)

FIELDS = """
    import uuid
    from django.db import models
    from django.utils import timezone

    class Everything(models.Model):
        a_boolean = models.BooleanField(default=False)
        a_char = models.CharField(max_length=10)
        a_char_unique = models.CharField(max_length=10, unique=True)
        a_char_indexed = models.CharField(max_length=10, db_index=True, null=True)
        a_binary = models.BinaryField()
        a_date = models.DateField(auto_now_add=True)
        a_moment = models.DateTimeField(auto_now=True, db_index=True)
        a_decimal = models.DecimalField(max_digits=12, decimal_places=3)
        a_duration = models.DurationField(null=True)
        an_email = models.EmailField()
        a_file = models.FileField()
        an_image = models.FileField(upload_to="x", max_length=200)
        a_path = models.FilePathField()
        a_float = models.FloatField()
        an_ip = models.GenericIPAddressField()
        an_int = models.IntegerField(choices=[(1, "one"), (2, "two")])
        a_big = models.BigIntegerField()
        a_small = models.SmallIntegerField()
        a_positive = models.PositiveIntegerField()
        a_positive_big = models.PositiveBigIntegerField()
        a_positive_small = models.PositiveSmallIntegerField(db_column="pos small")
        a_json = models.JSONField(default=dict)
        a_json_null = models.JSONField(null=True)
        a_slug = models.SlugField()
        a_slug_unique = models.SlugField(unique=True)
        a_slug_plain = models.SlugField(db_index=False)
        a_text = models.TextField()
        a_text_indexed = models.TextField(db_index=True)
        a_time = models.TimeField()
        a_url = models.URLField()
        a_uuid = models.UUIDField(default=uuid.uuid4, db_index=True)
        with_default = models.IntegerField(db_default=5)
        with_now = models.DateTimeField(db_default=models.functions.Now())
        with_text = models.CharField(max_length=5, db_default="it's")

    class UuidKey(models.Model):
        id = models.UUIDField(primary_key=True, default=uuid.uuid4)

    class CharKey(models.Model):
        code = models.CharField(max_length=4, primary_key=True)

    class SmallKey(models.Model):
        id = models.SmallAutoField(primary_key=True)

    class PositiveKey(models.Model):
        number = models.PositiveIntegerField(primary_key=True)

    class Refers(models.Model):
        to_uuid = models.ForeignKey(UuidKey, models.CASCADE)
        to_char = models.ForeignKey(CharKey, models.SET_NULL, null=True)
        to_small = models.OneToOneField("SmallKey", on_delete=models.PROTECT)
        to_positive = models.ForeignKey("shop.PositiveKey", models.DO_NOTHING, db_index=False)
        to_slug = models.ForeignKey(Everything, models.CASCADE, to_field="a_slug_unique")
        to_self = models.ForeignKey("self", models.CASCADE, null=True, db_column="parent")
        loose = models.ForeignKey(UuidKey, models.CASCADE, related_name="+", db_constraint=False)
        only = models.ForeignKey(UuidKey, models.CASCADE, related_name="+", unique=True)

    class KeyIsReference(models.Model):
        refers = models.OneToOneField(Refers, models.CASCADE, primary_key=True)

    class Beyond(models.Model):
        key = models.ForeignKey(KeyIsReference, models.CASCADE)
"""

INHERITANCE = """
    from django.db import models
    from django.contrib.auth.models import AbstractUser
    from shop.mixins import Stamped, Owned, Plain

    class User(AbstractUser):
        nickname = models.CharField(max_length=20, unique=True)

    class Base(Stamped):
        title = models.CharField(max_length=50)
        class Meta(Stamped.Meta):
            abstract = True
            indexes = [models.Index(fields=["title"], name="%(class)s_title")]

    class First(Base, Plain):
        pass

    class Second(Base):
        title = models.TextField()
        created = None
        class Meta:
            db_table = "the second"

    class Place(Owned):
        name = models.CharField(max_length=10)

    class Restaurant(Place):
        stars = models.PositiveSmallIntegerField()

    class Diner(Restaurant):
        link = models.OneToOneField(Restaurant, models.CASCADE, parent_link=True)

    class Both(Place, First):
        place_ptr = models.OneToOneField(Place, models.CASCADE, parent_link=True, primary_key=True)

    class Alias(Place):
        class Meta:
            proxy = True

    class Visit(models.Model):
        alias = models.ForeignKey(Alias, models.CASCADE)
        diner = models.ForeignKey(Diner, models.CASCADE)
        class Meta:
            order_with_respect_to = "alias"

    class Outside(models.Model):
        class Meta:
            managed = False
"""
MIXINS = """
    from django.conf import settings
    from django.contrib.auth import get_user_model
    from django.db import models

    class Stamped(models.Model):
        created = models.DateTimeField(auto_now_add=True)
        updated = models.DateTimeField(auto_now=True)
        class Meta:
            abstract = True
            ordering = ["created"]

    class Owned(models.Model):
        owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="%(class)s_set")
        class Meta:
            abstract = True

    class Plain:
        ignored = models.IntegerField()
"""

RELATIONS = """
    from django.conf import settings
    from django.contrib.contenttypes.fields import GenericForeignKey, GenericRelation
    from django.contrib.contenttypes.models import ContentType
    from django.db import models

    class Tag(models.Model):
        code = models.CharField(max_length=9, primary_key=True)

    class Post(models.Model):
        tags = models.ManyToManyField(Tag)
        readers = models.ManyToManyField(settings.AUTH_USER_MODEL, through="Reading")
        related = models.ManyToManyField("self", symmetrical=False)
        liked_by = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="likes", db_table="who likes")
        loose = models.ManyToManyField(Tag, related_name="+", db_constraint=False)
        notes = GenericRelation("Note")

    class Reading(models.Model):
        post = models.ForeignKey(Post, models.CASCADE)
        user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)
        class Meta:
            unique_together = ("post", "user")

    class Note(models.Model):
        content_type = models.ForeignKey(ContentType, on_delete=models.CASCADE)
        object_id = models.PositiveIntegerField()
        target = GenericForeignKey("content_type", "object_id")
        class Meta:
            indexes = [models.Index(fields=["content_type", "object_id"])]
"""

META = """
    from decimal import Decimal
    from django.db import models
    from django.db.models import F, Q
    from django.db.models.functions import Lower, Upper

    class Status(models.TextChoices):
        OPEN = "open", "Open"
        DONE = "done", "Done"

    ALIVE = Q(deleted_at__isnull=True)

    class Order(models.Model):
        Kind = models.IntegerChoices("Kind", "A B")
        number = models.CharField(max_length=20)
        status = models.CharField(max_length=10, choices=Status.choices, default=Status.OPEN)
        note = models.CharField(max_length=10, null=True)
        price = models.DecimalField(max_digits=8, decimal_places=2)
        low = models.IntegerField()
        high = models.IntegerField(null=True)
        flag = models.BooleanField()
        deleted_at = models.DateTimeField(null=True)
        customer = models.ForeignKey("self", models.CASCADE)

        class Meta:
            unique_together = [["number", "customer"], ["low", "high"]]
            indexes = [
                models.Index(fields=["status", "-deleted_at"]),
                models.Index("number", Lower("note").desc(), name="by_lower"),
                models.Index(F("low") + F("high"), name="by_sum"),
                models.Index(fields=["customer"], condition=Q(status=Status.OPEN) & ALIVE, name="open_ones"),
                models.Index(fields=["low"], condition=Q(flag=True), name="flagged"),
            ]
            constraints = [
                models.UniqueConstraint(fields=["number", "low"], name="number_low"),
                models.UniqueConstraint(fields=["number"], condition=ALIVE, name="number_alive"),
                models.UniqueConstraint(Lower("number"), "low", name="number_lower"),
                models.CheckConstraint(condition=Q(low__lte=F("high")), name="low_high"),
                models.CheckConstraint(condition=Q(price__gte=Decimal("0.01")), name="price_positive"),
                models.CheckConstraint(condition=Q(price__gte=0), name="price_zero"),
                models.CheckConstraint(condition=Q(price__lt=0.5) | Q(price=F("low")), name="price_float"),
                models.CheckConstraint(condition=Q(status__in=Status.values), name="status_known"),
                models.CheckConstraint(condition=Q(low__range=(1, 10)) | Q(high=None), name="in_range"),
                models.CheckConstraint(condition=~Q(note="x", low=3), name="not_both"),
                models.CheckConstraint(condition=Q(flag=False) | ~Q(flag=True, low__gt=0), name="flags"),
                models.CheckConstraint(condition=Q(number__startswith="A_"), name="prefix"),
            ]
"""

POSTGRES_ONLY = """
    from django.contrib.postgres.constraints import ExclusionConstraint
    from django.contrib.postgres.fields import ArrayField, DateTimeRangeField, IntegerRangeField, RangeOperators
    from django.contrib.postgres.indexes import BrinIndex, GinIndex, GistIndex, HashIndex, OpClass
    from django.contrib.postgres.search import SearchVector, SearchVectorField
    from django.db import models
    from django.db.models import Deferrable, F, Q
    from django.db.models.functions import Upper

    class Room(models.Model):
        name = models.CharField(max_length=20, db_collation="C", unique=True)
        tags = ArrayField(models.CharField(max_length=10), default=list)
        grid = ArrayField(ArrayField(models.IntegerField()), size=3, null=True)
        span = DateTimeRangeField()
        seats = IntegerRangeField(null=True)
        search = SearchVectorField(null=True)
        data = models.JSONField(default=dict)
        made = models.DateTimeField()
        title = models.TextField(db_comment="what it is called")
        shouted = models.GeneratedField(expression=Upper("title"), output_field=models.TextField(), db_persist=True)
        number = models.IntegerField()

        class Meta:
            db_table_comment = "rooms"
            indexes = [
                GinIndex(fields=["tags"], name="room_tags"),
                GinIndex(fields=["search"]),
                GinIndex(fields=["data"], opclasses=["jsonb_path_ops"], name="room_data"),
                BrinIndex(fields=["made"]),
                HashIndex(fields=["title"], name="room_hash"),
                GistIndex(fields=["span"], name="room_span"),
                models.Index(fields=["made"], include=["number"], name="room_made"),
                models.Index(F("made").desc(nulls_last=True), name="room_made_last"),
                models.Index(OpClass(Upper("title"), name="text_pattern_ops"), name="room_upper"),
                models.Index(fields=["title"], opclasses=["text_pattern_ops"], name="room_pattern"),
                GinIndex(SearchVector("title", config="english"), name="room_words"),
            ]
            constraints = [
                models.UniqueConstraint(fields=["number"], name="room_number", deferrable=Deferrable.DEFERRED),
                models.UniqueConstraint(fields=["made"], name="room_made_u", nulls_distinct=False),
                models.UniqueConstraint(fields=["title"], include=["number"], name="room_title"),
                ExclusionConstraint(
                    name="no_overlap",
                    expressions=[("span", RangeOperators.OVERLAPS)],
                    condition=Q(number__gt=0),
                ),
            ]
"""

SQLITE_ONLY = """
    from django.contrib.postgres.indexes import BrinIndex, GinIndex
    from django.db import models
    from django.db.models import Deferrable

    class Thing(models.Model):
        a = models.IntegerField()
        b = models.CharField(max_length=5)
        ip = models.GenericIPAddressField(unique=True)

        class Meta:
            indexes = [
                GinIndex(fields=["b"], name="gin", opclasses=["gin_trgm_ops"]),
                BrinIndex(fields=["a"], name="brin"),
                models.Index(fields=["a"], include=["b"], name="covering"),
            ]
            constraints = [
                models.UniqueConstraint(fields=["a"], name="later", deferrable=Deferrable.DEFERRED),
                models.UniqueConstraint(fields=["b"], name="covered", include=["a"]),
                models.UniqueConstraint(fields=["a", "b"], name="nulls", nulls_distinct=False),
            ]
"""

CASES = {
    "fields": ({"shop/models.py": FIELDS}, (), ""),
    "inheritance": (
        {"shop/models.py": INHERITANCE, "shop/mixins.py": MIXINS},
        CONTRIB,
        "AUTH_USER_MODEL = 'shop.User'\nDEFAULT_AUTO_FIELD = 'django.db.models.BigAutoField'",
    ),
    "relations": (
        {
            "shop/models.py": RELATIONS,
            "shop/apps.py": """
                from django.apps import AppConfig
                class ShopConfig(AppConfig):
                    name = "shop"
                    label = "store"
                    default_auto_field = "django.db.models.BigAutoField"
            """,
        },
        CONTRIB,
        "",
    ),
    "meta": ({"shop/models.py": META}, (), ""),
}


def label(case: str) -> str:
    return "store" if case == "relations" else "shop"


@pytest.mark.parametrize("case", [*CASES, "sqlite"])
def test_sqlite(case: str, tmp_path: Path) -> None:
    files, apps, more = CASES.get(case, ({"shop/models.py": SQLITE_ONLY}, (), ""))
    root = write_project(tmp_path / "p", files, "sqlite3", (*apps, "shop"), more)
    (reading,) = DjangoReader().read(open_project(root))
    found = differences(reading.catalog, migrated(root, str(tmp_path / "app.db"), label(case)), "declared")
    assert not found, "\n".join(found)


@pytest.mark.server
@pytest.mark.parametrize("case", [*CASES, "postgresql"])
def test_postgresql(case: str, tmp_path: Path, postgresql: Callable[[], str]) -> None:
    files, apps, more = CASES.get(case, ({"shop/models.py": POSTGRES_ONLY}, ("django.contrib.postgres",), ""))
    root = write_project(tmp_path, files, "postgresql", (*apps, "shop"), more)
    (reading,) = DjangoReader().read(open_project(root))
    found = differences(reading.catalog, migrated(root, postgresql(), label(case)), "declared")
    assert not found, "\n".join(found)

"""The catalog replayed from migrations is the one that Django's own `migrate` makes, on both engines."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from support.djangorun import differences

from dbarchitect.shadow import Shadow

from .conftest import migration, read, run_for_real, write

ID = '("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),'

START = migration(f"""
    migrations.CreateModel("Customer", [
        {ID}
        ("name", models.CharField(max_length=50)),
        ("email", models.EmailField(max_length=254, unique=True)),
        ("code", models.SlugField()),
        ("note", models.TextField(blank=True, null=True)),
    ]),
    migrations.CreateModel("Product", [
        {ID}
        ("sku", models.CharField(max_length=20, db_index=True)),
        ("price", models.DecimalField(max_digits=8, decimal_places=2)),
        ("stock", models.PositiveIntegerField(default=0)),
    ], options={{"ordering": ["sku"]}}),
    migrations.CreateModel("Order", [
        {ID}
        ("placed_at", models.DateTimeField(auto_now_add=True)),
        ("state", models.CharField(max_length=10, default="new")),
        ("customer", models.ForeignKey("shop.Customer", models.CASCADE)),
        ("products", models.ManyToManyField("shop.Product", blank=True)),
    ], options={{"unique_together": {{("customer", "placed_at")}}, "db_table": "orders"}}),
""")

CASES: dict[str, Mapping[str, str]] = {
    "created": {"0001_start": START},
    "fields": {
        "0001_start": START,
        "0002_more": migration(
            """
            migrations.AddField("order", "paid", models.BooleanField(default=False)),
            migrations.AddField("order", "token", models.UUIDField(default=uuid.uuid4, unique=True)),
            migrations.AddField("order", "referrer", models.ForeignKey("shop.Customer", models.SET_NULL, null=True,
                related_name="+")),
            migrations.AddField("product", "related", models.ManyToManyField("self", blank=True)),
            migrations.AddField("product", "weight", models.PositiveSmallIntegerField(null=True)),
            migrations.RemoveField("customer", "note"),
            migrations.AlterField("customer", "name", models.CharField(max_length=80, db_index=True, null=True)),
            migrations.AlterField("customer", "email", models.EmailField(max_length=254)),
            migrations.AlterField("customer", "code", models.SlugField(unique=True)),
            migrations.AlterField("product", "stock", models.BigIntegerField(null=True)),
            """,
            "shop.0001_start",
        ),
        "0003_back": migration(
            """
            migrations.AlterField("product", "stock", models.PositiveIntegerField(default=3)),
            migrations.AlterField("order", "referrer", models.OneToOneField("shop.Customer", models.CASCADE, null=True,
                related_name="+")),
            migrations.AlterField("customer", "name", models.TextField(default="")),
            migrations.RemoveField("order", "products"),
            """,
            "shop.0002_more",
        ),
    },
    "renamed": {
        "0001_start": START,
        "0002_names": migration(
            """
            migrations.RenameField("customer", "email", "address"),
            migrations.RenameField("order", "customer", "buyer"),
            migrations.RenameField("order", "products", "goods"),
            migrations.RenameModel("Customer", "Buyer"),
            migrations.RenameModel("Product", "Good"),
            migrations.AlterModelTable("order", "purchases"),
            migrations.AlterField("good", "sku", models.CharField(max_length=20, db_index=True, db_column="SKU")),
            """,
            "shop.0001_start",
        ),
        "0003_after": migration(
            """
            migrations.AddField("buyer", "best", models.ForeignKey("shop.Good", models.CASCADE, null=True)),
            migrations.AlterUniqueTogether("order", {("buyer", "state")}),
            migrations.RenameField("good", "sku", "number"),
            migrations.AlterModelTable("order", None),
            """,
            "shop.0002_names",
        ),
    },
    "indexes": {
        "0001_start": START,
        "0002_add": migration(
            """
            migrations.AddIndex("order", models.Index(fields=["state", "-placed_at"], name="order_state_idx")),
            migrations.AddIndex("order", models.Index(fields=["customer"], name="order_new_idx",
                condition=models.Q(state="new"))),
            migrations.AddConstraint("product", models.CheckConstraint(condition=models.Q(price__gt=0), name="paid")),
            migrations.AddConstraint("product", models.UniqueConstraint(fields=["sku", "price"], name="one_price")),
            migrations.AddConstraint("order", models.UniqueConstraint(fields=["customer"], name="one_new",
                condition=models.Q(state="new"))),
            migrations.AlterUniqueTogether("customer", {("name", "code"), ("code", "email")}),
            """,
            "shop.0001_start",
        ),
        "0003_change": migration(
            """
            migrations.RenameIndex("order", new_name="order_recent_idx", old_name="order_state_idx"),
            migrations.RemoveIndex("order", "order_new_idx"),
            migrations.RemoveConstraint("product", "paid"),
            migrations.RenameField("product", "sku", "number"),
            migrations.AlterUniqueTogether("customer", {("code", "email")}),
            migrations.AlterOrderWithRespectTo("order", "customer"),
            """,
            "shop.0002_add",
        ),
    },
    "keys": {
        "0001_keys": migration(f"""
            migrations.CreateModel("Country", [("code", models.CharField(max_length=2, primary_key=True))]),
            migrations.CreateModel("City", [
                {ID}
                ("country", models.ForeignKey("shop.Country", models.CASCADE)),
                ("twins", models.ManyToManyField("shop.Country", related_name="+")),
            ]),
            migrations.CreateModel("Place", [
                {ID}
                ("name", models.CharField(max_length=10, unique=True)),
            ]),
            migrations.CreateModel("Bar", [
                ("place_ptr", models.OneToOneField("shop.Place", models.CASCADE, auto_created=True, parent_link=True,
                    primary_key=True, serialize=False)),
                ("stars", models.SmallIntegerField()),
            ], bases=("shop.place",)),
            migrations.CreateModel("Visit", [
                {ID}
                ("bar", models.ForeignKey("shop.Bar", models.CASCADE)),
                ("place", models.ForeignKey("shop.Place", models.CASCADE, to_field="name", db_constraint=False)),
            ]),
        """),
        "0002_wider": migration(
            """
            migrations.AlterField("country", "code", models.CharField(max_length=3, primary_key=True)),
            migrations.RenameField("country", "code", "iso"),
            migrations.RenameField("place", "name", "title"),
            """,
            "shop.0001_keys",
        ),
    },
    "swapped": {
        "0001_start": START,
        "0002_move": migration(
            f"""
            migrations.SeparateDatabaseAndState(
                database_operations=[migrations.AlterModelTable("product", "stock_item")],
                state_operations=[
                    migrations.CreateModel("Item", [
                        {ID}
                        ("sku", models.CharField(max_length=20, db_index=True)),
                        ("price", models.DecimalField(max_digits=8, decimal_places=2)),
                        ("stock", models.PositiveIntegerField(default=0)),
                    ], options={{"db_table": "stock_item"}}),
                    migrations.AlterField("order", "products", models.ManyToManyField("shop.Item", blank=True)),
                    migrations.DeleteModel("Product"),
                ],
            ),
            migrations.AddField("item", "color", models.CharField(max_length=5, null=True)),
            migrations.DeleteModel("Order"),
            """,
            "shop.0001_start",
        ),
    },
    "sql": {
        "0001_start": START,
        "0002_sql": migration(
            """
            migrations.RunSQL("CREATE INDEX by_state ON orders (state) WHERE state <> 'done'",
                "DROP INDEX by_state"),
            migrations.RunSQL([
                "CREATE TABLE log (id integer NOT NULL PRIMARY KEY, said varchar(9));",
                "CREATE INDEX by_said ON log (said)",
                ("UPDATE orders SET state = %s WHERE state = %s", ["a", "b"]),
            ], migrations.RunSQL.noop),
            migrations.RunSQL("ALTER TABLE shop_customer ADD COLUMN seen boolean",
                state_operations=[migrations.AddField("customer", "seen", models.BooleanField(null=True))]),
            migrations.AlterField("customer", "code", models.CharField(max_length=7)),
            migrations.RunPython(migrations.RunPython.noop, migrations.RunPython.noop),
            """,
            "shop.0001_start",
        ),
    },
    "squashed": {
        "0001_start": START,
        "0002_one": migration(
            'migrations.AddField("order", "one", models.IntegerField(default=1)),', "shop.0001_start"
        ),
        "0003_two": migration('migrations.AddField("order", "two", models.IntegerField(default=2)),', "shop.0002_one"),
        "0002_squashed_0003": migration(
            """
            migrations.AddField("order", "one", models.IntegerField(default=1)),
            migrations.AddField("order", "two", models.IntegerField(default=2)),
            """,
            "shop.0001_start",
            more='replaces = [("shop", "0002_one"), ("shop", "0003_two")]',
        ),
        "0004_after": migration('migrations.RemoveField("order", "one"),', "shop.0003_two"),
    },
    "key_types": {
        "0001_keys": migration("""
            migrations.CreateModel("Node", [
                ("id", models.AutoField(primary_key=True)),
                ("parent", models.ForeignKey("self", models.CASCADE, null=True)),
                ("friends", models.ManyToManyField("self")),
                ("number", models.IntegerField(default=0)),
            ]),
            migrations.CreateModel("Leaf", [
                ("id", models.AutoField(primary_key=True)),
                ("node", models.ForeignKey("shop.Node", models.CASCADE)),
                ("nodes", models.ManyToManyField("shop.Node", related_name="+")),
            ]),
        """),
        "0002_bigger": migration(
            """
            migrations.AlterField("node", "id", models.BigAutoField(primary_key=True)),
            migrations.RenameModel("Node", "Knot"),
            migrations.AlterField("leaf", "node", models.IntegerField(null=True)),
            """,
            "shop.0001_keys",
        ),
        "0003_again": migration(
            """
            migrations.AlterField("leaf", "node", models.ForeignKey("shop.Knot", models.CASCADE, null=True)),
            migrations.RenameField("knot", "parent", "above"),
            migrations.RenameField("leaf", "nodes", "knots"),
            migrations.AddField("knot", "first", models.OneToOneField("shop.Leaf", models.CASCADE, null=True)),
            """,
            "shop.0002_bigger",
        ),
    },
    "through": {
        "0001_start": START,
        "0002_through": migration(
            f"""
            migrations.CreateModel("Line", [
                {ID}
                ("order", models.ForeignKey("shop.Order", models.CASCADE)),
                ("product", models.ForeignKey("shop.Product", models.CASCADE)),
                ("amount", models.PositiveIntegerField(db_default=1)),
                ("total", models.GeneratedField(expression=models.F("id") * 2,
                    output_field=models.IntegerField(), db_persist=True)),
            ], options={{"constraints": [models.UniqueConstraint(fields=["order", "product"], name="one_line")],
                         "indexes": [models.Index(fields=["amount"], name="by_amount")],
                         "db_table_comment": "lines"}}),
            migrations.AddField("product", "orders", models.ManyToManyField("shop.Order", through="shop.Line",
                related_name="+")),
            migrations.RemoveField("order", "products"),
            """,
            "shop.0001_start",
        ),
        "0003_renamed": migration(
            """
            migrations.RemoveConstraint("line", "one_line"),
            migrations.RenameField("line", "product", "item"),
            migrations.RemoveIndex("line", "by_amount"),
            migrations.RenameField("line", "amount", "pieces"),
            migrations.AddConstraint("line", models.CheckConstraint(condition=models.Q(pieces__gte=1), name="some")),
            """,
            "shop.0002_through",
        ),
    },
    "unmanaged": {
        "0001_start": START,
        "0002_views": migration(
            f"""
            migrations.CreateModel("Report", [{ID} ("x", models.IntegerField())], options={{"managed": False}}),
            migrations.CreateModel("Vip", [], options={{"proxy": True}}, bases=("shop.customer",)),
            migrations.AddField("report", "y", models.IntegerField(null=True)),
            migrations.DeleteModel("Vip"),
            """,
            "shop.0001_start",
        ),
    },
    "two_apps": {
        "0001_start": START,
        "0002_more": migration(
            'migrations.AddField("order", "bill", models.ForeignKey("billing.Bill", models.CASCADE, null=True)),',
            "shop.0001_start",
            "billing.__first__",
        ),
        "billing/migrations/0001_bills.py": migration(
            f"""
            migrations.CreateModel("Bill", [
                {ID}
                ("order", models.ForeignKey("shop.Order", models.CASCADE)),
                ("payer", models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)),
            ]),
            """,
            "shop.0001_start",
            "auth.0001_initial",
        ),
    },
}


UNMANAGED = """
from django.db import models


class Anything(models.Model):
    class Meta:
        managed = False
"""


def _write(case: str, root: Path, engine_name: str) -> Path:
    files = {
        path if "/" in path else f"shop/migrations/{path}.py": text for path, text in CASES_OF_POSTGRESQL[case].items()
    }
    apps: tuple[str, ...] = ("django.contrib.auth", "django.contrib.contenttypes", "shop")
    files["shop/models.py"] = UNMANAGED
    if case == "two_apps":
        files["billing/models.py"] = ""
        apps = (*apps, "billing")
    return write(root, files, engine_name, apps)


@pytest.mark.parametrize("case", CASES)
def test_sqlite(case: str, tmp_path: Path) -> None:
    root = _write(case, tmp_path, "sqlite3")
    replayed = read(root)
    assert not [text for text in replayed.texts if "not managed" not in text]
    assert not differences(replayed.catalog, run_for_real(root, str(tmp_path / "app.db")), "replayed")


POSTGRESQL = {
    "0001_start": START,
    "0002_beside": migration(
        """
        pg.AddIndexConcurrently("order", models.Index(fields=["state"], name="by_state")),
        pg.AddConstraintNotValid("product", models.CheckConstraint(condition=models.Q(stock__lt=9), name="few")),
        pg.CreateExtension("plpgsql"),
        migrations.RunSQL("CREATE TYPE mood AS ENUM ('good', 'bad'); ALTER TABLE orders ADD COLUMN felt mood", ""),
        migrations.RunSQL("CREATE VIEW shown AS SELECT id FROM orders", "DROP VIEW shown"),
        migrations.RunSQL("ALTER TABLE orders_id_seq RENAME TO numbers", migrations.RunSQL.noop),
        """,
        "shop.0001_start",
        more="atomic = False",
    ),
    "0003_after": migration(
        """
        pg.ValidateConstraint("product", "few"),
        migrations.RenameModel("Customer", "Buyer"),
        migrations.AlterModelTable("product", "goods"),
        """,
        "shop.0002_beside",
    ),
}
CASES_OF_POSTGRESQL = {**CASES, "beside": POSTGRESQL}


@pytest.mark.parametrize("case", ["renamed", "indexes", "beside"])
def test_names_are_those_of_the_server(case: str, tmp_path: Path, postgresql: Shadow) -> None:
    root = _write(case, tmp_path, "postgresql")
    ours, live = read(root).catalog, run_for_real(root, postgresql.database())
    for table in live.tables:
        twin = ours.table(table.ref)
        if twin is None or twin.owned_by is not None:
            continue
        assert {i.name for i in table.indexes} == {i.name for i in twin.indexes}
        assert {k.name for k in table.unique_keys} >= {k.name for k in twin.unique_keys if k.name in CHOSEN}
        assert {c.name for c in table.checks} == {c.name for c in twin.checks}


CHOSEN = {"one_price"}


@pytest.mark.parametrize("case", CASES_OF_POSTGRESQL)
def test_postgresql(case: str, tmp_path: Path, postgresql: Shadow) -> None:
    root = _write(case, tmp_path, "postgresql")
    replayed = read(root)
    assert not [text for text in replayed.texts if "not managed" not in text]
    assert not differences(replayed.catalog, run_for_real(root, postgresql.database()), "replayed")

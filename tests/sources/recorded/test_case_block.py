"""The `migrations` block of case books: several files, read by the real reader of the tool that the block names."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbarchitect.catalog.migrations import OperationKind
from dbarchitect.catalog.survey import Need
from dbarchitect.errors import SettingsError
from dbarchitect.testing import projects
from dbarchitect.testing.casebook import Case, read_case_book

BOOK = """# some-rule

## A case

```migrations{tool}
-- file: {first}
-- applied
create table orders (id bigint primary key, total int);
-- file: {second}
-- pending
create index orders_total on orders (total);
```

```facts
[tables.orders]
rows = 2100000
```
"""


def case_of(folder: Path, tool: str, first: str, second: str) -> Case:
    path = folder / "book.md"
    path.write_text(BOOK.format(tool=tool, first=first, second=second))
    return read_case_book(path).cases[0]


@pytest.mark.parametrize(
    ("tool", "first", "second", "named"),
    [
        ("", "0001_init.sql", "0002_index.sql", "sql"),
        (" sqlite", "0001_init.sql", "0002_index.sql", "sql"),
        (" prisma", "20240101000000_init", "20240102000000_index", "prisma"),
        (" prisma", "20240101000000_init/migration.sql", "20240102000000_index/migration.sql", "prisma"),
        (" drizzle", "0000_init.sql", "0001_index.sql", "drizzle"),
        (" flyway", "V1__init.sql", "V2__index.sql", "flyway"),
        (" supabase", "20240101000000_init.sql", "20240102000000_index.sql", "supabase"),
    ],
)
def test_a_block_is_a_history(tmp_path: Path, tool: str, first: str, second: str, named: str) -> None:
    survey = projects.read_migrations(case_of(tmp_path, tool, first, second))
    assert Need.MIGRATIONS in survey.needs
    assert survey.facts is not None
    assert survey.facts_of(survey.catalog.tables[0]).rows == 2100000
    history = survey.history
    assert history is not None
    assert history.tool == named
    assert [migration.applied for migration in history.migrations] == [True, False]
    made, index = (migration.operations for migration in history.migrations)
    assert [operation.kind for operation in made] == [OperationKind.CREATE_TABLE]
    assert [str(operation.object) for operation in index] == ["orders.total index orders_total"]
    assert index[0].cost is not None
    assert index[0].cost.scans


PYTHON = {
    "django": """# file: shop/migrations/0001_initial.py
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [migrations.CreateModel(name="Order", fields=[("id", models.BigAutoField(primary_key=True))])]
# file: shop/migrations/0002_total.py
# pending
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [migrations.AddField("order", "total", models.IntegerField(null=True))]
""",
    "alembic": """# file: 0001_orders.py
import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade():
    op.create_table("shop_order", sa.Column("id", sa.BigInteger, primary_key=True))
# file: 0002_total.py
# pending
import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade():
    op.add_column("shop_order", sa.Column("total", sa.Integer))
""",
}


@pytest.mark.parametrize("tool", sorted(PYTHON))
def test_a_block_of_a_python_tool(tmp_path: Path, tool: str) -> None:
    path = tmp_path / "book.md"
    path.write_text(f"# some-rule\n\n## A case\n\n```migrations {tool}\n{PYTHON[tool]}```\n")
    survey = projects.read_migrations(read_case_book(path).cases[0])
    assert survey.history is not None
    assert survey.history.tool == tool
    assert [migration.applied for migration in survey.history.migrations] == [None, False]
    assert [str(o.object) for m in survey.history.migrations for o in m.operations] == [
        "shop_order",
        "shop_order.total",
    ]
    assert "shop_order" in {table.name for table in survey.catalog.tables}


def test_a_block_without_files_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "book.md"
    path.write_text("# some-rule\n\n## A case\n\n```migrations\ncreate table t (id int);\n```\n")
    with pytest.raises(SettingsError, match="begins with `-- file: NAME`"):
        read_case_book(path)

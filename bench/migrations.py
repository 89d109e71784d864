"""Replaying 700 migrations of a repository, with the cost of each operation: Django, Alembic, SQL.

    python bench/migrations.py [--migrations 700] [--rounds 3]

Prints the processor time of each against the claim of 3 seconds, and against parsing the same files and doing nothing
(Python's `ast`, tree-sitter for SQL). Made here: every migration adds a table, a column, an index and a foreign key,
every fourth runs SQL.
"""

from __future__ import annotations

import argparse
import ast
import gc
import sys
import tempfile
from pathlib import Path

from measuring import best

from dbarchitect.sources.opened import survey_path
from dbarchitect.sources.sqlfiles.statements import split
from dbarchitect.sources.sqlfiles.tree import parse

CLAIM = 3.0  # processor seconds


def django(root: Path, count: int) -> None:
    """A project of one application whose models are what its migrations make."""
    (root / "shop" / "migrations").mkdir(parents=True)
    (root / "manage.py").write_text("import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'settings')\n")
    databases = "DATABASES = {'default': {'ENGINE': 'django.db.backends.postgresql', 'NAME': 'shop'}}\n"
    keys = "DEFAULT_AUTO_FIELD = 'django.db.models.BigAutoField'\n"
    (root / "settings.py").write_text(f"INSTALLED_APPS = ['shop']\n{keys}{databases}")
    for package in ("shop", "shop/migrations"):
        (root / package / "__init__.py").write_text("")
    models = ["from django.db import models\n"]
    for number in range(count):
        parent = f"models.ForeignKey('shop.Thing{number - 1}', models.CASCADE)" if number else "models.IntegerField()"
        models.append(
            f"class Thing{number}(models.Model):\n    name = models.CharField(max_length=50)\n    parent = {parent}\n"
            "    state = models.CharField(max_length=10, default='new')\n"
            f"    class Meta:\n        indexes = [models.Index(fields=['state'], name='thing_{number}_state')]\n"
        )
        before = f"[('shop', '{number:04}_step')]" if number else "[]"
        again = f"        migrations.RunSQL('update shop_thing{number} set state = 1', 'select 1'),\n"
        (root / "shop" / "migrations" / f"{number + 1:04}_step.py").write_text(
            "from django.db import migrations, models\n\n\nclass Migration(migrations.Migration):\n"
            f"    dependencies = {before}\n    operations = [\n"
            f"        migrations.CreateModel('Thing{number}', [('id', models.BigAutoField(primary_key=True)),"
            f" ('name', models.CharField(max_length=50))]),\n"
            f"        migrations.AddField('thing{number}', 'parent', {parent}),\n"
            f"        migrations.AddField('thing{number}', 'state', models.CharField(max_length=10, default='new')),\n"
            f"        migrations.AddIndex('thing{number}',"
            f" models.Index(fields=['state'], name='thing_{number}_state')),\n"
            f"{again if number % 4 == 0 else ''}    ]\n"
        )
    (root / "shop" / "models.py").write_text("\n\n".join(models))


def alembic(root: Path, count: int) -> None:
    """An environment without models."""
    versions = root / "migrations" / "versions"
    versions.mkdir(parents=True)
    (root / "alembic.ini").write_text(
        "[alembic]\nscript_location = migrations\nsqlalchemy.url = postgresql://db/shop\n"
    )
    (root / "migrations" / "env.py").write_text("from alembic import context\n")
    for number in range(count):
        down = f"'r{number - 1:04}'" if number else "None"
        parent = f", sa.ForeignKey('thing{number - 1}.id')" if number else ""
        again = f"    op.execute('update thing{number} set state = 1')\n" if number % 4 == 0 else ""
        (versions / f"r{number:04}_step.py").write_text(
            f"import sqlalchemy as sa\nfrom alembic import op\n\n"
            f"revision = 'r{number:04}'\ndown_revision = {down}\n\n\n"
            f"def upgrade():\n    op.create_table('thing{number}', sa.Column('id', sa.Integer(), primary_key=True),"
            f" sa.Column('name', sa.String(50), nullable=False))\n"
            f"    op.add_column('thing{number}', sa.Column('parent_id', sa.Integer(){parent}))\n"
            f"    op.add_column('thing{number}', sa.Column('state', sa.String(10), server_default='new'))\n"
            f"    op.create_index('ix_thing{number}_state', 'thing{number}', ['state'])\n{again}\n\n"
            f"def downgrade():\n    op.drop_table('thing{number}')\n"
        )


def sql(root: Path, count: int) -> None:
    """A folder of numbered files."""
    folder = root / "migrations"
    folder.mkdir(parents=True)
    for number in range(count):
        parent = f" references thing{number - 1} (id)" if number else ""
        again = f"update thing{number} set state = '1';\n" if number % 4 == 0 else ""
        (folder / f"{number + 1:04}_step.sql").write_text(
            f"create table thing{number} (id bigint generated always as identity primary key,"
            " name varchar(50) not null);\n"
            f"alter table thing{number} add column parent_id bigint{parent};\n"
            f"alter table thing{number} add column state varchar(10) default 'new';\n"
            f"create index on thing{number} (state);\n{again}"
        )


def parsed(root: Path) -> None:
    """The floor: every file parsed, nothing done with it."""
    for path in root.rglob("*.py"):
        ast.parse(path.read_bytes())
    for path in root.rglob("*.sql"):
        data = path.read_bytes()
        for span in split(data, rows=True):
            parse(data[span.start : span.end])


def main() -> int:
    """Measure and print; 1 where the claim is missed."""
    parser = argparse.ArgumentParser(description="Replay many migrations.")
    parser.add_argument("--migrations", type=int, default=700)
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    gc.disable()  # as `dba audit` does
    missed = False
    for name, make in (("Django", django), ("Alembic", alembic), ("SQL", sql)):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder) / "shop"
            make(root, chosen.migrations)
            (survey,) = survey_path(root)
            history = survey.history
            if history is None or len(history.migrations) != chosen.migrations or survey.diagnostics:
                print(f"{name}: not all migrations were read: {survey.diagnostics[:3]}")
                return 1
            operations = sum(len(migration.operations) for migration in history.migrations)
            whole, floor = best(chosen.rounds, lambda root=root: survey_path(root), lambda root=root: parsed(root))
        missed |= whole > CLAIM
        print(
            f"{name:8} {whole:5.2f} s of {CLAIM:g}, {whole / floor:4.1f} x parsing alone; "
            f"{len(history.migrations)} migrations, {operations} operations, {len(survey.drift)} differences"
        )
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())

"""Which application the migrations belong to, as `read_project` has it."""

from __future__ import annotations

from pathlib import Path

from dbarchitect.catalog.migrations import OperationKind
from dbarchitect.catalog.refs import Ref
from dbarchitect.change.diff import diff
from dbarchitect.sources.assemble import read_project
from dbarchitect.sources.base import SourceReading
from dbarchitect.sources.discover import open_project

from .versions import ENVIRONMENT, Write, version

MODELS = """
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

class Base(DeclarativeBase):
    pass

"""
MODEL = """
class {name}(Base):
    __tablename__ = "{table}"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(20))

"""


def create(table: str, *, more: str = "") -> str:
    columns = 'sa.Column("id", sa.Integer(), primary_key=True), sa.Column("name", sa.String(20), nullable=False)'
    return f'op.create_table("{table}", {columns}{more})\n'


def readings(root: Path) -> list[SourceReading]:
    return list(read_project(open_project(root)))


def test_models_get_the_history_of_their_migrations(write: Write) -> None:
    files = {
        ".env": "DATABASE_URL=postgresql://db/app\n",
        "app/models.py": MODELS + MODEL.format(name="User", table="users"),
        "migrations/env.py": ENVIRONMENT,
        "migrations/versions/a.py": version("a", None, create("users")),
    }
    (reading,) = readings(write(files))
    assert reading.application.framework == "sqlalchemy"
    assert reading.history is not None
    assert [m.name for m in reading.history.migrations] == ["a"]
    assert "migrations/versions/a.py" in reading.migrations
    assert reading.migrated is not None
    assert diff(reading.migrated, reading.catalog) == ()


def test_what_the_models_lack_is_in_what_was_migrated(write: Write) -> None:
    files = {
        "app/models.py": MODELS + MODEL.format(name="User", table="users"),
        "migrations/env.py": ENVIRONMENT,
        "migrations/versions/a.py": version("a", None, create("users", more=', sa.Column("old", sa.Text())')),
    }
    (reading,) = readings(write(files))
    assert reading.migrated is not None
    assert [type(change).__name__ for change in diff(reading.migrated, reading.catalog)] == ["DropColumn"]


def test_each_service_has_its_own(write: Write) -> None:
    files = {}
    for service, table in (("billing", "invoices"), ("people", "users")):
        files[f"{service}/pyproject.toml"] = f'[project]\nname = "{service}"\n'
        files[f"{service}/models.py"] = MODELS + MODEL.format(name="Thing", table=table)
        files[f"{service}/migrations/env.py"] = ENVIRONMENT
        files[f"{service}/migrations/versions/a.py"] = version(service, None, create(table))
    found = {r.application.path: r for r in readings(write(files))}
    assert {p: r.history.heads for p, r in found.items() if r.history} == {
        "billing": ("billing",),
        "people": ("people",),
    }


def test_migrations_without_models_are_an_application(write: Write) -> None:
    files = {
        "service/migrations/env.py": ENVIRONMENT,
        "service/migrations/versions/a.py": version("a", None, create("t")),
    }
    (reading,) = readings(write(files))
    assert reading.application.framework == "alembic"
    assert reading.catalog.table(Ref.of_table("t")) is not None
    assert reading.migrated is reading.catalog
    assert reading.history is not None


def test_migrations_that_create_nothing_are_none(write: Write) -> None:
    files = {"migrations/env.py": ENVIRONMENT, "migrations/versions/a.py": version("a", None, "op.execute('SELECT 1')")}
    assert readings(write(files)) == []


def test_what_create_all_has_made_is_not_compared(write: Write) -> None:
    models = MODELS + "".join(MODEL.format(name=f"M{n}", table=f"t{n}") for n in range(4))
    files = {
        "app/models.py": models,
        "migrations/env.py": ENVIRONMENT,
        "migrations/versions/a.py": version(
            "a", None, "".join(f'op.add_column("t{n}", sa.Column("x", sa.Text()))\n' for n in range(4))
        ),
    }
    (reading,) = readings(write(files))
    assert reading.migrated is None
    assert reading.history is not None
    assert len(reading.history.migrations[0].operations) == 4


def test_a_single_table_from_elsewhere_is_taken_as_the_models_say(write: Write) -> None:
    models = MODELS + "".join(MODEL.format(name=f"M{n}", table=f"t{n}") for n in range(6))
    made = "".join(create(f"t{n}") for n in range(5))
    files = {
        "app/models.py": models,
        "migrations/env.py": ENVIRONMENT,
        "migrations/versions/a.py": version("a", None, made + 'op.add_column("t5", sa.Column("name", sa.String(20)))'),
    }
    (reading,) = readings(write(files))
    assert reading.migrated is not None
    assert diff(reading.migrated, reading.catalog) == ()


def test_what_may_have_stood_before_the_first_migration_is_not_missed(write: Write) -> None:
    models = MODELS + "".join(MODEL.format(name=f"M{n}", table=f"t{n}") for n in range(7))
    made = "".join(create(f"t{n}") for n in range(5))
    files = {
        "app/models.py": models,
        "migrations/env.py": ENVIRONMENT,
        "migrations/versions/a.py": version("a", None, made + 'op.add_column("t5", sa.Column("name", sa.String(20)))'),
    }
    (reading,) = readings(write(files))
    assert reading.migrated is not None
    assert reading.migrated.table(Ref.of_table("t6")) is not None


def test_a_table_of_which_not_all_was_read_says_so_in_its_history(write: Write) -> None:
    made = 'op.create_table("users", key_column(op), sa.Column("name", sa.String(20), nullable=False))\n'
    files = {
        "app/models.py": MODELS + MODEL.format(name="User", table="users"),
        "migrations/env.py": ENVIRONMENT,
        "migrations/versions/a.py": version("a", None, made),
    }
    (reading,) = readings(write(files))
    assert reading.history is not None
    steps = reading.history.migrations[0].operations
    assert (OperationKind.RUN_CODE, "users") in [(step.kind, step.object.table) for step in steps]


def test_types_of_libraries_by_the_whole_of_their_names(write: Write) -> None:
    made = (
        'op.create_table("users", sa.Column("id", fastapi_users_db_sqlalchemy.generics.GUID(), nullable=False), '
        'sa.Column("nick", citext.CIText(), nullable=False), sa.PrimaryKeyConstraint("id"))\n'
    )
    files = {
        ".env": "DATABASE_URL=postgresql://db/app\n",
        "migrations/env.py": ENVIRONMENT,
        "migrations/versions/a.py": "import citext\nimport fastapi_users_db_sqlalchemy\n" + version("a", None, made),
    }
    (reading,) = readings(write(files))
    (table,) = reading.catalog.tables
    assert [str(column.type) for column in table.ordered_columns] == ["uuid", "citext"]
    assert reading.diagnostics == ()

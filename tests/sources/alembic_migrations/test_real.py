"""What comes of replaying migrations equals what the real Alembic makes of them, on SQLite and on PostgreSQL."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory

from dbarchitect.catalog.engine import POSTGRESQL, SQLITE
from dbarchitect.catalog.objects import Catalog
from dbarchitect.change.diff import diff
from dbarchitect.engines.base import ReadOptions
from dbarchitect.engines.registry import engine
from dbarchitect.shadow import Shadow
from dbarchitect.sources.alembic import find_environments, replay
from dbarchitect.sources.discover import open_project
from dbarchitect.sources.python import PythonIndex

from .versions import chain

CONVENTION = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
USERS = """
op.create_table(
    "users",
    sa.Column("id", sa.Integer(), nullable=False),
    sa.Column("email", sa.String(length=120), nullable=False),
    sa.Column("age", sa.SmallInteger(), server_default="0", nullable=True),
    sa.Column("active", sa.Boolean(), server_default=sa.true(), nullable=False),
    sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
    sa.CheckConstraint("age >= 0", name="age_positive"),
    sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
    sa.UniqueConstraint("email", name=op.f("uq_users_email")),
)
op.create_index(op.f("ix_users_created_at"), "users", ["created_at"], unique=False)
"""
BOTH: dict[str, list[str]] = {
    "tables": [
        USERS,
        """
        op.create_table(
            "posts",
            sa.Column("id", sa.BigInteger(), primary_key=True),
            sa.Column("user_id", sa.Integer(), sa.ForeignKey("users.id", ondelete="CASCADE"),
                      nullable=False, index=True),
            sa.Column("price", sa.Numeric(10, 2)),
            sa.Column("body", sa.Text(), server_default=sa.text("''")),
            sa.Column("slug", sa.Unicode(80), unique=True),
            sa.Index("ix_posts_slug_price", "slug", sa.text("price DESC")),
        )
        key = sa.PrimaryKeyConstraint("a", "b")
        op.create_table("tags", sa.Column("a", sa.Integer()), sa.Column("b", sa.Integer()), key)
        """,
        """
        op.add_column("users", sa.Column("nick", sa.String(20), nullable=True))
        op.add_column("posts", sa.Column("kind", sa.String(8), server_default="note", nullable=False))
        op.rename_table("tags", "labels")
        op.drop_index("ix_users_created_at", table_name="users")
        op.create_index("ix_users_lower", "users", [sa.text("lower(email)")], unique=True)
        op.create_index("ix_users_some", "users", ["nick"], sqlite_where=sa.text("nick IS NOT NULL"),
                        postgresql_where=sa.text("nick IS NOT NULL"))
        """,
        """
        op.execute("CREATE TABLE raw (id integer primary key, name varchar(10) not null)")
        op.execute(sa.text("CREATE INDEX raw_name ON raw (name)"))
        op.get_bind().execute(sa.text("INSERT INTO raw (id, name) VALUES (1, 'x')"))
        op.bulk_insert(sa.table("raw", sa.column("id"), sa.column("name")), [{"id": 2, "name": "y"}])
        op.drop_table("labels")
        """,
    ],
    "batch": [
        USERS,
        """
        op.create_table("teams", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("title", sa.String(30)))
        with op.batch_alter_table("users", schema=None) as batch_op:
            batch_op.add_column(sa.Column("team_id", sa.Integer(), nullable=True))
            batch_op.alter_column("email", existing_type=sa.String(length=120), type_=sa.String(length=200))
            batch_op.alter_column("age", existing_type=sa.SmallInteger(), nullable=False, server_default="1")
            batch_op.create_foreign_key(
                batch_op.f("fk_users_team_id_teams"), "teams", ["team_id"], ["id"], ondelete="SET NULL"
            )
            batch_op.create_index("ix_users_team_id", ["team_id"], unique=False)
        """,
        """
        with op.batch_alter_table("users") as batch_op:
            batch_op.drop_constraint("uq_users_email", type_="unique")
            batch_op.drop_index("ix_users_created_at")
            batch_op.alter_column("active", new_column_name="enabled", existing_type=sa.Boolean())
            batch_op.create_unique_constraint("uq_users_team", ["team_id", "email"])
            batch_op.create_check_constraint("email_long", "length(email) > 3")
        with op.batch_alter_table("teams") as batch:
            batch.drop_column("title")
            batch.add_column(sa.Column("name", sa.String(10), nullable=False, server_default="x"))
        """,
        """
        with op.batch_alter_table("users") as batch_op:
            batch_op.drop_constraint("fk_users_team_id_teams", type_="foreignkey")
            batch_op.drop_constraint("age_positive", type_="check")
            batch_op.drop_column("age")
        """,
    ],
    "programs": [
        """
        for name in TABLES:
            op.create_table(name, *stamps(), sa.Column("title", sa.String(SIZE)))
        made = inspect(op.get_bind()).get_table_names()
        if "old" not in made:
            op.create_table("old", sa.Column("id", sa.Integer(), primary_key=True))
        """,
        """
        columns = [c["name"] for c in inspect(op.get_bind()).get_columns("one")]
        if "extra" not in columns:
            add_extra("one")
        if "title" not in columns:
            op.drop_table("two")
        if has_table("old"):
            op.drop_table("old")
        if op.get_bind().dialect.name == "oracle":
            op.drop_table("one")
        for table, (first, second) in {"one": ("a", "b"), "two": ("c", "d")}.items():
            op.add_column(table, sa.Column(first, sa.Integer()))
            op.create_index(f"ix_{table}_{first}", table, [first])
            op.execute(f"ALTER TABLE {table} ADD COLUMN {second} integer")
        """,
    ],
}
PROGRAM = """
from sqlalchemy import inspect

TABLES = ["one", "two"]
SIZE = 12 * 3


def stamps():
    return [
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("made_at", sa.DateTime(), server_default=sa.func.now(), nullable=False),
    ]


def has_table(name):
    found = inspect(op.get_bind()).get_table_names()
    return name in found


def add_extra(table, size=5):
    op.add_column(table, sa.Column("extra", sa.String(size)))
"""
POSTGRESQL_ONLY: dict[str, list[str]] = {
    "alterations": [
        USERS,
        """
        op.alter_column("users", "age", type_=sa.BigInteger(), nullable=False, postgresql_using="age::bigint")
        op.alter_column("users", "email", new_column_name="mail", server_default="none")
        op.alter_column("users", "active", server_default=None)
        op.drop_constraint("uq_users_email", "users")
        op.drop_constraint("age_positive", "users", type_="check")
        op.create_check_constraint("adult", "users", sa.column("age") > 17, postgresql_not_valid=True)
        op.create_unique_constraint(None, "users", ["mail", "age"])
        """,
        """
        with op.get_context().autocommit_block():
            op.create_index("ix_big", "users", ["age", sa.text("mail text_pattern_ops DESC")], unique=True,
                            postgresql_concurrently=True, postgresql_include=["active"], if_not_exists=True)
        op.create_exclude_constraint("once", "users", (sa.column("age"), "="), using="btree")
        op.drop_constraint("pk_users", "users", type_="primary")
        op.create_primary_key("pk_users", "users", ["id", "mail"])
        op.execute("ALTER TABLE users ADD COLUMN n numeric(8,2) DEFAULT 0; CREATE VIEW grown AS SELECT id FROM users")
        """,
    ],
    "enums": [
        """
        kind = postgresql.ENUM("a", "b", name="kind")
        kind.create(op.get_bind(), checkfirst=True)
        op.create_table(
            "things",
            sa.Column("id", postgresql.UUID(), server_default=sa.text("gen_random_uuid()"), primary_key=True),
            sa.Column("kind", postgresql.ENUM("a", "b", name="kind", create_type=False), server_default="a"),
            sa.Column("state", sa.Enum("on", "off", name="state"), nullable=False),
            sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb")),
            sa.Column("tags", postgresql.ARRAY(sa.String(20))),
            sa.Column("num", sa.Integer(), sa.Identity(always=True)),
            sa.Column("twice", sa.Integer(), sa.Computed("num * 2", persisted=True)),
        )
        """,
        """
        op.execute("ALTER TYPE kind ADD VALUE IF NOT EXISTS 'c'")
        op.add_column("things", sa.Column("again", sa.Enum("on", "off", name="state"), server_default="on"))
        op.alter_column("things", "state", type_=sa.String(10), existing_nullable=False)
        op.create_table("other", sa.Column("id", sa.Integer(), primary_key=True), schema=None)
        op.add_column("other", sa.Column("thing_id", sa.UUID(), sa.ForeignKey("things.id", name="first"), unique=True))
        op.create_foreign_key(None, "other", "things", ["thing_id"], ["id"], ondelete="CASCADE", deferrable=True,
                              initially="DEFERRED", postgresql_not_valid=True)
        """,
        """
        op.drop_column("things", "again")
        op.drop_column("things", "state")
        sa.Enum(name="state").drop(op.get_bind())
        op.drop_constraint("first", "other", type_="foreignkey")
        """,
    ],
    "schemas": [
        """
        op.execute("CREATE SCHEMA shop")
        op.create_table("goods", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("n", sa.Integer()),
                        schema="shop")
        op.create_table("sales", sa.Column("id", sa.Integer(), primary_key=True),
                        sa.Column("good", sa.Integer(), sa.ForeignKey("shop.goods.id")))
        """,
        """
        op.add_column("goods", sa.Column("label", sa.Text()), schema="shop")
        op.create_index("ix_label", "goods", ["label"], schema="shop")
        op.rename_table("goods", "items", schema="shop")
        op.drop_index("ix_label", "items", schema="shop")
        op.alter_column("items", "n", nullable=False, schema="shop")
        """,
    ],
}
NAMED = "import sqlalchemy as sa\nfrom alembic import context\n\ntarget_metadata = sa.MetaData(naming_convention={})\n"


# Without a convention SQLite's reflected constraints have no names that a batch could drop.
ON_SQLITE = [(name, made) for name in BOTH for made in ({}, CONVENTION) if made or name != "batch"]


@pytest.mark.parametrize(("name", "convention"), ON_SQLITE, ids=[f"{n}-{len(c)}" for n, c in ON_SQLITE])
def test_on_sqlite(name: str, convention: dict[str, str], tmp_path: Path, sqlite_shadow: Shadow) -> None:
    compare(tmp_path, BOTH[name], convention, sqlite_shadow)


@pytest.mark.server
@pytest.mark.parametrize("convention", [{}, CONVENTION], ids=["server-names", "convention"])
@pytest.mark.parametrize("name", [*BOTH, *POSTGRESQL_ONLY])
def test_on_postgresql(name: str, convention: dict[str, str], tmp_path: Path, postgresql: Shadow) -> None:
    upgrades = {**BOTH, **POSTGRESQL_ONLY}[name]
    compare(tmp_path, upgrades, convention, postgresql)


def compare(root: Path, upgrades: list[str], convention: dict[str, str], shadow: Shadow) -> None:
    env = NAMED.format(repr(convention))
    for path, content in {"migrations/env.py": env, **chain(upgrades, outside=PROGRAM)}.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content)
    info = SQLITE if shadow.engine == "sqlite" else POSTGRESQL
    project = open_project(root)
    index = PythonIndex(project)
    (environment,) = find_environments(project, index)
    done = replay(environment, index, info)
    assert done.diagnostics == ()
    url = shadow.database()
    try:
        upgrade(root, url, convention)
        real = engine(shadow.engine).read(url, ReadOptions()).catalog
    finally:
        shadow.drop(url)
    tables = tuple(table for table in real.tables if table.name != "alembic_version")
    extensions = tuple(e for e in real.extensions if e.name != "plpgsql")
    real = replace(real, tables=tables, extensions=extensions, engine=info)
    assert diff(done.catalog, comparable(real, done.catalog)) == ()


def comparable(real: Catalog, ours: Catalog) -> Catalog:
    """The server's catalog, with the texts of views as written: a server tells them in its own words."""
    written = {(view.schema, view.name): view for view in ours.views}
    return replace(real, views=tuple(written.get((v.schema, v.name), v) for v in real.views))


def upgrade(root: Path, url: str, convention: dict[str, str]) -> None:
    """Run the migrations with the real Alembic."""
    config = Config()
    config.set_main_option("script_location", str(root / "migrations"))
    script = ScriptDirectory.from_config(config)
    target = url.replace("postgresql://", "postgresql+psycopg://", 1)
    maker = sa.create_engine(target if "://" in target else f"sqlite:///{target}")
    steps: Callable[..., object] = lambda revision, _: script._upgrade_revs("heads", revision)  # noqa: E731
    written = sys.dont_write_bytecode
    sys.dont_write_bytecode = True
    try:
        with maker.connect() as connection, EnvironmentContext(config, script, fn=steps) as context:
            metadata = sa.MetaData(naming_convention=convention or None)
            context.configure(connection=connection, target_metadata=metadata, transaction_per_migration=True)
            with context.begin_transaction():
                context.run_migrations()
            connection.commit()
    finally:
        sys.dont_write_bytecode = written
        maker.dispose()

# ruff: noqa: E501 - lines of other languages are as long as they are
"""Small repositories of every kind that is read, and ways to damage their files.

The texts are made up for this: each uses as much of its language as its reader follows.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping

ALEMBIC_INI = """[alembic]
script_location = migrations
sqlalchemy.url = postgresql://u:pw@localhost/x
version_locations = %(here)s/migrations/versions

[loggers]
keys = root
"""

AL_A = """\"\"\"first
Revision ID: a1
Revises:
\"\"\"
from alembic import op
import sqlalchemy as sa
revision = "a1"
down_revision = None
branch_labels = None
depends_on = None

def upgrade():
    op.create_table("author", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("name", sa.String(40)))
    op.create_table("book", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("author_id", sa.Integer(), sa.ForeignKey("author.id")))

def downgrade():
    op.drop_table("book")
    op.drop_table("author")
"""

AL_B = """
from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
revision: str = "b2"
down_revision: str | None = "a1"

TABLES = ["author", "book"]

def stamps(name, *rest):
    return [sa.Column(name + "_at", sa.DateTime(), server_default=sa.func.now())]

def upgrade() -> None:
    bind = op.get_bind()
    for table in TABLES:
        op.add_column(table, sa.Column("note", sa.Text(), nullable=True))
        op.execute(f"UPDATE {table} SET note = 'x'")
        for column in stamps("made"):
            op.add_column(table, column)
    with op.batch_alter_table("book") as batch_op:
        batch_op.alter_column("note", new_column_name="remark", type_=sa.String(10), existing_nullable=True)
        batch_op.create_index("ix_n", ["remark"])
    with op.get_context().autocommit_block():
        op.create_index("ix_x", "author", [sa.text("lower(name)")], postgresql_concurrently=True)
    kind = postgresql.ENUM("a", "b", name="kind")
    kind.create(bind, checkfirst=True)
    op.execute(sa.text("ALTER TABLE author ADD CONSTRAINT c CHECK (id > 0) NOT VALID"))
    while True:
        op.drop_index("ix_n", table_name="book")
        break

def downgrade() -> None:
    pass
"""

COMPOSE = """services:
  db: &db
    image: postgres:15
    environment:
      POSTGRES_PASSWORD: secret
      POSTGRES_USER: ${USER:-admin}
    command: ["postgres", "-c", "max_connections=200", "-c", "log_min_duration_statement=500"]
    volumes: ["data:/var/lib/postgresql/data"]
  db2:
    <<: *db
  web:
    build: .
    environment:
      - DATABASE_URL=postgresql://u:hunter2@db:5432/app?sslmode=disable&pool_size=5
"""

DJ_0001 = """
from django.db import migrations, models
import django.db.models.deletion

def forwards(apps, schema_editor):
    Author = apps.get_model("shop", "Author")
    Author.objects.update(name="x")
    schema_editor.execute("UPDATE shop_author SET name = 'y'")

class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel("Author", fields=[("id", models.BigAutoField(primary_key=True)),
            ("name", models.CharField(max_length=50, db_index=True))], options={"db_table": "shop_author"}),
        migrations.CreateModel("Book", fields=[("id", models.BigAutoField(primary_key=True)),
            ("author", models.ForeignKey("shop.author", on_delete=django.db.models.deletion.CASCADE)),
            ("tags", models.ManyToManyField("shop.Book"))]),
        migrations.RunPython(forwards, migrations.RunPython.noop),
    ]
"""

DJ_0002 = """
from django.db import migrations, models
from django.contrib.postgres.operations import AddIndexConcurrently

class Migration(migrations.Migration):
    atomic = False
    dependencies = [("shop", "0001_initial")]
    replaces = [("shop", "0002_a"), ("shop", "0003_b")]
    run_before = [("auth", "0001_initial")]
    operations = [
        migrations.AddField("book", "price", models.DecimalField(max_digits=9, decimal_places=2, default=0)),
        migrations.AlterField("book", "price", models.FloatField(null=True)),
        migrations.RenameField("book", "price", "cost"),
        migrations.RemoveField("book", "tags"),
        migrations.RenameModel("Author", "Writer"),
        migrations.AlterModelTable("book", "buch"),
        AddIndexConcurrently("book", models.Index(fields=["cost"], name="ix_cost")),
        migrations.AddConstraint("book", models.CheckConstraint(condition=models.Q(cost__gt=0), name="ck")),
        migrations.AlterUniqueTogether("book", {("cost", "author")}),
        migrations.RunSQL("ALTER TABLE buch ADD COLUMN z int; CREATE INDEX zz ON buch (z)", reverse_sql="DROP INDEX zz"),
        migrations.SeparateDatabaseAndState(database_operations=[migrations.RunSQL("select 1")], state_operations=[
            migrations.DeleteModel("Writer")]),
    ]
"""

DJ_MODELS = """
from django.db import models
from django.utils.translation import gettext_lazy as _

class Author(models.Model):
    class Kind(models.TextChoices):
        A = "a", _("A")
        B = "b", _("B")
    name = models.CharField(max_length=50, db_index=True)  # dba: ignore[IDX001, until=2027-01-31] because
    kind = models.CharField(max_length=9, choices=Kind.choices, default=Kind.A)

class Book(models.Model):
    author = models.ForeignKey(Author, on_delete=models.CASCADE, db_index=False)
    price = models.DecimalField(max_digits=9, decimal_places=2)
    tags = models.ManyToManyField("self")
    class Meta:
        db_table = "book"
        indexes = [models.Index(fields=["price", "-author"], name="ix")]
        constraints = [models.CheckConstraint(condition=models.Q(price__gte=0), name="ck"),
            models.UniqueConstraint(fields=["price"], condition=models.Q(author=1), name="uq")]
"""

DJ_SETTINGS = """
import os
import environ
env = environ.Env()
INSTALLED_APPS = ["shop", "django.contrib.auth"]
DATABASES = {"default": env.db("DATABASE_URL", default="postgres://u:secret@localhost:5432/x?sslmode=disable")}
DATABASES["default"]["CONN_MAX_AGE"] = 60
DATABASES["replica"] = {"ENGINE": "django.db.backends.postgresql", "NAME": "x", "USER": "a", "PASSWORD": "hunter2",
   "OPTIONS": {"connect_timeout": 5, "options": "-c statement_timeout=5000"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
"""

DOC = """# Run book
## Backup
We run `pg_dump` nightly and restore it every quarter. RPO 5 minutes; RTO 1 h.
Set `DATABASE_URL=postgres://u:p@h/x`.
"""

DOCKERFILE = """FROM python:3.12 AS base
ENV DATABASE_URL="postgresql://app:pw@db/app"
ARG X=1
RUN pip install psycopg \\
    && echo ok
HEALTHCHECK CMD pg_isready
CMD ["gunicorn", "--workers", "4", "site.wsgi"]
"""

ENVF = """# env
DATABASE_URL=postgres://u:pw%20x@db.example.com:6543/app?pgbouncer=true&connection_limit=5
export POSTGRES_PASSWORD='hunter2'
PGSSLMODE=require
"""

ENV_PY = """
from alembic import context
from sqlalchemy import engine_from_config, pool
config = context.config
def run():
    connectable = engine_from_config(config.get_section(config.config_ini_section), prefix="sqlalchemy.", poolclass=pool.NullPool)
    with connectable.connect() as connection:
        context.configure(connection=connection, target_metadata=None, transaction_per_migration=True)
        with context.begin_transaction():
            context.run_migrations()
run()
"""

JOURNAL = '{"version": "7", "dialect": "postgresql", "entries": [{"idx": 0, "version": "7", "when": 1, "tag": "0000_a", "breakpoints": true}]}'

K8S = """apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 3
  template:
    spec:
      containers:
      - name: web
        env:
        - name: DATABASE_URL
          value: postgres://u:p@pg/x
---
apiVersion: batch/v1
kind: CronJob
spec: {schedule: "0 3 * * *", jobTemplate: {spec: {template: {spec: {containers: [{command: ["pg_dump"]}]}}}}}
"""

LITE = """create table a (id integer primary key autoincrement, b text not null default 'x' check (b <> ''), c real references a(id));
create unique index i on a (b collate nocase) where c > 0;
create trigger t after insert on a begin update a set b = 'y' where id = new.id; end;
alter table a rename column c to d;
alter table a add column e integer generated always as (id + 1) virtual;
"""

PGCONF = """shared_buffers = 128MB
max_connections = 100
archive_mode = on
archive_command = 'wal-g wal-push %p'
ssl = off
"""

PRISMA = """datasource db {
  provider = "postgresql"
  url = env("DATABASE_URL")
}
generator client {
  provider = "prisma-client-js"
}
/// people
model Author {
  id Int @id @default(autoincrement())
  name String @db.VarChar(50) // dba: ignore[unbounded-text] why
  books Book[]
  kind Kind @default(A)
  @@index([name(ops: raw("x")), id(sort: Desc)], map: "ix")
}
enum Kind {
  A @map("a")
  B
}
model Book {
  id String @id @default(dbgenerated("gen_random_uuid()")) @db.Uuid
  authorId Int
  author Author @relation(fields: [authorId], references: [id], onDelete: Cascade)
  data Json?
  @@unique([authorId, id])
  @@map("buch")
}
"""

PYPROJECT = """[project]
name = "shop"
dependencies = ["django>=5", "psycopg[binary]==3.2", "alembic"]
[tool.poetry.dependencies]
sqlalchemy = {version = "^2.0", extras = ["asyncio"]}
"""

SA_MODELS = """
from sqlalchemy import Column, ForeignKey, Integer, String, create_engine, Index, Enum, CheckConstraint, text
from sqlalchemy.orm import declarative_base, relationship, mapped_column, Mapped
Base = declarative_base()
engine = create_engine("postgresql://u:pw@localhost/x", pool_size=5, max_overflow=10, pool_pre_ping=True, connect_args={"sslmode": "require"})

class Author(Base):
    __tablename__ = "author"
    id = Column(Integer, primary_key=True)
    name: Mapped[str] = mapped_column(String(40), index=True)
    books = relationship("Book", back_populates="author", cascade="all, delete-orphan")

class Book(Base):
    __tablename__ = "book"
    __table_args__ = (Index("ix_b", "author_id", postgresql_where=text("author_id > 1")), CheckConstraint("author_id > 0"))
    id = Column(Integer, primary_key=True)
    author_id = Column(ForeignKey("author.id", ondelete="CASCADE"), nullable=False)
    kind = Column(Enum("a", "b", name="kind"), server_default="a")  # dba: ignore[TYP001] no
"""

SQL1 = """-- +goose Up
CREATE TYPE mood AS ENUM ('a', 'b');
create table author (id bigint generated always as identity primary key, name text not null, m mood default 'a');
create table book (id bigserial primary key, author_id bigint not null references author (id) on delete cascade,
  price numeric(9, 2) check (price > 0 and price in (1, 2)), data jsonb default '{}'::jsonb);
create index concurrently ix on book using gin (data jsonb_path_ops) where price > 1;
-- dba: ignore[IDX001] reason
alter table book add column x int, alter column x set not null, drop column if exists y;
create view v as select * from book;
create function f() returns trigger language plpgsql security definer as $$ begin update book set x = 1; return new; end $$;
create policy p on book for select to public using (auth.uid() = 1);
do $$ begin execute 'drop table ' || 'book'; end $$;
grant select on book to public;
-- +goose Down
drop table book;
"""

SQL2 = """BEGIN;
ALTER TABLE book ADD CONSTRAINT c FOREIGN KEY (x) REFERENCES author (id) NOT VALID;
ALTER TABLE book VALIDATE CONSTRAINT c;
ALTER TABLE book RENAME COLUMN x TO y;
ALTER TABLE book RENAME TO buch;
UPDATE buch SET y = 1;
DROP TABLE author CASCADE;
COMMIT;
"""

TF = """
resource "aws_db_instance" "main" {
  engine = "postgres"
  engine_version = "15.3"
  storage_encrypted = false
  backup_retention_period = 7
  multi_az = true
  password = "hunter2-secret"
  performance_insights_enabled = true
  parameter_group_name = aws_db_parameter_group.main.name
}
"""

TS = """import { drizzle } from "drizzle-orm/node-postgres";
import { Pool } from "pg";
export const pool = new Pool({ connectionString: process.env.DATABASE_URL ?? "postgres://u:p@localhost/x", max: 20, ssl: { rejectUnauthorized: false },
  idleTimeoutMillis: 30000, statement_timeout: 5000 });
export const db = drizzle(pool);
const prisma = new PrismaClient({ datasources: { db: { url: `postgresql://${user}:${pass}@h/x` } } });
"""

WF = """name: ci
on: [push]
jobs:
  test:
    runs-on: ubuntu-latest
    services:
      postgres:
        image: postgres:15
        env: {POSTGRES_PASSWORD: postgres}
    steps:
      - uses: actions/checkout@v4
      - run: |
          alembic upgrade head
          pytest
      - run: pg_dump -Fc "$DATABASE_URL" > backup.dump
"""

SHARED = {
    "docker-compose.yml": COMPOSE,
    "Dockerfile": DOCKERFILE,
    "infra/main.tf": TF,
    ".github/workflows/ci.yml": WF,
    ".env": ENVF,
    "k8s/web.yaml": K8S,
    "postgresql.conf": PGCONF,
    "pyproject.toml": PYPROJECT,
    "docs/runbook.md": DOC,
    ".gitignore": """*.log
!keep.log
/build/
[a-z].tmp
""",
}

_DJANGO_FILES = {
    "dj/manage.py": """import os
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site_.settings")
""",
    "dj/site_/__init__.py": "",
    "dj/site_/settings.py": DJ_SETTINGS,
    "dj/shop/__init__.py": "",
    "dj/shop/models.py": DJ_MODELS,
    "dj/shop/apps.py": """from django.apps import AppConfig
class Shop(AppConfig):
    name='shop'
    label='shop'
""",
    "dj/shop/migrations/__init__.py": "",
    "dj/shop/migrations/0001_initial.py": DJ_0001,
    "dj/shop/migrations/0002_more.py": DJ_0002,
    "dj/requirements.txt": """django==5.2
psycopg[binary]>=3
""",
}

_SQLALCHEMY_FILES = {
    "sa/models.py": SA_MODELS,
    "sa/alembic.ini": ALEMBIC_INI,
    "sa/migrations/env.py": ENV_PY,
    "sa/migrations/versions/a.py": AL_A,
    "sa/migrations/versions/b.py": AL_B,
}

_PRISMA_FILES = {
    "pr/package.json": '{"name": "pr", "scripts": {"db": "prisma db push"}, "dependencies": {"prisma": "5", "pg": "^8"}}',
    "pr/prisma/schema.prisma": PRISMA,
    "pr/prisma/migrations/migration_lock.toml": """provider = "postgresql"
""",
    "pr/prisma/migrations/20240101000000_init/migration.sql": SQL1,
    "pr/prisma/migrations/20240102000000_two/migration.sql": SQL2,
    "pr/src/db.ts": TS,
}

_GOOSE_FILES = {
    "go/migrations/00001_init.sql": SQL1,
    "go/migrations/00002_more.sql": SQL2,
}

_DRIZZLE_FILES = {
    "dr/drizzle/0000_a.sql": SQL1.replace(";\n", ";\n--> statement-breakpoint\n"),
    "dr/drizzle/meta/_journal.json": JOURNAL,
    "dr/package.json": "{}",
}

_SQLITE_FILES = {
    "lite/sqlc.yaml": """version: "2"
sql:
  - engine: "sqlite"
    schema: "schema.sql"
""",
    "lite/schema.sql": LITE,
}

APPLICATIONS: Mapping[str, Mapping[str, str]] = {
    "django": _DJANGO_FILES,
    "sqlalchemy": _SQLALCHEMY_FILES,
    "prisma": _PRISMA_FILES,
    "goose": _GOOSE_FILES,
    "drizzle": _DRIZZLE_FILES,
    "sqlite": _SQLITE_FILES,
}
"""One application of each kind; `SHARED` tells how they are run."""


_NOISE = (
    "'", '"', "(", ")", "[", "]", "{", "}", ";", "$$", ",", "\x01", "\0", "é", "--", "/*", "`", "\n", "\\", ":", "*",
    "&a", "*a", "<<", "%", "%(", "${", "{{", "=", "None", "self", "0", "9" * 5000, "1e999", "\u2028", "\x0c", "\r", "²", "😀",
    "-", "@", "lambda: x", "*[]", "**{}", "f'{x}'", "..", "::", "  ", "\t", "class A(A): pass", "True", "-1",
)  # fmt: skip
_CODINGS = ("utf-16", "utf-16-le", "utf-32", "latin-1", "cp037")


def damaged(text: str, chance: random.Random) -> bytes:
    """The text after an accident of one kind: cut, doubled, swapped, nested, in another coding, sown with noise."""
    lines = text.split("\n")
    tokens = re.findall(r"\w+|\s+|[^\w\s]", text) or [""]
    kind = chance.randrange(12)
    if kind == 0:
        return text[: chance.randrange(len(text) + 1)].encode()
    if kind == 1:
        at = chance.randrange(len(lines))
        lines[at:at] = [lines[at]] * chance.choice([1, 2, 50])
    elif kind == 2:
        one, other = chance.randrange(len(lines)), chance.randrange(len(lines))
        lines[one], lines[other] = lines[other], lines[one]
    elif kind == 3:
        at = chance.randrange(len(lines))
        lines[at] = " " * chance.choice([1, 2, 4, 400]) + lines[at]
    elif kind == 4:
        return text.replace("\n", "\r\n").encode() if chance.random() < 0.5 else b"\xef\xbb\xbf" + text.encode()
    elif kind == 5:
        return text.encode(chance.choice(_CODINGS), "replace")
    elif kind == 6:
        raw = bytearray(text.encode())
        for _ in range(chance.choice([1, 5, 50])):
            raw[chance.randrange(len(raw))] = chance.randrange(256)
        return bytes(raw)
    if 1 <= kind <= 3:
        return "\n".join(lines).encode()
    if kind == 7:
        opening, closing = chance.choice(["()", "[]", "{}"])
        depth = chance.choice([10, 300, 10_000])
        at = chance.randrange(len(tokens))
        tokens[at] = opening * depth + tokens[at] + closing * depth
    elif kind == 8:
        for _ in range(chance.choice([1, 2, 5])):
            one, other = chance.randrange(len(tokens)), chance.randrange(len(tokens))
            tokens[one], tokens[other] = tokens[other], tokens[one]
    else:
        for _ in range(chance.choice([1, 2, 5, 25])):
            at = chance.randrange(len(tokens))
            tokens[at : at + chance.randrange(2)] = [chance.choice([*_NOISE, *tokens])] * chance.randrange(3)
            tokens = tokens or [""]
    return "".join(tokens).encode()

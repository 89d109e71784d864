"""The same schema as models, as SQL and as a live database gives the same findings with the same fingerprints.

Some rules judge what only models tell (declared choices, an application's `on_delete`); they are named in `EXPLAINED`,
with the reason, and nothing else may differ.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from dbarchitect import api
from dbarchitect.audit.model import RankedFinding
from dbarchitect.catalog.survey import Need
from dbarchitect.shadow import Shadow

ROOT = Path(__file__).parents[2]

# the rules that read what a model declares and no database holds
EXPLAINED = {
    "unconstrained-value-set": "the choices that the model declares",
    "unconstrained-range": "the validators of the model",
    "foreign-key-without-on-delete": "whether the framework's own on_delete answers",
    "nullable-always-written": "the defaults that the model fills in",
    "engine-unfit-for-production": "the configuration is in the repository",
    "missing-timestamps": "that the framework sets a column on create or update",
    "naive-timestamp": "that Prisma's own client writes UTC into a column without time zone",
}


def found(targets: Iterable[str]) -> dict[tuple[str, str], RankedFinding]:
    """The findings by rule and fingerprint."""
    audit = api.audit(tuple(targets))
    for application in audit.applications:
        assert not application.survey.diagnostics
        assert not [n for n in application.not_evaluated if "failed" in n.why]
    return {(item.finding.rule, item.finding.fingerprint): item for item in audit.findings}


def differences(one: dict[tuple[str, str], RankedFinding], two: dict[tuple[str, str], RankedFinding]) -> list[str]:
    """What is said of one and not of the other, without what only models, a repository or a server tells."""
    return [
        f"{rule} {(one | two)[rule, fingerprint].finding.object}: {(one | two)[rule, fingerprint].finding.message}"
        for rule, fingerprint in sorted(one.keys() ^ two.keys())
        if rule not in EXPLAINED and (one | two)[rule, fingerprint].rule.needs <= {Need.CATALOG}
    ]


def test_cibozer_as_models_as_a_database_and_as_a_dump(tmp_path: Path) -> None:
    project = tmp_path / "project"
    shutil.copytree(ROOT / "examples" / "cibozer", project)
    database = tmp_path / "cibozer.sqlite3"
    script = (
        "from cibozer import create_app\nfrom cibozer.extensions import db\napp = create_app()\n"
        "with app.app_context():\n    db.create_all()\n"
    )
    environment = {
        **os.environ,
        "DATABASE_URL": f"sqlite:///{database}",
        "SECRET_KEY": "only-for-this-test",
        "PYTHONPATH": str(project),
        "FLASK_ENV": "development",
        "APP_ENV": "development",
    }
    subprocess.run([sys.executable, "-c", script], cwd=project, env=environment, check=True, capture_output=True)
    assert database.exists()
    with sqlite3.connect(database) as connection:
        dump = "\n".join(connection.iterdump())
    connection.close()
    folder = tmp_path / "dump"
    folder.mkdir()
    (folder / "schema.sql").write_text(dump)

    models, live, sql = found([str(project)]), found([str(database)]), found([str(folder)])

    assert differences(models, live) == []
    assert differences(live, sql) == []
    assert len(live) >= 10


PRISMA = """
datasource db {
  provider = "postgresql"
  url      = env("DATABASE_URL")
}

enum Role {
  ADMIN
  MEMBER
}

model User {
  id        Int      @id @default(autoincrement())
  email     String   @unique
  password  String
  role      Role     @default(MEMBER)
  balance   Float    @default(0)
  posts     Post[]
  comments  Comment[]
  createdAt DateTime @default(now())
  updatedAt DateTime @updatedAt
}

model Post {
  id        String    @id @default(cuid())
  title     String    @db.VarChar(200)
  body      String
  tags      String    @default("[]")
  price     Float     @default(0)
  authorId  Int
  author    User      @relation(fields: [authorId], references: [id], onDelete: Cascade)
  comments  Comment[]
  labels    Label[]
  createdAt DateTime  @default(now())

  @@index([createdAt(sort: Desc)])
}

model Comment {
  id       Int    @id @default(autoincrement())
  postId   String
  post     Post   @relation(fields: [postId], references: [id])
  userId   Int?
  user     User?  @relation(fields: [userId], references: [id])
  body     String

  @@index([postId])
  @@index([postId, userId])
}

model Label {
  id    Int    @id @default(autoincrement())
  name  String @unique
  posts Post[]
}
"""
# what `prisma migrate` writes for it
PRISMA_SQL = """
CREATE TYPE "Role" AS ENUM ('ADMIN', 'MEMBER');
CREATE TABLE "User" (
    "id" SERIAL NOT NULL, "email" TEXT NOT NULL, "password" TEXT NOT NULL, "role" "Role" NOT NULL DEFAULT 'MEMBER',
    "balance" DOUBLE PRECISION NOT NULL DEFAULT 0, "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMP(3) NOT NULL, CONSTRAINT "User_pkey" PRIMARY KEY ("id"));
CREATE TABLE "Post" (
    "id" TEXT NOT NULL, "title" VARCHAR(200) NOT NULL, "body" TEXT NOT NULL, "tags" TEXT NOT NULL DEFAULT '[]',
    "price" DOUBLE PRECISION NOT NULL DEFAULT 0,
    "authorId" INTEGER NOT NULL, "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "Post_pkey" PRIMARY KEY ("id"));
CREATE TABLE "Comment" (
    "id" SERIAL NOT NULL, "postId" TEXT NOT NULL, "userId" INTEGER, "body" TEXT NOT NULL,
    CONSTRAINT "Comment_pkey" PRIMARY KEY ("id"));
CREATE TABLE "Label" ("id" SERIAL NOT NULL, "name" TEXT NOT NULL, CONSTRAINT "Label_pkey" PRIMARY KEY ("id"));
CREATE TABLE "_LabelToPost" (
    "A" INTEGER NOT NULL, "B" TEXT NOT NULL, CONSTRAINT "_LabelToPost_AB_pkey" PRIMARY KEY ("A","B"));
CREATE UNIQUE INDEX "User_email_key" ON "User"("email");
CREATE INDEX "Post_createdAt_idx" ON "Post"("createdAt" DESC);
CREATE INDEX "Comment_postId_idx" ON "Comment"("postId");
CREATE INDEX "Comment_postId_userId_idx" ON "Comment"("postId", "userId");
CREATE UNIQUE INDEX "Label_name_key" ON "Label"("name");
CREATE INDEX "_LabelToPost_B_index" ON "_LabelToPost"("B");
ALTER TABLE "Post" ADD CONSTRAINT "Post_authorId_fkey"
    FOREIGN KEY ("authorId") REFERENCES "User"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "Comment" ADD CONSTRAINT "Comment_postId_fkey"
    FOREIGN KEY ("postId") REFERENCES "Post"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "Comment" ADD CONSTRAINT "Comment_userId_fkey"
    FOREIGN KEY ("userId") REFERENCES "User"("id") ON DELETE SET NULL ON UPDATE CASCADE;
ALTER TABLE "_LabelToPost" ADD CONSTRAINT "_LabelToPost_A_fkey"
    FOREIGN KEY ("A") REFERENCES "Label"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "_LabelToPost" ADD CONSTRAINT "_LabelToPost_B_fkey"
    FOREIGN KEY ("B") REFERENCES "Post"("id") ON DELETE CASCADE ON UPDATE CASCADE;
"""


def test_prisma_as_a_schema_as_migrations_and_live(tmp_path: Path, postgresql: Shadow) -> None:
    from dbarchitect.engines.registry import engine

    schema, migrations = tmp_path / "schema", tmp_path / "sql"
    (schema / "prisma").mkdir(parents=True)
    (schema / "prisma" / "schema.prisma").write_text(PRISMA)
    (migrations / "migrations" / "20260101000000_init").mkdir(parents=True)
    (migrations / "migrations" / "20260101000000_init" / "migration.sql").write_text(PRISMA_SQL)
    url = postgresql.database()
    try:
        engine("postgresql").execute(url, (PRISMA_SQL,))
        models, sql, live = found([str(schema)]), found([str(migrations)]), found([url])
        both = found([str(schema), url])
    finally:
        postgresql.drop(url)
    assert differences(models, sql) == []
    assert differences(sql, live) == []
    assert differences(models, both) == []
    rules = {rule for rule, _ in live}
    assert {"unindexed-foreign-key", "money-as-float", "redundant-prefix-index"} <= rules


DJANGO_MODELS = """
from django.conf import settings
from django.db import models


class TimeStamped(models.Model):
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True


class Category(models.Model):
    name = models.CharField(max_length=80, unique=True)


class Entry(TimeStamped):
    class Mood(models.TextChoices):
        GOOD = "good"
        BAD = "bad"

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    category = models.ForeignKey(Category, null=True, on_delete=models.SET_NULL, db_index=False)
    title = models.CharField(max_length=200)
    slug = models.SlugField()
    body = models.TextField()
    mood = models.CharField(max_length=10, choices=Mood.choices, default=Mood.GOOD)
    price = models.FloatField(null=True)
    words = models.PositiveIntegerField(default=0)
    tags = models.ManyToManyField(Category, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["owner", "created_at"]), models.Index(fields=["owner"])]
        constraints = [
            models.UniqueConstraint(fields=["owner", "slug"], name="one_slug_per_owner"),
            models.CheckConstraint(condition=models.Q(price__gte=0), name="price_not_negative"),
        ]
"""
DJANGO_SETTINGS = """
import os
SECRET_KEY = "only-for-this-test"
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "journal"]
DATABASES = {"default": {"ENGINE": "django.db.backends.%s", "NAME": os.environ.get("NAME", "x")%s}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
"""


def _django_project(folder: Path, backend: str, options: str = "") -> None:
    files = {
        "manage.py": "import os, sys\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'site_.settings')\n"
        "from django.core.management import execute_from_command_line\nexecute_from_command_line(sys.argv)\n",
        "site_/__init__.py": "",
        "site_/settings.py": DJANGO_SETTINGS % (backend, options),
        "journal/__init__.py": "",
        "journal/models.py": DJANGO_MODELS,
        "journal/migrations/__init__.py": "",
    }
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)


def _manage(folder: Path, *arguments: str, **environment: str) -> str:
    result = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return result.stdout


@pytest.mark.parametrize("backend", ["sqlite3", "postgresql"])
def test_django_as_models_as_sql_and_live(backend: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    project, sql_folder = tmp_path / "project", tmp_path / "sql"
    shadow: Shadow | None = None
    if backend == "sqlite3":
        url, name, options = f"sqlite:///{tmp_path / 'x.sqlite3'}", str(tmp_path / "x.sqlite3"), ""
    else:
        shadow = request.getfixturevalue("postgresql")
        assert shadow is not None
        url = shadow.database()
        from urllib.parse import parse_qs, urlsplit

        parts = urlsplit(url)
        query = {key: value[0] for key, value in parse_qs(parts.query).items()}
        name = parts.path.lstrip("/")
        options = f', "USER": {parts.username!r}, "HOST": {query["host"]!r}, "PORT": {query.get("port", "")!r}'
    _django_project(project, backend, options)
    _manage(project, "makemigrations", "journal", NAME=name)
    _manage(project, "migrate", NAME=name)
    statements = _manage(project, "sqlmigrate", "journal", "0001", NAME=name)
    sql_folder.mkdir()
    owner = (
        "CREATE TABLE auth_user (id integer PRIMARY KEY, username varchar(150) NOT NULL UNIQUE, "
        "password varchar(128) NOT NULL, last_login timestamp with time zone, is_superuser boolean NOT NULL, "
        "is_staff boolean NOT NULL);\n"
    )
    (sql_folder / "0001.sql").write_text(owner + statements)

    models, live, sql = found([str(project)]), found([url]), found([str(sql_folder)])
    if shadow is not None:
        shadow.drop(url)
    # the models tell that Django itself makes the table that joins, with an index that nobody can leave out
    joining = [line for line in differences(models, live) if "journal_entry_tags" in line]
    assert all(line.startswith("redundant-prefix-index") for line in joining)
    assert [line for line in differences(models, live) if line not in joining] == []
    only_sql = [line for line in differences(live, sql) if "auth_user" not in line]
    assert only_sql == []
    assert {"redundant-prefix-index", "unindexed-foreign-key"} <= {rule for rule, _ in live}

"""Schemas to be damaged, and what `dba audit` may say of bad input: a report, or a sentence and exit code 2."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from support.dba import dba

PASSWORD = "s3cr€t' p@ss/w%rd"
SQL = """create table author (id bigint primary key, name text not null);
create table book (id bigint primary key, author_id bigint not null references author (id), title text not null);
"""
DJANGO = """from django.db import models

class Author(models.Model):
    name = models.CharField(max_length=50)

class Book(models.Model):
    author = models.ForeignKey(Author, on_delete=models.CASCADE, db_index=False)
"""
SQLALCHEMY = """from sqlalchemy import Column, Integer, String, ForeignKey
from sqlalchemy.orm import declarative_base
Base = declarative_base()

class Author(Base):
    __tablename__ = 'author'
    id = Column(Integer, primary_key=True)

class Book(Base):
    __tablename__ = 'book'
    id = Column(Integer, primary_key=True)
    author_id = Column(ForeignKey('author.id'), nullable=False)
"""
PRISMA = """datasource db {
  provider = "postgresql"
  url = env("DATABASE_URL")
}

model Author {
  id Int @id
  books Book[]
}

model Book {
  id Int @id
  authorId Int
  author Author @relation(fields: [authorId], references: [id])
}
"""
SETTINGS = "INSTALLED_APPS = ['shop']\nDATABASES = {'default': {'ENGINE': 'django.db.backends.postgresql'}}\n"
FILES = {
    "django": ("shop/models.py", DJANGO),
    "sqlalchemy": ("models.py", SQLALCHEMY),
    "prisma": ("schema.prisma", PRISMA),
    "sql": ("schema.sql", SQL),
}
COMMENTS = {"django": "#", "sqlalchemy": "#", "prisma": "//", "sql": "--"}


def write(root: Path, name: str, content: str | bytes = "") -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def application(root: Path, framework: str, content: str | bytes) -> None:
    """An application whose schema is this file."""
    write(root, FILES[framework][0], content)
    if framework == "django":
        write(root, "manage.py")
        write(root, "settings.py", SETTINGS)
        write(root, "shop/__init__.py")


def refused(result: subprocess.CompletedProcess[str], *words: str) -> None:
    """Nothing could be audited: exit code 2, nothing on standard output, a sentence and a hint on the other."""
    assert result.returncode == 2, result.stdout + result.stderr
    assert result.stdout == ""
    assert result.stderr.startswith("dba: ")
    assert "Traceback" not in result.stderr
    assert "internal error" not in result.stderr
    assert PASSWORD not in result.stderr
    for word in words:
        assert word in result.stderr


def audited(*arguments: str, cwd: Path | None = None, **environment: str) -> dict[str, Any]:
    """The JSON report of an audit that came about."""
    result = dba("audit", *arguments, "--format", "json", cwd=cwd, **environment)
    assert result.returncode in {0, 1}, result.stderr
    assert "Traceback" not in result.stderr
    data: dict[str, Any] = json.loads(result.stdout)
    failed = [n for n in data["examined"]["rules_not_evaluated"] if "fail" in n["why"]]
    assert failed == []
    return data


def unindexed(data: dict[str, Any]) -> int:
    return sum(f["rule"] == "unindexed-foreign-key" for f in data["findings"])

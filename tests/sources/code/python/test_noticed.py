"""What is no query and matters to what tables hold, in Python: passwords, files, markup, slugs, signs."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbarchitect.catalog.queries import Code, EventKind, SignKind
from dbarchitect.sources.opened import survey_path

MODELS = """
from sqlalchemy import String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Post(Base):
    __tablename__ = "posts"
    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(50), unique=True)
    body: Mapped[str] = mapped_column(String(50))
"""
HEAD = """
from flask import Flask, abort, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Post

"""


def read(tmp_path: Path, source: str, head: str = "") -> Code:
    (tmp_path / "models.py").write_text(MODELS)
    (tmp_path / "app.py").write_text(f"{head}\n{HEAD}{source}")
    code = survey_path(tmp_path)[0].code
    assert code is not None
    return code


def kinds(code: Code) -> list[EventKind]:
    return [event.kind for event in code.events]


@pytest.mark.parametrize(
    ("head", "call"),
    [
        ("from werkzeug.security import check_password_hash", "check_password_hash(post.body, 'x')"),
        ("import bcrypt", "bcrypt.checkpw(b'x', post.body)"),
        (
            "from passlib.context import CryptContext\npwd_context = CryptContext()",
            "pwd_context.verify('x', post.body)",
        ),
        ("from django.contrib.auth.hashers import check_password", "check_password('x', post.body)"),
    ],
)
def test_passwords(tmp_path: Path, head: str, call: str) -> None:
    source = f"def sign_in(db: Session):\n    post = db.scalars(select(Post)).first()\n    return {call}\n"
    assert kinds(read(tmp_path, source, head)) == [EventKind.PASSWORD_COMPARED]


def test_a_signature_is_no_password(tmp_path: Path) -> None:
    source = "def f(db: Session, key):\n    post = db.scalars(select(Post)).first()\n    key.verify(post.body)\n"
    assert kinds(read(tmp_path, source)) == []


def test_files(tmp_path: Path) -> None:
    source = (
        "def f(db: Session):\n    file = request.files['file']\n    if file.content_type != 'image/png':\n"
        "        abort(415)\n    file.save('x')\n    db.add(Post(slug='x', body='y'))\n"
    )
    assert kinds(read(tmp_path, source)) == [EventKind.FILE_TYPE_TESTED, EventKind.FILE_RECEIVED]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Markup(post.body)", [EventKind.MARKUP_RENDERED]),
        ("Markup(bleach.clean(post.body))", [EventKind.MARKUP_CLEANED]),
        ("Markup('<b>')", []),
    ],
)
def test_markup(tmp_path: Path, text: str, found: list[EventKind]) -> None:
    source = f"def show(db: Session):\n    post = db.scalars(select(Post)).first()\n    return {text}\n"
    assert kinds(read(tmp_path, source, "import bleach\nfrom markupsafe import Markup")) == found


@pytest.mark.parametrize(
    ("slug", "is_one"),
    [("slugify(title)", True), ("f'{slugify(title)}-{number}'", False), ("slugify(f'{title} {number}')", False)],
)
def test_slugs(tmp_path: Path, slug: str, is_one: bool) -> None:
    source = f"def make(db: Session, title, number):\n    db.add(Post(slug={slug}, body=title))\n    db.commit()\n"
    (query,) = read(tmp_path, source, "from slugify import slugify").queries
    written = {a.column.columns[0]: a.slug for a in query.assignments}
    assert written == {"slug": is_one, "body": False}


def test_a_limit_of_attempts(tmp_path: Path) -> None:
    source = (
        "limiter = Limiter()\n\n\ndef sign_in(db: Session):\n    post = db.scalars(select(Post)).first()\n"
        "    return check_password_hash(post.body, 'x')\n"
    )
    head = "from flask_limiter import Limiter\nfrom werkzeug.security import check_password_hash"
    assert [sign.kind for sign in read(tmp_path, source, head).signs] == [SignKind.ATTEMPTS_LIMITED]


@pytest.mark.parametrize(
    ("head", "call"),
    [
        ("import os", "os.remove('x')"),
        ("from os import unlink", "unlink('x')"),
        ("import shutil", "shutil.rmtree('x', ignore_errors=True)"),
        ("from pathlib import Path", "Path('x').unlink(missing_ok=True)"),
        ("from django.core.files.storage import default_storage", "default_storage.delete('x')"),
        ("from app.stores import storage", "storage.delete('x')"),
        ("import boto3", "s3 = boto3.client('s3')\n    s3.delete_object(Key='x')"),
    ],
)
def test_files_that_are_removed(tmp_path: Path, head: str, call: str) -> None:
    code = read(tmp_path, f"def remove(session: Session) -> None:\n    session.get(Post, 1)\n    {call}\n", head)
    assert EventKind.FILE_REMOVED in kinds(code)


@pytest.mark.parametrize(
    ("head", "call"),
    [("import os", "os.listdir('x')"), ("from pathlib import Path", "Path('x').exists()"), ("", "session.delete('x')")],
)
def test_files_that_are_kept(tmp_path: Path, head: str, call: str) -> None:
    code = read(tmp_path, f"def look(session: Session) -> None:\n    session.get(Post, 1)\n    {call}\n", head)
    assert EventKind.FILE_REMOVED not in kinds(code)

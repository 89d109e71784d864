"""SQLModel: fields of the class and of those it derives from, `Field` in all its forms."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from dbarchitect import api
from dbarchitect.catalog.members import Action, Column, Identity
from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.refs import Ref
from dbarchitect.sources.base import SourceReading

Reader = Callable[..., SourceReading]
HEADER = """\
import uuid
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Optional

from pydantic import EmailStr
from sqlalchemy import Column, DateTime, Index, Text, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import JSON, Field, Relationship, SQLModel, UniqueConstraint

"""


def table(reading: SourceReading, name: str) -> Table:
    found = reading.catalog.table(Ref.of_table(name))
    assert found is not None, [t.name for t in reading.catalog.tables]
    return found


def column(found: Table, name: str) -> Column:
    wanted = found.column(name)
    assert wanted is not None, [c.name for c in found.columns]
    return wanted


MODELS = """
class Role(str, Enum):
    admin = "ADMIN"
    user = "USER"


class UserBase(SQLModel):
    email: EmailStr = Field(unique=True, index=True, max_length=255)
    is_active: bool = True
    full_name: str | None = Field(default=None, max_length=100)


class UserCreate(UserBase):
    password: str


class User(UserBase, table=True):
    id: uuid.UUID = Field(default_factory=uuid.uuid4, primary_key=True)
    hashed_password: str
    role: Role = Role.user
    score: float = 0.5
    age: Optional[int] = Field(default=None, ge=0, le=150, index=True)
    balance: Decimal = Field(default=0, max_digits=8, decimal_places=3)
    born: date | None
    lasts: timedelta
    home: Optional[Path] = None
    meta: dict = Field(default_factory=dict, sa_column=Column(JSONB, nullable=False))
    notes: str = Field(sa_type=Text)
    created_at: datetime = Field(
        default_factory=datetime.utcnow,
        sa_type=DateTime(timezone=True),
        sa_column_kwargs={"server_default": func.now()},
    )
    updated_at: datetime | None = Field(default=None, sa_column=Column(DateTime, onupdate=func.now()))
    items: list["TodoItem"] = Relationship(back_populates="owner", cascade_delete=True)


class TodoItem(SQLModel, table=True):
    __table_args__ = (UniqueConstraint("owner_id", "title"), Index("ix_title", "title"))

    id: int | None = Field(default=None, primary_key=True)
    title: str = Field(max_length=255)
    owner_id: uuid.UUID = Field(foreign_key="user.id", nullable=False, ondelete="CASCADE")
    reviewer_id: uuid.UUID | None = Field(default=None, foreign_key="user.id", ondelete="SET NULL")
    owner: User | None = Relationship(
        back_populates="items", sa_relationship_kwargs={"foreign_keys": "[TodoItem.owner_id]"}
    )


class Link(SQLModel, table=True):
    __tablename__ = "user_link"
    a: int = Field(primary_key=True, foreign_key="todoitem.id")
    b: int = Field(primary_key=True)
"""


def test_fields_become_columns(read: Reader) -> None:
    reading = read(MODELS, header=HEADER)
    assert not reading.diagnostics
    assert {t.name for t in reading.catalog.tables} == {"user", "todoitem", "user_link"}
    user = table(reading, "user")
    shown = {c.name: f"{c.type}{'' if c.nullable else ' not null'}" for c in user.columns}
    assert shown == {
        "email": "character varying(255) not null",
        "is_active": "boolean not null",
        "full_name": "character varying(100)",
        "id": "uuid not null",
        "hashed_password": "character varying not null",
        "role": "role not null",
        "score": "double precision not null",
        "age": "integer",
        "balance": "numeric(8,3) not null",
        "born": "date",
        "lasts": "interval not null",
        "home": "character varying",
        "meta": "jsonb not null",
        "notes": "text not null",
        "created_at": "timestamp with time zone not null",
        "updated_at": "timestamp without time zone",
    }
    assert user.primary_key is not None and user.primary_key.columns == ("id",)
    assert {(i.column_names, i.unique) for i in user.indexes} == {(("email",), True), (("age",), False)}
    assert reading.catalog.enums[0].values == ("admin", "user")


def test_what_the_application_sees_to(read: Reader) -> None:
    user = table(read(MODELS, header=HEADER), "user")
    age, role = column(user, "age").declared, column(user, "role").declared
    assert age is not None and (age.minimum, age.maximum) == ("0", "150")
    assert role is not None and role.default == "user"
    created, updated = column(user, "created_at").declared, column(user, "updated_at").declared
    assert created is not None and created.sets_on_create and updated is not None and updated.sets_on_update
    assert str(column(user, "created_at").default) == "now()"


def test_keys(read: Reader) -> None:
    reading = read(MODELS, header=HEADER)
    item = table(reading, "todoitem")
    owner, reviewer = (next(k for k in item.foreign_keys if k.columns == (c,)) for c in ("owner_id", "reviewer_id"))
    assert (owner.on_delete, reviewer.on_delete) == (Action.CASCADE, Action.SET_NULL)
    assert owner.application_on_delete is Action.CASCADE
    assert column(item, "id").identity is Identity.SERIAL
    assert [k.columns for k in item.unique_keys] == [("owner_id", "title")]
    link = table(reading, "user_link")
    assert link.primary_key is not None and link.primary_key.columns == ("a", "b")
    assert column(link, "b").identity is None


def test_enumerations_are_text_on_sqlite(read: Reader) -> None:
    reading = read(MODELS, header=HEADER, engine="sqlite:///x.db")
    role = column(table(reading, "user"), "role")
    assert str(role.type) == "character varying(5)"
    assert role.declared is not None and role.declared.choices == ("admin", "user")
    assert str(column(table(reading, "user"), "id").type) == "character(32)"


def test_a_module_that_says_nothing_but_that_it_is_a_table(tmp_path: Path) -> None:
    files = {
        "app/model/base.py": "from sqlmodel import Field, SQLModel\n\n\nclass Base_(SQLModel):\n"
        "    id: int = Field(primary_key=True)\n",
        "app/model/post.py": "from sqlmodel import Field\n\nfrom app.model.base import Base_\n\n\n"
        "class Post(Base_, table=True):\n    title: str = Field()\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    (found,) = api.survey([str(tmp_path)])
    assert [table.name for table in found.catalog.tables] == ["post"]

"""What pydantic, SQLModel, marshmallow and WTForms demand, and which column each demand is about."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbarchitect.catalog.queries import FieldRule
from dbarchitect.sources.assemble import read_project
from dbarchitect.sources.code.python.reader import read_code
from dbarchitect.sources.discover import open_project
from dbarchitect.sources.python.index import PythonIndex

_MODELS = """
import enum
from sqlalchemy import Column, Enum, Integer, String, select
from sqlalchemy.orm import declarative_base
Base = declarative_base()

class Role(enum.Enum):
    ADMIN = "admin"
    GUEST = "guest"

class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    email = Column(String(100))
    age = Column(Integer)
    status = Column(String(20))
    role = Column(Enum(Role))

def all_users(session):
    return session.execute(select(User)).scalars().all()
"""


def _rules(folder: Path, code: str, models: str = _MODELS) -> dict[str, FieldRule]:
    (folder / "models.py").write_text(models)
    (folder / "schemas.py").write_text("from models import Role, User\n" + code)
    project = open_project(folder)
    index = PythonIndex(project)
    (reading,) = read_code(index, read_project(project, index))
    assert reading.code is not None
    return {rule.name: rule for rule in reading.code.rules}


_PYDANTIC = """
from typing import Annotated, Literal, Optional
from pydantic import BaseModel, Field, PositiveInt, StringConstraints, conint, constr
Short = Annotated[str, StringConstraints(max_length=7)]
"""


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("status: Literal['a', 'b']", {"choices": ("a", "b"), "required": True}),
        ("status: Literal['a', 'b'] | None = None", {"choices": ("a", "b"), "required": False}),
        ("status: Optional[str] = Field(None, max_length=9)", {"max_length": 9, "required": False}),
        ("status: str = Field(max_length=9, pattern='^x$')", {"max_length": 9, "pattern": "^x$", "required": True}),
        ("status: str = 'new'", {"required": None}),
        ("age: int = Field(..., ge=0, lt=150)", {"minimum": 0.0, "maximum": 150.0, "required": True}),
        ("age: conint(gt=1, le=9)", {"minimum": 1.0, "maximum": 9.0}),
        ("age: PositiveInt", {"minimum": 1.0}),
        ("email: constr(max_length=5)", {"max_length": 5}),
        ("email: Short", {"max_length": 7}),
        ("role: Role", {"choices": ("ADMIN", "GUEST")}),
    ],
)
def test_a_pydantic_field(tmp_path: Path, field: str, expected: dict[str, object]) -> None:
    name = field.partition(":")[0]
    rule = _rules(tmp_path, f"{_PYDANTIC}\nclass UserCreate(BaseModel):\n    {field}\n")[name]
    assert rule.layer == "schema"
    assert rule.column is not None
    assert str(rule.column) == f"users.{name}"
    assert {key: getattr(rule, key) for key in expected} == expected


def test_a_schema_of_changes_tells_no_need(tmp_path: Path) -> None:
    rule = _rules(tmp_path, f"{_PYDANTIC}\nclass UserUpdate(BaseModel):\n    email: str | None = None\n")["email"]
    assert rule.required is None


def test_what_is_given_out_tells_values_only(tmp_path: Path) -> None:
    code = f"{_PYDANTIC}\nclass UserPublic(BaseModel):\n    email: Short\n    status: Literal['a']\n"
    rules = _rules(tmp_path, code)
    assert rules["email"].max_length is None
    assert rules["status"].choices == ("a",)


def test_a_class_of_no_model_and_a_query_of_a_list(tmp_path: Path) -> None:
    code = f"""{_PYDANTIC}
class Login(BaseModel):
    email: str = Field(max_length=3)
    token: str
class UserFilter(BaseModel):
    status: Literal['a']
"""
    rules = _rules(tmp_path, code)
    assert rules["email"].column is None
    assert rules.keys() == {"email"}


def test_marshmallow(tmp_path: Path) -> None:
    code = """
from marshmallow import Schema, fields, validate
class UserSchema(Schema):
    email = fields.Str(required=True, validate=[validate.Length(max=50), validate.Regexp("@")])
    age = fields.Integer(validate=validate.Range(min=1, max=9))
    status = fields.Str(validate=validate.OneOf(["a", "b"]))
"""
    rules = _rules(tmp_path, code)
    assert (rules["email"].required, rules["email"].max_length, rules["email"].pattern) == (True, 50, "@")
    assert (rules["age"].minimum, rules["age"].maximum, rules["age"].required) == (1.0, 9.0, None)
    assert rules["status"].choices == ("a", "b")


def test_flask_marshmallow_with_a_model_of_another_name(tmp_path: Path) -> None:
    code = """
from flask_marshmallow import Marshmallow
from marshmallow import fields, validate
ma = Marshmallow()
class AccountSchema(ma.SQLAlchemyAutoSchema):
    class Meta:
        model = User
    email = fields.Str(validate=validate.Length(1, 50))
"""
    rule = _rules(tmp_path, code)["email"]
    assert (str(rule.column), rule.max_length) == ("users.email", 50)


def test_wtforms(tmp_path: Path) -> None:
    code = """
from flask_wtf import FlaskForm
from wtforms import IntegerField, SelectField, StringField
from wtforms.validators import DataRequired, Length, NumberRange, Optional
class UserForm(FlaskForm):
    email = StringField("Mail", validators=[DataRequired(), Length(1, 64)])
    age = IntegerField("Age", [Optional(), NumberRange(0, 150)])
    status = SelectField("Status", choices=[("a", "Open"), ("b", "Shut")])
"""
    rules = _rules(tmp_path, code)
    assert (rules["email"].layer, rules["email"].required, rules["email"].max_length) == ("form", True, 64)
    assert (rules["age"].required, rules["age"].minimum, rules["age"].maximum) == (False, 0.0, 150.0)
    assert rules["status"].choices == ("a", "b")


def test_sqlmodel(tmp_path: Path) -> None:
    models = """
from sqlmodel import Field, Session, SQLModel, select
class UserBase(SQLModel):
    email: str = Field(max_length=80)
    full_name: str | None = Field(default=None, max_length=90)
class User(UserBase, table=True):
    id: int | None = Field(default=None, primary_key=True)
class UserCreate(UserBase):
    email: str = Field(min_length=8, max_length=40)
def one(session: Session):
    return session.exec(select(User)).all()
"""
    rules = _rules(tmp_path, "", models)
    assert (str(rules["full_name"].column), rules["full_name"].required) == ("user.full_name", False)

"""What no database shows: declared defaults, origins, diagnostics, engines, several applications in one project."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from dbarchitect.catalog.members import Column, Declared, Identity
from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.refs import Ref
from dbarchitect.sources.base import SourceReading
from dbarchitect.sources.discover import open_project
from dbarchitect.sources.python import PythonIndex
from dbarchitect.sources.sqlalchemy import SqlAlchemyReader

Reader = Callable[..., SourceReading]
ReadAll = Callable[..., tuple[SourceReading, ...]]


def table(reading: SourceReading, name: str, schema: str | None = None) -> Table:
    found = reading.catalog.table(Ref.of_table(name, schema))
    assert found is not None, [t.name for t in reading.catalog.tables]
    return found


def column(reading: SourceReading, name: str, of: str = "t") -> Column:
    found = table(reading, of).column(name)
    assert found is not None, [c.name for c in table(reading, of).columns]
    return found


def declared(reading: SourceReading, name: str) -> Declared:
    return column(reading, name).declared or Declared()


ONE = "class T(Base):\n    __tablename__ = 't'\n    id = Column(Integer, primary_key=True)\n    "


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("Column(String, default='x')", Declared(default="x")),
        ("Column(Integer, default=0)", Declared(default="0")),
        ("Column(Boolean, default=False)", Declared(default="false")),
        ("Column(Float, default=1.5)", Declared(default="1.5")),
        ("Column(String, default=None)", Declared()),
        ("Column(String, default=lambda: 'x')", Declared(computed_default=True)),
        ("Column(String, default=uuid4)", Declared(computed_default=True)),
        ("Column(JSON, default=dict)", Declared(computed_default=True, empty_default=True)),
        ("Column(DateTime, default=datetime.utcnow)", Declared(sets_on_create=True)),
        ("Column(DateTime, default=lambda: datetime.now(timezone.utc))", Declared(sets_on_create=True)),
        ("Column(DateTime, default=func.now())", Declared(sets_on_create=True)),
        ("Column(DateTime, onupdate=datetime.utcnow)", Declared(sets_on_update=True)),
        ("Column(DateTime, server_onupdate=FetchedValue())", Declared(sets_on_update=True)),
        ("mapped_column(DateTime, insert_default=func.now())", Declared(sets_on_create=True)),
        ("Column(String(5), default=Color.red)", Declared(default="R")),
        ("Column(Enum(Color), default=Color.red)", Declared(default="red")),
        ("Column(Enum('a', 'b', native_enum=False), default='a')", Declared(choices=("a", "b"), default="a")),
        ("Column(StringEncryptedType(String, 'key', length=300))", Declared(encrypted=True)),
        ("Column(EncryptedType(String, 'key'))", Declared(encrypted=True)),
        ("Column(PasswordType(schemes=['bcrypt']))", Declared(hashed=True)),
        ("Column(ChoiceType([('a', 'A'), ('b', 'B')]))", Declared(choices=("a", "b"))),
        ("Column(ByValue(Color))", Declared(choices=("R", "G"))),
        ("Column(ByValue(Color), default=Color.red)", Declared(choices=("R", "G"), default="R")),
    ],
)
def test_what_the_application_declares(read: Reader, written: str, expected: Declared) -> None:
    header = """
import enum
from datetime import datetime, timezone
from uuid import uuid4
from sqlalchemy import *
from sqlalchemy.orm import *
from sqlalchemy_utils import ChoiceType, EncryptedType, PasswordType, StringEncryptedType

Base = declarative_base()


class Color(str, enum.Enum):
    red = "R"
    green = "G"


class ByValue(TypeDecorator):
    impl = String

    def __init__(self, cls):
        super().__init__()
        self.cls = cls


"""
    reading = read(ONE + f"c = {written}", header=header)
    assert not reading.diagnostics
    assert declared(reading, "c") == expected


@pytest.mark.parametrize(
    ("written", "postgresql", "sqlite"),
    [
        ("Column(UUIDType)", "uuid", "binary(16)"),
        ("Column(UUIDType(binary=False))", "character(32)", "character(32)"),
        ("Column(EmailType)", "character varying(255)", "character varying(255)"),
        ("Column(URLType)", "text", "text"),
        ("Column(JSONType)", "json", "text"),
        ("Column(TSVectorType('name'))", "tsvector", "tsvector"),
        ("Column(Vector(1536))", "vector(1536)", "vector(1536)"),
        ("Column(Geometry('POINT'))", "geometry", "geometry"),
        ("Column(GUID)", "uuid", "character(36)"),
        ("Column(StringEncryptedType(String, 'k', length=300))", "character varying(300)", "character varying(300)"),
        ("Column(mutable_json_type(dbtype=JSONB, nested=True))", "jsonb", "jsonb"),
        ("Column(MutableList.as_mutable(ARRAY(String(3))))", "character varying(3)[]", "character varying(3)[]"),
        ("Column(Chosen)", "jsonb", "text"),
    ],
)
def test_types_of_libraries(read: Reader, written: str, postgresql: str, sqlite: str) -> None:
    header = """
from sqlalchemy import *
from sqlalchemy.orm import *
from sqlalchemy.ext.mutable import MutableList
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy_utils import EmailType, JSONType, StringEncryptedType, TSVectorType, URLType, UUIDType
from sqlalchemy_json import mutable_json_type
from pgvector.sqlalchemy import Vector
from geoalchemy2 import Geometry
from fastapi_users_db_sqlalchemy.generics import GUID

Base = declarative_base()


class Chosen(TypeDecorator):
    impl = Text

    def load_dialect_impl(self, dialect):
        if dialect.name in ("postgresql", "cockroachdb"):
            return dialect.type_descriptor(JSONB())
        return super().load_dialect_impl(dialect)


"""
    for url, expected in (("postgresql://h/d", postgresql), ("sqlite:///x.db", sqlite)):
        reading = read(ONE + f"c = {written}", header=header, engine=url)
        assert not reading.diagnostics
        assert str(column(reading, "c").type) == expected


def test_a_broken_model_costs_itself_alone(read: Reader) -> None:
    reading = read("""
        class Good(Base):
            __tablename__ = "good"
            id = Column(Integer, primary_key=True)


        class Broken(Base):
            __tablename__ = "broken"
            id = Column(Integer, primary_key=True)
            name = Column(String(, nullable=False
            other = Column(Integer)


        class AlsoGood(Base):
            __tablename__ = "also_good"
            id = Column(Integer, primary_key=True)
    """)
    assert {"good", "also_good"} <= {t.name for t in reading.catalog.tables}
    assert any("syntax error" in d.text and d.origin.path == "models.py" for d in reading.diagnostics)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("c = Column(Mystery)", "column type Mystery"),
        ("c = Column()", "type of column c is not told"),
        ("c = Column(Enum(*load_values(), name='e'))", "values of this enumeration"),
        ("c = Column(Integer, server_default=compute())", "server default of column c"),
        ("__table_args__ = compute()", "__table_args__ of T"),
        ("__table_args__ = (Index('x', compute()),)", "an element of index x"),
        ("__table_args__ = (CheckConstraint(compute()),)", "condition of this CHECK"),
        ("__table_args__ = (Index('x', 'id', postgresql_where=compute()),)", "condition of this partial index"),
        ("c = Column(ForeignKey('nowhere.id'))", "table nowhere that t refers to"),
        ("c = Column(ForeignKey(compute()))", "points at"),
    ],
)
def test_what_cannot_be_read_is_said(read: Reader, body: str, said: str) -> None:
    reading = read(f"from elsewhere import Mystery, compute, load_values\n\n\n{ONE}{body}")
    assert any(said in d.text for d in reading.diagnostics), reading.diagnostics
    assert all(d.origin.path == "models.py" and d.origin.line for d in reading.diagnostics)
    assert column(reading, "id").identity is Identity.SERIAL


def test_a_table_name_that_cannot_be_computed_is_said(read: Reader) -> None:
    reading = read("""
        from elsewhere import name_of

        class Named(Base):
            __tablename__ = "named"
            id = Column(Integer, primary_key=True)

        class Computed(Base):
            __tablename__ = name_of("x")
            id = Column(Integer, primary_key=True)
    """)
    assert [t.name for t in reading.catalog.tables] == ["named"]
    assert any("table name of model Computed" in d.text for d in reading.diagnostics)


def test_a_base_whose_code_is_not_here(read_all: ReadAll) -> None:
    files = {
        "app/models.py": """
            from company.database import Base, db
            from sqlalchemy import Column, Integer, String

            class User(Base):
                __tablename__ = "users"
                id = Column(Integer, primary_key=True)

            class BlogPost(db.Model):
                id = db.Column(db.Integer, primary_key=True)
                user_id = db.Column(db.ForeignKey("users.id"))
        """
    }
    (reading,) = read_all(files)
    assert {t.name for t in reading.catalog.tables} == {"users", "blog_post"}
    assert column(reading, "user_id", "blog_post").type.name == "integer"


def test_two_packages_with_bases_of_their_own_are_two_applications(read_all: ReadAll) -> None:
    model = """
        from .base import Base
        from sqlalchemy import Column, Integer

        class Thing(Base):
            __tablename__ = "thing"
            id = Column(Integer, primary_key=True)
    """
    base = "from sqlalchemy.orm import DeclarativeBase\n\n\nclass Base(DeclarativeBase):\n    pass\n"
    files = {}
    for service, url in (("billing", "postgresql://h/billing"), ("search", "sqlite:///search.db")):
        files[f"services/{service}/requirements.txt"] = "sqlalchemy\n"
        files[f"services/{service}/.env"] = f"DATABASE_URL={url}\n"
        files[f"services/{service}/{service}/base.py"] = base
        files[f"services/{service}/{service}/models.py"] = model
        files[f"services/{service}/{service}/__init__.py"] = ""
    readings = read_all(files)
    assert [(r.application.name, r.application.path, r.catalog.engine.name) for r in readings] == [
        ("billing", "services/billing/billing", "postgresql"),
        ("search", "services/search/search", "sqlite"),
    ]
    assert all(len(r.catalog.tables) == 1 for r in readings)


def test_a_second_metadata_inside_the_package_belongs_to_it(read_all: ReadAll) -> None:
    (reading,) = read_all({
        "app/models.py": """
            from sqlalchemy.orm import declarative_base
            from sqlalchemy import Column, Integer
            Base = declarative_base()
            class A(Base):
                __tablename__ = "a"
                id = Column(Integer, primary_key=True)
        """,
        "app/plugins/extra.py": """
            from sqlalchemy import Column, Integer, MetaData, Table
            metadata = MetaData()
            b = Table("b", metadata, Column("id", Integer, primary_key=True))
        """,
    })  # fmt: skip
    assert [t.name for t in reading.catalog.tables] == ["a", "b"]
    assert reading.application.path == "app"


def test_models_of_tests_and_migrations_do_not_count(read_all: ReadAll) -> None:
    model = """
        from sqlalchemy import Column, Integer
        from sqlalchemy.orm import declarative_base
        {extra}
        Base = declarative_base()
        class Snapshot(Base):
            __tablename__ = "snapshot"
            id = Column(Integer, primary_key=True)
    """
    readings = read_all({
        "tests/models.py": model.format(extra=""),
        "migrations/versions/0001_first.py": model.format(extra="revision = 'a'\n        down_revision = None"),
    })  # fmt: skip
    assert readings == ()


def test_alembic_s_migrations_are_listed(read_all: ReadAll) -> None:
    (reading,) = read_all({
        "models.py": "from sqlalchemy.orm import *\nfrom sqlalchemy import *\nBase = declarative_base()\n" + ONE,
        "alembic/versions/0001_first.py": "revision = 'a'\ndown_revision = None\n",
    })  # fmt: skip
    assert reading.migrations == ("alembic/versions/0001_first.py",)
    assert [t.name for t in reading.catalog.tables] == ["t"]


def test_a_model_mapped_onto_a_view_is_no_table(read_all: ReadAll) -> None:
    head = "from sqlalchemy.orm import *\nfrom sqlalchemy import *\nBase = declarative_base()\n"
    view = "class V(Base):\n    __tablename__ = 'v'\n    id = Column(Integer, primary_key=True)\n"
    old = "class W(Base):\n    __tablename__ = 'w'\n    id = Column(Integer, primary_key=True)\n"
    (reading,) = read_all({
        "models.py": head + ONE + "\n" + view + old,
        "alembic/versions/0001_first.py": "revision = 'a'\ndown_revision = None\ndef upgrade():\n"
        "    op.execute('CREATE OR REPLACE VIEW \"v\" AS SELECT 1 AS id')\n"
        "    op.execute('create view w as select 1')\n",
        "alembic/versions/0002_second.py": "revision = 'b'\ndown_revision = 'a'\ndef upgrade():\n"
        "    op.execute('drop view w')\n    op.create_table('w', sa.Column('id', sa.Integer))\n",
    })  # fmt: skip
    assert [t.name for t in reading.catalog.tables] == ["t", "w"]
    assert [d.text.partition(":")[0] for d in reading.diagnostics] == ["v is a view by the migrations"]


def test_statements_for_type_checkers_make_no_columns(read: Reader) -> None:
    reading = read(f"""
from typing import TYPE_CHECKING

{ONE}
    if TYPE_CHECKING:
        ghost: Mapped[int]
""")
    assert [c.name for c in table(reading, "t").columns] == ["id"]


def test_a_name_used_before_it_is_bound_again(read_all: ReadAll) -> None:
    (reading,) = read_all({
        "base.py": "from sqlalchemy.orm import declarative_base\nBase = declarative_base()\n",
        "services.py": """
            from base import Base
            from sqlalchemy import Column, String
            class Service(Base):
                __tablename__ = "service"
                code = Column(String(7), primary_key=True)
        """,
        "models.py": """
            from base import Base
            from pydantic import BaseModel
            from services import Service
            from sqlalchemy import Column, ForeignKey, Integer
            class Call(Base):
                __tablename__ = "call"
                id = Column(Integer, primary_key=True)
                service_code = Column(ForeignKey(Service.code))
            class Service(BaseModel):
                code: str
        """,
    })  # fmt: skip
    assert not reading.diagnostics
    assert str(column(reading, "service_code", "call").type) == "character varying(7)"


def test_nothing_is_run(read_all: ReadAll, tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    (reading,) = read_all({
        "models.py": f"""
            open({str(mark)!r}, "w").close()
            from sqlalchemy import *
            from sqlalchemy.orm import *
            Base = declarative_base()
            class T(Base):
                __tablename__ = "t"
                id = Column(Integer, primary_key=True)
                x = Column(String(len(open({str(mark)!r}, "w").name)))
        """,
    })  # fmt: skip
    assert not mark.exists()
    assert len(table(reading, "t").columns) == 2


def test_recursive_nonsense_ends(read_all: ReadAll) -> None:
    readings = read_all({
        "models.py": """
            from sqlalchemy import *
            from sqlalchemy.orm import *
            Base = declarative_base(metadata=Base.metadata, cls=Loop)
            a = b
            b = a
            def f(x): return f(x)
            class Loop(Loop):
                __tablename__ = f(1)
            class T(T, Base):
                __tablename__ = "t"
                id = Column(f(2), primary_key=True)
                x = Column(a)
                y = Column(ForeignKey("t.y"))
                __table_args__ = __table_args__ + (Index("i", b),)
        """,
    })  # fmt: skip
    assert [t.name for r in readings for t in r.catalog.tables] == ["t"]


def test_a_hundred_models_in_a_large_project_take_little_time(tmp_path: Path) -> None:
    models = "from sqlalchemy import *\nfrom sqlalchemy.orm import *\nfrom base import Base\n\n\n"
    fields = "".join(f"    field_{n} = Column(String({n + 1}), index=True, default='x')\n" for n in range(15))
    (tmp_path / "base.py").write_text("from sqlalchemy.orm import declarative_base\nBase = declarative_base()\n")
    for number in range(100):
        body = f"class M{number}(Base):\n    __tablename__ = 'm{number}'\n    id = Column(Integer, primary_key=True)\n"
        key = f"    other_id = Column(ForeignKey('m{number // 2}.id'))\n    other = relationship('M{number // 2}')\n"
        (tmp_path / f"models_{number}.py").write_text(models + body + fields + key)
    line = "    value = compute(value, 'text', other=[1, 2, 3]) if value else None\n"
    for number in range(100):
        (tmp_path / f"code_{number}.py").write_text("def work(value):\n" + line * 2000)
    project = open_project(tmp_path)
    index = PythonIndex(project)
    for module in index.candidates(b"Column"):
        _ = module.statements
    started = time.process_time()
    (reading,) = SqlAlchemyReader().read(project, index)
    assert time.process_time() - started < 2.0  # about 0.5 s on an idle machine
    assert len(reading.catalog.tables) == 100


def test_bases_of_fastapi_users_bring_their_columns(read: Reader) -> None:
    header = """
from fastapi_users.db import SQLAlchemyBaseUserTableUUID
from fastapi_users_db_sqlalchemy.access_token import SQLAlchemyBaseAccessTokenTableUUID
from sqlalchemy.orm import DeclarativeBase, Mapped


class Base(DeclarativeBase):
    pass


class User(SQLAlchemyBaseUserTableUUID, Base):
    name: Mapped[str | None]


class AccessToken(SQLAlchemyBaseAccessTokenTableUUID, Base):
    pass
"""
    reading = read("", header=header)
    assert not reading.diagnostics
    user, token = table(reading, "user"), table(reading, "accesstoken")
    assert {c.name for c in user.columns} == {
        "id", "name", "email", "hashed_password", "is_active", "is_superuser", "is_verified",
    }  # fmt: skip
    assert str(column(reading, "user_id", "accesstoken").type) == "uuid"
    assert [(i.column_names, i.unique) for i in user.indexes] == [(("email",), True)]
    assert {c.origin.path for c in (*user.columns, *token.columns)} == {"models.py"}
    assert reading.files == ("models.py",)


def test_a_model_without_a_primary_key_tells_that_something_was_not_read(read: Reader) -> None:
    reading = read("""
        from company.mixins import IdMixin

        class Item(IdMixin, Base):
            __tablename__ = "item"
            name = Column(String)
    """)
    (diagnostic,) = reading.diagnostics
    assert diagnostic.text == "no primary key was read of model Item: taken to be id, from company.mixins.IdMixin"
    key = table(reading, "item").primary_key
    assert key is not None and key.columns == ("id",)
    assert column(reading, "id", "item").type.name == "unknown"


def test_a_table_whose_name_is_computed_in_a_loop_is_said(read: Reader) -> None:
    reading = read(f"""
{ONE}pass

for kind in ("user", "group"):
    role_map = Table(f"{{kind}}_role", Base.metadata, Column("id", Integer, primary_key=True))
""")
    assert any("name of this table" in d.text for d in reading.diagnostics)


def test_a_bind_is_noted(read_all: ReadAll) -> None:
    (reading,) = read_all({
        "models.py": """
            from flask_sqlalchemy import SQLAlchemy
            db = SQLAlchemy()
            class Event(db.Model):
                __bind_key__ = "events"
                id = db.Column(db.Integer, primary_key=True)
        """,
    })  # fmt: skip
    assert ["bind 'events'" in d.text for d in reading.diagnostics] == [True]


def test_a_schema_is_taken_from_the_foreign_keys_where_the_arguments_cannot_be_read(read: Reader) -> None:
    reading = read("""
        from company import table_args

        class Event(Base):
            __tablename__ = "events"
            __table_args__ = table_args("Event")
            id = Column(Integer, primary_key=True)

        class Note(Base):
            __tablename__ = "notes"
            id = Column(Integer, primary_key=True)
            event_id = Column(ForeignKey("calendar.events.id"))
    """)
    assert table(reading, "events", "calendar").foreign_keys == ()
    (key,) = table(reading, "notes").foreign_keys
    assert str(key.referenced) == "calendar.events"


def test_a_copy_of_searchable_indexes_its_columns(read: Reader) -> None:
    reading = read(f"""
from sqlalchemy_searchable import make_searchable
from sqlalchemy_utils.types import TSVectorType

make_searchable(Base.metadata)

{ONE}name = Column(String)
    search = Column(TSVectorType("name"))
""")
    assert [(i.column_names, i.method) for i in table(reading, "t").indexes] == [(("search",), "gin")]


@pytest.mark.parametrize(
    ("url", "name"),
    [("postgresql://h/d", "postgresql"), ("sqlite:///x.db", "sqlite"), ("mysql+pymysql://h/d", "mysql")],
)
def test_the_engine_is_the_configured_one(read: Reader, url: str, name: str) -> None:
    reading = read(ONE + "pass", engine=url)
    assert reading.catalog.engine.name == name
    assert [c.engine.name for c in reading.configured_engines] == [name]
    assert reading.application.framework == "sqlalchemy"


def test_tables_without_keys_in_a_metadata_of_their_own_describe_another_database(read_all: ReadAll) -> None:
    (reading,) = read_all({
        "app/models.py": "from sqlalchemy.orm import *\nfrom sqlalchemy import *\nBase = declarative_base()\n" + ONE,
        "app/analytics.py": """
            from sqlalchemy import Column, MetaData, String, Table
            events = Table("events", MetaData(), Column("name", String))
        """,
    })  # fmt: skip
    assert [t.name for t in reading.catalog.tables] == ["t"]
    assert any("table events is left out" in d.text for d in reading.diagnostics)


def test_models_of_which_nothing_can_be_read_are_not_passed_over(read: Reader) -> None:
    reading = read("""
        from elsewhere import name_of

        class Computed(Base):
            __tablename__ = name_of("x")
            id = Column(Integer, primary_key=True)
    """)
    assert reading.catalog.tables == ()
    assert any("table name of model Computed" in d.text for d in reading.diagnostics)


@pytest.mark.parametrize(
    "function",
    [
        "def f{n}(a, b): return f{m}(a + b, a + b)",
        "def f{n}(a, b=1): return [f{m}(a), f{m}(b)]",
        "def f{n}(a, b=1): return f{m}(a) + f{m}(b)",
    ],
)
def test_functions_that_double_at_every_level_take_no_time(read: Reader, function: str) -> None:
    functions = "\n".join(function.format(n=n, m=n + 1) for n in range(30))
    started = time.process_time()
    reading = read(f"""
{functions}
def f30(a, b=1): return String(a + b)


{ONE}x = Column(f0(1, 1))
    y = Column(Enum(*f0("a"), name="e"))
    z = Column(String(f0(1)), default=f0("x"))
""")
    assert [c.name for c in table(reading, "t").ordered_columns] == ["id", "x", "y", "z"]
    assert time.process_time() - started < 10


def test_mixins_of_authlib_bring_their_columns(read: Reader) -> None:
    header = """
from authlib.integrations.sqla_oauth2 import OAuth2ClientMixin, OAuth2TokenMixin
from sqlalchemy import Integer, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Client(Base, OAuth2ClientMixin):
    __tablename__ = "client"
    id: Mapped[int] = mapped_column(primary_key=True)
    client_id: Mapped[str] = mapped_column(String(52), nullable=False)


class Token(Base, OAuth2TokenMixin):
    __tablename__ = "token"
    id: Mapped[int] = mapped_column(primary_key=True)
"""
    reading = read("", header=header)
    assert not reading.diagnostics
    client, token = table(reading, "client"), table(reading, "token")
    assert {c.name for c in client.columns} == {
        "id", "client_id", "client_secret", "client_id_issued_at", "client_secret_expires_at", "client_metadata",
    }  # fmt: skip
    assert str(column(reading, "client_id", "client").type) == "character varying(52)"
    assert token.unique_keys[0].columns == ("access_token",)
    assert [i.column_names for i in token.indexes] == [("refresh_token",)]
    assert reading.files == ("models.py",)


def test_a_text_annotated_as_an_enumeration_stores_its_values(read: Reader) -> None:
    header = """
import enum
from sqlalchemy import String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Role(enum.StrEnum):
    OWNER = "owner"
    MEMBER = "member"


class Rank(enum.Enum):
    FIRST = 1


class Member(Base):
    __tablename__ = "member"
    id: Mapped[int] = mapped_column(primary_key=True)
    role: Mapped[Role] = mapped_column(String, default=Role.MEMBER)
    former: Mapped[Role | None] = mapped_column(String(20))
    rank: Mapped[Rank] = mapped_column(String)
"""
    reading = read("", header=header)
    assert not reading.diagnostics

    def choices(name: str) -> tuple[str, ...]:
        declared = column(reading, name, "member").declared
        return declared.choices if declared is not None else ()

    assert choices("role") == choices("former") == ("owner", "member")
    assert choices("rank") == ()
    assert str(column(reading, "role", "member").type) == "character varying"

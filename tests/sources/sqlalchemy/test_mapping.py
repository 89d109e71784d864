"""How classes stand for tables: what SQLAlchemy itself configures for the same models is the measure."""

from __future__ import annotations

import importlib.util
import pickle
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent
from types import ModuleType

import pytest
from sqlalchemy import Table
from sqlalchemy.orm import Mapper, RelationshipProperty, clear_mappers

from dbarchitect.catalog.refs import Ref
from dbarchitect.sources.base import SourceReading
from dbarchitect.sources.mapping import MappedModel, MappedRelation, Through

Read = Callable[..., SourceReading]
ReadAll = Callable[[dict[str, str]], tuple[SourceReading, ...]]
CASES = Path(__file__).parent / "cases"

SHOP = """
from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, ForeignKeyConstraint, Integer, String, Table, and_
from sqlalchemy.ext.declarative import declared_attr as old_declared_attr
from sqlalchemy.orm import (
    DeclarativeBase, DynamicMapped, Mapped, WriteOnlyMapped, backref, column_property, declared_attr, deferred,
    foreign, mapped_column, relationship, remote, synonym,
)


class Base(DeclarativeBase):
    pass


order_tags = Table(
    "order_tags",
    Base.metadata,
    Column("order_id", ForeignKey("orders.id"), primary_key=True),
    Column("tag", ForeignKey("tags.name"), primary_key=True),
)
friends = Table(
    "friends",
    Base.metadata,
    Column("left_id", ForeignKey("people.person_id"), primary_key=True),
    Column("right_id", ForeignKey("people.person_id"), primary_key=True),
)


class Owned:
    __abstract__ = False
    owner_id: Mapped[int | None] = mapped_column("owned_by", ForeignKey("people.person_id"))

    @declared_attr
    def owner(cls) -> Mapped["Person | None"]:
        return relationship("Person", lazy="raise", foreign_keys=[cls.owner_id])


class Person(Base):
    __tablename__ = "people"
    id: Mapped[int] = mapped_column("person_id", primary_key=True)
    name: Mapped[str] = deferred(mapped_column("full_name", String))
    label = synonym("name")
    kind: Mapped[str]
    boss_id: Mapped[int | None] = mapped_column(ForeignKey("people.person_id"))
    boss: Mapped["Person | None"] = relationship(remote_side=[id], back_populates="reports")
    reports: Mapped[list["Person"]] = relationship(back_populates="boss", lazy="selectin")
    orders: Mapped[list["Order"]] = relationship(back_populates="buyer", foreign_keys="Order.buyer_id")
    shipped: DynamicMapped["Order"] = relationship(foreign_keys="[Order.shipper_id]")
    archive: WriteOnlyMapped["Note"] = relationship(viewonly=True, primaryjoin="Person.id == foreign(Note.person_id)")
    friends = relationship(
        "Person",
        secondary=friends,
        primaryjoin=lambda: Person.id == friends.c.left_id,
        secondaryjoin="Person.id == friends.c.right_id",
        backref="befriended",
    )
    passport: Mapped["Passport"] = relationship(back_populates="person")
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "person"}


class Clerk(Person):
    desk: Mapped[str | None]
    __mapper_args__ = {"polymorphic_identity": "clerk"}


class Courier(Person):
    __tablename__ = "couriers"
    id: Mapped[int] = mapped_column("courier_id", ForeignKey("people.person_id"), primary_key=True)
    vehicle: Mapped[str]
    tours = relationship("Tour", back_populates="courier")
    __mapper_args__ = {"polymorphic_identity": "courier"}


class Tour(Base):
    __tablename__ = "tours"
    id = Column(Integer, primary_key=True)
    courier_id = Column(ForeignKey("couriers.courier_id"))
    courier = relationship(Courier, uselist=False, lazy="joined")


class Passport(Base):
    __tablename__ = "passports"
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.person_id"))
    person: Mapped[Person] = relationship(back_populates="passport", lazy="immediate")


class Note(Base):
    __tablename__ = "notes"
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int]
    hidden: Mapped[bool]
    about = relationship(Person, primaryjoin=lambda: foreign(Note.person_id) == remote(Person.id), viewonly=True)


class Order(Owned, Base):
    __tablename__ = "orders"
    id = mapped_column(Integer, primary_key=True)
    number = column_property(Column("no", Integer))
    buyer_id = mapped_column(ForeignKey(Person.id))
    shipper_id = mapped_column(ForeignKey(Person.id))
    buyer = relationship("Person", foreign_keys=[buyer_id], back_populates="orders", lazy="joined")
    lines = relationship("Line", backref=backref("order", lazy="subquery"), cascade="all, delete-orphan")
    tags = relationship("Tag", order_tags, backref=backref("orders", lazy="dynamic"))


class Tag(Base):
    __tablename__ = "tags"
    name = mapped_column(String, primary_key=True)


class Line(Base):
    __tablename__ = "lines"
    order_id = mapped_column(ForeignKey("orders.id"), primary_key=True)
    position = mapped_column(Integer, primary_key=True)
    open_parts = relationship(
        "Part",
        primaryjoin="and_(Part.order_id == Line.order_id, Part.position == Line.position, Part.state == 'open')",
        viewonly=True,
    )


class Part(Base):
    __tablename__ = "parts"
    id = mapped_column(Integer, primary_key=True)
    order_id = mapped_column(Integer)
    position = mapped_column(Integer)
    state = mapped_column(String)
    line = relationship("Line", lazy=False, backref=backref("first_part", uselist=False))
    __table_args__ = (ForeignKeyConstraint(["order_id", "position"], ["lines.order_id", "lines.position"]),)
"""


def imported(path: Path) -> ModuleType:
    """The module, really run."""
    name = f"mapped_{path.parent.name}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


Seen = dict[str, tuple[dict[str, str], dict[str, object]]]


def pairs(given: object) -> list[tuple[str, str]]:
    return sorted((left.name, right.name) for left, right in given)  # type: ignore[attr-defined]


def configured(relation: RelationshipProperty[object]) -> tuple[object, ...]:
    """What SQLAlchemy made of a relationship."""
    lazy = relation.lazy
    eager = {"raise": "raise", "raise_on_sql": "raise", False: "joined"}.get(lazy, lazy)
    eager = eager if eager in {"raise", "joined", "selectin", "subquery", "immediate"} else None
    way: object = pairs(relation.local_remote_pairs)
    if relation.secondary is not None:
        assert isinstance(relation.secondary, Table)
        far = [(there, own) for own, there in relation.secondary_synchronize_pairs or ()]
        way = (relation.secondary.name, pairs(relation.synchronize_pairs), pairs(far))
    return relation.mapper.class_.__name__, relation.uselist, way, eager, lazy in {"dynamic", "write_only"}


def truth(mappers: Iterator[Mapper[object]]) -> Seen:
    seen: Seen = {}
    for mapper in mappers:
        own: dict[str, str] = {}
        for attribute in mapper.column_attrs:
            here = [c for c in attribute.columns if getattr(c, "table", None) is mapper.local_table]
            if here:
                own[attribute.key] = here[0].name
        own.update({s.key: own[s.name] for s in mapper.synonyms if s.name in own})
        relations: dict[str, object] = {
            r.key: configured(r) for r in mapper.relationships if r.parent.local_table is mapper.local_table
        }
        seen[mapper.class_.__name__] = (own, relations)
    return seen


def told(relation: MappedRelation, by_key: dict[str, MappedModel]) -> tuple[object, ...]:
    way: object = sorted(relation.pairs)
    if relation.through is not None:
        way = (relation.through.table.table, sorted(relation.through.near), sorted(relation.through.far))
    return by_key[relation.target].name, relation.many, way, relation.eager, relation.dynamic


def ours(reading: SourceReading, names: set[str]) -> Seen:
    by_key = {model.key: model for model in reading.models}
    return {
        m.name: (
            dict(m.columns),
            {name: told(r, by_key) for name, r in m.relations.items() if not r.parent},
        )
        for m in reading.models
        if m.name in names
    }  # fmt: skip


@pytest.fixture
def unmapped() -> Iterator[None]:
    yield
    clear_mappers()


@pytest.mark.usefixtures("unmapped")
def test_all_is_as_sqlalchemy_configures_it(read_all: ReadAll, tmp_path: Path) -> None:
    (reading,) = read_all({"shop/models.py": SHOP})
    module = imported(tmp_path / "shop" / "models.py")
    module.Base.registry.configure()
    expected = truth(iter(module.Base.registry.mappers))
    assert ours(reading, set(expected)) == expected
    assert {m.key for m in reading.models} == {
        *(f"shop/models.py:{name}" for name in expected), "shop/models.py:order_tags", "shop/models.py:friends",
    }  # fmt: skip


@pytest.mark.parametrize("case", ["inheritance", "generated", "dataclasses_", "registries"])
@pytest.mark.usefixtures("unmapped")
@pytest.mark.filterwarnings("ignore")
def test_the_cases_of_the_tables_are_mapped_as_sqlalchemy_does(read_all: ReadAll, case: str) -> None:
    path = CASES / case / "models.py"
    (reading,) = read_all({"models.py": path.read_text()})
    module = imported(path)
    registries = [v for v in vars(module).values() if type(v).__name__ == "registry"]
    registry = module.Base.registry if hasattr(module, "Base") else registries[0]
    registry.configure()
    expected = truth(iter(registry.mappers))
    assert expected
    assert ours(reading, set(expected)) == expected


def model(reading: SourceReading, name: str) -> MappedModel:
    return next(m for m in reading.models if m.name == name)


def test_what_has_no_attribute_of_sqlalchemy(read_all: ReadAll) -> None:
    (reading,) = read_all({"shop/models.py": SHOP})
    person, courier, clerk = (model(reading, name) for name in ("Person", "Courier", "Clerk"))
    assert courier.bases == clerk.bases == ("shop/models.py:Person",)
    assert (person.table, clerk.table, courier.table) == (
        Ref.of_table("people"), Ref.of_table("people"), Ref.of_table("couriers"),
    )  # fmt: skip
    assert (person.primary_key, courier.primary_key) == (("person_id",), ("courier_id",))
    (parent,) = (r for r in courier.relations.values() if r.parent)
    assert (parent.target, parent.pairs, parent.many) == (person.key, (("courier_id", "person_id"),), False)
    assert not any(r.parent for r in clerk.relations.values())
    assert {n for n, r in person.relations.items() if r.reverse} == {
        "reports", "orders", "shipped", "archive", "passport",
    }  # fmt: skip
    assert model(reading, "Line").relations["open_parts"].fixed == ("state",)
    tags = model(reading, "order_tags")
    assert (tags.columns, tags.primary_key) == ({"order_id": "order_id", "tag": "tag"}, ("order_id", "tag"))
    assert pickle.loads(pickle.dumps(reading.models)) == reading.models


def test_every_name_leads_somewhere(read_all: ReadAll) -> None:
    for case in ("classic", "modern", "mixins", "core", "flask_modern", "schemas", "registries"):
        for reading in read_all({f"{case}/models.py": (CASES / case / "models.py").read_text()}):
            by_key = {m.key: m for m in reading.models}
            assert len(by_key) == len(reading.models) >= len(reading.catalog.tables)
            for mapped in reading.models:
                table = reading.catalog.table(mapped.table)
                assert table is not None
                assert set(mapped.columns.values()) <= {c.name for c in table.columns}
                for relation in mapped.relations.values():
                    other = reading.catalog.table(by_key[relation.target].table)
                    assert other is not None
                    assert {own for own, _ in relation.pairs} <= {c.name for c in table.columns}
                    assert {theirs for _, theirs in relation.pairs} <= {c.name for c in other.columns}


def test_flask_sqlalchemy(read_all: ReadAll) -> None:
    (reading,) = read_all({"app/models.py": """
        from flask_sqlalchemy import SQLAlchemy
        db = SQLAlchemy()

        class Follow(db.Model):
            follower_id = db.Column(db.ForeignKey("user.id"), primary_key=True)
            followed_id = db.Column(db.ForeignKey("user.id"), primary_key=True)

        class User(db.Model):
            __mapper_args__ = {"order_by": db.desc("name")}
            id = db.Column(db.Integer, primary_key=True)
            name = db.Column(db.String(40))
            followed = db.relationship("Follow", foreign_keys=[Follow.follower_id], lazy="dynamic",
                                       backref=db.backref("follower", lazy="joined"))
            posts = db.relationship("BlogPost", backref="author", lazy="dynamic")

        class BlogPost(db.Model):
            __mapper_args__ = {"order_by": (id.desc(), title)}
            id = db.Column(db.Integer, primary_key=True)
            title = db.Column(db.Text)
            author_id = db.Column(db.Integer, db.ForeignKey("user.id"))
            lost = db.relationship("NotHere")
    """})  # fmt: skip
    user, post, follow = (model(reading, name) for name in ("User", "BlogPost", "Follow"))
    assert (user.table, post.table) == (Ref.of_table("user"), Ref.of_table("blog_post"))
    assert user.relations["followed"] == MappedRelation(
        "followed", follow.key, many=True, pairs=(("id", "follower_id"),), reverse=True, dynamic=True
    )
    assert follow.relations == {
        "follower": MappedRelation("follower", user.key, many=False, pairs=(("follower_id", "id"),), eager="joined")
    }
    assert post.relations == {"author": MappedRelation("author", user.key, many=False, pairs=(("author_id", "id"),))}
    assert post.ordering == (("id", True), ("title", False))


def test_sqlmodel(read_all: ReadAll) -> None:
    (reading,) = read_all({"models.py": """
        from typing import List, Optional
        from sqlmodel import Field, Relationship, SQLModel

        class Membership(SQLModel, table=True):
            team_id: int = Field(foreign_key="team.id", primary_key=True)
            hero_id: int = Field(foreign_key="hero.id", primary_key=True)

        class HeroBase(SQLModel):
            name: str

        class Team(SQLModel, table=True):
            id: Optional[int] = Field(default=None, primary_key=True)
            members: List["Hero"] = Relationship(back_populates="teams", link_model=Membership)
            mascots: list["Mascot"] = Relationship(back_populates="team", sa_relationship_kwargs={"lazy": "selectin"})

        class Hero(HeroBase, table=True):
            id: int = Field(primary_key=True)
            teams: list[Team] = Relationship(back_populates="members", link_model=Membership)

        class Mascot(SQLModel, table=True):
            id: int = Field(primary_key=True)
            team_id: int | None = Field(default=None, foreign_key="team.id")
            team: Team | None = Relationship(back_populates="mascots")
    """})  # fmt: skip
    team, hero, mascot = (model(reading, name) for name in ("Team", "Hero", "Mascot"))
    assert hero.columns == {"name": "name", "id": "id"}
    way = Through(Ref.of_table("membership"), (("id", "team_id"),), (("hero_id", "id"),))
    assert team.relations["members"] == MappedRelation("members", hero.key, many=True, through=way)
    assert team.relations["mascots"] == MappedRelation(
        "mascots", mascot.key, many=True, pairs=(("id", "team_id"),), eager="selectin", reverse=True
    )
    assert mascot.relations["team"] == MappedRelation("team", team.key, many=False, pairs=(("team_id", "id"),))


def test_classes_that_are_given_their_table(read: Read) -> None:
    reading = read("""
        metadata = Base.metadata
        users = Table("users", metadata, Column("id", Integer, primary_key=True), Column("mail", Text, key="email"))
        links = Table("links", metadata, Column("id", Integer, primary_key=True),
                      Column("from_id", ForeignKey("users.id")), Column("to_id", ForeignKey("users.id")))

        class User:
            pass

        class Link:
            pass

        class Account(Base):
            __table__ = users

        mapper_registry = registry(metadata=metadata)
        mapper_registry.map_imperatively(User, users, properties={"address": users.c.email})
        mapper_registry.map_imperatively(Link, links, properties={
            "origin": relation(User, primaryjoin=links.c["from_id"] == users.c.id, backref="outgoing"),
            "end": relationship(User, primaryjoin=links.c.to_id == users.c.id),
        })
    """)
    user, link = model(reading, "User"), model(reading, "Link")
    assert model(reading, "users").columns == {"id": "id", "email": "mail"} == model(reading, "Account").columns
    assert user.columns == {"id": "id", "email": "mail", "address": "mail"}
    assert link.relations["origin"].pairs == (("from_id", "id"),)
    assert link.relations["end"].pairs == (("to_id", "id"),)
    assert user.relations["outgoing"] == MappedRelation(
        "outgoing", link.key, many=True, pairs=(("id", "from_id"),), reverse=True
    )


def test_names_that_several_models_have(read_all: ReadAll) -> None:
    body = """
        from {base} import Base
        from sqlalchemy import Column, ForeignKey, Integer
        from library.db import relationship

        class Item(Base):
            __tablename__ = "{app}_items"
            id = Column(Integer, primary_key=True)

        class Bag(Base):
            __tablename__ = "{app}_bags"
            id = Column(Integer, primary_key=True)
            item_id = Column(ForeignKey("{app}_items.id"))
            other_id = Column(ForeignKey("{other}_items.id"))
            item = relationship("Item")
            other = relationship("proj.{other}.models.Item")
    """
    (reading,) = read_all({
        "proj/__init__.py": "",
        "proj/base.py": "from sqlalchemy.orm import declarative_base\nBase = declarative_base()\n",
        "proj/a/models.py": dedent(body).format(base="proj.base", app="a", other="b"),
        "proj/b/models.py": dedent(body).format(base="proj.base", app="b", other="a"),
    })  # fmt: skip
    by_key = {m.key: m for m in reading.models}
    for app, other in (("a", "b"), ("b", "a")):
        bag = by_key[f"proj/{app}/models.py:Bag"]
        assert bag.relations == {
            "item": MappedRelation("item", f"proj/{app}/models.py:Item", many=False, pairs=(("item_id", "id"),)),
            "other": MappedRelation("other", f"proj/{other}/models.py:Item", many=False, pairs=(("other_id", "id"),)),
        }


def test_a_model_in_its_parents_table_in_a_file_of_its_own(read_all: ReadAll) -> None:
    (reading,) = read_all(
        {
            "shop/__init__.py": "",
            "shop/models.py": SHOP,
            "shop/guests.py": """
                from shop.models import Person

                class Guest(Person):
                    __mapper_args__ = {"polymorphic_identity": "guest"}
            """,
        }
    )
    guest, person = model(reading, "Guest"), model(reading, "Person")
    assert (guest.key, guest.table, guest.bases) == ("shop/guests.py:Guest", person.table, (person.key,))
    assert guest.columns == person.columns
    assert guest.relations == person.relations

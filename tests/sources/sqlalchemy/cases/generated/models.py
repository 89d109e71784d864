# ruff: noqa
"""Columns wrapped in other calls, classes made by mixins, arguments built up in a function, tables held by a class."""

from sqlalchemy import Column, ForeignKey, Index, Integer, MetaData, String, Table, UniqueConstraint, func
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, deferred, mapped_column, relationship, synonym


def with_roles(attribute, **roles):
    """Marks an attribute, as authorisation libraries do."""
    attribute.info.update(roles) if hasattr(attribute, "info") else None
    if roles:
        return attribute
    return attribute


def make_table(*args, **kwargs):
    kwargs.setdefault("comment", None)
    return Table(*args, **kwargs)


class Base(DeclarativeBase):
    pass


class Tag:
    label = Column(String(30), nullable=False)


class TaggedMixin:
    @declared_attr
    def tags(cls):
        class_name = f"{cls.__name__}Tag"
        cls.Tag = type(
            class_name,
            (Tag, Base),
            {
                "__tablename__": f"{cls.__tablename__:s}_{cls.__name__.lower()}_tag",
                "__table_args__": (Index(f"ix_{cls.__tablename__}_tag_label", "label"),),
                "id": Column(Integer, primary_key=True),
                "parent_id": Column(Integer, ForeignKey(f"{cls.__tablename__}.id", ondelete="CASCADE")),
                "parent": relationship(cls, back_populates="tags"),
            },
        )
        return relationship(cls.Tag, cascade="all, delete-orphan", back_populates="parent")


class Article(TaggedMixin, Base):
    __tablename__ = "article"
    id: Mapped[int] = with_roles(mapped_column(primary_key=True), read={"all"})
    title: Mapped[str] = with_roles(mapped_column(String(90)), read={"all"})
    body = deferred(Column(String))
    headline = synonym("title")

    @declared_attr
    def __table_args__(cls):
        args = []
        args.append(UniqueConstraint("title"))
        if cls.__name__ == "Other":
            args.append(Index("ix_never", "title"))
        args.append(Index("ix_article_lower_title", func.lower(cls.title)))
        args.extend([Index("ix_article_body", "body")])
        return tuple(args)


class Picture(TaggedMixin, Base):
    __tablename__ = "picture"
    id = Column(Integer, primary_key=True)


class Holder:
    metadata = Base.metadata
    rooms = make_table("rooms", metadata, Column("id", Integer, primary_key=True), Column("name", String(5)))
    beds = make_table(
        "beds", metadata, Column("id", Integer, primary_key=True), Column("room_id", ForeignKey(rooms.c.id))
    )
    Index("ix_rooms_name", rooms.c.name)
    Index("ix_beds_room", beds.c.room_id)


class Address(Base):
    __tablename__ = "address"
    id = Column(Integer, primary_key=True)


class HasAddresses:
    @declared_attr
    def addresses(cls):
        association = Table(
            "%s_addresses" % cls.__tablename__,
            cls.metadata,
            Column("address_id", ForeignKey("address.id"), primary_key=True),
            Column("%s_id" % cls.__tablename__, ForeignKey("%s.id" % cls.__tablename__), primary_key=True),
        )
        return relationship(Address, secondary=association)


class Customer(HasAddresses, Base):
    __tablename__ = "customer"
    id = Column(Integer, primary_key=True)
    type = Column(String(20))
    __mapper_args__ = {"polymorphic_on": type, "polymorphic_identity": "plain"}


class Company(Customer):
    __mapper_args__ = {"polymorphic_identity": "company"}

    @declared_attr
    def vat(cls):
        return Customer.__table__.c.get("vat", Column(String(9)))


class Supplier(HasAddresses, Base):
    __tablename__ = "supplier"
    id = Column(Integer, primary_key=True)

"""What the ORM does on delete shows on the foreign keys; the database's own ON DELETE stays apart."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dbarchitect.catalog.members import Action, ForeignKey
from dbarchitect.catalog.refs import Ref
from dbarchitect.sources.base import SourceReading

Reader = Callable[..., SourceReading]


def key(reading: SourceReading, table: str, column: str) -> ForeignKey:
    found = reading.catalog.table(Ref.of_table(table))
    assert found is not None
    return next(k for k in found.foreign_keys if k.columns == (column,))


PARENT = """
class Parent(Base):
    __tablename__ = "parent"
    id = Column(Integer, primary_key=True)
    {relationship}


class Child(Base):
    __tablename__ = "child"
    id = Column(Integer, primary_key=True)
    parent_id = Column(ForeignKey("parent.id"{ondelete}))
    {reverse}
"""


@pytest.mark.parametrize(
    ("relationship", "reverse", "expected"),
    [
        ("children = relationship('Child')", "pass", Action.SET_NULL),
        ("children = relationship('Child', cascade='all, delete-orphan')", "pass", Action.CASCADE),
        ("children = relationship('Child', cascade='save-update, delete')", "pass", Action.CASCADE),
        ("children = relationship('Child', cascade='save-update')", "pass", Action.SET_NULL),
        ("children = relationship('Child', passive_deletes='all')", "pass", None),
        ("children = relationship('Child', viewonly=True)", "pass", None),
        ("children = relationship(lambda: Child, cascade='all')", "pass", Action.CASCADE),
        ("children: Mapped[list['Child']] = relationship(cascade='all')", "pass", Action.CASCADE),
        ("children: 'Mapped[list[Child]]' = relationship()", "pass", Action.SET_NULL),
        ("pass", "parent = relationship('Parent')", None),
        ("pass", "parent = relationship('Parent', backref='children')", Action.SET_NULL),
        ("pass", "parent = relationship(Parent, backref=backref('children', cascade='all,delete'))", Action.CASCADE),
        ("pass", "parent: Mapped['Parent'] = relationship()", None),
        ("pass", "pass", None),
    ],
)
def test_one_to_many(read: Reader, relationship: str, reverse: str, expected: Action | None) -> None:
    reading = read(PARENT.format(relationship=relationship, reverse=reverse, ondelete=""))
    assert not reading.diagnostics
    found = key(reading, "child", "parent_id")
    assert (found.application_on_delete, found.on_delete, found.on_delete_written) == (
        expected, Action.NO_ACTION, False,
    )  # fmt: skip


def test_the_database_and_the_application_are_told_apart(read: Reader) -> None:
    body = PARENT.format(relationship="x = relationship('Child')", reverse="pass", ondelete=", ondelete='cascade'")
    found = key(read(body), "child", "parent_id")
    assert (found.on_delete, found.application_on_delete, found.on_delete_written) == (
        Action.CASCADE, Action.SET_NULL, True,
    )  # fmt: skip


def test_of_several_keys_the_named_one_counts(read: Reader) -> None:
    reading = read("""
        class User(Base):
            __tablename__ = "user"
            id = Column(Integer, primary_key=True)
            sent = relationship("Message", foreign_keys="Message.sender_id", cascade="all")
            received = relationship("Message", foreign_keys="[Message.recipient_id]")


        class Message(Base):
            __tablename__ = "message"
            id = Column(Integer, primary_key=True)
            sender_id = Column(ForeignKey("user.id"))
            recipient_id = Column(ForeignKey("user.id"))
            editor_id = Column(ForeignKey("user.id"))
            editor = relationship(User, foreign_keys=[editor_id])
    """)
    assert key(reading, "message", "sender_id").application_on_delete is Action.CASCADE
    assert key(reading, "message", "recipient_id").application_on_delete is Action.SET_NULL
    assert key(reading, "message", "editor_id").application_on_delete is None


def test_a_tree(read: Reader) -> None:
    reading = read("""
        class Node(Base):
            __tablename__ = "node"
            id = Column(Integer, primary_key=True)
            parent_id = Column(ForeignKey("node.id"))
            root_id = Column(ForeignKey("node.id"))
            children = relationship("Node", foreign_keys=[parent_id], cascade="all")
            root = relationship("Node", foreign_keys=[root_id], remote_side=[id])
    """)
    assert key(reading, "node", "parent_id").application_on_delete is Action.CASCADE
    assert key(reading, "node", "root_id").application_on_delete is None


@pytest.mark.parametrize("secondary", ["links", "'links'", "lambda: links"])
def test_rows_of_an_association_table_go_with_either_side(read: Reader, secondary: str) -> None:
    reading = read(f"""
        links = Table("links", Base.metadata, Column("a_id", ForeignKey("a.id")), Column("b_id", ForeignKey("b.id")))


        class A(Base):
            __tablename__ = "a"
            id = Column(Integer, primary_key=True)
            bs = relationship("B", secondary={secondary}, back_populates="rows")


        class B(Base):
            __tablename__ = "b"
            id = Column(Integer, primary_key=True)
    """)
    assert key(reading, "links", "a_id").application_on_delete is Action.CASCADE
    assert key(reading, "links", "b_id").application_on_delete is Action.CASCADE

"""A change that does not fit is refused, with the reason; orders that a server needs are kept."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dbarchitect.catalog.expressions import expression
from dbarchitect.catalog.members import Action, Check, Column, ForeignKey, Index, IndexColumn, Partitioning, UniqueKey
from dbarchitect.catalog.objects import Catalog, Enum, Table, View
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.types import parse_type
from dbarchitect.change.apply import apply, apply_all
from dbarchitect.change.diff import diff
from dbarchitect.change.invert import Irreversible, invert
from dbarchitect.change.operations import (
    Add,
    AddColumn,
    AddEnumValue,
    AlterColumn,
    Change,
    Create,
    CreateTable,
    Drop,
    DropColumn,
    DropTable,
    Remove,
    RunSql,
    SetPrimaryKey,
)
from dbarchitect.change.order import order
from dbarchitect.errors import ChangeRefused

INTEGER, TEXT = parse_type("integer"), parse_type("text")


def column(name: str, position: int = 1) -> Column:
    return Column(name, INTEGER, position=position)


AUTHOR = Table("author", (column("id", 1), Column("name", TEXT, position=2)), primary_key=UniqueKey(("id",)))
TO_AUTHOR = ForeignKey(("author_id",), AUTHOR.ref, ("id",), on_delete=Action.CASCADE)
INDEX = Index((IndexColumn("author_id"),), name="by_author")
BOOK = Table(
    "book",
    (column("id", 1), column("author_id", 2), Column("title", TEXT, position=3), column("price", 4)),
    primary_key=UniqueKey(("id",)),
    foreign_keys=(TO_AUTHOR,),
    indexes=(INDEX, replace(INDEX, name="twice")),
    checks=(Check(expression("price >= 0")),),
)
STATUS = Enum("status", ("draft", "paid"))
SHOP = Catalog(tables=(AUTHOR, BOOK), enums=(STATUS,), views=(View("v", "select 1 as a", materialized=True),))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (CreateTable(AUTHOR), "author is there already"),
        (DropTable(Table("nobody", ())), "there is no nobody"),
        (DropTable(AUTHOR), "book has a foreign key to author"),
        (DropTable(replace(BOOK, checks=())), "book is another by now"),
        (AddColumn(BOOK.ref, column("price")), "has a column price already"),
        (AddColumn(Ref.of_table("nobody"), column("a")), "there is no nobody"),
        (DropColumn(BOOK.ref, column("nothing")), "has no such column nothing"),
        (DropColumn(BOOK.ref, column("price")), "a check of book needs column price"),
        (DropColumn(BOOK.ref, column("author_id")), "a foreign key, an index, an index of book needs column author_id"),
        (DropColumn(AUTHOR.ref, column("id")), "the primary key, a foreign key of book of author needs column id"),
        (AlterColumn(BOOK.ref, Column("price", TEXT), column("price")), "has no such column price"),
        (AlterColumn(BOOK.ref, column("price"), column("cost")), "price cannot become cost"),
        (SetPrimaryKey(BOOK.ref, None, UniqueKey(("title",))), "another primary key"),
        (SetPrimaryKey(BOOK.ref, UniqueKey(("id",)), UniqueKey(("isbn",))), "has no column isbn"),
        (Add(BOOK.ref, Index((IndexColumn("isbn"),))), "has no column isbn"),
        (Add(BOOK.ref, ForeignKey(("price",), AUTHOR.ref, ("isbn",))), "author has no column isbn"),
        (Drop(BOOK.ref, Index((IndexColumn("title"),))), "book has no such Index"),
        (Create(STATUS), "enum status is there already"),
        (Remove(Enum("status", ("x",))), "enum status is another by now"),
        (Remove(Enum("mood", ("x",))), "there is no enum mood"),
        (AddEnumValue(STATUS, "paid"), "has a value 'paid' already"),
        (AddEnumValue(STATUS, "sent", "lost"), "has no value 'lost'"),
    ],
)
def test_what_does_not_fit_is_refused(change: Change, reason: str) -> None:
    with pytest.raises(ChangeRefused, match=reason.replace("(", r"\(")):
        apply(change, SHOP)


def test_a_new_column_comes_last() -> None:
    table = apply(AddColumn(BOOK.ref, column("isbn", 1)), SHOP).table(BOOK.ref)
    assert table is not None
    assert [c.name for c in table.ordered_columns] == ["id", "author_id", "title", "price", "isbn"]


def test_an_altered_column_keeps_its_place() -> None:
    change = AlterColumn(BOOK.ref, column("author_id"), Column("author_id", parse_type("bigint"), nullable=False))
    table = apply(change, SHOP).table(BOOK.ref)
    assert table is not None
    assert [c.name for c in table.ordered_columns] == ["id", "author_id", "title", "price"]


def test_of_two_equal_indexes_the_named_one_goes() -> None:
    table = apply(Drop(BOOK.ref, replace(INDEX, name="twice")), SHOP).table(BOOK.ref)
    assert table is not None
    assert [index.name for index in table.indexes] == ["by_author"]


def test_an_index_on_a_materialized_view() -> None:
    change = Add(Ref.of_table("v"), Index((IndexColumn("a"),), unique=True))
    after = apply(change, SHOP)
    assert len(after.views[0].indexes) == 1
    assert diff(SHOP, after) == (change,)


def test_enum_values_come_where_they_belong() -> None:
    wanted = replace(SHOP, enums=(Enum("status", ("new", "draft", "sent", "paid", "lost")),))
    changes = diff(SHOP, wanted)
    assert [(c.value, c.before) for c in changes if isinstance(c, AddEnumValue)] == [
        ("new", "draft"),
        ("sent", "paid"),
        ("lost", None),
    ]
    assert apply_all(changes, SHOP) == wanted
    assert isinstance(invert(changes[0], SHOP), Irreversible)


def test_statements_know_their_way_back_or_say_why_not() -> None:
    there = RunSql("postgresql", ("a",), ("b",), "x")
    (back,) = invert(there, SHOP)  # type: ignore[misc]
    assert isinstance(back, RunSql)
    assert (back.up, back.down) == (("b",), ("a",))
    assert invert(replace(there, down=None), SHOP) == Irreversible("no statements lead back from: x")
    assert apply(there, SHOP) is SHOP


def test_tables_come_after_what_they_refer_to_and_go_before_it() -> None:
    empty = Catalog()
    assert [c.table.name for c in diff(empty, SHOP) if isinstance(c, CreateTable)] == ["author", "book"]
    assert [c.table.name for c in diff(SHOP, empty) if isinstance(c, DropTable)] == ["book", "author"]


def test_tables_that_refer_to_each_other() -> None:
    chicken = replace(AUTHOR, foreign_keys=(ForeignKey(("id",), BOOK.ref, ("id",)),))
    circle = Catalog(tables=(chicken, BOOK))
    there, back = diff(Catalog(), circle), diff(circle, Catalog())
    assert sorted(type(change).__name__ for change in there) == ["Add", "CreateTable", "CreateTable"]
    assert apply_all(there, Catalog()) == circle
    assert apply_all(back, circle) == Catalog()


def test_a_new_table_waits_with_a_reference_to_what_comes_later() -> None:
    key = UniqueKey(("name",))
    wanted = Catalog(
        tables=(
            replace(AUTHOR, unique_keys=(key,)),
            Table("pen_name", (Column("of", TEXT),), foreign_keys=(ForeignKey(("of",), AUTHOR.ref, ("name",)),)),
        )
    )
    changes = diff(Catalog(tables=(AUTHOR,)), wanted)
    assert [type(change) for change in changes] == [CreateTable, Add, Add]
    assert [type(change.member) for change in changes if isinstance(change, Add)] == [UniqueKey, ForeignKey]


def test_a_table_is_rebuilt_where_nothing_alters_it_in_place() -> None:
    wanted = replace(SHOP, tables=(replace(AUTHOR, partitioning=Partitioning("hash", ("id",))), BOOK))
    changes = diff(SHOP, wanted)
    assert [type(change) for change in changes] == [Drop, DropTable, CreateTable, Add]
    assert apply_all(changes, SHOP) == wanted


def test_a_foreign_key_lets_go_while_its_columns_change_their_type() -> None:
    wide = parse_type("bigint")
    wanted = replace(
        SHOP,
        tables=(
            replace(AUTHOR, columns=(replace(column("id"), type=wide), Column("name", TEXT))),
            replace(BOOK, columns=tuple(replace(c, type=wide) if c.name == "author_id" else c for c in BOOK.columns)),
        ),
    )
    assert [type(change) for change in diff(SHOP, wanted)] == [Drop, AlterColumn, AlterColumn, Add]


def test_nothing_moves_past_plain_statements() -> None:
    statement = RunSql("postgresql", ("a",), None, "x")
    later, earlier = CreateTable(BOOK), CreateTable(AUTHOR)
    assert order([later, statement, earlier]) == (later, statement, earlier)
    assert order([later, earlier, statement]) == (earlier, later, statement)


def test_a_schema_is_made_before_what_is_in_it() -> None:
    first = diff(Catalog(), Catalog(schemas=('od"d',)))[0]
    assert isinstance(first, RunSql)
    assert first.up == ('create schema "od""d"',)

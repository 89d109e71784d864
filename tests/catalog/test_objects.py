"""What counts when two objects are compared, and what does not."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dbarchitect.catalog.expressions import expression
from dbarchitect.catalog.members import Check, Column, ForeignKey, Index, IndexColumn, UniqueKey
from dbarchitect.catalog.objects import Catalog, Table, View
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.types import parse_type

COLUMNS = (Column("a", parse_type("integer")), Column("b", parse_type("text")))


def test_names_do_not_decide_the_order_of_members() -> None:
    ref = Ref.of_table("other")

    def table(first: str, second: str) -> Table:
        return Table(
            "t",
            COLUMNS,
            unique_keys=(UniqueKey(("a",), first, deferrable=True), UniqueKey(("a",), second)),
            foreign_keys=(ForeignKey(("a",), ref, ("x",), name=first), ForeignKey(("a",), ref, ("y",), name=second)),
            checks=(Check(expression("a>1"), no_inherit=True, name=first), Check(expression("a > 1"), name=second)),
            indexes=(
                Index((IndexColumn(expression=expression("lower(b)")),), unique=True, name=first),
                Index((IndexColumn(expression=expression("LOWER(b)")),), name=second),
            ),
        )

    assert table("x", "y") == table("y", "x")


def test_the_order_in_which_things_are_listed_does_not_count() -> None:
    one, other = Index((IndexColumn("a"),)), Index((IndexColumn("b"),))
    assert Table("t", COLUMNS, indexes=(one, other)) == Table("t", tuple(reversed(COLUMNS)), indexes=(other, one))
    assert View("v", "select 1", indexes=(one, other)) == View("v", "select 1", indexes=(other, one))


NAMES = st.tuples(st.sampled_from([None, "a", "b"]), st.sampled_from(["t", "T", "u", "orders", "Orders"]))


@given(st.lists(NAMES, unique=True, max_size=8), NAMES, st.data())
def test_a_table_in_place_of_another_is_a_catalog_with_it(
    names: list[tuple[str | None, str]], other: tuple[str | None, str], data: st.DataObject
) -> None:
    catalog = Catalog(tables=tuple(Table(name, (), schema) for schema, name in names))
    catalog.derive(lambda known: len(known.tables))
    old = data.draw(st.sampled_from([None, *catalog.tables]))
    new = data.draw(st.sampled_from([None, Table(other[1], COLUMNS, other[0])]))
    kept = [table for table in catalog.tables if table is not old]
    again = Catalog(tables=(*kept, new) if new is not None else tuple(kept))
    found = catalog.exchanged(old, new)
    assert found == again
    for table in (*catalog.tables, *again.tables):
        assert found.table(table.ref) is again.table(table.ref)
    assert found.derive(lambda known: known.tables) == again.tables

"""How much an index is worth on a table, by what its rows are; and what deletes rows that others point at."""

from __future__ import annotations

from dataclasses import replace

from support.surveys import survey, table

from dbarchitect.catalog.members import Column, ForeignKey
from dbarchitect.catalog.queries import Code, Place, QueryFact, Verb
from dbarchitect.catalog.refs import Origin, Ref
from dbarchitect.catalog.types import parse_type
from dbarchitect.rules._schema.growing import is_maintained
from dbarchitect.rules._schema.shape import is_linked_account
from dbarchitect.rules._usage.columns import GROWING, breadth_of, growth_of, is_everywhere
from dbarchitect.rules._usage.references import deletions_from


def _text(name: str) -> Column:
    return Column(name, parse_type("text"))


_MADE = Column("created_at", parse_type("timestamp"), nullable=False, position=10)


def test_a_row_that_brings_three_things_together_is_one_of_many() -> None:
    setting = table("label", "text", references="author")
    keys = tuple(ForeignKey((f"{name}_id",), Ref.of_table(name), ("id",)) for name in ("author", "book", "shop"))
    columns = tuple(Column(key.columns[0], parse_type("bigint"), position=3) for key in keys)
    sale = replace(table("sale", "text"), columns=(*table("sale", "text").columns, *columns), foreign_keys=keys)
    assert breadth_of(sale) == 3
    assert growth_of(Code(), sale) == GROWING > growth_of(Code(), setting)


def test_a_time_that_most_tables_have_says_nothing_of_one() -> None:
    def stamped(name: str) -> object:
        made = table(name, "text")
        return replace(made, columns=(*made.columns, _MADE))

    everywhere = survey(stamped("a"), stamped("b"), stamped("c"), table("d")).catalog
    once = survey(stamped("a"), table("b"), table("c"), table("d")).catalog
    assert is_everywhere(everywhere, _MADE)
    assert not is_everywhere(once, _MADE)


def test_what_clears_up_after_a_test_is_no_use_of_a_reference() -> None:
    books = Ref.of_table("book")

    def deleting(path: str) -> QueryFact:
        return QueryFact(Verb.DELETE, books, Place(f"{path}:remove"), Origin(path), "sql")

    kept = (deleting("shop/service.py"), deleting("scripts/clear_out.py"))
    assert deletions_from(Code(queries=(*kept, deleting("tests/test_books.py"))), books) == kept


def test_what_was_done_with_a_thing_is_one_of_many() -> None:
    assert is_maintained(table("rule", "text"))
    assert not is_maintained(table("executed_rule", "text"))
    assert not is_maintained(table("ScheduledPolicy", "text"))


def test_the_rows_of_an_identity_provider_are_told_by_their_columns() -> None:
    linked = replace(
        table("account", "text"), columns=tuple(map(_text, ("provider", "providerAccountId", "access_token")))
    )
    assert is_linked_account(linked)
    assert not is_linked_account(replace(linked, columns=tuple(map(_text, ("provider", "access_token")))))

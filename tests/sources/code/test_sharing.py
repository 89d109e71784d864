"""Whose queries and files are, among several applications of one project."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from support.drizzleshop import models
from support.sqlshop import shop

from dbarchitect.catalog.objects import Catalog
from dbarchitect.catalog.queries import Code, FunctionFact, Place, QueryFact, Verb
from dbarchitect.catalog.refs import Origin, Ref
from dbarchitect.catalog.survey import Application
from dbarchitect.sources.base import SourceReading
from dbarchitect.sources.code.sharing import Catalogs, Owners, shared

SHOP = SourceReading(Application("shop", "packages/db"), shop(), models=models())
OTHER = SourceReading(Application("other", "packages/other"), Catalog(tables=(shop().tables[0],)))
EMPTY = SourceReading(Application("whole", "."), Catalog())


def asked(path: str, table: str | None) -> QueryFact:
    place = Place(f"{path}:f", 0)
    return QueryFact(Verb.SELECT, Ref.of_table(table) if table else None, place, Origin(path, 1), "sql", "select")


def test_an_application_without_tables_owns_no_file_of_others() -> None:
    assert Catalogs((SHOP, EMPTY)).near("apps/web/a.ts") is SHOP.catalog
    assert Owners((EMPTY, SHOP)).of(None, "apps/web/a.ts") == 1
    assert Owners((EMPTY,)).of(None, "apps/web/a.ts") == 0


def test_a_program_with_two_databases_may_ask_either() -> None:
    first, second = shop().tables[:2]
    users = SourceReading(Application("users", "sql/users"), Catalog(tables=(first,)))
    events = SourceReading(Application("events", "sql/events"), Catalog(tables=(second,)))
    catalogs = Catalogs((users, events))
    assert catalogs.near("app/db.py").tables == Catalog(tables=(first, second)).tables
    assert catalogs.near("app/db.py") is catalogs.near("app/views.py")
    assert catalogs.near("sql/events/run.py") is events.catalog
    models = SourceReading(Application("app", "app/model"), Catalog(tables=(first,)))
    assert Catalogs((events, models)).near("app/db.py").tables == Catalog(tables=(first, second)).tables


def test_the_nearest_folder_decides_between_those_that_have_the_table() -> None:
    owners, table = Owners((SHOP, OTHER)), OTHER.catalog.tables[0].ref.key
    assert owners.of(table, "packages/other/a.ts") == 1
    assert owners.of(table, "packages/db/a.ts") == 0
    assert owners.of(("nowhere",), "packages/other/a.ts") == 1


def test_queries_and_functions_are_shared_out() -> None:
    queries = (asked("apps/a.ts", "orders"), asked("packages/other/b.ts", None))
    functions = {q.place.function: FunctionFact(q.place.function, q.origin) for q in queries}
    code = Code(queries, MappingProxyType(functions))
    first, second = shared(code, (SHOP, OTHER))
    assert first is not None
    assert second is not None
    assert [q.origin.path for q in first.queries] == ["apps/a.ts"]
    assert [q.origin.path for q in second.queries] == ["packages/other/b.ts"]
    assert set(first.functions) == {"apps/a.ts:f"}
    assert set(second.functions) == {"packages/other/b.ts:f"}
    assert (first.files, second.files) == (1, 1)
    (nothing, whole) = shared(Code((queries[0],), MappingProxyType(functions)), (OTHER, SHOP))
    assert nothing is None
    assert whole is not None


def test_of_two_that_have_the_table_it_is_the_one_with_the_columns_else_the_one_that_is_asked_more() -> None:
    first, second = shop().tables[:2]
    fewer = replace(first, columns=first.columns[:1], primary_key=None, unique_keys=(), foreign_keys=(), indexes=())
    old = SourceReading(Application("old", "db/old"), Catalog(tables=(fewer,)))
    new = SourceReading(Application("new", "db/new"), Catalog(tables=(first, second)))
    named = replace(asked("src/a.ts", first.name), columns=(first.ref.column(first.columns[-1].name),))
    plain, own = asked("src/b.ts", first.name), asked("src/c.ts", second.name)
    assert Owners((old, new)).of_query(named) == 1
    assert Owners((old, new)).of_query(plain) == 0
    assert Owners((old, new), (own,)).of_query(plain) == 1
    assert Owners((old, new), (own,)).of_query(asked("db/old/d.ts", first.name)) == 0


def test_of_schemas_beside_a_file_the_one_that_lies_less_deep_is_nearer() -> None:
    tables = Catalog(tables=(shop().tables[0],))
    deep, near = (SourceReading(Application(path, path), tables) for path in ("packages/other/prisma", "prisma"))
    owners, table = Owners((deep, near)), shop().tables[0].ref.key
    assert owners.of(table, "src/orders.ts") == 1
    assert owners.of(table, "packages/other/src/orders.ts") == 0

"""What people add to migrations by hand is in the database, though no schema can say it."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from dbarchitect.change.diff import diff
from dbarchitect.engines.base import ReadOptions
from dbarchitect.engines.registry import engine
from dbarchitect.shadow import Shadow
from dbarchitect.sources.base import SourceReading
from dbarchitect.sources.discover import open_project
from dbarchitect.sources.prisma import PrismaReader

SCHEMA = """
datasource db {
  provider = "postgresql"
  url      = env("DATABASE_URL")
}

model Booking {
  id      Int      @id @default(autoincrement())
  room    Int
  seat    Int
  start   DateTime
  end     DateTime
  deleted DateTime?
  tags    String[]
  full    String
  state   State

  @@unique([room, start])
  @@unique([room, seat])
  @@index([seat])
}

enum State {
  A
  B
}

view Busy {
  room Int @unique
}
"""
FIRST = """
create type "State" as enum ('B', 'A');
create table "Booking" (
    "id" serial not null, "room" integer not null, "seat" integer not null, "start" timestamp(3) not null,
    "end" timestamp(3) not null, "deleted" timestamp(3), "tags" text[] not null,
    "full" text not null generated always as ('x') stored, "state" "State" not null,
    constraint "Booking_pkey" primary key ("id"),
    constraint "Booking_room_seat_key" unique ("room", "seat") deferrable initially deferred
);
create unique index "Booking_room_start_key" on "Booking"("room", "start") where "deleted" is null;
create index "Booking_seat_idx" on "Booking"("seat");
"""
SECOND = """
alter table "Booking" add constraint "span" check ("end" > "start");
alter table "Booking" enable row level security;
create policy "all of them" on "Booking" using (true);
create index "by_lower" on "Booking"(lower("full"));
create function "touch"() returns trigger language plpgsql as $$ begin return new; end $$;
create trigger "touched" before update on "Booking" for each row execute function "touch"();
create view "Busy" as select "room" from "Booking";
comment on table "Booking" is 'who sits where';
"""
FILES = {
    "package.json": "{}",
    "prisma/schema.prisma": SCHEMA,
    "prisma/migrations/migration_lock.toml": 'provider = "postgresql"\n',
    "prisma/migrations/1_first/migration.sql": FIRST,
    "prisma/migrations/2_second/migration.sql": SECOND,
}


def read(folder: Path, **changed: str) -> SourceReading:
    for name, text in {**FILES, **changed}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (found,) = PrismaReader().read(open_project(folder))
    return found


@pytest.mark.server
def test_the_catalog_is_that_of_the_database(tmp_path: Path, postgresql: Shadow) -> None:
    found = read(tmp_path)
    url = postgresql.database()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(FIRST)
        connection.execute(SECOND)
    live = engine("postgresql").read(url, ReadOptions()).catalog
    assert found.diagnostics == ()
    expected, tables = found.catalog, live.tables
    assert expected.tables == tables
    assert expected.enums == live.enums
    assert [
        change for change in diff(live, expected) if "View" not in repr(change) and "Function" not in repr(change)
    ] == []
    assert [view.name for view in expected.views] == ["Busy"]
    assert "Booking" in expected.views[0].definition
    assert [function.name for function in expected.functions] == ["touch"]
    assert expected.tables[0].comment == "who sits where"


def test_origins_stay_those_of_the_schema(tmp_path: Path) -> None:
    (table,) = read(tmp_path).catalog.tables
    refined = next(index for index in table.indexes if index.name == "Booking_room_start_key")
    assert refined.predicate is not None
    assert refined.origin.path == "prisma/schema.prisma"
    assert table.checks[0].origin.path == "prisma/migrations/2_second/migration.sql"


def test_what_the_schema_can_say_it_must_say(tmp_path: Path) -> None:
    """An index and a foreign key that only a migration has will be dropped by the next one."""
    more = 'create index "left over" on "Booking"("room");\nalter table "Booking" alter column "deleted" set not null;'
    (table,) = read(tmp_path, **{"prisma/migrations/3_third/migration.sql": more}).catalog.tables
    assert "left over" not in {index.name for index in table.indexes}
    deleted = table.column("deleted")
    assert deleted is not None
    assert deleted.nullable


def test_migrations_for_another_database_are_left_alone(tmp_path: Path) -> None:
    found = read(tmp_path, **{"prisma/migrations/migration_lock.toml": 'provider = "sqlite"\n'})
    assert found.catalog.tables[0].checks == ()
    assert [d.text for d in found.diagnostics] == [
        "not read: the migrations are for sqlite, the schema is for postgresql"
    ]


def test_what_could_not_be_followed_is_said(tmp_path: Path) -> None:
    found = read(tmp_path, **{"prisma/migrations/3_third/migration.sql": "alter table nothing drop column x;"})
    assert len(found.diagnostics) == 1
    assert found.diagnostics[0].origin.path == "prisma/migrations/3_third/migration.sql"

"""Tables that migrations make with the schema builders of Kysely and Knex."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dbarchitect.catalog.members import Action
from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Survey
from dbarchitect.sources.embedded.builders import built
from dbarchitect.sources.opened import survey_path
from dbarchitect.sources.sqlfiles.text import read_text
from dbarchitect.sources.typescript.grammar import grammar_of, parse

KYSELY = """import { Kysely, sql } from 'kysely'

export async function up(db: Kysely<any>): Promise<void> {
  await db.schema.createType('kind').asEnum(['page', 'note']).execute()
  await db.schema
    .createTable('users')
    .ifNotExists()
    .addColumn('id', 'uuid', (col) => col.primaryKey().defaultTo(sql`gen_random_uuid()`))
    .addColumn('email', 'varchar(200)', (col) => col.notNull().unique())
    .addColumn('tags', sql`text[]`)
    .addColumn('kind', sql`kind`, (col) => col.notNull().defaultTo('page'))
    .execute()

  await db.schema
    .createTable('pages')
    .addColumn('id', 'bigserial', (col) => col.primaryKey())
    .addColumn('owner_id', 'uuid', (col) =>
      col.references('users.id').onDelete('cascade').notNull(),
    )
    .addColumn('slug', 'text')
    .addColumn('at', 'timestamptz', (col) => col.defaultTo(sql`now()`).notNull())
    .addUniqueConstraint('pages_slug', ['owner_id', 'slug'])
    .addForeignKeyConstraint('pages_owner', ['owner_id'], 'users', ['id'], (cb) => cb.onDelete('set null'))
    .addCheckConstraint('pages_slug_short', sql`length(slug) < 80`)
    .execute()

  await db.schema.createIndex('pages_at').on('pages').columns(['owner_id', 'at desc']).execute()
  await db.schema.createIndex('pages_live').on('pages').column('slug').unique().where('at', 'is not', null).execute()
  await db.schema.createIndex('pages_odd').on('pages').column('id').unique().where((eb) => odd(eb)).execute()
  await sql`CREATE INDEX pages_lower ON pages (lower(slug))`.execute(db)
}

export async function down(db: Kysely<any>): Promise<void> {
  await db.schema.dropTable('pages').execute()
}
"""
CHANGES = """import { Kysely, sql } from 'kysely'

export async function up(db: Kysely<any>): Promise<void> {
  await db.schema
    .alterTable('pages')
    .addColumn('title', 'text', (col) => col.notNull().defaultTo(''))
    .dropColumn('slug')
    .renameColumn('at', 'created_at')
    .execute()
  await db.schema.alterTable('users').alterColumn('tags', (col) => col.setNotNull()).execute()
  await db.schema.dropIndex('pages_at').execute()
}
"""
KNEX = """exports.up = async function (knex) {
  await knex.schema.createTable('users', (table) => {
    table.increments('id');
    table.string('email', 120).notNullable().unique();
    table.enum('role', ['admin', 'member']).defaultTo('member').notNullable();
    table.timestamps(true, true);
  });
  await knex.schema.createTable('links', (t) => {
    t.uuid('id').primary();
    t.integer('user_id').unsigned().notNullable().references('id').inTable('users').onDelete('CASCADE');
    t.string('address').index();
    t.decimal('price', 10, 2);
    t.unique(['user_id', 'address']);
    t.index(['user_id', 'price'], 'links_price');
  });
};

exports.down = async function (knex) {
  await knex.schema.dropTable('links');
};
"""
NEXT = """exports.up = (knex) => knex.schema.alterTable('links', (table) => {
  table.boolean('banned').notNullable().defaultTo(false);
  table.dropColumn('price');
  table.dropUnique(['user_id', 'address']);
});
"""
LUCID = """import { BaseSchema } from '@adonisjs/lucid/schema'

export default class extends BaseSchema {
  protected tableName = 'tokens'

  async up() {
    this.schema.createTable(this.tableName, (table) => {
      table.increments()
      table.string('hash', 64).notNullable()
      table.timestamp('created_at')
    })
  }

  async down() {
    this.schema.dropTable(this.tableName)
  }
}
"""


def read(folder: Path, files: dict[str, str]) -> Survey:
    for name, text in {"package.json": '{"name": "app", "dependencies": {"pg": "8"}}', **files}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    (found,) = survey_path(folder)
    return found


def table(found: Survey, name: str) -> Table:
    wanted = found.catalog.table(Ref.of_table(name))
    assert wanted is not None
    return wanted


def test_kysely(tmp_path: Path) -> None:
    found = read(tmp_path, {"db.ts": "import { Pool } from 'pg'\n", "migrations/1-first.ts": KYSELY})
    users, pages = table(found, "users"), table(found, "pages")
    assert [(c.name, str(c.type), c.nullable) for c in users.ordered_columns] == [
        ("id", "uuid", False),
        ("email", "character varying(200)", False),
        ("tags", "text[]", True),
        ("kind", "kind", False),
    ]
    assert [(key.columns, key.on_delete) for key in pages.foreign_keys] == [
        (("owner_id",), Action.CASCADE),
        (("owner_id",), Action.SET_NULL),
    ]
    assert [key.columns for key in pages.unique_keys] == [("owner_id", "slug")]
    assert [check.name for check in pages.checks] == ["pages_slug_short"]
    assert {index.name: index.unique for index in pages.indexes} == {
        "pages_at": False,
        "pages_live": True,
        "pages_odd": False,
        "pages_lower": False,
    }
    assert found.origin_of(pages.ref.column("slug")).line == 20
    assert found.diagnostics == ()


def test_kyselys_changes(tmp_path: Path) -> None:
    files = {"db.ts": "import { Pool } from 'pg'\n", "migrations/1-first.ts": KYSELY, "migrations/2-next.ts": CHANGES}
    found = read(tmp_path, files)
    assert [c.name for c in table(found, "pages").ordered_columns] == ["id", "owner_id", "created_at", "title"]
    assert "pages_at" not in {index.name for index in table(found, "pages").indexes}
    assert [c.name for c in table(found, "users").ordered_columns if c.nullable] == []


HELPED = """import { sql } from 'kysely'
export async function up(db) {
  await db.schema.createTable('notes').$call(withId).addColumn('title', 'text')
    .$call((builder) => builder.addColumn('pinned', 'boolean')).execute()
  await db.schema.createTable('tags').$call(withId).$call(elsewhere).addColumn('name', 'text').execute()
}
const withId = (builder) => {
  return builder.addColumn('id', 'text', (c) => c.primaryKey().notNull()).$call(dated)
}
function dated(builder) { return builder.addColumn('made_at', 'integer') }
"""


def test_kyselys_columns_of_functions(tmp_path: Path) -> None:
    found = read(tmp_path, {"db.ts": "import Database from 'better-sqlite3'\n", "migrations.ts": HELPED})
    notes, tags = table(found, "notes"), table(found, "tags")
    assert [c.name for c in notes.ordered_columns] == ["id", "made_at", "title", "pinned"]
    assert [c.name for c in tags.ordered_columns] == ["id", "made_at", "name"]
    assert notes.primary_key is not None and notes.primary_key.columns == ("id",)
    assert found.origin_of(notes.ref.column("id")).line == 3
    assert found.diagnostics == ()


EACH_ENGINE = """exports.up = (knex) => knex.schema.createTable('pages', (table) => {
  table.increments()
  switch (config.client) {
    case 'pg':
      table.text('content')
      break
    case 'mysql':
      table.specificType('content', 'LONGTEXT')
      break
  }
  table.string('title')
})
"""


def test_a_column_that_each_engine_has_in_its_own_way(tmp_path: Path) -> None:
    found = read(tmp_path, {"db.js": "require('pg')\n", "migrations/1.js": EACH_ENGINE})
    columns = table(found, "pages").ordered_columns
    assert [(c.name, str(c.type)) for c in columns][1:] == [("content", "text"), ("title", "character varying(255)")]
    assert found.diagnostics == ()


def test_knex(tmp_path: Path) -> None:
    found = read(tmp_path, {"db.js": "require('pg')\n", "migrations/1.js": KNEX})
    users, links = table(found, "users"), table(found, "links")
    assert [(c.name, c.nullable) for c in users.ordered_columns] == [
        ("id", False),
        ("email", False),
        ("role", False),
        ("created_at", False),
        ("updated_at", False),
    ]
    assert [key.columns for key in users.unique_keys] == [("email",)]
    assert [(key.columns, str(key.referenced), key.on_delete) for key in links.foreign_keys] == [
        (("user_id",), "users", Action.CASCADE)
    ]
    assert {index.name for index in links.indexes} == {"links_address_index", "links_price"}
    assert [key.name for key in links.unique_keys] == ["links_user_id_address_unique"]


REFERENCES = """exports.up = async function (knex) {
  await knex.schema.createTable('people', (table) => {
    table.string('id', 10).primary()
    table.string('email').unique()
  })
  await knex.schema.createTable('memberships', (table) => {
    table.string('person', 10).references('id').inTable('people').notNullable().onDelete('cascade').index()
    table.string('club').notNullable()
    table.primary(['person', 'club'])
  })
  await knex.schema.createTable('visits', (table) => {
    table.increments()
    table.string('person', 10)
    table.string('club')
    table.foreign(['person', 'club']).references(['person', 'club']).inTable('memberships').onDelete('cascade')
  })
}
"""


def test_what_becomes_of_a_reference_may_be_said_anywhere(tmp_path: Path) -> None:
    found = read(tmp_path, {"db.js": "require('pg')\n", "migrations/1.js": REFERENCES})
    memberships, visits = table(found, "memberships"), table(found, "visits")
    assert [(key.columns, key.on_delete) for key in memberships.foreign_keys] == [(("person",), Action.CASCADE)]
    assert memberships.primary_key is not None
    assert memberships.primary_key.columns == ("person", "club")
    assert {index.column_names for index in memberships.indexes} == {("person",)}
    assert [(key.columns, key.referenced_columns, key.on_delete) for key in visits.foreign_keys] == [
        (("person", "club"), ("person", "club"), Action.CASCADE)
    ]
    assert [key.name for key in table(found, "people").unique_keys] == ["people_email_unique"]
    assert found.diagnostics == ()


MOVES = """const OLD = 'memberships'
exports.up = async function (knex) {
  await knex.schema.renameTable(OLD, 'beta_memberships')
}
exports.down = async function (knex) {
  await knex.schema.renameTable('beta_memberships', OLD)
}
"""
LEAVES = """const VISITS = 'visits'
const names = [VISITS, 'beta_memberships']
const beta = `create table beta_memberships (person varchar(10));
create table beta_clubs (id integer primary key);`

exports.up = async function (knex) {
  for (const name of names) {
    await knex.schema.dropTableIfExists(name)
  }
}

exports.down = async function (knex) {
  await knex.raw(beta)
}
"""


def test_tables_that_are_renamed_and_dropped_in_files_that_make_none(tmp_path: Path) -> None:
    files = {"db.js": "require('pg')\n", "migrations/1.js": REFERENCES, "migrations/2.js": MOVES}
    assert {t.name for t in read(tmp_path, files).catalog.tables} == {"people", "beta_memberships", "visits"}
    found = read(tmp_path, {**files, "migrations/3.js": LEAVES})
    assert {t.name for t in found.catalog.tables} == {"people"}
    assert found.diagnostics == ()


def test_knexs_changes(tmp_path: Path) -> None:
    found = read(tmp_path, {"db.js": "require('pg')\n", "migrations/1.js": KNEX, "migrations/2.js": NEXT})
    links = table(found, "links")
    assert [c.name for c in links.ordered_columns] == ["id", "user_id", "address", "banned"]
    assert links.unique_keys == ()


def test_lucids_names_are_fields_of_the_class(tmp_path: Path) -> None:
    found = read(tmp_path, {"db.ts": "import 'pg'\n", "database/migrations/1_tokens.ts": LUCID})
    assert [c.name for c in table(found, "tokens").ordered_columns] == ["id", "hash", "created_at"]


@pytest.mark.parametrize(
    "text",
    [
        "exports.up = (q) => q.queryInterface.createTable('a', { id: 1 })\n",
        "exports.up = (knex) => knex.schema.createTable(named(), (t) => t.increments())\n",
        "exports.up = (knex) => knex.schema.createTable('a', build)\n",
        "exports.up = (knex) => knex.schema.createTable(",
    ],
)
def test_what_is_not_known_makes_no_table(tmp_path: Path, text: str) -> None:
    (tmp_path / "1.js").write_text(text)
    assert not any(survey.catalog.tables for survey in survey_path(tmp_path))


def test_statements_in_sql_stand_beside_what_is_built(tmp_path: Path) -> None:
    raw = "exports.up = (knex) => knex.raw(`CREATE INDEX ${optional} links_address ON links (address);`)\n"
    found = read(tmp_path, {"db.js": "require('pg')\n", "migrations/1.js": KNEX, "migrations/2.js": raw})
    assert "links_address" in {index.name for index in table(found, "links").indexes}


STARTS = re.findall(
    r"\w+", "createTable createTableIfNotExists alterTable table createIndex dropIndex createType renameTable"
)
STEPS = re.findall(
    r"\w+",
    "asEnum addColumn on column columns where using unique expression addUniqueConstraint addCheckConstraint "
    "addForeignKeyConstraint addPrimaryKeyConstraint renameColumn renameTo alterColumn dropConstraint",
)
OF_COLUMNS = re.findall(
    r"\w+",
    "increments string integer decimal enu specificType timestamps references inTable index unique primary foreign "
    "setNullable dropForeign dropColumn renameColumn defaultTo notNull check onDelete setDefault setDataType",
)
PLAIN = [
    "'t'",
    "'a.b'",
    "''",
    "null",
    "-1",
    "[]",
    "['a', b]",
    "name",
    "sql`now()`",
    "sql``",
    "`x${y}`",
    "...rest",
    "{}",
]


def _calls(names: list[str], args: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    given = st.lists(args, max_size=4).map(", ".join)
    call = st.builds("{}({})".format, st.sampled_from(names), given)
    return st.lists(call, min_size=1, max_size=6).map(".".join)


FUNCTIONS = st.builds(
    str.format,
    st.sampled_from(["(t) => {{ t.{0}; t(); }}", "(t) => t.{0}", "() => null"]),
    _calls(OF_COLUMNS, st.sampled_from(PLAIN)),
)


@settings(max_examples=300)
@given(
    st.sampled_from(STARTS),
    _calls(STEPS, st.sampled_from(PLAIN) | FUNCTIONS),
    FUNCTIONS,
    st.sampled_from(["postgresql", "sqlite"]),
)
def test_no_call_keeps_the_rest_from_being_read(start: str, calls: str, function: str, dialect: str) -> None:
    """Whatever is handed to a builder, or left out: a program that fails when it runs is read all the same."""
    data = f"export const up = (db) => db.schema.{start}('t', {function}).on('t').column('c').{calls}\n".encode()
    tree, _ = parse(data, grammar_of("up.ts"))
    made = built(read_text("up.ts", data), tree.root_node, dialect, {}, lambda _: False)
    assert made is None or made.data.count(b"\n") == data.count(b"\n")

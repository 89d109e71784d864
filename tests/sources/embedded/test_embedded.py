"""Tables that a program makes by texts in its Python, with no models and no SQL files beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Survey
from dbarchitect.sources.opened import survey_path

STORE = '''import sqlite3


class Store:
    """Says `CREATE TABLE` in a sentence."""

    def __init__(self, path):
        self.conn = sqlite3.connect(path)
        self.conn.execute(
            "CREATE TABLE IF NOT EXISTS users ("
            "id INTEGER PRIMARY KEY, "
            "nick TEXT NOT NULL DEFAULT 'it')"
        )
        self.conn.execute("""
            CREATE TABLE IF NOT EXISTS orders (
                id INTEGER PRIMARY KEY,
                user_id INTEGER NOT NULL REFERENCES users (id),
                state TEXT DEFAULT ''
            )
        """)
        self.conn.execute('CREATE TABLE tags (name TEXT NOT NULL DEFAULT \\'\\', kind TEXT)')
        self.conn.execute("CREATE UNIQUE INDEX uq_tags ON tags (name)")
        self.conn.execute("ALTER TABLE users ADD COLUMN seen TEXT")
        self.conn.execute(f"CREATE TABLE {path} (id INTEGER)")
        self.conn.execute("CREATE TABLE orders_new (id INTEGER PRIMARY KEY)")
        self.conn.execute("DROP TABLE orders")

    def of(self, nick):
        return self.conn.execute("SELECT id FROM users WHERE nick = ?", (nick,)).fetchone()
'''


def only(tmp_path: Path, files: dict[str, str]) -> Survey:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    (survey,) = survey_path(tmp_path)
    return survey


def test_tables_indexes_and_added_columns(tmp_path: Path) -> None:
    survey = only(tmp_path, {"store.py": STORE})
    tables = {table.name: table for table in survey.catalog.tables}
    assert survey.engine.name == "sqlite"
    assert set(tables) == {"users", "orders", "tags"}
    assert [column.name for column in tables["users"].ordered_columns] == ["id", "nick", "seen"]
    assert [key.referenced.table for key in tables["orders"].foreign_keys] == ["users"]
    assert [index.unique for index in tables["tags"].indexes] == [True]
    name = tables["tags"].column("name")
    assert name is not None
    assert name.default is not None
    assert name.default.text == "''"


def test_each_statement_keeps_its_line(tmp_path: Path) -> None:
    survey = only(tmp_path, {"store.py": STORE})
    users = survey.catalog.table(Ref.of_table("users"))
    assert users is not None
    assert (users.origin.path, users.origin.line) == ("store.py", 10)
    nick = users.column("nick")
    assert nick is not None
    assert nick.origin.line == 12


def test_the_queries_beside_are_read(tmp_path: Path) -> None:
    code = only(tmp_path, {"store.py": STORE}).code
    assert code is not None
    assert [str(p.column) for query in code.queries for p in query.predicates] == ["users.nick"]


@pytest.mark.parametrize(
    ("imported", "engine"), [("psycopg2", "postgresql"), ("asyncpg", "postgresql"), ("aiosqlite", "sqlite")]
)
def test_the_driver_tells_the_engine(tmp_path: Path, imported: str, engine: str) -> None:
    source = f'import {imported}\n\nSCHEMA = "create table notes (id integer primary key, body text)"\n'
    assert only(tmp_path, {"notes.py": source}).engine.name == engine


def test_sql_files_go_before(tmp_path: Path) -> None:
    files = {"store.py": STORE, "schema.sql": "create table real_ones (id integer primary key);\n"}
    assert [table.name for table in only(tmp_path, files).catalog.tables] == ["real_ones"]


def test_broken_files_and_other_languages_stay_silent(tmp_path: Path) -> None:
    broken = 'import sqlite3\nx = "CREATE TABLE a (id INTEGER)"\ndef (:\n    "CREATE TABLE b ('
    mysql = 'import pymysql\n\nSCHEMA = "create table c (id int auto_increment primary key)"\n'
    (tmp_path / "mysql.py").write_text(mysql)
    assert not any(survey.catalog.tables for survey in survey_path(tmp_path))
    (tmp_path / "mysql.py").unlink()
    assert [table.name for table in only(tmp_path, {"broken.py": broken}).catalog.tables] == ["a"]


def test_samples_are_none_of_its_tables_and_of_two_engines_one_is_read(tmp_path: Path) -> None:
    files = {
        "fixtures.py": 'import sqlite3\n\nx = "CREATE TABLE sample (id INTEGER)"\n',
        "lite.py": 'import sqlite3\n\nx = "CREATE TABLE users (id INTEGER)"\n',
        "pg.py": 'import psycopg2\n\nx = "CREATE TABLE users (id SERIAL PRIMARY KEY)"\n',
    }
    survey = only(tmp_path, files)
    assert survey.engine.name == "postgresql"
    assert [(table.name, table.origin.path) for table in survey.catalog.tables] == [("users", "pg.py")]


MIGRATIONS = '''from db import Connection

AUDIT = "audit"


async def m001_initial(db: Connection):
    """Makes the tables.

        CREATE TABLE example (id INTEGER);
    """
    await db.execute(f"""
        CREATE TABLE IF NOT EXISTS payments (
            id {db.serial_primary_key},
            amount {db.big_int} NOT NULL,
            account TEXT NOT NULL REFERENCES {db.references_schema}accounts (id),
            time TIMESTAMP NOT NULL DEFAULT {db.timestamp_now}
        );
    """)
    await db.execute("CREATE TABLE accounts (id TEXT PRIMARY KEY, pass TEXT)")
    await db.execute("ALTER TABLE accounts RENAME COLUMN pass TO password_hash")
    await db.execute(f"CREATE TABLE {AUDIT} (at TIMESTAMP)")
    await db.execute(f"CREATE TABLE {db.name} (at TIMESTAMP)")
    await db.execute(f"CREATE TABLE others (at {db.whatever})")
'''


def test_what_is_put_in_and_says_what_it_is(tmp_path: Path) -> None:
    survey = only(tmp_path, {"migrations.py": MIGRATIONS})
    tables = {table.name: table for table in survey.catalog.tables}
    assert set(tables) == {"payments", "accounts", "audit"}
    types = {column.name: str(column.type) for column in tables["payments"].ordered_columns}
    assert (types["id"], types["amount"]) == ("integer", "bigint")
    assert tables["payments"].primary_key is not None
    assert [key.referenced.table for key in tables["payments"].foreign_keys] == ["accounts"]
    assert [column.name for column in tables["accounts"].ordered_columns] == ["id", "password_hash"]
    assert tables["payments"].origin.line == 12


STORE_OF_CORE = """from sqlalchemy import create_engine, text

engine = create_engine("sqlite:///app.db")
with engine.begin() as connection:
    connection.execute(text("CREATE TABLE accounts (id TEXT PRIMARY KEY, wallet TEXT)"))


def of(wallet):
    with engine.connect() as connection:
        return connection.execute(text("SELECT id FROM accounts WHERE wallet = :wallet"), {"wallet": wallet}).first()
"""


def test_texts_that_sqlalchemy_runs_are_queries_though_no_model_is_there(tmp_path: Path) -> None:
    survey = only(tmp_path, {"store.py": STORE_OF_CORE})
    assert survey.code is not None
    (query,) = survey.code.queries
    assert [str(predicate.column) for predicate in query.predicates] == ["accounts.wallet"]


def test_a_statement_whose_lines_stand_in_a_list(tmp_path: Path) -> None:
    source = """
        import sqlite3


        def make(db):
            db.execute([
                'CREATE TABLE IF NOT EXISTS threads (',
                '    id INTEGER PRIMARY KEY, uri VARCHAR(256) UNIQUE)'])
            for one in ['CREATE TABLE a (x INTEGER)', 'CREATE TABLE b (y INTEGER)']:
                db.execute(one)
    """
    survey = only(tmp_path, {"store.py": source})
    columns = {table.name: [c.name for c in table.ordered_columns] for table in survey.catalog.tables}
    assert columns == {"threads": ["id", "uri"], "a": ["x"], "b": ["y"]}
    assert not survey.diagnostics


LOOPS = '''import sqlite3

KINDS = ["orders", "invoices"]
NOTES = {"orders": "note TEXT", "invoices": "remark TEXT"}


def upgrade(conn, more):
    for kind in KINDS:
        conn.execute(f"CREATE INDEX IF NOT EXISTS ix_{kind}_customer ON {kind} (customer_id)")
    for table, column in NOTES.items():
        conn.execute(f"ALTER TABLE {table} ADD COLUMN {column}")
    columns = [
        "state",
        "placed",  # the newest first
    ]
    for column in columns:
        conn.execute(
            f"""
            CREATE INDEX IF NOT EXISTS {column}_of_orders ON orders ("{column}");
            """
        )
    conn.executescript(";".join(f"CREATE INDEX ix_{a}_{b} ON {a} ({b})" for a, b in (("invoices", "state"),)))
    for table, names in [("customers", ("mail", "town"))]:
        for name in names:
            conn.execute(f"CREATE UNIQUE INDEX uq_{name} ON {table} ({name})")
    for column in more:
        conn.execute(f"CREATE INDEX ix_orders_{column} ON orders ({column})")


def create(conn):
    conn.execute("CREATE TABLE customers (id INTEGER PRIMARY KEY, mail TEXT, town TEXT)")
    for kind in sorted(KINDS):
        conn.execute(f"CREATE TABLE {kind} (id INTEGER PRIMARY KEY, customer_id INTEGER, state TEXT, placed TEXT)")
'''


def test_what_a_loop_over_a_written_list_makes(tmp_path: Path) -> None:
    survey = only(tmp_path, {"store.py": LOOPS})
    tables = {table.name: table for table in survey.catalog.tables}
    assert set(tables) == {"customers", "orders", "invoices"}
    indexed = {name: sorted(index.column_names[0] for index in table.indexes) for name, table in tables.items()}
    assert indexed == {
        "customers": ["mail", "town"],
        "orders": ["customer_id", "placed", "state"],
        "invoices": ["customer_id", "state"],
    }
    assert [column.name for column in tables["orders"].ordered_columns][-1] == "note"
    assert [column.name for column in tables["invoices"].ordered_columns][-1] == "remark"
    (placed,) = (index for index in tables["orders"].indexes if index.column_names == ("placed",))
    assert (placed.origin.line, tables["orders"].origin.line) == (19, 33)


def test_of_loops_without_number_not_all_is_read(tmp_path: Path) -> None:
    """Each text of a loop holds all that stands before it: three times as many took half a minute more each."""
    loops = [
        f"    for name in [{', '.join(repr(f't{at}_{number}') for number in range(150))}]:\n"
        '        conn.execute(f"CREATE TABLE {name} (id INTEGER PRIMARY KEY)")\n'
        for at in range(4)
    ]
    survey = only(tmp_path, {"store.py": "import sqlite3\n\n\ndef create(conn):\n" + "".join(loops)})
    assert len(list(survey.catalog.tables)) == 500

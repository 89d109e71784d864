"""The record of what each migration did, at what cost."""

from __future__ import annotations

import pytest

from dbarchitect.catalog.engine import POSTGRESQL
from dbarchitect.catalog.migrations import Operation, OperationKind
from dbarchitect.sources.alembic import find_environments, replay
from dbarchitect.sources.discover import open_project
from dbarchitect.sources.python import PythonIndex

from .versions import ENVIRONMENT, Replay, Write, version

BASE = """
op.create_table("users", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("mail", sa.Text()))
"""


def operations(replayed: Replay, upgrade: str, engine: str = "postgresql") -> list[Operation]:
    done = replayed(BASE, upgrade, engine=engine)
    return list(done.history.migrations[1].operations)


def test_names_order_and_ways_back(write: Write) -> None:
    files = {
        "migrations/env.py": ENVIRONMENT,
        "migrations/versions/a.py": version("a", None, "pass", "op.drop_table('x')"),
        "migrations/versions/b.py": version("b", "a", "pass", "raise NotImplementedError('no way back')"),
        "migrations/versions/c.py": version("c", "b", "pass", '"""nothing"""\npass'),
    }
    project = open_project(write(files))
    index = PythonIndex(project)
    (environment,) = find_environments(project, index)
    history = replay(environment, index, POSTGRESQL).history
    assert history.tool == "alembic"
    assert history.heads == ("c",)
    assert [(m.name, m.path, m.parents) for m in history.migrations] == [
        ("a", "migrations/versions/a.py", ()),
        ("b", "migrations/versions/b.py", ("a",)),
        ("c", "migrations/versions/c.py", ("b",)),
    ]
    assert [m.reversible for m in history.migrations] == [True, False, False]
    assert all(m.transactional for m in history.migrations)


def test_an_index_built_beside_the_work(replayed: Replay) -> None:
    plain, beside = operations(
        replayed,
        """
        op.create_index("ix_a", "users", ["mail"])
        with op.get_context().autocommit_block():
            op.create_index("ix_b", "users", ["mail"], postgresql_concurrently=True)
        """,
    )
    assert (plain.kind, plain.concurrently, plain.in_transaction) == (OperationKind.CREATE_INDEX, False, True)
    assert plain.cost is not None
    assert plain.cost.lock == "SHARE"
    assert (beside.concurrently, beside.in_transaction) == (True, False)
    assert beside.cost is not None
    assert beside.cost.lock == "SHARE UPDATE EXCLUSIVE"
    assert beside.name == "ix_b"
    assert (beside.object.table, beside.object.columns) == ("users", ("mail",))


def test_a_new_table_keeps_nobody_waiting(replayed: Replay) -> None:
    done = operations(
        replayed,
        """
        op.create_table("fresh", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("n", sa.Integer()))
        op.create_index("ix_n", "fresh", ["n"])
        op.create_index("ix_mail", "users", ["mail"])
        """,
    )
    assert [(o.kind.value, o.on_new_table) for o in done] == [
        ("create table", False),
        ("create index", True),
        ("create index", False),
    ]
    assert done[1].cost is not None
    assert done[1].cost.lock is None


def test_the_aspects_of_a_column(replayed: Replay) -> None:
    done = operations(
        replayed,
        """
        op.alter_column("users", "mail", type_=sa.String(10), nullable=False, server_default="x",
                        new_column_name="email", postgresql_using="substr(mail, 1, 10)")
        op.add_column("users", sa.Column("must", sa.Integer(), nullable=False))
        """,
    )
    assert [o.kind.value for o in done] == [
        "rename column",
        "change type",
        "set not null",
        "set default",
        "add column",
    ]
    assert done[0].value == "email"
    assert done[1].cost is not None
    assert done[1].cost.rewrites
    assert done[2].cost is not None
    assert done[2].cost.scans
    assert done[4].required


def test_constraints_added_without_looking_at_the_rows(replayed: Replay) -> None:
    plain, unchecked, key = operations(
        replayed,
        """
        op.create_check_constraint("a", "users", "mail <> ''")
        op.create_check_constraint("b", "users", sa.text("mail <> 'x'"), postgresql_not_valid=True)
        op.create_foreign_key("f", "users", "users", ["id"], ["id"], postgresql_not_valid=True)
        """,
    )
    assert (plain.not_valid, unchecked.not_valid, key.not_valid) == (False, True, True)
    assert plain.cost is not None and plain.cost.scans
    assert unchecked.cost is not None and not unchecked.cost.scans
    assert key.kind is OperationKind.ADD_FOREIGN_KEY


def test_rows_and_their_values(replayed: Replay) -> None:
    done = operations(
        replayed,
        """
        users = sa.table("users", sa.column("id"), sa.column("mail"))
        op.bulk_insert(users, [{"id": 1, "mail": "secret@example.org"}])
        op.execute("UPDATE users SET mail = 'secret'")
        op.execute("INSERT INTO users (mail) VALUES ('secret@example.org')")
        op.execute(users.update().where(users.c.id == 1).values(mail="secret"))
        op.execute(sa.delete(users))
        """,
    )
    assert [(o.kind.value, o.object.table, o.filtered) for o in done] == [
        ("insert", "users", False),
        ("update", "users", False),
        ("insert", "users", False),
        ("update", "users", True),
        ("delete", "users", False),
    ]
    assert not any("secret" in o.statement for o in done)


def test_each_operation_says_where_it_is(replayed: Replay) -> None:
    first, second = operations(
        replayed, 'op.rename_table("users", "people")\nop.execute("ALTER TABLE people ADD COLUMN a integer")'
    )
    assert str(first.origin) == "migrations/versions/r2.py:12:5"
    assert str(second.origin) == "migrations/versions/r2.py:13:5"
    assert first.kind is OperationKind.RENAME_TABLE
    assert first.value == "people"
    assert first.statement == 'op.rename_table("users", "people")'
    assert second.statement == "ALTER TABLE people ADD COLUMN a integer"
    assert first.cost is not None
    assert first.cost.lock == "ACCESS EXCLUSIVE"


def test_code_is_told_as_code(replayed: Replay) -> None:
    done = operations(
        replayed,
        """
        session = Session(bind=op.get_bind())
        for user in session.query(User).all():
            user.mail = "x"
        move(op.get_bind())
        """,
    )
    assert [o.kind for o in done] == [OperationKind.RUN_CODE, OperationKind.RUN_CODE]


def test_sqlite_has_costs_of_its_own(replayed: Replay) -> None:
    (done,) = operations(replayed, 'op.create_index("ix", "users", ["mail"])', engine="sqlite")
    assert done.cost is not None
    assert done.cost.lock == "EXCLUSIVE"


def test_code_that_is_not_followed_is_told_without_its_texts(replayed: Replay) -> None:
    done = operations(
        replayed,
        '''
        bind = op.get_bind()
        session = Session(bind=bind)
        session.add(User(password="k3pler"))
        seed(bind, password=b'k3pler', note="""it's
        k3pler""")
        op.execute(f"update users set password = 'k3pler' where id = {unknown()}")
        op.invented("k3pler")
        ''',
    )
    assert len(done) == 4
    assert done[0].statement == 'session.add(User(password="…"))'
    assert "k3pler" not in repr(done)


@pytest.mark.parametrize(
    "call", ['op.drop_column("users", sa.Column(sa.Integer))', 'op.rename_table("unmade", "unmade")']
)
def test_calls_that_alembic_refuses_end_nothing(replayed: Replay, call: str) -> None:
    done = operations(replayed, f'{call}\nop.drop_column("users", "mail")')
    assert done[-1].kind is OperationKind.DROP_COLUMN

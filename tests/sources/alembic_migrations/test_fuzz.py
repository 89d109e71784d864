"""Whatever is done to version files, reading them neither fails nor hangs."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dbarchitect.catalog.engine import POSTGRESQL, SQLITE
from dbarchitect.sources.alembic import find_environments, replay
from dbarchitect.sources.discover import open_project
from dbarchitect.sources.python import PythonIndex

from .versions import version

RICH = version(
    "b",
    "a",
    """
    bind = op.get_bind()
    inspector = sa.inspect(bind)
    columns = [c["name"] for c in inspector.get_columns("t")]
    kind = postgresql.ENUM("a", "b", name="kind")
    kind.create(bind, checkfirst=True)
    op.create_table("t", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("k", kind), *stamps("x"))
    for name, (type_, default) in {"n": (sa.Integer(), "1"), "m": (sa.Text(), None)}.items():
        if name not in columns:
            op.add_column("t", sa.Column(name, type_, server_default=default))
    with op.batch_alter_table("t", schema=None) as batch_op:
        batch_op.alter_column("n", new_column_name="o", type_=sa.BigInteger(), existing_nullable=True)
        batch_op.create_foreign_key(None, "t", ["o"], ["id"], ondelete="CASCADE")
        batch_op.drop_constraint("t_o_fkey", type_="foreignkey")
    with op.get_context().autocommit_block():
        op.create_index("ix", "t", [sa.text("lower(m) DESC")], postgresql_concurrently=True)
    op.execute(f"ALTER TABLE t ADD COLUMN {'z'} numeric(3) DEFAULT {1 + 1}; UPDATE t SET m = 'x'")
    try:
        op.rename_table("t", "u")
    except Exception:
        raise
    """,
    outside="""
    def stamps(name, *rest, **more):
        return [sa.Column(name + "_at", sa.DateTime(), server_default=sa.func.now())]
    """,
)
BASE = version("a", None, 'op.create_table("s", sa.Column("id", sa.Integer(), primary_key=True))')
_PIECES = (
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ":",
    '"',
    "'",
    "\\",
    "\n",
    "    ",
    "*",
    "**",
    ",",
    "f'",
    "%s",
    "\x00",
    "é",
    "None",
    "op",
    "=",
)


@settings(max_examples=120, deadline=2000, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.tuples(st.integers(0, len(RICH)), st.integers(0, 40), st.sampled_from(["", *_PIECES])),
        min_size=1,
        max_size=4,
    ),
    st.sampled_from([POSTGRESQL, SQLITE]),
)
def test_mutated_files(edits: list[tuple[int, int, str]], engine: object) -> None:
    text = RICH
    for start, length, piece in edits:
        text = text[:start] + piece + text[start + length :]
    with tempfile.TemporaryDirectory() as folder:
        versions = Path(folder, "migrations", "versions")
        versions.mkdir(parents=True)
        (versions.parent / "env.py").write_text("")
        (versions / "a.py").write_text(BASE)
        (versions / "b.py").write_text(text)
        project = open_project(Path(folder))
        index = PythonIndex(project)
        for environment in find_environments(project, index):
            done = replay(environment, index, POSTGRESQL if engine is POSTGRESQL else SQLITE)
            assert done.history.migrations

"""What a migration does, followed without running it."""

from __future__ import annotations

import pytest

from dbarchitect.catalog.members import Identity
from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.refs import Ref
from dbarchitect.sources.alembic import Replayed

from .versions import Replay

ITEMS = 'op.create_table("items", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("name", sa.String(20)))'


def table(done: Replayed, name: str) -> Table:
    found = done.catalog.table(Ref.of_table(name))
    assert found is not None, [t.name for t in done.catalog.tables]
    return found


def columns(done: Replayed, name: str) -> list[str]:
    return [column.name for column in table(done, name).ordered_columns]


def test_a_helper_of_another_module_is_followed(replayed: Replay) -> None:
    helper = "import sqlalchemy as sa\n\n\ndef stamped(op, name, *more, **options):\n"
    helper += "    op.create_table(name, sa.Column('id', sa.Integer(), primary_key=True), *more, **options)\n"
    done = replayed(
        'stamped(op, "a", sa.Column("x", sa.Text()))',
        outside="from migrations.helpers import stamped",
        files={"migrations/__init__.py": "", "migrations/helpers.py": helper},
    )
    assert columns(done, "a") == ["id", "x"]
    assert table(done, "a").column("id").identity is Identity.SERIAL  # type: ignore[union-attr]
    assert not done.diagnostics


def test_columns_that_a_list_has_grown_to(replayed: Replay) -> None:
    done = replayed(
        """
        parts = [sa.Column("id", sa.Integer(), primary_key=True)]
        parts.append(sa.Column("a", sa.Text()))
        for name in ("b", "c"):
            parts.append(sa.Column(name, sa.Integer()))
        parts += [sa.Column("d", sa.Date())]
        op.create_table("t", *parts)
        """
    )
    assert columns(done, "t") == ["id", "a", "b", "c", "d"]


def test_a_text_is_put_together_by_functions(replayed: Replay) -> None:
    outside = """
    KINDS = {"a": ["x", "y"], "b": ["z"]}

    def expression(names):
        parts = [f"'{name}'" for name in names]
        return " || ".join(parts)

    def columns_of(kinds):
        found: list[tuple[str, str]] = []
        for name, values in kinds.items():
            found.append((name, expression(values)))
        found.append(("c", "now()"))
        return found
    """
    done = replayed(
        ITEMS,
        """
        columns = columns_of(KINDS)
        adds = ", ".join(f"ADD COLUMN {name} text DEFAULT {default}" for name, default in columns)
        op.execute(f"ALTER TABLE items {adds}")
        """,
        outside=outside,
    )
    assert columns(done, "items") == ["id", "name", "a", "b", "c"]
    default = table(done, "items").column("a").default  # type: ignore[union-attr]
    assert default is not None
    assert default.text == "'x' || 'y'"
    assert not done.diagnostics


def test_guards_are_answered_from_what_is_there(replayed: Replay) -> None:
    done = replayed(
        ITEMS,
        """
        inspector = sa.inspect(op.get_bind())
        names = {column["name"] for column in inspector.get_columns("items")}
        if "name" not in names:
            op.add_column("items", sa.Column("wrong", sa.Text()))
        if "extra" not in names and inspector.has_table("items"):
            op.add_column("items", sa.Column("extra", sa.Text()))
        if not any(index["name"] == "ix_name" for index in inspector.get_indexes("items")):
            op.create_index("ix_name", "items", ["name"])
        if inspector.has_table("items"):
            return
        op.drop_table("items")
        """,
    )
    assert columns(done, "items") == ["id", "name", "extra"]
    assert [index.name for index in table(done, "items").indexes] == ["ix_name"]
    assert not done.diagnostics


def test_what_cannot_be_told_is_taken_for_a_guard(replayed: Replay) -> None:
    done = replayed(
        ITEMS,
        """
        if something_outside():
            return
        if op.get_bind().execute(sa.text("SELECT count(*) FROM items")).scalar() > 5:
            op.add_column("items", sa.Column("many", sa.Text()))
        """,
        outside="from elsewhere import something_outside",
    )
    assert columns(done, "items") == ["id", "name", "many"]
    assert not done.diagnostics


def test_both_ways_of_an_unknown_condition_change_something(replayed: Replay) -> None:
    done = replayed(
        ITEMS,
        """
        if unknown:
            op.drop_column("items", "name")
        else:
            op.drop_table("items")
        """,
        outside="from elsewhere import unknown",
    )
    assert columns(done, "items") == ["id"]
    (diagnostic,) = done.diagnostics
    assert "could not be told" in diagnostic.text
    assert str(diagnostic.origin).startswith("migrations/versions/r2.py:12")


@pytest.mark.parametrize("engine", ["postgresql", "sqlite"])
def test_the_branch_of_the_dialect_is_taken(replayed: Replay, engine: str) -> None:
    done = replayed(
        """
        bind = op.get_bind()
        kind = "pg" if bind.dialect.name == "postgresql" else "other"
        op.create_table(kind, sa.Column("id", sa.Integer(), primary_key=True))
        if str(bind.engine.url).startswith("sqlite"):
            op.create_table("lite", sa.Column("id", sa.Integer(), primary_key=True))
        """,
        engine=engine,
    )
    expected = ["pg"] if engine == "postgresql" else ["lite", "other"]
    assert [t.name for t in done.catalog.tables] == expected


def test_what_except_does_is_left_out(replayed: Replay) -> None:
    done = replayed(
        """
        try:
            op.create_table("a", sa.Column("id", sa.Integer()))
        except Exception:
            op.create_table("b", sa.Column("id", sa.Integer()))
        finally:
            op.create_table("c", sa.Column("id", sa.Integer()))
        """
    )
    assert [t.name for t in done.catalog.tables] == ["a", "c"]


def test_sql_in_all_its_spellings(replayed: Replay) -> None:
    done = replayed(
        ITEMS,
        '''
        name = "items"
        op.execute(f"ALTER TABLE {name} ADD COLUMN a integer")
        op.execute(sa.text("ALTER TABLE %s ADD COLUMN b integer" % name))
        op.execute("ALTER TABLE {} ADD COLUMN c integer; ALTER TABLE {} ADD d text".format(name, name))
        conn = op.get_bind()
        conn.execute(sa.text(dedent("""
            ALTER TABLE items ADD COLUMN e jsonb DEFAULT '{"a"\\\\:1}'
        """)))
        conn.exec_driver_sql(STATEMENT)
        op.execute(sa.schema.CreateSequence(sa.Sequence("numbers")))
        op.execute(sa.text("UPDATE items SET name = :name WHERE id = 1").bindparams(name="x"))
        ''',
        outside='from textwrap import dedent\nSTATEMENT = "ALTER TABLE items " + "ADD COLUMN f text"',
    )
    assert columns(done, "items") == ["id", "name", "a", "b", "c", "d", "e", "f"]
    assert [s.name for s in done.catalog.sequences] == ["numbers"]
    assert not done.diagnostics


@pytest.mark.parametrize(
    "reading",
    [
        'op.execute((Path(__file__).parent / "sql" / "a.sql").read_text())',
        'op.execute(open(os.path.join(os.path.dirname(__file__), "sql", "a.sql")).read())',
        'with open(HERE / "a.sql") as file:\n    op.execute(file.read())',
        'with (HERE / "a.sql").open() as file:\n    text = file.read()\n    op.execute(sa.text(text))',
        'op.execute(read("a.sql"))',
    ],
)
def test_sql_in_a_file_is_read(replayed: Replay, reading: str) -> None:
    outside = """
    import os
    from pathlib import Path
    HERE = Path(__file__).resolve().parent / "sql"

    def read(name):
        path = HERE / name
        return path.read_text()
    """
    files = {"migrations/versions/sql/a.sql": "CREATE TABLE filed (id integer primary key);\n"}
    done = replayed(reading, outside=outside, files=files)
    assert columns(done, "filed") == ["id"]
    assert not done.diagnostics


def test_several_databases(replayed: Replay) -> None:
    outside = """
    def upgrade_():
        op.create_table("one", sa.Column("id", sa.Integer()))

    def upgrade_other():
        op.create_table("two", sa.Column("id", sa.Integer()))
    """
    done = replayed('globals()["upgrade_%s" % engine_name]()', outside=outside)
    assert [t.name for t in done.catalog.tables] == ["one", "two"]


def test_sql_that_is_not_told_is_reported(replayed: Replay) -> None:
    done = replayed(ITEMS, "op.execute(open('x.sql').read())")
    (diagnostic,) = done.diagnostics
    assert "could not be read" in diagnostic.text
    assert diagnostic.origin.path == "migrations/versions/r2.py"


def test_constraints_go_by_the_names_of_the_convention(replayed: Replay) -> None:
    key, check = "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s", "ck_%(table_name)s_%(constraint_name)s"
    convention = {"fk": key, "ck": check}
    models = f"import sqlalchemy as sa\nmetadata = sa.MetaData(naming_convention={convention!r})\n"
    done = replayed(
        ITEMS,
        """
        op.create_table(
            "parts",
            sa.Column("item", sa.Integer(), sa.ForeignKey("items.id")),
            sa.Column("n", sa.Integer(), sa.CheckConstraint("n > 0", name="positive")),
        )
        """,
        """
        op.drop_constraint("fk_parts_item_items", "parts", type_="foreignkey")
        op.drop_constraint(op.f("ck_parts_positive"), "parts")
        """,
        files={"migrations/env.py": "from models import metadata as target_metadata\n", "models.py": models},
    )
    assert table(done, "parts").foreign_keys == ()
    assert table(done, "parts").checks == ()
    assert not done.diagnostics


def test_tables_that_were_there_before(replayed: Replay) -> None:
    done = replayed(
        """
        op.add_column("old", sa.Column("a", sa.Text()))
        op.alter_column("old", "b", existing_type=sa.Integer(), nullable=False)
        op.drop_constraint("whatever", "old", type_="foreignkey")
        op.drop_index("ix_old", table_name="old")
        op.execute("ALTER TABLE older DROP COLUMN x")
        op.drop_table("oldest")
        """,
        ITEMS,
    )
    assert [t.name for t in done.catalog.tables] == ["items"]
    assert done.assumed == {(None, "old"), (None, "older")}
    (diagnostic,) = done.diagnostics
    assert "old" in diagnostic.text
    kinds = [operation.kind.value for operation in done.history.migrations[0].operations]
    assert kinds == ["add column", "set not null", "drop constraint", "drop index", "drop column", "drop table"]
    assert all(operation.cost is not None for operation in done.history.migrations[0].operations)


def test_a_mistake_is_told_and_the_rest_goes_on(replayed: Replay) -> None:
    done = replayed(
        ITEMS,
        """
        op.drop_column("items", "nothing")
        op.drop_constraint("nothing", "items")
        op.create_table("items", sa.Column("id", sa.Integer()))
        op.invented("items")
        op.add_column("items", sa.Column("last", sa.Text()))
        """,
    )
    assert columns(done, "items") == ["id", "name", "last"]
    assert [d.origin.line for d in done.diagnostics] == [12, 13, 14, 15]


def test_what_never_ends_is_left(replayed: Replay) -> None:
    done = replayed(
        ITEMS,
        """
        def again(n):
            again(n + 1)
            again(n + 2)
        again(1)
        for a in range(20000):
            for b in range(20000):
                op.f("x")
        """,
        'while True:\n    op.add_column("items", sa.Column("x", sa.Text()))',
    )
    assert columns(done, "items") == ["id", "name"]
    assert any("too many steps" in d.text for d in done.diagnostics)
    assert any("this loop" in d.text for d in done.diagnostics)


def test_alembic_utils_and_enum_values(replayed: Replay) -> None:
    done = replayed(
        """
        op.execute("CREATE TYPE kind AS ENUM ('a', 'b')")
        op.create_table("t", sa.Column("kind", postgresql.ENUM("a", "b", name="kind", create_type=False)))
        op.sync_enum_values(enum_schema="public", enum_name="kind", new_values=["a", "b", "c"], affected_columns=[])
        made = PGFunction(schema="public", signature="one()", definition="RETURNS int LANGUAGE sql AS $$ SELECT 1 $$")
        op.create_entity(made)
        op.create_entity(PGView(schema="public", signature="seen", definition="SELECT kind FROM t"))
        op.drop_entity(PGView(schema="public", signature="seen", definition=""))
        """,
        outside="from alembic_utils.pg_function import PGFunction\nfrom alembic_utils.pg_view import PGView",
    )
    assert done.catalog.enums[0].values == ("a", "b", "c")
    assert [f.name for f in done.catalog.functions] == ["one"]
    assert done.catalog.views == ()
    assert not done.diagnostics


def test_a_quoted_hostile_name_survives(replayed: Replay) -> None:
    done = replayed('op.create_table(\'a"b</script>\\n😀\', sa.Column("x y", sa.Integer()))')
    (made,) = done.catalog.tables
    assert made.name == 'a"b</script>\n😀'
    assert made.column("x y") is not None


@pytest.mark.parametrize(
    "broken",
    ["op.create_table(", "op.create_table()", "op.add_column('t')", "op.drop_index()", "op.execute()", "op.f()",
     "with op.batch_alter_table() as b:\n    b.add_column()", "op.alter_column('t', 'c', type_=3)", "x = [", "op",
     "for x in op: pass", "op.create_index(None, 't', None)", "op.create_foreign_key('a', 't', 't', ['x'], [])",
     "op.drop_constraint(None, 't', type_='unique')", "op.bulk_insert()", "op.create_primary_key('p', 't', [])",
     "return op.execute(lambda: 1)", "a, (b, *c) = op.get_bind()", "x: int = 3; del x; assert x"],
)  # fmt: skip
def test_nonsense_does_no_harm(replayed: Replay, broken: str) -> None:
    done = replayed(ITEMS, broken, 'op.create_table("after", sa.Column("id", sa.Integer(), primary_key=True))')
    assert {"after", "items"} <= {t.name for t in done.catalog.tables}


GEOMETRY = """
with op.batch_alter_table('items') as batch_op:
    batch_op.add_geospatial_column(sa.Column('spot', sa.LargeBinary()))
    batch_op.create_geospatial_index('ix_spot', ['spot'], unique=False, postgresql_using='gist')
"""


@pytest.mark.parametrize("step", ["op.add_geospatial_column('items', sa.Column('spot', sa.LargeBinary()))", GEOMETRY])
def test_columns_of_geometry(replayed: Replay, step: str) -> None:
    done = replayed(ITEMS, step)
    (items,) = done.catalog.tables
    assert items.column("spot") is not None
    assert not done.diagnostics

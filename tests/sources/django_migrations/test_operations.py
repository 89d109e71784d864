"""The operations that each of Django's is: what it works on, what it costs, whether it can be undone."""

from __future__ import annotations

from dbarchitect.catalog.drift import Side
from dbarchitect.catalog.migrations import OperationKind as K
from dbarchitect.sources.drift import compare

from .conftest import Replay, migration

ID = '("id", models.BigAutoField(primary_key=True)),'
START = migration(f"""
    migrations.CreateModel("Entry", [
        {ID}
        ("title", models.CharField(max_length=50)),
        ("state", models.CharField(max_length=9, null=True)),
    ]),
    migrations.CreateModel("Writer", [{ID} ("name", models.CharField(max_length=9))]),
""")


def after(operations: str, more: str = "") -> dict[str, str]:
    """A project whose second migration does this."""
    return {"0001_initial": START, "0002_next": migration(operations, "shop.0001_initial", more=more)}


def test_new_tables_cost_nobody_anything(replay: Replay) -> None:
    case = replay({"0001_initial": START})
    (migrated,) = case.history.migrations
    assert [(o.kind, str(o.object)) for o in migrated.operations] == [
        (K.CREATE_TABLE, "shop_entry"),
        (K.CREATE_TABLE, "shop_writer"),
    ]
    assert case.history.tool == "django"
    assert (migrated.name, migrated.path) == ("shop.0001_initial", "shop/migrations/0001_initial.py")
    assert migrated.transactional
    assert migrated.reversible
    assert case.history.heads == ("shop.0001_initial",)


def test_a_foreign_key_is_a_column_an_index_and_a_constraint(replay: Replay) -> None:
    case = replay(
        after('migrations.AddField("entry", "writer", models.ForeignKey("shop.Writer", models.CASCADE, null=True)),')
    )
    found = case.operations("shop.0002_next")
    assert {o.kind for o in found} == {K.ADD_COLUMN, K.CREATE_INDEX, K.ADD_FOREIGN_KEY}
    index = next(o for o in found if o.kind is K.CREATE_INDEX)
    assert index.object.columns == ("writer_id",)
    assert index.cost is not None
    assert (index.cost.lock, index.cost.scans) == ("SHARE", True)
    assert not index.concurrently
    assert not index.on_new_table
    key = next(o for o in found if o.kind is K.ADD_FOREIGN_KEY)
    assert key.cost is not None
    assert (key.cost.lock, key.cost.scans, key.not_valid) == ("SHARE ROW EXCLUSIVE", True, False)
    assert all(o.in_transaction for o in found)
    assert index.statement == "AddField(entry, writer, ForeignKey(shop.Writer, models.CASCADE, null=True))"
    assert (index.origin.path, index.origin.line) == ("shop/migrations/0002_next.py", 10)


def test_a_required_column_comes_with_a_default_that_goes_again(replay: Replay) -> None:
    case = replay(after('migrations.AddField("entry", "rank", models.IntegerField(default=0)),'))
    added, dropped = case.operations("shop.0002_next")
    assert (added.kind, added.required, dropped.kind) == (K.ADD_COLUMN, False, K.DROP_DEFAULT)
    assert added.cost is not None
    assert not added.cost.rewrites
    assert not added.cost.scans
    column = case.table("shop_entry").column("rank")
    assert column is not None
    assert column.default is None


def test_a_required_column_without_a_default_is_told(replay: Replay) -> None:
    case = replay(after('migrations.AddField("entry", "rank", models.IntegerField()),'))
    (added,) = case.operations("shop.0002_next")
    assert added.required


def test_not_null_fills_the_column_first(replay: Replay) -> None:
    case = replay(after('migrations.AlterField("entry", "state", models.CharField(max_length=9, default="new")),'))
    assert case.kinds("shop.0002_next") == [K.UPDATE, K.SET_NOT_NULL]
    update, forbids = case.operations("shop.0002_next")
    assert update.filtered
    assert forbids.cost is not None
    assert forbids.cost.scans


def test_a_wider_text_is_no_rewrite_and_another_type_is(replay: Replay) -> None:
    case = replay(
        after("""
        migrations.AlterField("entry", "title", models.CharField(max_length=99)),
        migrations.AlterField("entry", "title", models.IntegerField()),
        """)
    )
    wider, other = case.operations("shop.0002_next")
    assert (wider.kind, other.kind) == (K.CHANGE_TYPE, K.CHANGE_TYPE)
    assert wider.cost is not None
    assert other.cost is not None
    assert not wider.cost.rewrites
    assert other.cost.rewrites


def test_what_only_django_sees_is_no_operation(replay: Replay) -> None:
    case = replay(
        after("""
        migrations.AlterField("entry", "title", models.CharField("Title", max_length=50, help_text="x", blank=True)),
        migrations.AlterModelOptions("entry", {"ordering": ["title"], "verbose_name": "x"}),
        migrations.AlterModelManagers("entry", []),
        """)
    )
    assert case.operations("shop.0002_next") == []


def test_any_change_of_a_relation_makes_its_constraint_anew(replay: Replay) -> None:
    case = replay(
        {
            "0001_initial": START,
            "0002_key": migration(
                'migrations.AddField("entry", "by", models.ForeignKey("shop.Writer", models.CASCADE, null=True)),',
                "shop.0001_initial",
            ),
            "0003_unique": migration(
                'migrations.AlterField("entry", "by", models.ForeignKey("shop.Writer", models.CASCADE)),',
                "shop.0002_key",
            ),
            "0004_words": migration(
                'migrations.AlterField("entry", "by", models.ForeignKey("shop.Writer", models.PROTECT, help_text="")),',
                "shop.0003_unique",
            ),
            "0005_spelt": migration(
                """
                migrations.AlterField("entry", "by", models.ForeignKey(
                    to="shop.writer", on_delete=models.PROTECT, null=False, related_name="written")),
                """,
                "shop.0004_words",
            ),
            "0006_elsewhere": migration(
                'migrations.AlterField("entry", "by", models.ForeignKey("shop.Entry", models.PROTECT)),',
                "shop.0005_spelt",
            ),
        }
    )
    assert case.kinds("shop.0003_unique") == [K.DROP_CONSTRAINT, K.SET_NOT_NULL, K.ADD_FOREIGN_KEY]
    assert case.kinds("shop.0004_words") == []
    assert case.kinds("shop.0005_spelt") == []
    assert case.kinds("shop.0006_elsewhere") == [K.DROP_CONSTRAINT, K.ADD_FOREIGN_KEY]


def test_indexes_beside_the_work(replay: Replay) -> None:
    case = replay(
        after(
            """
            pg.AddIndexConcurrently("entry", models.Index(fields=["title"], name="by_title")),
            migrations.AddIndex("entry", models.Index(fields=["state", "-title"], name="by_state")),
            pg.RemoveIndexConcurrently("entry", "by_title"),
            """,
            more="atomic = False",
        )
    )
    beside, plain, gone = case.operations("shop.0002_next")
    assert (beside.concurrently, plain.concurrently, gone.concurrently) == (True, False, True)
    assert beside.cost is not None
    assert beside.cost.lock == "SHARE UPDATE EXCLUSIVE"
    assert not beside.in_transaction
    assert plain.statement == "AddIndex(entry, fields=[state, -title], name=by_state)"
    assert (gone.kind, gone.name) == (K.DROP_INDEX, "by_title")
    assert not case.migration("shop.0002_next").transactional


def test_constraints_that_are_validated_later(replay: Replay) -> None:
    case = replay(
        after("""
        pg.AddConstraintNotValid("entry", models.CheckConstraint(condition=models.Q(state="x"), name="only_x")),
        pg.ValidateConstraint("entry", "only_x"),
        """)
    )
    added, validated = case.operations("shop.0002_next")
    assert (added.kind, added.not_valid, validated.kind) == (K.ADD_CHECK, True, K.VALIDATE_CONSTRAINT)
    assert added.cost is not None
    assert not added.cost.scans
    assert [c.validated for c in case.table("shop_entry").checks] == [True]


def test_renaming(replay: Replay) -> None:
    case = replay(
        after("""
        migrations.RenameModel("Entry", "Note"),
        migrations.RenameField("note", "title", "head"),
        migrations.AlterModelTable("note", "notes"),
        """)
    )
    found = case.operations("shop.0002_next")
    assert [(o.kind, str(o.object), o.value) for o in found] == [
        (K.RENAME_TABLE, "shop_entry", "shop_note"),
        (K.RENAME_COLUMN, "shop_note.title", "head"),
        (K.RENAME_TABLE, "shop_note", "notes"),
    ]
    key = case.table("notes").primary_key
    assert key is not None
    assert key.name == "shop_entry_pkey"  # the server renames a table, never its indexes


def test_dropping_a_column_takes_its_indexes_along(replay: Replay) -> None:
    case = replay(
        {
            "0001_initial": START,
            "0002_key": migration(
                'migrations.AddField("entry", "by", models.ForeignKey("shop.Writer", models.CASCADE, null=True)),',
                "shop.0001_initial",
            ),
            "0003_drop": migration(
                'migrations.RemoveField("entry", "by"), migrations.DeleteModel("Writer"),', "shop.0002_key"
            ),
        }
    )
    assert case.kinds("shop.0003_drop") == [K.DROP_COLUMN, K.DROP_TABLE]
    assert case.tables == {"shop_entry"}


def test_code_and_sql_without_a_way_back(replay: Replay) -> None:
    case = replay(
        {
            "0001_initial": START,
            "0002_code": migration(
                "migrations.RunPython(print), migrations.RunPython(print, migrations.RunPython.noop),",
                "shop.0001_initial",
            ),
            "0003_sql": migration(
                """
                migrations.RunSQL("UPDATE shop_entry SET state = 'secret'"),
                migrations.RunSQL([("DELETE FROM shop_writer WHERE name = %s", ["Ann"])], migrations.RunSQL.noop),
                """,
                "shop.0002_code",
            ),
        }
    )
    assert [o.reversible for o in case.operations("shop.0002_code")] == [False, True]
    update, delete = case.operations("shop.0003_sql")
    assert (update.kind, update.filtered, update.reversible) == (K.UPDATE, False, False)
    assert (delete.kind, delete.filtered, delete.reversible) == (K.DELETE, True, True)
    assert "secret" not in update.statement
    assert "Ann" not in delete.statement
    assert [m.reversible for m in case.history.migrations] == [True, False, False]


def test_the_database_alone_and_the_state_alone(replay: Replay) -> None:
    case = replay(
        after("""
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.AddField("entry", "hidden", models.IntegerField(null=True))],
            state_operations=[migrations.AddField("entry", "imagined", models.IntegerField(null=True))],
        ),
        migrations.AddField("entry", "real", models.IntegerField(null=True)),
        """)
    )
    assert [str(o.object) for o in case.operations("shop.0002_next")] == ["shop_entry.hidden", "shop_entry.real"]
    columns = {column.name for column in case.table("shop_entry").columns}
    assert {"hidden", "real"} <= columns
    assert "imagined" not in columns


def test_extensions(replay: Replay) -> None:
    case = replay(after('pg.TrigramExtension(), pg.CreateExtension("ltree"),'))
    assert case.kinds("shop.0002_next") == [K.CREATE_EXTENSION, K.CREATE_EXTENSION]
    assert {e.name for e in case.catalog.extensions} == {"pg_trgm", "ltree"}


def test_operations_of_the_projects_own(replay: Replay) -> None:
    own = """
        from django.db import migrations, models

        class AddText(migrations.AddField):
            def __init__(self, model_name, name, length=20):
                super().__init__(model_name, name, field=models.CharField(max_length=length, null=True))

        class Nothing(migrations.RunSQL):
            def database_forwards(self, app_label, schema_editor, from_state, to_state):
                pass

        class Strange(migrations.operations.base.Operation):
            pass
    """
    operations = 'own.AddText("entry", "short"), own.AddText("entry", "long", length=99), own.Nothing("DROP TABLE x"),'
    text = migration(operations + " own.Strange(1), own.Strange(2),", "shop.0001_initial")
    case = replay({"0001_initial": START, "0002_next": f"from shop import own\n{text}", "shop/own.py": own})
    added = case.operations("shop.0002_next")
    assert [o.kind for o in added] == [K.ADD_COLUMN, K.ADD_COLUMN, K.OTHER, K.OTHER]
    types = {c.name: c.type.spelled for c in case.table("shop_entry").columns}
    assert (types["short"], types["long"]) == ("varchar(20)", "varchar(99)")
    assert [t for t in case.texts if "Strange" in t] == [
        "the operation Strange is not known here: what it does is not followed (2 in all, this first)"
    ]


def test_lists_that_are_put_together(replay: Replay) -> None:
    text = migration("", "shop.0001_initial").replace(
        "    operations = [\n    ]\n",
        """    operations = [
        migrations.AddField("entry", name, models.IntegerField(null=True)) for name in NAMES
    ] + extra("fourth") + [*MORE]
    operations += [migrations.RemoveField("entry", "state")]
""",
    )
    head = """NAMES = ("first", "second", "third")


def extra(name):
    return [migrations.AddField("entry", name, models.TextField(null=True))]


MORE = [migrations.AddField("writer", "born", models.DateField(null=True))]


class"""
    case = replay({"0001_initial": START, "0002_next": text.replace("class", head, 1)})
    assert not case.texts
    assert [c.name for c in case.table("shop_entry").ordered_columns] == [
        "id", "title", "first", "second", "third", "fourth",
    ]  # fmt: skip
    assert case.table("shop_writer").column("born") is not None


def test_what_cannot_be_told_is_said_and_the_rest_goes_on(replay: Replay) -> None:
    case = replay(
        after("""
        make_operation(),
        *unknown(),
        migrations.AddField("entry", "ok", models.IntegerField(null=True)),
        migrations.AddField("missing", "x", models.IntegerField(null=True)),
        migrations.RunSQL(open("x.sql").read()),
        """)
    )
    assert case.table("shop_entry").column("ok") is not None
    said = [(d.origin.path, d.origin.line) for d in case.reading.diagnostics]
    assert said
    assert all(path == "shop/migrations/0002_next.py" and line for path, line in said)
    assert any("there is no model missing" in text for text in case.texts)
    assert any("SQL of RunSQL cannot be told" in text for text in case.texts)


def test_models_and_migrations_of_one_project_are_equal(replay: Replay) -> None:
    models = """
        from django.db import models

        class Writer(models.Model):
            id = models.BigAutoField(primary_key=True)
            name = models.CharField(max_length=9, unique=True)

        class Entry(models.Model):
            id = models.BigAutoField(primary_key=True)
            title = models.CharField(max_length=50)
            by = models.ForeignKey(Writer, models.CASCADE, null=True)
            readers = models.ManyToManyField(Writer, related_name="+")

            class Meta:
                unique_together = [("title", "by")]
                indexes = [models.Index(fields=["-title"], name="by_title")]
    """
    case = replay(
        {
            **after("""
            migrations.AlterField("writer", "name", models.CharField(max_length=9, unique=True)),
            migrations.RemoveField("entry", "state"),
            migrations.AddField("entry", "by", models.ForeignKey("shop.Writer", models.CASCADE, null=True)),
            migrations.AddField("entry", "readers", models.ManyToManyField("shop.Writer", related_name="+")),
            migrations.AlterUniqueTogether("entry", {("title", "by")}),
            migrations.AddIndex("entry", models.Index(fields=["-title"], name="by_title")),
            """),
            "shop/models.py": models,
        }
    )
    assert case.reading.catalog == case.catalog


def test_a_default_that_sql_gave_stays_until_django_drops_it(replay: Replay) -> None:
    case = replay(
        {
            "0001_initial": START,
            "0002_sql": migration(
                """
                migrations.RunSQL("ALTER TABLE shop_entry ALTER COLUMN state SET DEFAULT 'x'", ""),
                migrations.RunSQL("ALTER TABLE shop_writer ALTER COLUMN name SET DEFAULT 'y'", ""),
                migrations.AddField("writer", "born", models.DateField(null=True)),
                """,
                "shop.0001_initial",
            ),
            "0003_required": migration(
                'migrations.AlterField("entry", "state", models.CharField(max_length=9, default="new")),',
                "shop.0002_sql",
            ),
        }
    )
    state, name = case.table("shop_entry").column("state"), case.table("shop_writer").column("name")
    assert state is not None
    assert name is not None
    assert (state.default, state.nullable) == (None, False)
    assert name.default is not None
    assert case.table("shop_writer").column("born") is not None


def test_a_function_that_puts_the_list_together(replay: Replay) -> None:
    text = migration("", "shop.0001_initial").replace("    operations = [\n    ]\n", "    operations = made(True)\n")
    head = '''FIELDS = (("entry", "one"), ("writer", "two"))


def made(more):
    """All of them."""
    found = []
    for model, name in FIELDS:
        found.append(migrations.AddField(model, name, models.IntegerField(null=True)))
    if more:
        found += [migrations.RemoveField("entry", "state")]
    else:
        found += [migrations.RemoveField("entry", "title")]
    return [migrations.AddField("entry", "zero", models.TextField(null=True)), *found]


class'''
    case = replay({"0001_initial": START, "0002_next": text.replace("class", head, 1)})
    assert not case.texts
    assert [c.name for c in case.table("shop_entry").ordered_columns] == ["id", "title", "zero", "one"]
    assert case.table("shop_writer").column("two") is not None


def test_sql_that_is_put_together(replay: Replay) -> None:
    case = replay(
        after("""
        migrations.RunSQL('CREATE INDEX by_{0} ON "{table}" ({0}) WHERE {0}::text <> ALL(ARRAY[1]::text[])'.format(
            "state", table="shop_entry"), migrations.RunSQL.noop),
        """)
    )
    assert not case.texts
    (made,) = case.operations("shop.0002_next")
    assert (made.kind, made.name, made.object.columns) == (K.CREATE_INDEX, "by_state", ("state",))


def test_what_a_base_that_nobody_knows_brings_is_told_by_the_migrations(replay: Replay) -> None:
    """The library's columns and its indexes are no difference between models and migrations."""
    models = """
        from django.db import models
        from strange.models import Dated
        from mptt.models import MPTTModel

        class Entry(Dated):
            id = models.BigAutoField(primary_key=True)
            title = models.CharField(max_length=50)

        class Branch(MPTTModel):
            id = models.BigAutoField(primary_key=True)
    """
    case = replay(
        {
            "0001_initial": migration(f"""
                migrations.CreateModel("Entry", [
                    {ID}
                    ("title", models.CharField(max_length=50)),
                    ("dated_at", models.DateTimeField(db_index=True)),
                ]),
                migrations.CreateModel("Branch", [
                    {ID}
                    ("lft", models.PositiveIntegerField(editable=False)),
                    ("rght", models.PositiveIntegerField(editable=False)),
                    ("tree_id", models.PositiveIntegerField(db_index=True, editable=False)),
                    ("level", models.PositiveIntegerField(editable=False)),
                ]),
            """),
            "shop/models.py": models,
        }
    )
    entry = next(table for table in case.reading.catalog.tables if table.name == "shop_entry")
    assert [(c.name, c.origin.path) for c in entry.ordered_columns][-1] == ("dated_at", "shop/models.py")
    assert any(index.column_names == ("dated_at",) for index in entry.indexes)
    branch = next(table for table in case.reading.catalog.tables if table.name == "shop_branch")
    assert {index.origin.path for index in branch.indexes} == {"shop/models.py"}
    assert compare(case.reading.catalog, Side.MODELS, case.catalog, Side.MIGRATIONS) == ()


def test_models_that_a_decorator_makes_are_told_by_the_migrations(replay: Replay) -> None:
    case = replay(
        {
            "0001_initial": START,
            "0002_event": migration(
                f"""
                migrations.CreateModel("EntryEvent", [{ID} ("label", models.TextField())]),
                migrations.AddField("entry", "born_precision", models.CharField(max_length=9, null=True)),
                migrations.RunPython(make_index),
                migrations.DeleteModel("Writer"),
                migrations.CreateModel("Writer", [{ID} ("name", models.CharField(max_length=9))],
                                       options={{"db_table": "shop_author"}}),
                """,
                "shop.0001_initial",
                more="""
                def make_index(apps, editor):
                    editor.execute(SQL % "by_state")
                """,
            ),
            "shop/models.py": """
                import strange
                from django.db import models

                class PartialDate(models.DateField):
                    pass

                class Entry(models.Model):
                    id = models.BigAutoField(primary_key=True)
                    title = models.CharField(max_length=50)
                    state = models.CharField(max_length=9, null=True)
                    born = PartialDate(null=True)
                    resource = strange.ResourceField()

                    class Meta:
                        indexes = [models.Index(fields=["state"], name="by_state")]

                class Writer(models.Model):
                    id = models.BigAutoField(primary_key=True)
                    name = models.CharField(max_length=9)

                    class Meta:
                        db_table = "shop_author"
            """,
        }
    )
    tables = {table.name: table for table in case.reading.catalog.tables}
    assert "shop_entryevent" in tables
    assert "shop_writer" not in tables
    assert tables["shop_entry"].column("born_precision") is not None
    assert tables["shop_entry"].column("resource") is None
    assert any("shop.EntryEvent" in text and "taken from the migrations" in text for text in case.texts)
    found = compare(case.reading.catalog, Side.MODELS, case.catalog, Side.MIGRATIONS)
    assert [(str(d.object), d.present.value) for d in found] == [("shop_entry.born", "models")]

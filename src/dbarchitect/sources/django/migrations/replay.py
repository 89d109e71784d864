"""Replays all migrations of a Django project in order: the database that comes of them, and the record of each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from dbarchitect.catalog.migrations import History, Migration, OperationKind
from dbarchitect.catalog.objects import Catalog, Extension, Table
from dbarchitect.catalog.refs import Diagnostic, Origin, Ref
from dbarchitect.change.operations import Create
from dbarchitect.sources.django.field_classes import Located
from dbarchitect.sources.django.migrations.calls import Invocation, read_call
from dbarchitect.sources.django.migrations.database import Database
from dbarchitect.sources.django.migrations.editor import Editor
from dbarchitect.sources.django.migrations.entries import entries
from dbarchitect.sources.django.migrations.files import MigrationFile, migration_files
from dbarchitect.sources.django.migrations.graph import plan, spelled
from dbarchitect.sources.django.migrations.operations import apply
from dbarchitect.sources.django.migrations.sql import is_reversible, scripts
from dbarchitect.sources.django.migrations.state import StateRegistry
from dbarchitect.sources.django.migrations.tables import StateTables
from dbarchitect.sources.django.registry import Registry
from dbarchitect.sources.sqlfiles.record import Said

_TRANSACTIONAL = frozenset({"postgresql", "sqlite"})
_EXTENSIONS = {
    "BloomExtension": "bloom",
    "BtreeGinExtension": "btree_gin",
    "BtreeGistExtension": "btree_gist",
    "CITextExtension": "citext",
    "CryptoExtension": "pgcrypto",
    "HStoreExtension": "hstore",
    "TrigramExtension": "pg_trgm",
    "UnaccentExtension": "unaccent",
    "VectorExtension": "vector",
}
_HIDDEN = frozenset({OperationKind.RUN_CODE, OperationKind.OTHER})
_DEEPEST = 10


@dataclass(frozen=True, slots=True)
class Replayed:
    """What the migrations of a project did, and the catalog that came of them; `files` are the paths read.

    `stated` are the tables, by `Ref.key`, of the models that there are by the last migration, with their columns:
    others that the catalog holds are left over.
    """

    history: History
    catalog: Catalog
    diagnostics: tuple[Diagnostic, ...]
    files: tuple[str, ...]
    stated: Mapping[tuple[str, ...], frozenset[str]] = field(default_factory=dict)


def replay_migrations(registry: Registry, catalog: Catalog) -> Replayed | None:
    """Replay the migrations of the project's own applications; None where there are none.

    `catalog` is what the models say. Its tables of libraries, and of applications that have no migrations, are there
    from the beginning: nothing here tells how they come about. A squash stands for what it replaces, see `graph`.
    """
    diagnostics: list[Diagnostic] = []
    files = tuple(migration_files(registry, diagnostics))
    if not files:
        return None
    return _Replay(registry, catalog, files, diagnostics).run()


class _Replay:
    def __init__(
        self, registry: Registry, catalog: Catalog, files: tuple[MigrationFile, ...], diagnostics: list[Diagnostic]
    ) -> None:
        self.world = registry.world
        self.engine = catalog.engine
        self.plan = plan(files)
        self.files = files
        self.diagnostics = diagnostics
        labels = frozenset(file.app.label for file in files)
        self.registry = StateRegistry(registry, labels)
        self.tables = StateTables(self.registry, self.engine.name)
        self.database = Database(self.engine, (t for t in catalog.tables if _is_given(t, labels)))
        self.given = catalog
        self.unknown: dict[str, list[Origin]] = {}

    def run(self) -> Replayed:
        """Replay them all."""
        migrations = tuple(self._migration(file) for file in self.plan.files)
        made = self.database.schema.catalog(self.engine)
        extensions = {extension.name: extension for extension in (*self.given.extensions, *made.extensions)}
        of_tables = {diagnostic.text: diagnostic for diagnostic in self.tables.diagnostics}
        found = (*self.diagnostics, *self._strange(), *of_tables.values())
        history = History("django", migrations, tuple(map(spelled, self.plan.heads)), self.plan.problems)
        return Replayed(
            history,
            replace(made, extensions=tuple(extensions.values())),
            tuple(dict.fromkeys(found)),
            tuple(sorted(file.module.path for file in self.files)),
            dict(self._stated()),
        )

    def _stated(self) -> Iterator[tuple[tuple[str, ...], frozenset[str]]]:
        for state in self.registry.state.states.values():
            for table in self.tables.slots(state).values():
                yield table.ref.key, frozenset(column.name for column in table.columns)

    def _strange(self) -> Iterator[Diagnostic]:
        """The operations that nobody knows here, each kind once."""
        for name, places in self.unknown.items():
            more = f" ({len(places)} in all, this first)" if len(places) > 1 else ""
            yield Diagnostic(places[0], f"the operation {name} is not known here: what it does is not followed{more}")

    def _migration(self, file: MigrationFile) -> Migration:
        transactional = file.atomic and self.engine.name in _TRANSACTIONAL
        editor = Editor(self.registry, self.tables, self.database, file.app, file.module)
        self.database.begin(in_transaction=transactional)
        self._apply_all(editor, file.operations, 0)
        self.diagnostics += editor.diagnostics
        operations = self.database.end()
        return Migration(
            spelled(file.key),
            file.module.path,
            operations,
            tuple(map(spelled, self.plan.parents.get(file.key, ()))),
            tuple(map(spelled, file.replaces)),
            transactional,
            all(operation.reversible for operation in operations),
            origin=file.origin,
        )

    def _apply_all(self, editor: Editor, operations: Iterable[Located], depth: int) -> None:
        for located in operations:
            call = read_call(located, self.world)
            if call is None:
                place = located.module.origin(located.expr.span)
                editor.diagnostics.append(Diagnostic(place, "an operation cannot be told; it is left out"))
                self.database.record.add(OperationKind.OTHER, Ref.database(), Said("?", place), None)
                continue
            whole = editor.in_database
            editor.in_database = whole and call.touches_database
            self.database.record.reversible = True
            if not apply(editor, call):
                self._apply_other(editor, call, depth)
            editor.in_database = whole

    def _apply_other(self, editor: Editor, call: Invocation, depth: int) -> None:
        said = Said(call.statement, call.origin)
        match call.kind:
            case "RunSQL":
                self._run_sql(editor, call)
                self._state_only(editor, call.arguments.get("state_operations"), depth)
            case "RunPython":
                if editor.in_database:
                    self.database.record.reversible = "reverse_code" in call.arguments
                    self.database.record.add(OperationKind.RUN_CODE, Ref.database(), said, None)
            case "SeparateDatabaseAndState":
                self._separate(editor, call, depth)
            case "CreateCollation" | "RemoveCollation":
                if editor.in_database:
                    self.database.record.add(OperationKind.OTHER, Ref.database(), said, None, name=call.text("name"))
            case None:
                self.unknown.setdefault(call.written, []).append(call.origin)
                if editor.in_database:
                    self.database.record.add(OperationKind.OTHER, Ref.database(), said, None)
            case _:
                name = _EXTENSIONS.get(call.kind) or call.text("name")
                if name is not None and editor.in_database and name not in self.database.schema.extensions:
                    extension = Extension(name)
                    self.database.record.add_changes((Create(extension),), said)
                    self.database.schema.extensions[name] = extension

    def _run_sql(self, editor: Editor, call: Invocation) -> None:
        located = call.arguments.get("sql")
        if located is None or not editor.in_database:
            return
        reversible = is_reversible(call.arguments.get("reverse_sql"))
        for script in scripts(located, self.world):
            if script.text is None:
                editor.diagnostics.append(Diagnostic(script.origin, "the SQL of RunSQL cannot be told; it is not read"))
                self.database.record.reversible = reversible
                said = Said("RunSQL(…)", script.origin)
                self.database.record.add(OperationKind.OTHER, Ref.database(), said, None)
            else:
                editor.diagnostics += self.database.run_sql(script.text, script.origin, reversible=reversible)

    def _separate(self, editor: Editor, call: Invocation, depth: int) -> None:
        located = call.arguments.get("database_operations")
        listed = tuple(entries(located, self.world)) if located is not None else ()
        if depth >= _DEEPEST:
            editor.report(call, "operations nested deeper than anybody writes them are left out")
            return
        hidden = False
        if listed and editor.in_database:
            kept, slots = self.registry.keep(), self.tables.keep()
            at = len(self.database.record.operations)
            self._apply_all(editor, listed, depth + 1)
            self.registry.restore(kept)
            self.tables.restore(slots)
            hidden = any(operation.kind in _HIDDEN for operation in self.database.record.operations[at:])
        self._state_only(editor, call.arguments.get("state_operations"), depth, hidden=hidden)

    def _state_only(self, editor: Editor, located: Located | None, depth: int, *, hidden: bool = False) -> None:
        """Apply operations to the state alone; where code did what nobody can see here, the state is believed."""
        if located is None or depth >= _DEEPEST:
            return
        whole = editor.in_database, editor.believed
        editor.in_database, editor.believed = False, hidden and editor.in_database
        self._apply_all(editor, entries(located, self.world), depth + 1)
        editor.in_database, editor.believed = whole


def _is_given(table: Table, labels: frozenset[str]) -> bool:
    """Whether a table is there before any migration of the project's own runs."""
    return table.owned_by is not None or (table.model or "").partition(".")[0] not in labels

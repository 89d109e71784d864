"""What Knex's schema builder makes, as SQL: `knex.schema.createTable('users', (table) => { table.increments() })`; that
of AdonisJS's Lucid is the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from tree_sitter import Node

from dbarchitect.sources.embedded.chains import (
    Step,
    callback_of,
    calls_within,
    chain_of,
    listed,
    quoted,
    text_of,
    texts_of,
    value_of,
    words,
)
from dbarchitect.sources.embedded.kysely import Put

TABLES = frozenset({"createTable", "createTableIfNotExists", "alterTable", "table"})
STARTS = TABLES | {"dropTable", "dropTableIfExists", "renameTable"}
"""Calls of a schema builder with which a statement begins."""
_MAKES = frozenset({"createTable", "createTableIfNotExists"})
_POSTGRESQL = {
    "increments": "serial PRIMARY KEY", "bigIncrements": "bigserial PRIMARY KEY", "uuid": "uuid", "text": "text",
    "integer": "integer", "bigInteger": "bigint", "bigint": "bigint", "smallint": "smallint", "tinyint": "smallint",
    "mediumint": "integer", "boolean": "boolean", "float": "real", "double": "double precision", "date": "date",
    "time": "time", "json": "json", "jsonb": "jsonb", "binary": "bytea",
}  # fmt: skip
_SQLITE = {
    **_POSTGRESQL, "increments": "integer PRIMARY KEY AUTOINCREMENT", "uuid": "char(36)", "jsonb": "json",
    "bigIncrements": "integer PRIMARY KEY AUTOINCREMENT", "double": "double", "float": "float", "binary": "blob",
}  # fmt: skip
_MOMENTS = frozenset({"timestamp", "dateTime", "datetime"})
_NUMBERS = frozenset({"decimal", "numeric"})
_CHOICES = frozenset({"enum", "enu"})
_LONGEST_DEFAULT = 255


@dataclass(slots=True)
class _Column:
    name: str
    type: str
    step: Step
    marks: list[str] = field(default_factory=list)
    changes: bool = False
    index: bool = False


@dataclass(frozen=True, slots=True)
class Knex:
    """Writes the statements of one file; `known` are names of the file that hold a text, `lists` those that hold an
    array of texts."""

    put: Put
    known: Mapping[str, str]
    dialect: str
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def write(self, step: Step) -> bool:
        """Write what one call of the schema builder makes; False where that is not known."""
        name = text_of(step.args[0], self.known) if step.args else None
        if step.name.startswith("drop"):
            names = (name,) if name is not None else self._each(step)
            for dropped in names:
                self.put(step.node, f"DROP TABLE IF EXISTS {quoted(dropped)};")
            return bool(names)
        if name is None:
            return False
        if step.name == "renameTable":
            other = text_of(step.args[1], self.known) if len(step.args) > 1 else None
            if other is not None:
                self.put(step.node, f"ALTER TABLE {quoted(name)} RENAME TO {quoted(other)};")
            return other is not None
        function = callback_of(step.args)
        if function is None:
            return False
        chains = [found for call in calls_within(function[1]) if words((found := chain_of(call))[0]) == function[0]]
        after = list(self._made(step, name, chains) if step.name in _MAKES else self._altered(name, chains))
        for node, text in after:
            self.put(node, text)
        return True

    def _each(self, step: Step) -> tuple[str, ...]:
        """The names that the first argument of a call takes in the loop around it: `for (const name of NAMES)`."""
        loop = step.node.parent if step.args else None
        while loop is not None and loop.type != "for_in_statement":
            loop = loop.parent
        left, right = (loop and loop.child_by_field_name("left")), (loop and loop.child_by_field_name("right"))
        if left is None or right is None or words(left) != words(step.args[0]):
            return ()
        return self.lists.get(words(right)) or texts_of(right, self.known) or ()

    def _made(self, made: Step, table: str, chains: list[tuple[Node, tuple[Step, ...]]]) -> Iterator[tuple[Node, str]]:
        self.put(made.node, f"CREATE TABLE IF NOT EXISTS {quoted(table)} (")
        between, last = "", made.node
        later: list[str] = []
        made_already: set[str] = set()
        for _, steps in chains:
            # a column that each engine has in its own way (`switch (client)`) stands there once
            columns = [column for column in self._columns(table, steps) if column.name not in made_already]
            made_already.update(column.name for column in columns)
            pieces = [_written(column) for column in columns]
            constraint = self._constraint(table, steps)
            if constraint is not None:
                pieces.append(constraint)
            for piece in pieces:
                self.put(steps[0].node, between + piece)
                between = ", "
            later.extend(text for _, text in self._indexes(table, steps))
            last = steps[-1].node
        self.put(last, ");")
        yield from ((last, text) for text in later)

    def _altered(self, table: str, chains: list[tuple[Node, tuple[Step, ...]]]) -> Iterator[tuple[Node, str]]:
        start = f"ALTER TABLE {quoted(table)}"
        for _, steps in chains:
            first = steps[0]
            for column in self._columns(table, steps):
                if not column.changes:
                    yield first.node, f"{start} ADD COLUMN {_written(column)};"
                elif self.dialect == "postgresql":
                    required = "NOT NULL" in column.marks
                    yield (
                        first.node,
                        f"{start} ALTER COLUMN {quoted(column.name)} {'SET' if required else 'DROP'} NOT NULL;",
                    )
            constraint = self._constraint(table, steps)
            if constraint is not None and self.dialect == "postgresql":
                yield first.node, f"{start} ADD {constraint};"
            yield from self._indexes(table, steps)
            names = [text for node in first.args if (text := text_of(node, self.known)) is not None]
            match first.name:
                case "dropColumn" | "dropColumns":
                    for dropped in names or (texts_of(first.args[0], self.known) if first.args else None) or ():
                        yield first.node, f"{start} DROP COLUMN {quoted(dropped)};"
                case "renameColumn" if len(names) == 2:
                    yield first.node, f"{start} RENAME COLUMN {quoted(names[0])} TO {quoted(names[1])};"
                case "setNullable" | "dropNullable" if names and self.dialect == "postgresql":
                    action = "DROP" if first.name == "setNullable" else "SET"
                    yield first.node, f"{start} ALTER COLUMN {quoted(names[0])} {action} NOT NULL;"
                case "dropUnique" | "dropForeign" | "dropIndex" if first.args:
                    yield from self._dropped(table, first)

    def _dropped(self, table: str, step: Step) -> Iterator[tuple[Node, str]]:
        columns = texts_of(step.args[0], self.known) or ()
        given = text_of(step.args[1], self.known) if len(step.args) > 1 else None
        name = given or _named(table, columns, step.name.removeprefix("drop").lower())
        if step.name == "dropIndex" or self.dialect == "sqlite":
            yield step.node, f"DROP INDEX IF EXISTS {quoted(name)};"
        else:
            yield step.node, f"ALTER TABLE {quoted(table)} DROP CONSTRAINT {quoted(name)};"

    def _columns(self, table: str, steps: tuple[Step, ...]) -> Iterator[_Column]:
        """The columns that one statement of the function adds."""
        first = steps[0]
        if first.name == "timestamps":
            filled = len(first.args) > 1 and words(first.args[1]) == "true"
            for moment in ("created_at", "updated_at"):
                marks = ["NOT NULL", "DEFAULT CURRENT_TIMESTAMP"] if filled else []
                yield _Column(moment, self._moment(), first, marks)
            return
        name = text_of(first.args[0], self.known) if first.args else None
        if first.name in {"increments", "bigIncrements"}:
            name = name or "id"
        type_ = self._type(first)
        if name is None or type_ is None:
            return
        column = _Column(name, type_, first)
        if first.name in _CHOICES and len(first.args) > 1 and first.args[1].type == "array":
            values = [value for node in first.args[1].named_children if (value := value_of(node)) is not None]
            if values:
                column.marks.append(f"CHECK ({quoted(name)} IN ({', '.join(values)}))")
        self._marked(table, column, steps[1:])
        yield column

    def _marked(self, table: str, column: _Column, steps: tuple[Step, ...]) -> None:
        """Put what the calls after the first say into a column, its keys under the names that Knex gives them.

        What becomes of rows whose target is deleted belongs to the reference, wherever it stands among the calls.
        """
        target: tuple[str, ...] = ()
        other: str | None = None
        actions: list[str] = []
        for step in steps:
            first = step.args[0] if step.args else None
            match step.name:
                case "primary" | "notNullable":
                    column.marks.append("PRIMARY KEY" if step.name == "primary" else "NOT NULL")
                case "unique":
                    named = text_of(first, self.known) or _named(table, (column.name,), "unique")
                    column.marks.append(f"CONSTRAINT {quoted(named)} UNIQUE")
                case "defaultTo" if (value := value_of(first)) is not None:
                    column.marks.append(f"DEFAULT {value}")
                case "references" if (told := texts_of(first, self.known)) is not None:
                    owners = {name.rpartition(".")[0] for name in told if "." in name}
                    other = other or next(iter(owners), None)
                    target = tuple(name.rpartition(".")[2] for name in told)
                case "inTable" | "on" if (name := text_of(first, self.known)) is not None:
                    other = name
                case "onDelete" | "onUpdate" if (action := text_of(first)) is not None:
                    actions.append(f"{'ON DELETE' if step.name == 'onDelete' else 'ON UPDATE'} {action}")
                case "alter":
                    column.changes = True
        if target and other is not None:
            own = f"CONSTRAINT {quoted(_named(table, (column.name,), 'foreign'))} " if column.name else ""
            column.marks.append(" ".join([f"{own}REFERENCES {quoted(other)} {listed(target)}", *actions]))

    def _type(self, step: Step) -> str | None:
        known = _SQLITE if self.dialect == "sqlite" else _POSTGRESQL
        numbers = [words(node) for node in step.args[1:] if node.type == "number"]
        if step.name in _MOMENTS:
            return self._moment(naive=any("useTz: false" in words(node) for node in step.args[1:]))
        if step.name in _NUMBERS:
            return f"numeric({', '.join(numbers) or '8, 2'})"
        if step.name == "string":
            return f"varchar({numbers[0] if numbers else _LONGEST_DEFAULT})"
        if step.name in _CHOICES:
            return "text"
        if step.name == "specificType":
            return text_of(step.args[1]) if len(step.args) > 1 else None
        return known.get(step.name)

    def _moment(self, *, naive: bool = False) -> str:
        if self.dialect == "sqlite":
            return "datetime"
        return "timestamp" if naive else "timestamptz"

    def _constraint(self, table: str, steps: tuple[Step, ...]) -> str | None:
        first = steps[0]
        columns = texts_of(first.args[0], self.known) if first.args else None
        if columns is None:
            return None
        given = text_of(first.args[1], self.known) if len(first.args) > 1 else None
        if first.name == "primary":
            return f"PRIMARY KEY {listed(columns)}"
        if first.name == "unique":
            return f"CONSTRAINT {quoted(given or _named(table, columns, 'unique'))} UNIQUE {listed(columns)}"
        if first.name != "foreign":
            return None
        key = _Column("", "", first)
        self._marked(table, key, steps[1:])
        name = quoted(given or _named(table, columns, "foreign"))
        return f"CONSTRAINT {name} FOREIGN KEY {listed(columns)} {' '.join(key.marks)}" if key.marks else None

    def _indexes(self, table: str, steps: tuple[Step, ...]) -> Iterator[tuple[Node, str]]:
        first = steps[0]
        for step in steps:
            if step.name != "index":
                continue
            of_table = step is first
            columns = texts_of(first.args[0], self.known) if first.args else None
            names = [text for node in step.args[1 if of_table else 0 :] if (text := text_of(node)) is not None]
            if columns:
                name = names[0] if names else _named(table, columns, "index")
                yield step.node, f"CREATE INDEX IF NOT EXISTS {quoted(name)} ON {quoted(table)} {listed(columns)};"


def _written(column: _Column) -> str:
    return " ".join([quoted(column.name), column.type, *column.marks])


def _named(table: str, columns: tuple[str, ...], kind: str) -> str:
    """The name that Knex gives a key or an index."""
    return "_".join([table.replace(".", "_"), *columns, kind]).lower()

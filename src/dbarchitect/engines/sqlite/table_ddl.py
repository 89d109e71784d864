"""Reads CREATE TABLE in SQLite's SQL. What it cannot read of one clause costs only that clause.

Source: https://www.sqlite.org/lang_createtable.html and the grammar it is made from
(https://www.sqlite.org/src/file/src/parse.y), which takes more than the page says.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from dbarchitect.catalog.expressions import Expression, expression
from dbarchitect.catalog.members import Action, Check, Column, ForeignKey, Identity, Index, IndexColumn, UniqueKey
from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.types import Family, SqlType, parse_type
from dbarchitect.engines.sqlite.cursor import Cursor, UnexpectedToken
from dbarchitect.engines.sqlite.definitions import Locate, Problem, TableDefinition
from dbarchitect.engines.sqlite.lexer import Token, TokenKind, fold, unquote

_KEYWORD_AFTER_TYPE = "CONSTRAINT|PRIMARY|NOT|NULL|UNIQUE|CHECK|DEFAULT|COLLATE|REFERENCES|GENERATED|AS|ON|DEFERRABLE"
_COLUMN_CONSTRAINTS = frozenset(_KEYWORD_AFTER_TYPE.split("|"))
_TABLE_CONSTRAINTS = frozenset(("CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"))
_ACTIONS: dict[tuple[str, ...], Action] = {
    ("NO", "ACTION"): Action.NO_ACTION,
    ("RESTRICT",): Action.RESTRICT,
    ("CASCADE",): Action.CASCADE,
    ("SET", "NULL"): Action.SET_NULL,
    ("SET", "DEFAULT"): Action.SET_DEFAULT,
}


@dataclass
class _Draft:
    """A table while it is read."""

    cursor: Cursor
    locate: Locate
    columns: list[Column] = field(default_factory=list)
    primary_key: UniqueKey | None = None
    primary_key_descends: bool = False
    autoincrement: bool = False
    unique: list[tuple[UniqueKey, tuple[IndexColumn, ...]]] = field(default_factory=list)
    foreign_keys: list[ForeignKey] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def read_table(cursor: Cursor, locate: Locate, *, temporary: bool) -> TableDefinition:
    """Read on after CREATE [TEMP] TABLE. Raises `UnexpectedToken` where not even a name and a body are there."""
    if_not_exists = cursor.accept("IF", "NOT", "EXISTS")
    schema, name = cursor.qualified_name()
    if schema is not None and schema.lower() == "temp":
        schema, temporary = None, True
    if cursor.accept("AS"):
        table = Table(name, (), schema, origin=locate(cursor.tokens[0].start, len(cursor.sql)))
        return TableDefinition(table, temporary, if_not_exists, query=True)
    draft = _Draft(cursor, locate)
    cursor.expect("(")
    while not cursor.done and cursor.peek() != ")":
        try:
            _read_element(draft)
            if not cursor.done and cursor.peek() not in {",", ")"} and cursor.peek() not in _TABLE_CONSTRAINTS:
                raise cursor.unexpected("a comma")
        except UnexpectedToken as error:
            draft.problems.append(Problem(error.start, f"table {name}: {error}"))
            cursor.skip_until(",")
        cursor.accept(",")
    if not cursor.accept(")"):
        draft.problems.append(Problem(cursor.start, f"table {name}: the closing parenthesis is missing"))
    options = " ".join(t.upper or t.text for t in cursor.tokens[cursor.at :] if t.text != ";")
    known = options.replace("WITHOUT ROWID", "").replace("STRICT", "").replace(",", "").strip()
    if known:
        draft.problems.append(Problem(cursor.start, f"table {name}: unknown table option {known[:60]!r}"))
    table = _finish(draft, name, schema, strict="STRICT" in options, without_rowid="WITHOUT ROWID" in options)
    return TableDefinition(table, temporary, if_not_exists, problems=tuple(draft.problems))


def read_column(cursor: Cursor, locate: Locate, table: Table) -> TableDefinition:
    """Read on after ALTER TABLE … ADD COLUMN: the table with the column (and its constraints) added."""
    draft = _Draft(cursor, locate, [*table.ordered_columns], table.primary_key)
    draft.foreign_keys = [*table.foreign_keys]
    draft.checks = [*table.checks]
    _read_column(draft)
    added = replace(draft.columns[-1], position=max((c.position for c in table.columns), default=0) + 1)
    changed = replace(
        table,
        columns=(*table.columns, added),
        foreign_keys=tuple(draft.foreign_keys),
        checks=tuple(draft.checks),
    )
    return TableDefinition(changed, problems=tuple(draft.problems))


def _read_element(draft: _Draft) -> None:
    cursor = draft.cursor
    if cursor.peek() in _TABLE_CONSTRAINTS and draft.columns:
        _read_table_constraint(draft)
    else:
        _read_column(draft)


def _read_column(draft: _Draft) -> None:
    cursor = draft.cursor
    start = cursor.start
    column = Column(cursor.name(), _read_type(cursor), position=len(draft.columns) + 1)
    draft.columns.append(column)
    name: str | None = None
    while not cursor.done and cursor.peek() not in {",", ")", ";"}:
        if cursor.accept("CONSTRAINT"):
            name = cursor.name()
            continue
        column = _read_column_constraint(draft, column, name)
        draft.columns[-1] = column
        name = None
    draft.columns[-1] = replace(column, origin=draft.locate(start, cursor.last_end))


def _read_type(cursor: Cursor) -> SqlType:
    start, words = cursor.start, 0
    while cursor.is_name() and cursor.peek() not in _COLUMN_CONSTRAINTS:
        cursor.take()
        words += 1
    if not words:
        return SqlType("")
    name = fold(cursor.sql[start : cursor.last_end])
    if words == 1 and name[0] in "'`[\"" and (name[0] != '"' or parse_type(unquote(name)).family is not Family.OTHER):
        name = unquote(name)  # a known type in quotes is that type; other quotes than double ones are SQLite's alone
    return parse_type(name + _read_type_arguments(cursor))


def _read_type_arguments(cursor: Cursor) -> str:
    """The length, or precision and scale, with their parentheses; empty where something else stands in them."""
    before, start = cursor.at, cursor.last_end
    if cursor.accept("("):
        while cursor.peek() in {"+", "-", ","} or cursor.is_number():
            cursor.take()
        if cursor.accept(")"):
            return fold(cursor.sql[start : cursor.last_end])
    cursor.at = before
    return ""


def _read_column_constraint(draft: _Draft, column: Column, name: str | None) -> Column:
    cursor, start = draft.cursor, draft.cursor.start
    if cursor.accept("PRIMARY", "KEY"):
        draft.primary_key_descends = cursor.accept("DESC")
        cursor.accept("ASC")
        _skip_conflict_clause(cursor)
        draft.autoincrement = cursor.accept("AUTOINCREMENT") or draft.autoincrement
        draft.primary_key = UniqueKey((column.name,), name, origin=draft.locate(start, cursor.last_end))
    elif cursor.accept("NOT", "NULL"):
        _skip_conflict_clause(cursor)
        return replace(column, nullable=False)
    elif cursor.accept("NULL"):
        _skip_conflict_clause(cursor)
    elif cursor.accept("UNIQUE"):
        _skip_conflict_clause(cursor)
        key = UniqueKey((column.name,), name, origin=draft.locate(start, cursor.last_end))
        draft.unique.append((key, (IndexColumn(column.name),)))
    elif cursor.accept("CHECK"):
        check = Check(cursor.expression(), name=name)
        draft.checks.append(replace(check, origin=draft.locate(start, cursor.last_end)))
    elif cursor.accept("DEFAULT"):
        return replace(column, default=_read_default(cursor))
    elif cursor.accept("COLLATE"):
        collation = cursor.name()
        return replace(column, collation=None if collation.upper() == "BINARY" else collation)
    elif cursor.peek() == "REFERENCES":
        draft.foreign_keys.append(_read_reference(draft, (column.name,), name, start))
    elif cursor.accept("GENERATED", "ALWAYS", "AS") or cursor.accept("AS"):
        generated = cursor.expression()
        stored = cursor.accept("STORED")
        cursor.accept("VIRTUAL")
        return replace(column, generated=generated, generated_stored=stored)
    else:
        raise cursor.unexpected("a column constraint")
    return column


def _read_default(cursor: Cursor) -> Expression:
    if cursor.peek() == "(":
        return cursor.expression()
    start = cursor.start
    if cursor.peek() in {"+", "-"}:
        cursor.take()
    token = cursor.take()
    text = cursor.sql[start : token.end]
    if token.kind is TokenKind.QUOTED:  # SQLite takes a quoted name here as a string
        text = "'" + token.name.replace("'", "''") + "'"
    return expression(text)


def _skip_conflict_clause(cursor: Cursor) -> None:
    """ON CONFLICT changes what a statement does when the constraint fails, not what the table may hold."""
    if cursor.accept("ON", "CONFLICT"):
        cursor.take()


def _read_reference(draft: _Draft, columns: tuple[str, ...], name: str | None, start: int) -> ForeignKey:
    cursor = draft.cursor
    cursor.expect("REFERENCES")
    _, target = cursor.qualified_name()
    key = ForeignKey(columns, Ref.of_table(target), (), name=name, on_delete_written=False)
    if cursor.peek() == "(":
        key = replace(key, referenced_columns=cursor.names())
    while True:
        if cursor.accept("ON", "DELETE"):
            key = replace(key, on_delete=_read_action(cursor), on_delete_written=True)
        elif cursor.accept("ON", "UPDATE"):
            key = replace(key, on_update=_read_action(cursor))
        elif cursor.accept("MATCH"):
            cursor.name()  # parsed and ignored by SQLite
        elif cursor.accept("NOT", "DEFERRABLE"):
            _ = cursor.accept("INITIALLY", "DEFERRED") or cursor.accept("INITIALLY", "IMMEDIATE")
        elif cursor.accept("DEFERRABLE"):
            key = replace(key, deferrable=True, initially_deferred=cursor.accept("INITIALLY", "DEFERRED"))
            cursor.accept("INITIALLY", "IMMEDIATE")
        else:
            return replace(key, origin=draft.locate(start, cursor.last_end))


def _read_action(cursor: Cursor) -> Action:
    for words, action in _ACTIONS.items():
        if cursor.accept(*words):
            return action
    raise cursor.unexpected("a foreign key action")


def _read_table_constraint(draft: _Draft) -> None:
    cursor, start = draft.cursor, draft.cursor.start
    name = cursor.name() if cursor.accept("CONSTRAINT") else None
    if cursor.accept("PRIMARY", "KEY"):
        keys, autoincrement = read_indexed_columns(cursor)
        _skip_conflict_clause(cursor)
        columns = _only_columns(cursor, keys)
        draft.primary_key = UniqueKey(columns, name, origin=draft.locate(start, cursor.last_end))
        draft.autoincrement = draft.autoincrement or autoincrement
    elif cursor.accept("UNIQUE"):
        keys, _ = read_indexed_columns(cursor)
        _skip_conflict_clause(cursor)
        columns = _only_columns(cursor, keys)
        draft.unique.append((UniqueKey(columns, name, origin=draft.locate(start, cursor.last_end)), keys))
    elif cursor.accept("CHECK"):
        check = Check(cursor.expression(), name=name)
        _skip_conflict_clause(cursor)
        draft.checks.append(replace(check, origin=draft.locate(start, cursor.last_end)))
    elif cursor.accept("FOREIGN", "KEY"):
        columns = cursor.names()
        draft.foreign_keys.append(_read_reference(draft, columns, name, start))
    elif cursor.peek() not in {",", ")"}:  # a name alone is a constraint that says nothing
        raise cursor.unexpected("a table constraint")


def _only_columns(cursor: Cursor, keys: tuple[IndexColumn, ...]) -> tuple[str, ...]:
    """The columns of a key, in which expressions are not allowed."""
    columns = tuple(key.name for key in keys if key.name is not None)
    if len(columns) < len(keys):
        raise cursor.unexpected("columns only in the key before")
    return columns


def read_indexed_columns(cursor: Cursor) -> tuple[tuple[IndexColumn, ...], bool]:
    """Take the keys of an index or key in parentheses; the second value tells of AUTOINCREMENT among them."""
    cursor.expect("(")
    keys: list[IndexColumn] = []
    autoincrement = False
    while True:
        start = cursor.at
        cursor.skip_until(",")
        end = cursor.at
        if start == end:
            raise cursor.unexpected("a column or an expression")
        texts = [t.upper for t in cursor.tokens[start:end]]
        if texts[-1] == "AUTOINCREMENT":
            autoincrement, end = True, end - 1
        keys.append(_indexed_column(cursor, start, end))
        if not cursor.accept(","):
            break
    cursor.expect(")")
    return tuple(keys), autoincrement


def _indexed_column(cursor: Cursor, start: int, end: int) -> IndexColumn:
    tokens = cursor.tokens[start:end]
    descending, collation = False, None
    if tokens[-1].upper in {"ASC", "DESC"} and len(tokens) > 1:
        descending = tokens.pop().upper == "DESC"
    if len(tokens) > 2 and tokens[-2].upper == "COLLATE":
        collation = tokens.pop().name
        tokens.pop()
    while len(tokens) > 2 and tokens[0].text == "(" and _closes_last(cursor, start, tokens):
        tokens, start = tokens[1:-1], start + 1
    if len(tokens) == 1 and tokens[0].kind in {TokenKind.WORD, TokenKind.QUOTED, TokenKind.STRING}:
        return IndexColumn(tokens[0].name, collation=collation, descending=descending)
    text = fold(cursor.sql[tokens[0].start : tokens[-1].end])
    return IndexColumn(expression=expression(text), collation=collation, descending=descending)


def _closes_last(cursor: Cursor, start: int, tokens: list[Token]) -> bool:
    """Whether the parenthesis at `start` is closed by the last of the tokens, not before."""
    depth = 0
    for offset in range(len(tokens)):
        text = cursor.tokens[start + offset].text
        depth += (text == "(") - (text == ")")
        if depth == 0:
            return offset == len(tokens) - 1
    return False


def _finish(draft: _Draft, name: str, schema: str | None, *, strict: bool, without_rowid: bool) -> Table:
    spelled = {column.name.casefold(): column.name for column in draft.columns}

    def actual(names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(spelled.get(n.casefold(), n) for n in names)

    key = replace(draft.primary_key, columns=actual(draft.primary_key.columns)) if draft.primary_key else None
    rowid = _rowid_column(draft, key) if key is not None and not without_rowid else None
    columns: list[Column] = []
    for column in draft.columns:
        if column.name == rowid:
            identity = Identity.AUTOINCREMENT if draft.autoincrement else Identity.ROWID
            column = replace(column, identity=identity, nullable=False)  # noqa: PLW2901 - the same column, completed
        elif key is not None and column.name in key.columns and (strict or without_rowid):
            column = replace(column, nullable=False)  # noqa: PLW2901
        columns.append(column)
    unique, indexes = _unique_keys(draft, actual, key if rowid is None else None)
    return Table(
        name,
        tuple(columns),
        schema,
        primary_key=key,
        unique_keys=unique,
        indexes=indexes,
        foreign_keys=tuple(replace(k, columns=actual(k.columns)) for k in draft.foreign_keys),
        checks=tuple(draft.checks),
        strict=strict,
        without_rowid=without_rowid,
        origin=draft.locate(draft.cursor.tokens[0].start, len(draft.cursor.sql)),
    )


def _rowid_column(draft: _Draft, key: UniqueKey) -> str | None:
    """The column that is an alias of the rowid, see https://www.sqlite.org/lang_createtable.html#rowid."""
    if len(key.columns) != 1 or draft.primary_key_descends:
        return None
    column = next((c for c in draft.columns if c.name == key.columns[0]), None)
    return column.name if column is not None and column.type.spelled.strip().upper() == "INTEGER" else None


def _unique_keys(
    draft: _Draft, actual: Callable[[tuple[str, ...]], tuple[str, ...]], primary_key: UniqueKey | None
) -> tuple[tuple[UniqueKey, ...], tuple[Index, ...]]:
    """The unique keys without repetitions; those under a collation of their own are unique indexes to the model."""
    collations = {c.name: c.collation for c in draft.columns}
    seen: set[tuple[str, ...]] = {primary_key.columns} if primary_key else set()
    unique: list[UniqueKey] = []
    indexes: list[Index] = []
    for key, parts in draft.unique:
        names = actual(key.columns)
        own = [p.collation for p, n in zip(parts, names, strict=True) if p.collation not in {None, collations.get(n)}]
        if own:
            keys = tuple(replace(p, name=n) for p, n in zip(parts, names, strict=True))
            indexes.append(Index(keys, unique=True, name=key.name, origin=key.origin))
        elif names not in seen:
            seen.add(names)
            unique.append(replace(key, columns=names))
    return tuple(unique), tuple(indexes)

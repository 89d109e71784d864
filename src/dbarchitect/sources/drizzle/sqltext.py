"""SQL as Drizzle writes it: ``sql`…` `` templates, and the operators `eq`, `isNull`, `and` of conditions.

Columns come without their table where nothing else could be meant: what stands in a check, a predicate or an index is
of one table. Values stand as constants in the text, as they must where the text is kept by the database.
"""

from __future__ import annotations

import json
import re

from dbarchitect.sources.drizzle.library import declared, is_drizzle
from dbarchitect.sources.drizzle.operators import settled
from dbarchitect.sources.drizzle.services import SIGNED_IN, text_of
from dbarchitect.sources.drizzle.shapes import Shapes
from dbarchitect.sources.drizzle.values import UNDEFINED, Called, Closure, Got, Missing, Obj, Tagged, Value
from dbarchitect.sources.typescript.syntax import External

_COMPARISONS = {"eq": "=", "ne": "<>", "gt": ">", "gte": ">=", "lt": "<", "lte": "<=", "like": "LIKE",
                "ilike": "ILIKE", "notLike": "NOT LIKE", "notIlike": "NOT ILIKE", "arrayContains": "@>",
                "arrayContained": "<@", "arrayOverlaps": "&&"}  # fmt: skip
_AFTER = {"isNull": "IS NULL", "isNotNull": "IS NOT NULL", "asc": "ASC", "desc": "DESC"}
_ONLY_TYPED = frozenset({"as", "mapWith", "inlineParams", "getSQL"})
_QUERY = re.compile(r"\bselect\b", re.IGNORECASE)
_DEEPEST = 60


def literal(value: Value) -> str | None:
    """A constant as SQL; None for what is none."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, str):
        return quoted_text(value)
    return None


def quoted_text(text: str) -> str:
    """A text as an SQL constant."""
    return "'" + text.replace("'", "''") + "'"


def quoted(name: str, engine: str) -> str:
    """A name as SQL, always in quotes, as Drizzle writes it."""
    if engine == "postgresql":
        return '"' + name.replace('"', '""') + '"'
    return "`" + name.replace("`", "``") + "`"


def json_text(value: Value) -> str | None:
    """What `JSON.stringify` makes of a value; None where it cannot be told."""
    try:
        return json.dumps(_plain(value), ensure_ascii=False, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError):
        return None


def _plain(value: Value) -> object:
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Obj) and value.partial is None:
        return {key: _plain(item) for key, item in value.entries.items() if item is not UNDEFINED}
    if value is None or isinstance(value, str | int | float | bool):
        return value
    raise TypeError


class SqlText:
    """Spells SQL for one engine."""

    def __init__(self, shapes: Shapes, engine: str) -> None:
        self.shapes = shapes
        self.engine = engine
        self._qualified = False

    def condition(self, value: Value) -> str | None:
        """The SQL of a condition: with the tables of columns where a query within has columns of its own."""
        text = self.of(value)
        if text is None or _QUERY.search(text) is None:
            return text
        self._qualified = True
        try:
            return self.of(value)
        finally:
            self._qualified = False

    def of(self, value: Value, depth: int = 0) -> str | None:
        """The SQL of a value: a template, a condition, a column, a constant; None where it cannot be told."""
        if depth > _DEEPEST:
            return None
        value = settled(value)
        if isinstance(value, Closure):
            value = settled(self.shapes.evaluator.call(value, ()))
        brought = text_of(value)
        if brought is not None:
            return brought
        if isinstance(value, Tagged):
            return self._template(value, depth)
        if isinstance(value, Obj) and set(value.entries) == {""}:
            return literal(value.get(""))
        column = self.shapes.column(value)
        if column is not None:
            table = self._relation(column[0].call) if self._qualified else None
            name = quoted(column[1], self.engine)
            return f"{table}.{name}" if table is not None else name
        if isinstance(value, Called):
            return self._call(value, depth)
        if isinstance(value, Missing):
            return None
        return literal(value)

    def _template(self, template: Tagged, depth: int) -> str | None:
        if not is_drizzle(template.tag, "sql"):
            return None
        texts: list[str] = []
        for part in template.parts:
            text = part if isinstance(part, str) else self.of(part, depth + 1)
            if text is None:
                return None
            texts.append(text)
        return "".join(texts).strip()

    def _call(self, call: Called, depth: int) -> str | None:
        table = declared(call)
        if table is not None:
            return self._relation(call)
        function, args = call.function, call.args
        if isinstance(function, Got):
            if is_drizzle(function.owner, "sql"):
                return self._of_sql(function.name, args, depth)
            return self.of(function.owner, depth + 1) if function.name in _ONLY_TYPED else None
        if function == SIGNED_IN and len(args) == 1:
            column = self.of(args[0], depth + 1)
            return f"(select auth.user_id() = {column})" if column is not None else None
        if isinstance(function, External) and is_drizzle(function, function.name):
            return self._operator(function.name, args, depth)
        return None

    def _relation(self, call: Called) -> str | None:
        made = declared(call)
        ref = self.shapes.ref(made) if made is not None else None
        if ref is None or ref.table is None:
            return None
        name = quoted(ref.table, self.engine)
        return f"{quoted(ref.schema, self.engine)}.{name}" if ref.schema is not None else name

    def _of_sql(self, name: str, args: tuple[Value, ...], depth: int) -> str | None:
        first = args[0] if args else UNDEFINED
        if name == "raw":
            return first if isinstance(first, str) else literal(first) if first is not UNDEFINED else None
        if name == "identifier" and isinstance(first, str):
            return quoted(first, self.engine)
        if name == "param":
            return self.of(first, depth + 1)
        if name == "empty":
            return ""
        if name == "join" and isinstance(first, tuple):
            parts = [self.of(item, depth + 1) for item in first]
            between = self._between(args[1], depth) if len(args) > 1 else ""
            return (between or "").join(part for part in parts if part is not None) if None not in parts else None
        return None

    def _between(self, value: Value, depth: int) -> str | None:
        """What stands between joined parts, its white space kept."""
        if isinstance(value, Tagged) and all(isinstance(part, str) for part in value.parts):
            return "".join(part for part in value.parts if isinstance(part, str))
        return self.of(value, depth + 1)

    def _operator(self, name: str, args: tuple[Value, ...], depth: int) -> str | None:
        if name in {"and", "or"}:
            said = [self.of(arg, depth + 1) for arg in args if arg is not UNDEFINED]
            return f" {name.upper()} ".join(f"({s})" for s in said if s is not None) if None not in said else None
        texts = [self._list(arg, depth) if isinstance(arg, tuple) else self.of(arg, depth + 1) for arg in args]
        operands = [text for text in texts if text is not None]
        if len(operands) < len(texts) or not operands:
            return None
        left = operands[0]
        if name in _COMPARISONS and len(operands) == 2:
            return f"{left} {_COMPARISONS[name]} {operands[1]}"
        if name in _AFTER:
            return f"{left} {_AFTER[name]}"
        if name in {"inArray", "notInArray"} and len(operands) == 2:
            return f"{left} {'' if name == 'inArray' else 'NOT '}IN {operands[1]}"
        if name in {"between", "notBetween"} and len(operands) == 3:
            return f"{left} {'' if name == 'between' else 'NOT '}BETWEEN {operands[1]} AND {operands[2]}"
        return {"not": f"NOT ({left})", "exists": f"EXISTS {left}", "notExists": f"NOT EXISTS {left}"}.get(name)

    def _list(self, items: tuple[Value, ...], depth: int) -> str | None:
        texts = [self.of(item, depth + 1) for item in items]
        return "(" + ", ".join(text for text in texts if text is not None) + ")" if None not in texts else None

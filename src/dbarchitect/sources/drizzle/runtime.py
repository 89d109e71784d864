"""What a column's declaration tells only the program: values that TypeScript allows, what the client fills in.

`$default` and `$onUpdate` are functions that the client runs: one that gives the time marks a timestamp that it keeps,
one that makes a key is known by the function's name. Without any default, `$onUpdate` fills a new row as well.
Source: https://orm.drizzle.team/docs/column-types/pg
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from dbarchitect.catalog.members import Declared
from dbarchitect.catalog.types import Family, SqlType
from dbarchitect.sealed_names import calls_one
from dbarchitect.sources.drizzle.evaluate import Evaluator
from dbarchitect.sources.drizzle.library import Builder, is_drizzle
from dbarchitect.sources.drizzle.operators import settled
from dbarchitect.sources.drizzle.sqltext import SqlText
from dbarchitect.sources.drizzle.standard import enumerated
from dbarchitect.sources.drizzle.values import UNDEFINED, Called, Closure, Got, Obj, Tagged, Value, is_constant
from dbarchitect.sources.typescript.syntax import External, Found, Function, Module, Name, Return

_MADE_KEYS = {
    "createid": "cuid", "cuid": "cuid", "cuid2": "cuid", "nanoid": "nanoid", "customalphabet": "nanoid", "ulid": "ulid",
    "monotonicfactory": "ulid", "randomuuid": "uuid", "uuid": "uuid", "v1": "uuid", "v4": "uuid", "v6": "uuid",
    "v7": "uuid", "uuidv4": "uuid", "uuidv7": "uuid", "uuid7": "uuid", "uuid4": "uuid", "typeid": "typeid",
}  # fmt: skip
_NOW_SQL = re.compile(
    r"\b(?:now\s*\(|current_timestamp|current_date|(?:strftime|unixepoch|datetime)\s*\(|localtime)", re.IGNORECASE
)
_TEXT = r"""(?:"(?:[^"\\]++|\\.)*+"|'(?:[^'\\]++|\\.)*+')"""
_UNION = re.compile(rf"\s*+\|?\s*+{_TEXT}(?:\s*+\|\s*+{_TEXT})*+\s*+;?\s*+\Z")
_ONE = re.compile(_TEXT)
_TYPE_NAME = re.compile(r"\s*([A-Za-z_$][\w$]*)\s*\Z")
_INDEXED = re.compile(
    r"\s*+\(?\s*+typeof\s++([A-Za-z_$][\w$]*+)\s*+\)?\s*+\[\s*+(?:number|keyof\s++typeof\s++\1)\s*+\]\s*+\Z"
)
_INFERRED = re.compile(r"\s*+(?:z\s*+\.\s*+)?(?:infer|TypeOf|output|input)\s*<\s*typeof\s+([A-Za-z_$][\w$]*)\s*>\s*\Z")
_MOST_ALIASES = 8


class Runtime:
    """Reads what columns tell the program."""

    def __init__(self, evaluator: Evaluator, sql: SqlText) -> None:
        self.evaluator = evaluator
        self.sql = sql

    def declared(self, built: Builder, type_: SqlType, *, has_default: bool) -> Declared | None:
        """What a column's declaration says beyond the database; None where it says nothing."""
        made = built.step("$defaultFn", "$default")
        changed = built.step("$onUpdateFn", "$onUpdate")
        now = built.step("onUpdateNow") is not None
        first = self._given(made.arg(0)) if made is not None else UNDEFINED
        later = self._given(changed.arg(0)) if changed is not None else UNDEFINED
        updates = now or (changed is not None and self._is_time(later))
        creates = made is not None and self._is_time(first)
        if changed is not None and made is None and not has_default:
            creates, first = self._is_time(later), later
        generator = self._generator(made.arg(0), first) if made is not None else None
        constant = first if is_constant(first) and first is not None else None
        is_other = first is not UNDEFINED and not creates and generator is None and constant is None
        declared = Declared(
            choices=self._choices(built, type_),
            default=None if constant is None else _spelled(constant),
            sets_on_create=creates,
            sets_on_update=updates,
            generator=generator,
            encrypted=_seals(built),
            computed_default=made is not None and is_other and first is not None,
        )
        return None if declared == Declared() else declared

    def _given(self, function: Value) -> Value:
        """What a function without arguments returns; a function that is no part of the project as it stands."""
        if isinstance(function, Closure):
            return settled(self.evaluator.call(function, ()))
        return function

    def _is_time(self, value: Value, depth: int = 0) -> bool:
        if isinstance(value, Tagged):
            return _NOW_SQL.search(self.sql.of(value) or "") is not None
        if not isinstance(value, Called) or depth > 4:
            return False
        function = value.function
        if function == External("", "Date"):
            return not value.args or self._is_time(value.args[0], depth + 1)
        if isinstance(function, Got):
            if function.owner == External("", "Date"):
                return function.name == "now"
            if isinstance(function.owner, Called):  # `new Date().toISOString()`
                return self._is_time(function.owner, depth + 1)
        inner = value.args[0] if value.args else None
        return isinstance(function, Got) and function.owner == External("", "Math") and self._is_time_sum(inner, depth)

    def _is_time_sum(self, value: Value, depth: int) -> bool:
        """`Math.floor(Date.now() / 1000)`."""
        left = getattr(value, "left", value)
        return self._is_time(left, depth + 1)

    def _generator(self, function: Value, given: Value) -> str | None:
        """The kind of key that a function makes: by its own name, or by that of the one whose result it returns."""
        for value in (given, function):
            names = (*_function_names(value),)
            for name in names:
                kind = _MADE_KEYS.get(name.replace("_", "").casefold())
                if kind is not None:
                    return kind
        return None

    def _choices(self, built: Builder, type_: SqlType) -> tuple[str, ...]:
        if built.kind == "enum" or type_.dimensions:
            return ()
        listed = built.config.get("enum")
        if isinstance(listed, Obj):
            listed = tuple(listed.entries.values())
        if isinstance(listed, tuple):
            return tuple(item for item in listed if isinstance(item, str))
        step = built.step("$type")
        if step is None or not step.call.types or type_.family is not Family.TEXT:
            return ()
        return self._union(step.call.types[0], step.call.module)

    def _union(self, text: str, module: Module) -> tuple[str, ...]:
        """The texts that a type allows: a union of them, by whatever names; nothing where that is not all it says."""
        for _ in range(_MOST_ALIASES):
            text = re.sub(r"\s+", " ", text).strip()
            if _UNION.match(text):
                return tuple(dict.fromkeys(one.group()[1:-1] for one in _ONE.finditer(text)))
            typed = _INDEXED.match(text) or _INFERRED.match(text)
            if typed is not None:
                return self._values_of(self.evaluator.top(module, typed[1]))
            named = _TYPE_NAME.match(text)
            found = self.evaluator.index.resolve(module, named[1]) if named is not None else None
            if not isinstance(found, Found):
                return ()
            # A constant and a type may share the name: the type says what is allowed.
            statement = found.module.types.get(found.name)
            if statement is None:
                return self._values_of(self.evaluator.found(found))
            text, module = statement.text, found.module
        return ()

    def _values_of(self, value: Value) -> tuple[str, ...]:
        """The texts in a constant array, an object of constants, a TypeScript enum, an enumeration of zod."""
        named = enumerated(value)
        values = tuple(named.values()) if named is not None else ()
        if isinstance(value, tuple):
            values = value
        elif isinstance(value, Obj) and value.partial is None:
            values = tuple(value.entries.values())
        texts = tuple(item for item in values if isinstance(item, str))
        return texts if len(texts) == len(values) else ()


def _spelled(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _function_names(value: Value) -> Iterator[str]:
    """The names of what is called, or would be: `createId`, `crypto.randomUUID`."""
    for _ in range(4):
        if isinstance(value, Called):
            value = value.function
        elif isinstance(value, Got):
            yield value.name
            value = value.owner
        else:
            break
    if isinstance(value, External) and not is_drizzle(value, value.name):
        yield value.name
    if isinstance(value, Closure):
        yield from _names_in(value.function)


def _names_in(function: Function) -> Iterator[str]:
    yield function.name
    for statement in function.body:
        if isinstance(statement, Return) and isinstance(statement.value, Name):
            yield statement.value.id


def _seals(built: Builder) -> bool:
    """Whether a type of the project's own (`customType`) encrypts or hashes what it hands to the database."""
    given = built.of.args[0] if built.kind == "custom" and isinstance(built.of, Called) and built.of.args else None
    driven = given.get("toDriver") if isinstance(given, Obj) else None
    if not isinstance(driven, Closure):
        return False
    return calls_one(driven.frame.module.text(driven.function.start, driven.function.end))

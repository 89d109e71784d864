"""Calls of the language's own functions: what `map`, `filter`, `Promise.all`, `JSON.parse` … make of rows."""

from __future__ import annotations

from dataclasses import replace

from dbarchitect.catalog.queries import EventKind, LoopFact, Use
from dbarchitect.catalog.refs import Ref
from dbarchitect.sources.code.alternatives import is_statement_piece, joined
from dbarchitect.sources.code.records import Record
from dbarchitect.sources.code.typescript.escaping import ESCAPING, escaped, escapes
from dbarchitect.sources.code.typescript.interpreting import Interpreting
from dbarchitect.sources.code.typescript.proxies import behind
from dbarchitect.sources.code.typescript.texts import perhaps, text_of, whole
from dbarchitect.sources.code.typescript.values import UNDEFINED, Const, Function, Undefined
from dbarchitect.sources.code.typescript.vocabulary import Arguments, Site
from dbarchitect.sources.code.values import (
    OPAQUE,
    Entries,
    Escaped,
    Items,
    Library,
    Member,
    Opaque,
    Rows,
    Sequence,
    Text,
    Value,
    columns_read,
    is_raw,
    members,
    table_gone_through,
)
from dbarchitect.sources.typescript import syntax

_EACH = frozenset({"map", "forEach", "flatMap"})
_TESTING = frozenset({"some", "every", "find", "findIndex", "findLast", "findLastIndex"})
_ALL = frozenset({"Promise.all", "Promise.allSettled", "Promise.race", "Promise.any"})
_SAME = frozenset({"slice", "reverse", "toReversed", "flat", "concat", "values", "fill", "splice", "toSpliced"})
_TEXT = frozenset(
    {"toString", "trim", "toLowerCase", "toUpperCase", "replace", "replaceAll", "slice", "substring", "toISOString",
     "trimStart", "trimEnd", "normalize", "padStart", "toFixed", "valueOf", "toJSON"}
)  # fmt: skip
_PLAIN_NUMBERS = frozenset({"Number", "parseInt", "parseFloat", "BigInt", "Number.parseInt", "Number.parseFloat"})


_MOST_TEXTS = 8
"""Texts of an array, gone through one by one."""


class Builtins:
    """Answers calls of the language's own functions and methods for one interpreter."""

    def __init__(self, interpreter: Interpreting) -> None:
        self.interpreter = interpreter

    def call(self, function: Member | Library, arguments: Arguments, site: Site) -> Value | None:
        """What a call gives; None where it is none of the language's own."""
        if isinstance(function, Library):
            return self._library(function.name, arguments, site)
        owner, name = function.owner, function.name
        if name in {"then", "catch", "finally"}:
            return self._then(owner, name, arguments, site)
        if name in {"call", "apply", "bind"} and isinstance(owner, Function):
            given = arguments.args[1:] if name == "call" else ()
            return owner if name == "bind" else self.interpreter.call(owner, Arguments(given, name == "apply"), site)
        if isinstance(owner, Items | Sequence) or (isinstance(owner, Rows) and owner.many):
            return self._of_array(owner, name, arguments, site)
        callback = arguments.get(0)
        if isinstance(callback, Function) and name in _EACH | _TESTING | {"filter", "reduce", "sort"}:
            return self._of_array(owner, name, arguments, site)
        if name in ESCAPING and isinstance(owner, Opaque | Text | Const | Member) and escapes(name, site):
            return escaped(owner)
        if name in _TEXT and isinstance(owner, Opaque | Text | Const) and not arguments.new:
            return owner if not isinstance(owner, Const) else self._text_of(owner, name)
        if name in {"getTime", "split", "includes", "startsWith", "endsWith", "indexOf", "has", "get", "set", "add"}:
            return None
        return None

    def _text_of(self, owner: Const, name: str) -> Value:
        if isinstance(owner.value, str):
            if name == "trim":
                return Const(owner.value.strip())
            if name in {"toLowerCase", "toUpperCase"}:
                return Const(owner.value.lower() if name == "toLowerCase" else owner.value.upper())
        return owner if name in {"toString", "valueOf"} else OPAQUE

    # Promises

    def _then(self, owner: Value, name: str, arguments: Arguments, site: Site) -> Value:
        value = self.interpreter.awaited(owner, site)
        if name == "then":
            given = arguments.get(0)
            if not isinstance(given, Function):
                return value
            self._rejected(arguments.get(1), site)
            return self.interpreter.run(given, Arguments((value,)), site)
        if name == "catch":
            self._rejected(arguments.get(0), site)
            return value
        given = arguments.get(0)
        if isinstance(given, Function):
            self.interpreter.run(given, Arguments(), site)
        return value

    def _rejected(self, given: Value | None, site: Site) -> None:
        """What is done when a promise fails."""
        if isinstance(given, Function):
            self.interpreter.caught(given, site)
            outer = site.frame.branch
            site.frame.branch = (*outer, f"{site.expr.end}.except0")
            try:
                self.interpreter.run(given, Arguments((OPAQUE,)), site)
            finally:
                site.frame.branch = outer

    # Functions

    def _library(self, name: str, arguments: Arguments, site: Site) -> Value | None:  # noqa: C901 - one answer for each function
        first = arguments.get(0)
        if name in _ALL and first is not None:
            return self._all(first, name, site)
        match name:
            case "JSON.parse":
                if isinstance(first, Opaque) and first.cell is not None:
                    self.interpreter.event(EventKind.JSON_PARSED, site, self.interpreter.text(site), first.cell)
                return Opaque(is_raw(first), columns_read(first))
            case "JSON.stringify" | "structuredClone" | "String" | "encodeURIComponent" | "decodeURIComponent":
                if name == "JSON.stringify" or not isinstance(first, Const | Text | Opaque):
                    self.interpreter.made(first, site)
                    return Opaque(is_raw(first), columns_read(first))
                return first
            case "Object.keys" | "Object.values" | "Object.entries" | "Array.from" | "Array.of" | "Object.fromEntries":
                return self._taken_apart(name, first, arguments, site)
            case "Object.assign":
                return self._assigned(arguments, site)
            case "Object.freeze" | "Promise.resolve" | "Array.isArray" | "Object.seal":
                return OPAQUE if name == "Array.isArray" else first if first is not None else UNDEFINED
            case "Set" | "Map" if arguments.new:
                return first if isinstance(first, Rows | Sequence | Items) else OPAQUE
            case "Promise" if arguments.new and isinstance(first, Function):
                self.interpreter.run(first, Arguments((OPAQUE, OPAQUE)), site)
                return OPAQUE
            case "Proxy" if arguments.new:
                return behind(self.interpreter, first, arguments.get(1))
            case "setTimeout" | "setImmediate" | "queueMicrotask" | "setInterval":
                if isinstance(first, Function):
                    self.interpreter.run(first, Arguments(), site)
                return OPAQUE
            case "Boolean":
                self.interpreter.tested(first, site)
                return OPAQUE
            case "require" | "import" if isinstance(first, Const) and isinstance(first.value, str):
                return self.interpreter.imported(site.frame.module, first.value)
            case _ if name in _PLAIN_NUMBERS or name.startswith("Math."):
                return Opaque(any(map(is_raw, arguments.args)), _reads(arguments), number=True)
            case "Date" | "Date.now" | "Buffer.from":
                return Opaque(any(map(is_raw, arguments.args)), _reads(arguments), number=True)
            case _ if name.startswith("console."):
                return UNDEFINED
            case _:
                return None

    def _all(self, first: Value, name: str, site: Site) -> Value:
        if isinstance(first, Items):
            done = [self.interpreter.awaited(item, site) for item in first.items]
            if name.endswith("Settled"):
                done = [Entries({"status": OPAQUE, "value": item, "reason": OPAQUE}) for item in done]
            return Items(list(done), first.kind, first.open) if ".all" in name else OPAQUE
        if isinstance(first, Sequence):
            return replace(first, element=self.interpreter.awaited(first.element, site))
        return self.interpreter.awaited(first, site)

    def _taken_apart(self, name: str, first: Value | None, arguments: Arguments, site: Site) -> Value:
        if name == "Array.from":
            turns = self.interpreter.iterated(first, site)
            given = arguments.get(1)
            if isinstance(given, Function):
                return self._each(turns, given, "map", site)
            return first if isinstance(first, Rows | Items) else turns
        if name == "Array.of":
            return Items(list(arguments.args))
        if isinstance(first, Entries) and name in {"Object.keys", "Object.values", "Object.entries"}:
            pairs = [(Const(key), value) for key, value in first.entries.items()]
            made: list[Value] = [Items([key, value]) for key, value in pairs]
            if name != "Object.entries":
                made = [key if name == "Object.keys" else value for key, value in pairs]
            return Items(made, "list", first.open)
        if isinstance(first, Rows):
            self.interpreter.made(first, site)
        return Opaque(is_raw(first), columns_read(first)) if is_raw(first) else OPAQUE

    def _assigned(self, arguments: Arguments, site: Site) -> Value:
        target = arguments.get(0)
        if not isinstance(target, Entries):
            for argument in arguments.args:
                self.interpreter.made(argument, site)
            return target if target is not None else OPAQUE
        for source in arguments.args[1:]:
            if isinstance(source, Entries):
                target.entries.update(source.entries)
                target.optional.update(source.optional)
                target.open = target.open or source.open
            elif not isinstance(source, Undefined):
                target.open = True
        return target

    # Arrays

    def _of_array(self, owner: Value, name: str, arguments: Arguments, site: Site) -> Value | None:
        record = record_of(owner)
        callback = arguments.get(0)
        if isinstance(callback, Function) and name in _EACH | _TESTING | {"filter", "reduce", "sort", "toSorted"}:
            return self._with_callback(owner, name, callback, arguments, site)
        if name in {"sort", "toSorted"}:
            if record is not None:
                record.uses.add(Use.SORTED)
            return owner
        if isinstance(owner, Items) and name in {"push", "unshift"}:
            return self._pushed(owner, arguments, site)
        if name == "push":
            for argument in arguments.args:
                self.interpreter.made(argument, site)
            return OPAQUE
        if name in {"at", "shift", "pop"}:
            if record is not None:
                record.uses.add(Use.FIRST_ONLY)
            return self.interpreter.subscript(owner, Const(0) if name != "at" else callback or OPAQUE, site)
        if name == "filter":  # `filter(Boolean)`
            return owner
        if name == "concat" and isinstance(owner, Items):
            each = [members(a) if isinstance(a, Items) else ([a], False) for a in (owner, *arguments.args)]
            return Items([item for own, _ in each for item in own], owner.kind, any(more for _, more in each))
        if name == "join" and isinstance(owner, Items) and isinstance(callback, Const) and _is_joined(owner):
            return _joined(owner, str(callback.value))
        if name in {"join", "includes", "indexOf", "has", "size", "keys"}:
            places = name == "join" and isinstance(owner, Sequence) and _is_of_numbers(owner.element)
            return Opaque(is_raw(owner), columns_read(owner), number=places)
        if name == "entries":
            turns = self.interpreter.iterated(owner, site)
            return replace(turns, element=Items([OPAQUE, turns.element]), record=None)
        return owner if name in _SAME else None

    def _with_callback(self, owner: Value, name: str, callback: Function, arguments: Arguments, site: Site) -> Value:
        record = record_of(owner)
        if name in {"sort", "toSorted"}:
            if record is not None:
                record.uses.add(Use.SORTED)
            return owner
        if name == "map" and isinstance(owner, Items) and _is_spelled_out(owner) and not callback.function.is_async:
            place = self._loop(self.interpreter.iterated(owner, site), site)
            made = [self.interpreter.run(callback, Arguments((item, OPAQUE)), site, loop=place) for item in owner.items]
            return Items(made, "list", branch=site.frame.branch)
        turns = self.interpreter.iterated(owner, site)
        if name in {"filter", "find", "findLast"} and record is not None and _compares(callback.function):
            record.uses.add(Use.FILTERED)
        if name == "reduce":
            if record is not None and _adds(callback.function):
                record.uses.add(Use.SUMMED)
            start = arguments.get(1) or OPAQUE
            given = (OPAQUE if isinstance(start, Const) else start, turns.element, OPAQUE)
            result = self.interpreter.run(callback, Arguments(given), site, loop=self._loop(turns, site))
            return start if isinstance(start, Entries | Items) else result
        result = self._each(turns, callback, name, site)
        if name == "filter":
            return owner
        if name in {"find", "findLast"}:
            return turns.element
        return UNDEFINED if name == "forEach" else OPAQUE if name in _TESTING else result

    def _each(self, turns: Sequence, callback: Function, name: str, site: Site) -> Value:
        given = Arguments((turns.element, Opaque(number=True)))
        result = self.interpreter.run(callback, given, site, loop=self._loop(turns, site))
        if name == "flatMap" and isinstance(result, Items):
            result = self.interpreter.iterated(result, site).element
        if isinstance(result, Rows) and result.many and name == "flatMap":
            return result
        if result is turns.element and isinstance(result, Rows):
            return replace(result, many=True)
        return Sequence(result, turns.rows, turns.bound, source=turns.source or turns.element)

    def _loop(self, turns: Sequence, site: Site) -> LoopFact:
        over = site.expr
        if isinstance(over, syntax.Call) and isinstance(over.function, syntax.Member):
            over = over.function.owner
        text = site.frame.module.text(over.start, min(over.end, over.start + 120))
        written, table = " ".join(text.split()), table_gone_through(turns)
        return LoopFact("for", written, site.origin, turns.rows, turns.bound, turns.batched, table)

    def _pushed(self, owner: Items, arguments: Arguments, site: Site) -> Value:
        for argument in arguments.args:
            value = argument
            if site.frame.branch and site.frame.branch != owner.branch:
                value = perhaps(argument) or self.interpreter.merging.sometimes(argument)
            if len(owner.items) < 200:
                owner.items.append(value)
        owner.open = owner.open or bool(site.frame.loops) or arguments.dynamic
        return OPAQUE


def record_of(value: Value | None) -> Record | None:
    """The query whose rows a value is, or is made of; None where there is none."""
    while isinstance(value, Sequence):
        if value.record is not None:
            return value.record
        value = value.element if isinstance(value.element, Rows | Sequence) else value.source
    return value.record if isinstance(value, Rows) else None


def _reads(arguments: Arguments) -> frozenset[Ref]:
    return frozenset[Ref]().union(*map(columns_read, arguments.args))


def _is_spelled_out(owner: Items) -> bool:
    """Whether an array is a few texts of the program: names of columns, of which each stands for another."""
    texts = all(isinstance(item, Const) and isinstance(item.value, str) for item in owner.items)
    return texts and not owner.open and 0 < len(owner.items) <= _MOST_TEXTS


def _is_of_numbers(element: Value) -> bool:
    """Whether a text holds nothing but numbers and what is escaped besides its own words: `"?"`, `$${index + 1}`."""
    if isinstance(element, Const):
        return isinstance(element.value, str)
    parts = element.parts if isinstance(element, Text) else ()
    return bool(parts) and all(isinstance(part, str) or _is_plain(part) for part in parts)


def _is_plain(part: Value) -> bool:
    return isinstance(part, Escaped) or (isinstance(part, Opaque) and part.number)


def _is_joined(owner: Items) -> bool:
    """Whether something is known of a text that an array is joined to: all of it, or conditions among others."""
    return not owner.open or any((text := whole(item)) is not None and is_statement_piece(text) for item in owner.items)


def _joined(owner: Items, separator: str) -> Value:
    items = [*owner.items, OPAQUE] if owner.open else owner.items
    texts = [item if isinstance(item, Text) else _as_text(item) for item in items]
    found = joined(texts, separator)
    return text_of(found.parts, found.sources)


def _as_text(value: Value) -> Text:
    if isinstance(value, Const) and value.value is not None:
        return Text((str(value.value),))
    return Text((value,), ("…",))


def _compares(function: syntax.Function) -> bool:
    """Whether a function that filters compares a part of what it is given: `(row) => row.active && row.n > 3`."""
    body = function.body
    names = {p.target.id for p in function.parameters[:1] if isinstance(p.target, syntax.Name)}
    taken_apart = any(isinstance(p.target, syntax.ObjectPattern) for p in function.parameters[:1])
    value = body[0].value if len(body) == 1 and isinstance(body[0], syntax.Return) else None
    return value is not None and _speaks_of(value, names, taken_apart=taken_apart)


def _speaks_of(expr: syntax.Expr, names: set[str], *, taken_apart: bool) -> bool:
    match expr:
        case syntax.Binary(left=left, right=right):
            return any(_speaks_of(side, names, taken_apart=taken_apart) for side in (left, right))
        case syntax.Unary(operator="!", operand=inner):
            return _speaks_of(inner, names, taken_apart=taken_apart)
        case syntax.Member(owner=syntax.Name(id=name)):
            return name in names
        case syntax.Name():
            return taken_apart
        case _:
            return False


def _adds(function: syntax.Function) -> bool:
    """Whether a function that reduces adds up."""
    body = function.body
    value = body[0].value if len(body) == 1 and isinstance(body[0], syntax.Return) else None
    return isinstance(value, syntax.Binary) and value.operator == "+"

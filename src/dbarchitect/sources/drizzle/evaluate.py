"""Evaluates the declarations of a schema: constants, objects with spreads, functions of the project called with values.

Nothing is run. A loop, an assignment to a part of an object and whatever else only running would tell comes out as
Unknown. What a module binds is evaluated once, so that a table is the same object wherever it is named; functions wait
until they are called, as those behind `references(() => users.id)` must.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from dbarchitect.catalog.refs import Origin
from dbarchitect.sources.drizzle.operators import computed, truth
from dbarchitect.sources.drizzle.standard import called, member
from dbarchitect.sources.drizzle.values import (
    UNDEFINED,
    Called,
    Closure,
    Defined,
    Frame,
    Got,
    Namespace,
    Obj,
    Tagged,
    Unknown,
    Value,
)
from dbarchitect.sources.typescript import syntax as ts
from dbarchitect.sources.typescript.index import TypeScriptIndex
from dbarchitect.sources.typescript.syntax import External, Found, Module

_DEEPEST = 40
"""Calls within calls: a schema does not go deeper."""
_NESTED = 150
"""Expressions within expressions."""
_BUDGET = 2_000_000
"""Expressions and copied items in all: what takes more is a program, not a schema."""
_LONGEST = 200_000
"""Characters of a text that is put together."""
GLOBAL = ""
"""The package of names that no module binds: `Object`, `process`."""


class Evaluator:
    """Evaluates expressions of the modules of a project."""

    def __init__(self, index: TypeScriptIndex) -> None:
        self.index = index
        self._bound: dict[tuple[str, int], Mapping[str, Value]] = {}
        self._busy: set[tuple[str, int]] = set()
        self._spent = 0
        self._depth = 0
        self._calls = 0

    def top(self, module: Module, name: str) -> Value:
        """What a name at the top level of a module is, imports followed."""
        if name == "undefined":
            return UNDEFINED
        found = self.index.resolve(module, name)
        if found is None:
            return External(GLOBAL, name)
        return self.found(found)

    def exported(self, module: Module, name: str) -> Value:
        """What a module exports by a name; `UNDEFINED` where it does not."""
        found = self.index.exported(module, name)
        return UNDEFINED if found is None else self.found(found)

    def found(self, found: Found | External) -> Value:
        """The value of what a name was found to be."""
        if isinstance(found, External):
            return found
        if found.name == "*":
            return Namespace(found.module)
        statement = found.module.bound.get(found.name)
        if statement is None:
            return UNDEFINED
        names = self._names_of(found.module, statement)
        return names[found.name] if found.name in names or isinstance(names, defaultdict) else UNDEFINED

    def exports(self, module: Module) -> Mapping[str, Found | External]:
        """Everything that a module exports, by its name there; `export *` does not pass the default on."""
        listed: dict[str, Found | External] = {}
        seen: set[str] = set()
        waiting = [module]
        while waiting:
            current = waiting.pop(0)
            if current.path in seen:
                continue
            seen.add(current.path)
            for name in (*current.exports, *current.passed_on):
                if name in listed or (name == "default" and current is not module):
                    continue
                found = self.index.exported(current, name)
                if found is not None:
                    listed[name] = found
            targets = (self.index.target(current, specifier) for specifier in current.stars)
            waiting += [target for target in targets if isinstance(target, Module)]
        return listed

    def _names_of(self, module: Module, statement: ts.Statement) -> Mapping[str, Value]:
        """What a statement at the top level binds."""
        key = (module.path, statement.start)
        known = self._bound.get(key)
        if known is not None:
            return known
        if key in self._busy:
            unknown = Unknown("it is made from itself", module.origin(statement.start, statement.end))
            return defaultdict(lambda: unknown)
        self._busy.add(key)
        frame = Frame(module)
        try:
            self._declare(statement, frame)
        finally:
            self._busy.discard(key)
        self._bound[key] = frame.names
        return frame.names

    def _declare(self, statement: ts.Statement, frame: Frame) -> None:
        match statement:
            case ts.Bind(target=target, value=value):
                self._bind(target, self.value(value, frame) if value is not None else UNDEFINED, frame)
            case ts.Define(value=ts.Function() as function):
                frame.names[function.name] = Closure(function, frame)
                frame.names.setdefault("default", frame.names[function.name])
            case ts.Define(value=ts.Class() as cls):
                frame.names[cls.name] = Defined(cls)
                frame.names.setdefault("default", frame.names[cls.name])
            case ts.Enum(name=name, members=members):
                place = frame.module.origin(statement.start, statement.end)
                values = {
                    member: Unknown("the value is computed", place) if value is None else value
                    for member, value in members.items()
                }
                frame.names[name] = Obj(values, dict.fromkeys(values, place))
            case _:
                pass

    def _bind(self, pattern: ts.Expr, value: Value, frame: Frame) -> None:
        match pattern:
            case ts.Name(id=name):
                frame.names[name] = value
            case ts.ObjectPattern(properties=properties, rest=rest):
                taken: set[str] = set()
                for item in properties:
                    key = item.key if isinstance(item.key, str) else self.value(item.key, frame)
                    inner = (
                        self.get(value, key)
                        if isinstance(key, str)
                        else self._unknown("a computed key", item.target, frame)
                    )
                    taken.update([key] if isinstance(key, str) else [])
                    self._bind(item.target, self._or_default(inner, item.default, frame), frame)
                if rest is not None:
                    left = value
                    if isinstance(value, Obj):
                        kept = {name: entry for name, entry in value.entries.items() if name not in taken}
                        left = Obj(kept, value.places, value.partial)
                    self._bind(rest, left, frame)
            case ts.ArrayPattern(items=items, rest=rest):
                listed = value if isinstance(value, tuple) else ()
                for position, part in enumerate(items):
                    if part is not None:
                        inner = listed[position] if position < len(listed) else UNDEFINED
                        if not isinstance(value, tuple):
                            inner = self._unknown("not an array that can be told", pattern, frame)
                        self._bind(part[0], self._or_default(inner, part[1], frame), frame)
                if rest is not None:
                    self._bind(rest, listed[len(items) :], frame)
            case _:
                pass

    def _or_default(self, value: Value, default: ts.Expr | None, frame: Frame) -> Value:
        return self.value(default, frame) if value is UNDEFINED and default is not None else value

    def call(self, function: Value, args: tuple[Value, ...]) -> Value | None:
        """What a function of the project returns for these arguments; None for what is no such function."""
        if not isinstance(function, Closure):
            return None
        declared, above = function.function, function.frame
        place = declared.module.origin(declared.start, declared.start + 1)
        if self._calls >= _DEEPEST or self._spent > _BUDGET:
            return Unknown("calls go too deep to be followed", place)
        if declared.generator:
            return Unknown("a generator", place)
        frame = Frame(declared.module, {}, above)
        for position, parameter in enumerate(declared.parameters):
            given: Value = args[position] if position < len(args) else UNDEFINED
            if parameter.rest:
                given = args[position:]
            self._bind(parameter.target, self._or_default(given, parameter.default, frame), frame)
        self._calls += 1
        try:
            returned = self._run(declared.body, frame)
        finally:
            self._calls -= 1
        return UNDEFINED if returned is None else returned

    def _run(self, statements: Iterable[ts.Statement], frame: Frame) -> Value | None:
        """What statements return; None where they end without."""
        for statement in statements:
            returned: Value | None = None
            match statement:
                case ts.Return(value=value):
                    return self.value(value, frame) if value is not None else UNDEFINED
                case ts.Throw():
                    return None
                case ts.If(test=test, then=then, otherwise=otherwise):
                    holds = truth(self.value(test, frame))
                    if holds is not None:
                        returned = self._run(then if holds else otherwise, frame)
                    elif any(self._run(part, frame) is not None for part in (then, otherwise)):
                        returned = self._unknown("it depends on what is known only at run time", test, frame)
                case ts.Block(body=body) | ts.Try(body=body):
                    returned = self._run(body, frame)
                case _:
                    self._declare(statement, frame)
            if returned is not None:
                return returned
        return None

    def value(self, expr: ts.Expr, frame: Frame) -> Value:
        """What an expression comes to."""
        self._spent += 1
        if self._spent > _BUDGET or self._depth > _NESTED:
            return self._unknown("too much to be followed", expr, frame)
        self._depth += 1
        try:
            return self._value(expr, frame)
        finally:
            self._depth -= 1

    def _value(self, expr: ts.Expr, frame: Frame) -> Value:
        match expr:
            case ts.Literal(value=constant):
                return constant
            case ts.Name(id=name):
                local = frame.get(name)
                return local if local is not None or name in frame.names else self._outer(name, frame)
            case ts.Template(parts=parts, tag=None):
                return self._text([p if isinstance(p, str) else self.value(p, frame) for p in parts], expr, frame)
            case ts.Template(parts=parts, tag=tag) if tag is not None:
                values = tuple(p if isinstance(p, str) else self._part(p, frame) for p in parts)
                return Tagged(self.value(tag, frame), values, frame.module.origin(expr.start, expr.end))
            case ts.Array(items=items):
                return self._items(items, frame)
            case ts.Object(entries=entries):
                return self._object(entries, frame)
            case ts.Member(owner=owner, name=name):
                return self.get(self.value(owner, frame), name)
            case ts.Subscript(owner=owner, index=index):
                return self._subscript(self.value(owner, frame), self.value(index, frame), expr, frame)
            case ts.Call():
                return self._call(expr, frame)
            case ts.Function():
                return Closure(expr, frame)
            case ts.Class():
                return Defined(expr)
            case _:
                return self._operation(expr, frame)

    def _operation(self, expr: ts.Expr, frame: Frame) -> Value:
        match expr:
            case ts.Conditional(test=test, then=then, otherwise=otherwise):
                holds = truth(self.value(test, frame))
                if holds is None:
                    return computed("?", self.value(then, frame), self.value(otherwise, frame))
                return self.value(then if holds else otherwise, frame)
            case ts.Binary(operator=operator, left=left, right=right):
                return computed(operator, self.value(left, frame), self.value(right, frame))
            case ts.Unary(operator=operator, operand=operand):
                return self._unary(operator, operand, expr, frame)
            case ts.Await(value=inner) | ts.Assign(value=inner):
                return self.value(inner, frame)
            case _:
                return self._unknown("an expression that is not followed", expr, frame)

    def _part(self, expr: ts.Expr, frame: Frame) -> Value:
        """An expression in a tagged template; a text is wrapped, so that it is told from the template's own."""
        value = self.value(expr, frame)
        return Obj({"": value}) if isinstance(value, str) else value

    def _outer(self, name: str, frame: Frame) -> Value:
        return self.top(frame.module, name)

    def _unary(self, operator: str, operand: ts.Expr, expr: ts.Expr, frame: Frame) -> Value:
        if operator == "void":
            return UNDEFINED
        value = self.value(operand, frame)
        if operator == "-" and isinstance(value, int | float) and not isinstance(value, bool):
            return -value
        if operator == "+" and isinstance(value, int | float):
            return value
        if operator == "!":
            holds = truth(value)
            if holds is not None:
                return not holds
        return self._unknown("an expression that is not followed", expr, frame)

    def _text(self, parts: list[Value], expr: ts.Expr, frame: Frame) -> Value:
        texts: list[str] = []
        for part in parts:
            if isinstance(part, bool):
                texts.append(str(part).lower())
            elif isinstance(part, str | int | float):
                texts.append(str(part))
            else:
                return self._unknown("a text that is put together from what cannot be told", expr, frame)
        if sum(map(len, texts)) > _LONGEST:
            return self._unknown("a text that is too long", expr, frame)
        return "".join(texts)

    def _items(self, items: Iterable[ts.Expr], frame: Frame) -> tuple[Value, ...]:
        values: list[Value] = []
        for item in items:
            if not isinstance(item, ts.Spread):
                values.append(self.value(item, frame))
                continue
            spread = self.value(item.value, frame)
            if isinstance(spread, tuple):
                self._spent += len(spread)
                values.extend(spread if self._spent < _BUDGET else ())
            elif spread not in (UNDEFINED, None):
                values.append(self._unknown("something is spread here that cannot be told", item, frame))
        return tuple(values)

    def _object(self, entries: Iterable[ts.Entry], frame: Frame) -> Obj:
        values: dict[str, Value] = {}
        places: dict[str, Origin] = {}
        partial: Unknown | None = None
        for entry in entries:
            place = frame.module.origin(entry.value.start, entry.value.end)
            if entry.key is None:
                spread = self.spread(self.value(entry.value, frame))
                if spread is None:
                    partial = Unknown("something is spread here that cannot be told", place)
                    continue
                self._spent += len(spread.entries)
                values.update(spread.entries if self._spent < _BUDGET else {})
                places.update({name: spread.places.get(name, place) for name in spread.entries})
                partial = partial or spread.partial
                continue
            key = entry.key if isinstance(entry.key, str) else self.value(entry.key, frame)
            if isinstance(key, int) and not isinstance(key, bool):
                key = str(key)
            if not isinstance(key, str):
                partial = Unknown("a key that cannot be told", place)
                continue
            values[key] = self.value(entry.value, frame)
            places[key] = place
        return Obj(values, places, partial)

    def spread(self, value: Value) -> Obj | None:
        """The entries that `...value` gives an object; None where they cannot be told."""
        if isinstance(value, Obj):
            return value
        if isinstance(value, Namespace):
            found = self.exports(value.module)
            return Obj({name: self.found(one) for name, one in found.items()})
        return Obj({}) if truth(value) is False else None

    def _subscript(self, owner: Value, index: Value, expr: ts.Expr, frame: Frame) -> Value:
        if isinstance(owner, tuple) and isinstance(index, int):
            return owner[index] if 0 <= index < len(owner) else UNDEFINED
        if isinstance(index, str):
            return self.get(owner, index)
        return self._unknown("a part that cannot be told", expr, frame)

    def get(self, owner: Value, name: str) -> Value:
        """`owner.name`."""
        if isinstance(owner, Obj):
            if name in owner.entries or owner.partial is None:
                return owner.get(name)
            return owner.partial
        if isinstance(owner, Namespace):
            return self.exported(owner.module, name)
        if isinstance(owner, External) and owner.name == "*":
            return External(owner.package, name)
        if isinstance(owner, Unknown) or owner is UNDEFINED:
            return owner
        if owner is None:
            return UNDEFINED  # `owner?.name`
        known = member(owner, name)
        return known if known is not None else Got(owner, name)

    def _call(self, expr: ts.Call, frame: Frame) -> Value:
        # A method of an object that has no such entry is one of JavaScript's own.
        function = self.value(expr.function, frame)
        args = self._items(expr.args, frame)
        place = frame.module.origin(expr.start, expr.end)
        if isinstance(function, External) and function == _REQUIRE and len(args) == 1 and isinstance(args[0], str):
            return self._required(args[0], frame.module, place)
        followed = self.call(function, args)
        if followed is None:
            followed = called(function, args, self.call)
        if followed is not None:
            return followed
        if isinstance(function, Unknown):
            return function
        if function is UNDEFINED or not isinstance(function, External | Got | Called | Tagged):
            return Unknown("something is called that is no function to be found", place)
        return Called(function, args, place, frame.module, expr.types)

    def _required(self, specifier: str, module: Module, place: Origin) -> Value:
        target = self.index.target(module, specifier)
        if target is None:
            return Unknown(f"{specifier} is not there", place)
        return External(target, "*") if isinstance(target, str) else Namespace(target)

    def _unknown(self, why: str, expr: ts.Expr, frame: Frame) -> Unknown:
        return Unknown(why, frame.module.origin(expr.start, expr.end))


_REQUIRE = External(GLOBAL, "require")

"""Indexes and constraints of a model's Meta.

`unique_together`, `index_together`, `indexes` and `constraints`, with conditions, expressions, operator classes,
INCLUDE and the index methods of `django.contrib.postgres`. What cannot be told is reported and left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from dbarchitect.catalog.expressions import Expression, expression
from dbarchitect.catalog.members import Check, Exclusion, Index, IndexColumn, UniqueKey
from dbarchitect.catalog.refs import Diagnostic, Origin
from dbarchitect.sources.django.field_classes import Located
from dbarchitect.sources.django.models import Model
from dbarchitect.sources.django.names import index_name, split_schema
from dbarchitect.sources.django.registry import Registry
from dbarchitect.sources.django.sql import SqlWriter
from dbarchitect.sources.python import UNKNOWN, ClassDef, Constant, External, Module, Value, is_known
from dbarchitect.sources.python.expressions import (
    BinOp,
    Call,
    Comprehension,
    Display,
    Expr,
    Literal,
    Name,
    Span,
    Starred,
)
from dbarchitect.sources.python.statements import Mutate

_METHODS = {
    "Index": "btree",
    "BTreeIndex": "btree",
    "GinIndex": "gin",
    "GistIndex": "gist",
    "BrinIndex": "brin",
    "HashIndex": "hash",
    "SpGistIndex": "spgist",
    "BloomIndex": "bloom",
    "HnswIndex": "hnsw",
    "IvfflatIndex": "ivfflat",
}
_DEFAULT_CLASSES = frozenset(
    {"jsonb_ops", "array_ops", "tsvector_ops", "text_ops", "int4_ops", "int8_ops", "int2_ops", "timestamptz_ops",
     "date_ops", "uuid_ops", "bool_ops", "numeric_ops", "inet_ops", "range_ops"}
)  # fmt: skip
_RANGE_OPERATORS = {
    "EQUAL": "=", "NOT_EQUAL": "<>", "CONTAINS": "@>", "CONTAINED_BY": "<@", "OVERLAPS": "&&", "FULLY_LT": "<<",
    "FULLY_GT": ">>", "NOT_LT": "&>", "NOT_GT": "&<", "ADJACENT_TO": "-|-",
}  # fmt: skip
ColumnOf = Callable[[str], "str | None"]


@dataclass(slots=True)
class MetaObjects:
    """What Meta adds to a table."""

    unique_keys: list[UniqueKey] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    exclusions: list[Exclusion] = field(default_factory=list)
    indexes: list[Index] = field(default_factory=list)


class _Unreadable(Exception):  # noqa: N818 - the fact, not the noun
    """Part of an index or constraint cannot be told; the text says which."""


class MetaReader:
    """Reads the Meta of one model."""

    def __init__(self, registry: Registry, writer: SqlWriter, engine: str, model: Model, column_of: ColumnOf) -> None:
        self.registry = registry
        self.world = registry.world
        self.writer = writer
        self.engine = engine
        self.model = model
        self.column_of = column_of
        self.table = split_schema(model.table)[1]
        self.objects = MetaObjects()

    def read(self) -> MetaObjects:
        """All that Meta declares."""
        for option in ("unique_together", "index_together"):
            for names, origin in self._together(option):
                self.read_together(option, names, origin)
        for option in ("indexes", "constraints"):
            for call in self._calls(option):
                self.read_entry(option, call)
        return self.objects

    def read_together(self, option: str, names: tuple[str, ...], origin: Origin) -> None:
        """Add what one entry of `unique_together` or `index_together` declares."""
        columns = self._columns(names, origin, option)
        if columns and option == "unique_together":
            self._add_unique(columns, index_name(self.table, columns, self.engine, "_uniq"), origin)
        elif columns:
            name = index_name(self.table, columns, self.engine, "_idx")
            self.objects.indexes.append(Index(tuple(map(IndexColumn, columns)), name=name, origin=origin))

    def read_entry(self, option: str, entry: Located) -> None:
        """Add what one entry of `indexes` or `constraints` declares."""
        self._one(entry, self._index if option == "indexes" else self._constraint)

    def name_of(self, entry: Located) -> str | None:
        """The name that an entry of `indexes` or `constraints` gives itself."""
        expr = entry.expr
        return self._named(self._constant(expr.keyword("name"), entry)) if isinstance(expr, Call) else None

    def _one(self, located: Located, add: Callable[[str, Call, Located, Origin], None]) -> None:
        call = located.expr
        origin = self._place(located.module, call.span)
        if not isinstance(call, Call):
            self._report(origin, f"an entry of Meta of {self.model.label} cannot be told")
            return
        kind = self._class_of(located, call)
        try:
            add(kind, call, located, origin)
        except _Unreadable as problem:
            self._report(origin, f"{kind} of {self.model.label} is left out: {problem}")

    def _place(self, module: Module, span: Span) -> Origin:
        """Where it is written; what a library's base brings has no place in the project but the class itself."""
        cls = self.model.cls
        brought = self.world.is_library(module) and not self.world.is_library(cls.module)
        return cls.module.origin(cls.span) if brought else module.origin(span)

    def _class_of(self, located: Located, call: Call) -> str:
        """The last part of the library's class that is made, custom subclasses followed."""
        found = self.world.resolve_expr(located.module, call.function, located.scope)
        if isinstance(found, ClassDef):
            names = [name.rpartition(".")[2] for name in self.world.external_bases(found)]
            return next((n for n in names if n in _METHODS or n.endswith("Constraint")), found.name)
        name = found.name if isinstance(found, External) else call.name or "?"
        return name.rpartition(".")[2]

    def _together(self, option: str) -> Iterator[tuple[tuple[str, ...], Origin]]:
        found = self.registry.reader.meta(self.model.cls, option)
        if found is None:
            return
        expr, owner = found
        value = self.registry.reader.option(self.model.cls, option)
        origin = self._place(owner.module, expr.span)
        if isinstance(value, (list, tuple, set)) and value and all(isinstance(v, str) for v in value):
            value = [tuple(value)]
        if not isinstance(value, (list, tuple, set)) or not is_known(value):
            self._report(origin, f"{option} of {self.model.label} cannot be told")
            return
        for names in value:
            if isinstance(names, (list, tuple)) and names:
                yield tuple(str(n) for n in names), origin

    def _columns(self, names: tuple[str, ...], origin: Origin, what: str) -> tuple[str, ...]:
        columns = [self.column_of(name) for name in names]
        found = tuple(column for column in columns if column is not None)
        if len(found) == len(names):
            return found
        missing = ", ".join(n for n, c in zip(names, columns, strict=True) if c is None)
        self._report(origin, f"{what} of {self.model.label} names {missing}, which is no field known here")
        return ()

    def _calls(self, option: str) -> Iterator[Located]:
        """The entries of `indexes` or `constraints`, through `+`, `*` and names."""
        reader = self.registry.reader
        found = reader.meta(self.model.cls, option)
        if found is not None:
            yield from self._entries(Located(found[0], found[1].module, found[1]), 0)
        meta = reader.meta_class(self.model.cls)
        for statement in meta.body if meta is not None else ():
            if isinstance(statement, Mutate) and statement.target == option and meta is not None:
                yield from self._entries(Located(statement.value, meta.module, meta), 0)
        for base in self.world.lineage(self.model.cls):  # what a library's metaclass adds to every model
            added = base.assigned(f"ALWAYS_{option.upper()}") if self.world.is_library(base.module) else None
            if added is not None:
                yield from self._entries(Located(added, base.module, base), 0)

    def _entries(self, located: Located, depth: int) -> Iterator[Located]:
        expr = located.expr
        match expr:
            case Display():
                for item in expr.items:
                    yield from self._entries(Located(item, located.module, located.scope), depth + 1)
            case Starred():
                yield from self._entries(Located(expr.value, located.module, located.scope), depth + 1)
            case BinOp(op="+"):
                for side in (expr.left, expr.right):
                    yield from self._entries(Located(side, located.module, located.scope), depth + 1)
            case Name() if depth < 20:
                found = self.world.resolve(located.module, expr.id, located.scope)
                if isinstance(found, Value) and found.expr is not None and not found.rest:
                    yield from self._entries(Located(found.expr, found.module, found.owner), depth + 1)
                else:
                    yield located
            case Comprehension():
                yield located
            case _:
                yield located

    def _add_unique(self, columns: tuple[str, ...], name: str, origin: Origin) -> None:
        """SQLite gets an index for what PostgreSQL has a constraint for."""
        if self.engine == "sqlite":
            keys = tuple(map(IndexColumn, columns))
            self.objects.indexes.append(Index(keys, unique=True, name=name, origin=origin))
        else:
            self.objects.unique_keys.append(UniqueKey(columns, name=name, origin=origin))

    def _index(self, kind: str, call: Call, located: Located, origin: Origin) -> None:
        if kind not in _METHODS:
            raise _Unreadable(f"the index class {kind} is not known here")
        method = (
            _METHODS[kind] if self.engine != "sqlite" else "btree"
        )  # SQLite has no others: Django makes a plain one
        keys = self._keys(call, located)
        if not keys:
            raise _Unreadable("its columns cannot be told")
        if method == "gist":  # where no class of this name is the default
            keys = tuple(self._with_inet(key, call, located) for key in keys)
        name = self._constant(call.keyword("name"), located)
        columns = tuple(k.name for k in keys if k.name is not None)
        self.objects.indexes.append(
            Index(
                keys,
                method=method,
                predicate=self._condition(call, located),
                include=self._include(call, located),
                name=self._named(name) or index_name(self.table, columns, self.engine, "_idx"),
                origin=origin,
            )
        )

    def _constraint(self, kind: str, call: Call, located: Located, origin: Origin) -> None:
        if kind == "UniqueConstraint":
            self._unique(call, located, origin)
        elif kind == "CheckConstraint":
            self._check(call, located, origin)
        elif kind == "ExclusionConstraint":
            self._exclusion(call, located, origin)
        else:
            raise _Unreadable(f"the constraint class {kind} is not known here")

    def _unique(self, call: Call, located: Located, origin: Origin) -> None:
        keys = self._keys(call, located)
        if not keys:
            raise _Unreadable("its columns cannot be told")
        name = self._named(self._constant(call.keyword("name"), located))
        predicate = self._condition(call, located)
        include = self._include(call, located)
        deferrable = call.keyword("deferrable")
        deferred = isinstance(deferrable, Name) and deferrable.id.endswith(".DEFERRED")
        distinct = self._constant(call.keyword("nulls_distinct"), located)
        if self.engine == "sqlite" and (deferrable is not None or call.keyword("include") or distinct is not None):
            return  # Django leaves out what SQLite cannot do
        plain = all(k.name is not None and k.operator_class is None and not k.descending for k in keys)
        if predicate is not None or include or not plain:
            self.objects.indexes.append(
                Index(keys, unique=True, predicate=predicate, include=include, nulls_not_distinct=distinct is False,
                      name=name, origin=origin)
            )  # fmt: skip
            return
        self.objects.unique_keys.append(
            UniqueKey(
                tuple(k.name for k in keys if k.name is not None),
                name=name,
                deferrable=deferrable is not None and self.engine == "postgresql",
                initially_deferred=deferred and self.engine == "postgresql",
                nulls_not_distinct=distinct is False and self.engine == "postgresql",
                origin=origin,
            )
        )

    def _check(self, call: Call, located: Located, origin: Origin) -> None:
        expr = call.keyword("condition") or call.keyword("check")
        text = self.writer.condition(Located(expr, located.module, located.scope)) if expr is not None else None
        if not text:
            raise _Unreadable("its condition cannot be told")
        name = self._named(self._constant(call.keyword("name"), located))
        self.objects.checks.append(Check(expression(text), name=name, origin=origin))

    def _exclusion(self, call: Call, located: Located, origin: Origin) -> None:
        if self.engine != "postgresql":
            return
        given = call.keyword("expressions")
        elements: list[tuple[str, str]] = []
        for item in given.items if isinstance(given, Display) else ():
            if not isinstance(item, Display) or len(item.items) != 2:
                raise _Unreadable("its expressions cannot be told")
            text = self.writer.expression(Located(item.items[0], located.module, located.scope))
            operator = self._operator(item.items[1], located)
            if text is None or operator is None:
                raise _Unreadable("its expressions cannot be told")
            elements.append((text.strip('"') if text.count('"') == 2 and text.startswith('"') else text, operator))
        if not elements:
            raise _Unreadable("its expressions cannot be told")
        method = self._constant(call.keyword("index_type"), located)
        deferrable = call.keyword("deferrable")
        self.objects.exclusions.append(
            Exclusion(
                tuple(elements),
                method=method.lower() if isinstance(method, str) else "gist",
                predicate=self._condition(call, located),
                deferrable=deferrable is not None,
                initially_deferred=isinstance(deferrable, Name) and deferrable.id.endswith(".DEFERRED"),
                name=self._named(self._constant(call.keyword("name"), located)),
                origin=origin,
            )
        )

    def _operator(self, expr: Expr, located: Located) -> str | None:
        value = self.world.value(expr, located.module, located.scope)
        if isinstance(value, str):
            return value
        name = expr.id if isinstance(expr, Name) else ""
        return _RANGE_OPERATORS.get(name.rpartition(".")[2]) if "RangeOperators" in name else None

    def _keys(self, call: Call, located: Located) -> tuple[IndexColumn, ...]:
        fields = self._constant(call.keyword("fields"), located)
        classes = self._constant(call.keyword("opclasses"), located)
        if isinstance(fields, str):
            fields = (fields,)
        if isinstance(fields, (list, tuple)) and fields:
            classes = list(classes) if isinstance(classes, (list, tuple)) else []
            classes += [None] * (len(fields) - len(classes))
            return tuple(self._plain_key(n, c) for n, c in zip(fields, classes, strict=False))
        if call.keyword("fields") is not None and fields is UNKNOWN:
            raise _Unreadable("its fields are computed")
        return tuple(self._expression_key(Located(arg, located.module, located.scope)) for arg in call.args)

    def _with_inet(self, key: IndexColumn, call: Call, located: Located) -> IndexColumn:
        classes = self._constant(call.keyword("opclasses"), located)
        is_inet = isinstance(classes, (list, tuple)) and list(classes) == ["inet_ops"]
        return replace(key, operator_class="inet_ops") if is_inet else key

    def _plain_key(self, name: Constant, operator_class: Constant) -> IndexColumn:
        if not isinstance(name, str):
            raise _Unreadable("its fields are computed")
        column = self.column_of(name.removeprefix("-"))
        if column is None:
            raise _Unreadable(f"{name.removeprefix('-')} is no field known here")
        special = isinstance(operator_class, str) and operator_class not in _DEFAULT_CLASSES
        chosen = operator_class if special and self.engine == "postgresql" else None
        return IndexColumn(column, operator_class=chosen or None, descending=name.startswith("-"))

    def _expression_key(self, located: Located) -> IndexColumn:
        expr = located.expr
        if isinstance(expr, Starred):
            raise _Unreadable("its expressions are computed")
        if isinstance(expr, Literal) and isinstance(expr.value, str):
            return self._plain_key(expr.value, None)
        descending, operator_class, nulls_first = False, None, None
        while isinstance(expr, Call):
            function = expr.function
            last = (expr.name or "").rpartition(".")[2] or getattr(function, "attr", "")
            inner = getattr(function, "value", None)
            if last in {"desc", "asc"} and inner is not None:
                descending = last == "desc"
                nulls_first = _nulls(expr)
                expr = inner
            elif last == "OpClass" and expr.args:
                chosen = self._constant(expr.argument(1, "name"), located)
                operator_class = chosen if isinstance(chosen, str) and chosen not in _DEFAULT_CLASSES else None
                expr = expr.args[0]
            elif last == "OrderBy" and expr.args:
                flag = expr.argument(1, "descending")
                descending = isinstance(flag, Literal) and flag.value is True
                nulls_first = _nulls(expr)
                expr = expr.args[0]
            else:
                break
        return self._key_of(
            Located(expr, located.module, located.scope), operator_class, nulls_first, descending=descending
        )

    def _key_of(
        self, located: Located, operator_class: str | None, nulls_first: bool | None, *, descending: bool
    ) -> IndexColumn:
        text = self.writer.expression(located)
        if text is None:
            raise _Unreadable("an expression of it cannot be told")
        expr = located.expr
        is_field = isinstance(expr, Literal) or (isinstance(expr, Call) and (expr.name or "").rpartition(".")[2] == "F")
        if is_field:
            name = text[1:-1].replace('""', '"')
            return IndexColumn(name, operator_class=operator_class, descending=descending, nulls_first=nulls_first)
        return IndexColumn(
            expression=expression(text), operator_class=operator_class, descending=descending, nulls_first=nulls_first
        )

    def _condition(self, call: Call, located: Located) -> Expression | None:
        expr = call.keyword("condition")
        if expr is None or (isinstance(expr, Literal) and expr.value is None):
            return None
        text = self.writer.condition(Located(expr, located.module, located.scope))
        if not text:
            raise _Unreadable("its condition cannot be told")
        return expression(text)

    def _include(self, call: Call, located: Located) -> tuple[str, ...]:
        names = self._constant(call.keyword("include"), located)
        if not isinstance(names, (list, tuple)) or self.engine != "postgresql":
            return ()
        columns = [self.column_of(name) for name in names if isinstance(name, str)]
        if None in columns:
            raise _Unreadable("INCLUDE names a field that is not known here")
        return tuple(column for column in columns if column is not None)

    def _constant(self, expr: Expr | None, located: Located) -> Constant:
        return self.world.value(expr, located.module, located.scope) if expr is not None else None

    def _named(self, name: Constant) -> str | None:
        if not isinstance(name, str):
            return None
        if "%(" not in name:
            return name
        names = {"app_label": self.model.app.label.lower(), "class": self.model.cls.name.lower()}
        return name.replace("%(app_label)s", names["app_label"]).replace("%(class)s", names["class"])

    def _report(self, origin: Origin, text: str) -> None:
        self.registry.diagnostics.append(Diagnostic(origin, text))


def _nulls(call: Call) -> bool | None:
    for option, first in (("nulls_first", True), ("nulls_last", False)):
        flag = call.keyword(option)
        if isinstance(flag, Literal) and flag.value is True:
            return first
    return None

"""Django's expressions and Q objects → SQL text, as migrations write it.

What has no sure SQL here (a lookup of a library, a value that is computed) comes back as None; the caller reports it.
Source: https://docs.djangoproject.com/en/5.2/ref/models/expressions/, …/ref/models/querysets/#field-lookups
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation

from dbarchitect.catalog.types import Family
from dbarchitect.sources.django.column_types import type_text
from dbarchitect.sources.django.field_classes import Located
from dbarchitect.sources.django.fields import read_field
from dbarchitect.sources.django.world import World
from dbarchitect.sources.python import ClassDef, Constant, External, Value, is_known, plain
from dbarchitect.sources.python.expressions import BinOp, Call, Display, Expr, Keyword, Literal, Name, Starred, UnaryOp
from dbarchitect.sources.python.statements import Assign

_NUMERIC = frozenset({Family.INTEGER, Family.DECIMAL, Family.FLOAT, Family.MONEY})
_COMPARISONS = {"exact": "=", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
_FUNCTIONS = frozenset(
    {"Lower", "Upper", "Length", "Coalesce", "Abs", "Ceil", "Floor", "Trim", "LTrim", "RTrim", "Greatest", "Least",
     "MD5", "SHA256", "Reverse", "Left", "Right", "Replace", "Round", "Substr"}
)  # fmt: skip
_SQL_NAMES = {"Substr": "SUBSTRING", "Trim": "BTRIM", "Ceil": "CEILING"}
_TRANSFORMS = {"year", "month", "day", "hour", "minute", "second", "week", "quarter"}
_NOW_OF = {"postgresql": "STATEMENT_TIMESTAMP()", "sqlite": "STRFTIME('%Y-%m-%d %H:%M:%f', 'NOW')"}
_ARITHMETIC = frozenset({"+", "-", "*", "/", "%"})


@dataclass(frozen=True, slots=True)
class Term:
    """A column that an expression may name: how it is called, what it holds."""

    column: str
    nullable: bool
    family: Family
    kind: str | None = None


Columns = Callable[[str], Term | None]


@dataclass(frozen=True, slots=True)
class SqlWriter:
    """Writes expressions of one model. `columns` gives the column of a field's name, `pk` and `owner_id` included."""

    world: World
    engine: str
    columns: Columns

    def condition(self, located: Located, *, negated: bool = False) -> str | None:
        """The SQL of a Q object, a combination of them, or a comparison expression."""
        expr = located.expr
        match expr:
            case BinOp(op="&" | "|" as op):
                left = self.condition(replace(located, expr=expr.left), negated=negated)
                right = self.condition(replace(located, expr=expr.right), negated=negated)
                word = "AND" if op == "&" else "OR"
                return f"({left} {word} {right})" if left and right else left or right if "" in (left, right) else None
            case UnaryOp(op="~"):
                inner = self.condition(replace(located, expr=expr.operand), negated=not negated)
                return f"(NOT {inner})" if inner else inner
            case Call() if self._called(located, expr) == "Q":
                return self._q(expr, located, negated=negated)
            case Name():
                return self._named(expr, located, negated=negated)
            case Call():
                return self.expression(located)
            case _:
                return None

    def expression(self, located: Located) -> str | None:
        """The SQL of an expression: F, Value, functions, arithmetic. A text names a field."""
        expr = located.expr
        match expr:
            case Literal(value=str() as name):
                return self._column(name)
            case Literal():
                return literal(expr.value, Family.OTHER)
            case BinOp(op=op) if op in _ARITHMETIC:
                left = self._operand(replace(located, expr=expr.left))
                right = self._operand(replace(located, expr=expr.right))
                word = "||" if op == "+" and "to_tsvector(" in (left or "") else op
                return f"({left} {word} {right})" if left and right else None
            case Call():
                return self._function(expr, located)
            case _:
                return None

    def constant(self, located: Located, family: Family) -> str | None:
        """The SQL of a constant or of an expression, as a database default has it."""
        value = plain(self.world.value(located.expr, located.module, located.scope))
        if is_known(value) and isinstance(value, (dict, list)):
            return _text(json.dumps(value))
        return literal(value, family) if is_known(value) else self.expression(located)

    def _operand(self, located: Located) -> str | None:
        if isinstance(located.expr, Literal):
            return literal(located.expr.value, Family.OTHER)
        return self.expression(located)

    def _named(self, expr: Name, located: Located, *, negated: bool) -> str | None:
        """A condition that was given a name first: `ACTIVE = Q(deleted=None)`."""
        found = self.world.resolve(located.module, expr.id, located.scope)
        if isinstance(found, Value) and found.expr is not None and not found.rest and found.expr != expr:
            return self.condition(Located(found.expr, found.module, found.owner), negated=negated)
        return None

    def _called(self, located: Located, call: Call) -> str | None:
        """The last part of the name of the library's thing that is called."""
        found = self.world.resolve_expr(located.module, call.function, located.scope)
        if isinstance(found, External):
            return found.name.rpartition(".")[2] if found.name.startswith("django.") else None
        if isinstance(found, ClassDef):
            return None
        return (call.name or "").rpartition(".")[2] or None if found is None else None

    def _q(self, call: Call, located: Located, *, negated: bool) -> str | None:
        flips = call.keyword("_negated")
        own = isinstance(flips, Literal) and flips.value is True
        negated = negated ^ own
        connector = call.keyword("_connector")
        word = " OR " if isinstance(connector, Literal) and connector.value == "OR" else " AND "
        parts: list[str] = []
        for arg in call.args:
            part = self._pair(arg, located, negated=negated)
            if part is None:
                return None
            parts.append(part)
        for keyword in sorted(call.kwargs, key=lambda k: k.name or ""):
            if keyword.name in {"_connector", "_negated"}:
                continue
            part = self._lookup(keyword, located, negated=negated)
            if part is None:
                return None
            parts.append(part)
        joined = word.join(part for part in parts if part)
        text = f"({joined})" if len(parts) > 1 else joined
        return f"(NOT {text})" if own else text

    def _pair(self, arg: Expr, located: Located, *, negated: bool) -> str | None:
        """An argument of Q: another condition, or a pair `("status", "open")`."""
        if isinstance(arg, Starred):
            return None
        if isinstance(arg, Display) and len(arg.items) == 2:
            name = self.world.value(arg.items[0], located.module, located.scope)
            if isinstance(name, str):
                return self._lookup(Keyword(name, arg.items[1]), located, negated=negated)
        return self.condition(replace(located, expr=arg), negated=negated)

    def _lookup(self, keyword: Keyword, located: Located, *, negated: bool) -> str | None:
        if keyword.name is None:
            return None
        path, lookup = keyword.name.split("__"), "exact"
        term = self.columns(path[0])
        if term is None:
            return None
        rest = path[1:]
        if rest and rest[0] in {"id", "pk"} and term.kind in {"ForeignKey", "OneToOneField"}:
            rest = rest[1:]
        subject = _quoted(term.column)
        family = term.family
        for transform in rest[:-1] if rest and rest[-1] in _LOOKUPS else rest:
            if transform not in _TRANSFORMS or self.engine == "sqlite":
                return None
            subject, family = f"EXTRACT({transform.upper()} FROM {subject})", Family.DECIMAL
        if rest and rest[-1] in _LOOKUPS:
            lookup = rest[-1]
        subject_term = replace(term, family=family)
        text = self._compared(subject, subject_term, lookup, replace(located, expr=keyword.value))
        is_null = lookup == "isnull" or (isinstance(keyword.value, Literal) and keyword.value.value is None)
        if text is not None and negated and term.nullable and not is_null:
            return f"({text} AND {_quoted(term.column)} IS NOT NULL)"
        return text

    def _compared(self, subject: str, term: Term, lookup: str, located: Located) -> str | None:
        value = plain(self.world.value(located.expr, located.module, located.scope))
        if lookup == "isnull":
            return f"{subject} IS {'' if value else 'NOT '}NULL" if isinstance(value, bool) else None
        if not is_known(value):
            return self._against(subject, lookup, located)
        if value is None:
            return f"{subject} IS NULL" if lookup in {"exact", "iexact"} else None
        if lookup == "in":
            given = [v for v in value if v is not None] if _is_list(value) else []
            items = [text for text in (self._constant_of(v, term) for v in given) if text is not None]
            return f"{subject} IN ({', '.join(items)})" if items and len(items) == len(given) else None
        if lookup == "range":
            ends = [self._constant_of(v, term) for v in value] if _is_list(value) else []
            return f"{subject} BETWEEN {ends[0]} AND {ends[1]}" if len(ends) == 2 and None not in ends else None
        if lookup == "exact" and isinstance(value, bool) and term.family is Family.BOOLEAN:
            return subject if value else f"NOT {subject}"
        if lookup in _COMPARISONS:
            constant = self._constant_of(value, term)
            return f"{subject} {_COMPARISONS[lookup]} {constant}" if constant is not None else None
        return self._matched(subject, lookup, value)

    def _constant_of(self, value: Constant, term: Term) -> str | None:
        """A constant that a column is compared with; SQLite holds decimals as texts."""
        text = literal(value, term.family)
        if text is not None and _is_number(text) and self.engine == "sqlite" and term.kind == "DecimalField":
            return _text(text)
        return text

    def _against(self, subject: str, lookup: str, located: Located) -> str | None:
        """A comparison with another column or an expression."""
        if isinstance(located.expr, Display) and lookup == "range" and len(located.expr.items) == 2:
            ends = [self.expression(replace(located, expr=item)) for item in located.expr.items]
            return f"{subject} BETWEEN {ends[0]} AND {ends[1]}" if None not in ends else None
        other = self.expression(located) if isinstance(located.expr, (Call, BinOp)) else None
        return f"{subject} {_COMPARISONS[lookup]} ({other})" if other and lookup in _COMPARISONS else None

    def _matched(self, subject: str, lookup: str, value: Constant) -> str | None:
        if not isinstance(value, str):
            return None
        text = f"{subject}::text" if self.engine == "postgresql" else subject
        escaped = value.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        patterns = {"contains": f"%{escaped}%", "startswith": f"{escaped}%", "endswith": f"%{escaped}"}
        plain_lookup = lookup.removeprefix("i")
        folded = plain_lookup != lookup
        tail = " ESCAPE '\\'" if self.engine == "sqlite" else ""
        if plain_lookup in patterns:
            pattern = _text(patterns[plain_lookup])
            if folded and self.engine == "postgresql":
                return f"UPPER({text}) LIKE UPPER({pattern})"
            return f"{text} LIKE {pattern}{tail}"
        if plain_lookup == "regex":
            word = "REGEXP" if self.engine == "sqlite" else "~*" if folded else "~"
            shown = f"(?i){value}" if folded and self.engine == "sqlite" else value
            return f"{text} {word} {_text(shown)}"
        if lookup == "iexact":
            if self.engine == "postgresql":
                return f"UPPER({text}) = UPPER({_text(value)})"
            return f"{subject} LIKE {_text(escaped)}{tail}"
        return None

    def _function(self, call: Call, located: Located) -> str | None:
        name = self._called(located, call)
        args = [replace(located, expr=arg) for arg in call.args]
        first = self._operand_of(args[0]) if args else None
        if name == "F":
            return self._column(call.args[0].value) if call.args and isinstance(call.args[0], Literal) else None
        if name == "Value":
            return self.constant(args[0], Family.OTHER) if args else None
        if name == "Now":
            return _NOW_OF.get(self.engine, "CURRENT_TIMESTAMP")
        wanted = call.argument(1, "output_field")
        if name == "Cast" and wanted is not None and first:
            field = read_field("", wanted, located.module, located.scope, wanted.span, self.world)
            type_ = type_text(field, self.engine, self.world) if field is not None else None
            return (
                f"({first})::{type_}"
                if type_ and self.engine == "postgresql"
                else type_ and f"CAST({first} AS {type_})"
            )
        if name == "Collate" and len(args) > 1 and first and isinstance(args[1].expr, Literal):
            return f"{first} COLLATE {_quoted(str(args[1].expr.value))}"
        if name == "SearchVector":
            return self._search_vector(call, located)
        if name == "Concat":
            parts = [part for part in map(self._operand_of, args) if part is not None]
            joined = " || ".join(f"COALESCE({part}, '')" for part in parts)
            return f"({joined})" if parts and len(parts) == len(args) else None
        if name == "Q":
            return self._q(call, located, negated=False)
        if name == "Case":
            return self._case(call, located)
        own = self._own_function(call, located)
        if name in _FUNCTIONS or own is not None:
            given = [part for part in map(self._operand_of, args) if part is not None]
            common = (name or "").upper()
            sql_name = own or (_SQL_NAMES.get(name or "", common) if self.engine == "postgresql" else common)
            return f"{sql_name}({', '.join(given)})" if given and len(given) == len(args) else None
        return None

    def _own_function(self, call: Call, located: Located) -> str | None:
        """The SQL function of a class of the project that derives from Func or Transform and names just that."""
        found = self.world.resolve_expr(located.module, call.function, located.scope)
        if not isinstance(found, ClassDef) or self.world.attribute(found, "template") is not None:
            return None
        externals = {name.rpartition(".")[2] for name in self.world.external_bases(found)}
        member = self.world.attribute(found, "function")
        if not externals & {"Func", "Transform"} or member is None or not isinstance(member[1], Assign):
            return None
        value = self.world.value(member[1].value, member[0].module, member[0])
        return value if isinstance(value, str) and value.isidentifier() else None

    def _operand_of(self, located: Located) -> str | None:
        """An argument of a function: a text is a field's name, a number itself, anything else an expression."""
        if isinstance(located.expr, Literal) and not isinstance(located.expr.value, str):
            return literal(located.expr.value, Family.OTHER)
        return self.expression(located)

    def _search_vector(self, call: Call, located: Located) -> str | None:
        config = call.keyword("config")
        found = [self._operand_of(replace(located, expr=arg)) for arg in call.args]
        names = [name for name in found if name is not None]
        if not names or len(names) != len(found) or self.engine != "postgresql":
            return None
        joined = " || ' ' || ".join(f"COALESCE({name}, '')" for name in names)
        language = self.world.value(config, located.module, located.scope)
        if not isinstance(language, str):
            return None  # without a configuration it is not immutable, and PostgreSQL refuses the index
        vector = f"to_tsvector({_text(language)}::regconfig, {joined})"
        weight = self.world.value(call.keyword("weight"), located.module, located.scope)
        return f"setweight({vector}, {_text(weight)})" if isinstance(weight, str) else vector

    def _case(self, call: Call, located: Located) -> str | None:
        branches: list[str] = []
        for arg in call.args:
            if not isinstance(arg, Call) or self._called(located, arg) != "When":
                return None
            then = arg.keyword("then")
            lookups = tuple(k for k in arg.kwargs if k.name not in {"then", "condition"})
            given = arg.keyword("condition")
            condition = Call(arg.function, (*arg.args, *((given,) if given is not None else ())), lookups, arg.span)
            test = self._q(condition, located, negated=False)
            result = self._operand_of(replace(located, expr=then)) if then is not None else None
            if not test or result is None:
                return None
            branches.append(f"WHEN {test} THEN {result}")
        default = call.keyword("default")
        other = self._operand_of(replace(located, expr=default)) if default is not None else "NULL"
        return f"CASE {' '.join(branches)} ELSE {other} END" if branches and other is not None else None

    def _column(self, name: Constant) -> str | None:
        term = self.columns(name) if isinstance(name, str) else None
        return _quoted(term.column) if term is not None else None


_LOOKUPS = frozenset(
    {"exact", "iexact", "gt", "gte", "lt", "lte", "in", "isnull", "range", "contains", "icontains", "startswith",
     "istartswith", "endswith", "iendswith", "regex", "iregex"}
)  # fmt: skip


def literal(value: Constant, family: Family) -> str | None:
    """A constant as SQL; texts that hold a number stay numbers in numeric columns. None for what is no constant."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, str):
        return value if family in _NUMERIC and _is_number(value) else _text(value)
    return None


def _is_number(text: str) -> bool:
    try:
        Decimal(text)
    except InvalidOperation:
        return False
    return text.strip() == text and not text.lower().startswith(("nan", "inf", "-inf"))


def _is_list(value: Constant) -> bool:
    return isinstance(value, (list, tuple, set, frozenset)) and len(value) > 0


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"

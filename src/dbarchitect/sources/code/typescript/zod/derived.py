"""Schemas that a program derives from its tables (drizzle-zod), or writes as decorators of a class (class-validator).

Sources: https://orm.drizzle.team/docs/zod, https://github.com/typestack/class-validator
"""

from __future__ import annotations

import re
from dataclasses import replace

from dbarchitect.catalog.refs import Origin
from dbarchitect.sources.code.typescript.frames import Frame
from dbarchitect.sources.code.typescript.values import Function, Instance, Table
from dbarchitect.sources.code.typescript.vocabulary import Arguments, Site
from dbarchitect.sources.code.typescript.walking import dotted
from dbarchitect.sources.code.typescript.zod.schema import Kind, Schema, number_of, texts_of
from dbarchitect.sources.code.values import Entries
from dbarchitect.sources.typescript.syntax import Call, Class, Expr, Field, Regex

_DERIVING = re.compile(
    r"^(?:drizzle-(?:zod|valibot)|drizzle-orm/(?:zod|valibot)):create(?P<what>Insert|Update|Select)Schema$"
)
_NUMBERS = frozenset({"IsInt", "IsNumber", "IsPositive", "Min", "Max", "IsNegative", "IsDecimal"})
_CHECKING = re.compile(
    r"^(?:Is[A-Z]\w*|Min|Max|MinLength|MaxLength|Length|Matches|Contains|NotContains|ArrayM\w+|ValidateNested|Allow|Equals)$"
)


def derived(name: str, arguments: Arguments, site: Site) -> Schema | None:
    """`createInsertSchema(table, { name: z.string().max(80) })`; None for any other function."""
    found, table = _DERIVING.match(name), arguments.get(0)
    if found is None or not isinstance(table, Table):
        return None
    unknown = Schema(Kind.UNKNOWN, Origin(), optional=found["what"] == "Update")
    fields = dict.fromkeys(table.model.columns, unknown)
    given = arguments.get(1)
    for column, said in given.entries.items() if isinstance(given, Entries) else ():
        if isinstance(said, Function):
            said = site.interpreter.call(said, Arguments((unknown,)), site)  # noqa: PLW2901 - what it makes of the column
        if isinstance(said, Schema):
            fields[column] = replace(said, optional=said.optional or unknown.optional)
    return Schema(Kind.OBJECT, site.origin, tuple(fields.items()))


class Decorated:
    """Reads what the decorators of classes demand, each class once."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, int], dict[str, Field]] = {}

    def field(self, owner: Instance, name: str, site: Site) -> Schema | None:
        """What is demanded of a property; None where no decorator of class-validator says anything."""
        key = (owner.cls.module.path, owner.cls.start)
        if key not in self._known:
            self._known[key] = _decorated(owner.cls)
        found = self._known[key].get(name)
        return _demanded(found, owner.cls, site) if found is not None else None


def _decorated(cls: Class) -> dict[str, Field]:
    imported = {name for name, what in cls.module.imports.items() if what.specifier == "class-validator"}
    return {field.name: field for field in cls.fields if imported.intersection(_name(d) for d in field.decorators)}


def _demanded(field: Field, cls: Class, site: Site) -> Schema:
    checks = [d for d in field.decorators if _CHECKING.match(_name(d))]
    kind = Kind.NUMBER if any(_name(d) in _NUMBERS for d in checks) else Kind.TEXT
    first, last = min(d.start for d in field.decorators), max(d.end for d in field.decorators)
    found = Schema(kind, cls.module.origin(first, last), optional=any(_name(d) == "IsOptional" for d in checks))
    frame = Frame(cls.module, f"{cls.module.path}:{cls.qualname}")
    for decorator in checks:
        if isinstance(decorator, Call):
            found = _limited(found, decorator, [site.interpreter.of(arg, frame) for arg in decorator.args])
    return found


def _limited(found: Schema, decorator: Call, given: list[object]) -> Schema:
    name = _name(decorator)
    first = given[0] if given else None
    if name in {"IsEnum", "IsIn"}:
        return replace(found, choices=texts_of(first))
    if name in {"Min", "Max"}:
        end = number_of(first)
        return replace(found, minimum=end) if name == "Min" else replace(found, maximum=end)
    if name in {"MaxLength", "Length"}:
        length = number_of(given[-1] if name == "Length" and len(given) > 1 else first)
        return replace(found, max_length=int(length)) if length is not None else found
    if name == "Matches" and isinstance(decorator.args[0] if decorator.args else None, Regex):
        return replace(found, pattern=_pattern(decorator.args[0]))
    return found


def _pattern(expr: Expr) -> str | None:
    return expr.pattern if isinstance(expr, Regex) else None


def _name(decorator: Expr) -> str:
    return dotted(decorator).rpartition(".")[2]

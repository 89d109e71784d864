"""Classes that ask of tables which others name: `this.prisma[this.model].findMany()`, `this.db.from(this.table)`.

A subclass names the table, or whoever makes an object of the class. What such a class asks is followed once for each of
them, and told as theirs.
"""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Collection, Iterator

from dbarchitect.sources.code.typescript.values import ClassValue, Function, Instance
from dbarchitect.sources.code.typescript.vocabulary import Following, Vocabulary
from dbarchitect.sources.code.values import Value
from dbarchitect.sources.typescript.index import TypeScriptIndex
from dbarchitect.sources.typescript.syntax import Bind, Call, Class, Define, Module, Name
from dbarchitect.sources.typescript.words import Words

_TAKERS = ("from", "From", "into", "Into", "insert", "update", "updateTable", "delete", "knex", "db", "trx")
"""What is given a table: `from(this.table)`, `selectFrom(this.table)`."""
_TAKEN = "|".join(rf"(?<={name}\(this)" for name in _TAKERS)
_ASKING = Words.of(
    (
        rb"this(?:(?<=\[this)|(?<=\[\(this))\.\w+(?:\s+as\s+\w+)?\s*\)?\s*\]",  # `client[this.model]`
        rf"this(?:{_TAKEN})\.\w+\s*\)".encode(),
        rb"this(?<=\bthis)\.\w+(?:\(\))?\.(?:find(?:Many|Unique|First)|(?:create|update|delete)Many|upsert)\b",
    )
)
_CLASS = re.compile(rb"\bclass\s+(\w+)")
_DEEPEST = 5
_MOST = 400
"""Names of such classes: of more, their names tell nothing."""


class GenericVocabulary(Vocabulary):
    """Follows what classes inherit of those that name no table themselves."""

    name = "generic"

    def __init__(self, index: TypeScriptIndex) -> None:
        names = index.gather("generic classes", _ASKING, _classes)
        self.generic = names if len(names) <= _MOST else frozenset()
        if self.generic:
            known = b"|".join(name.encode() for name in sorted(self.generic))
            self.needles = (rb"extends\s+(?:" + known + rb")\b", rb"new(?<=\bnew)\s+(?:" + known + rb")\b")

    def gathered(self) -> object:
        """The classes that ask so."""
        return sorted(self.generic)

    def read_module(self, module: Module, interpreter: Following) -> None:
        """The subclasses that a module declares, and the objects that it makes of such classes."""
        for statement in module.statements if self.generic else ():
            match statement:
                case Define(value=Class(base=Name()) as cls) if any(self._asking(cls, interpreter)):
                    self._follow(interpreter.instance(cls), cls.methods, interpreter)
                case Bind(target=Name(id=name), value=Call(new=True, function=Name(id=of))) if of in self.generic:
                    self._follow(interpreter.named(module, name), {}, interpreter)

    def _follow(self, made: Value, own: Collection[str], interpreter: Following) -> None:
        """Follow what an object has of such classes, but for methods that its class has of its `own`."""
        if not isinstance(made, Instance):
            return
        known = {"constructor", *own}
        for cls in self._asking(made.cls, interpreter):
            for name, method in cls.methods.items():
                if name not in known and not method.static and interpreter.asks(method):
                    interpreter.follow(Function(method, made))
                known.add(name)

    def _asking(self, cls: Class, interpreter: Following) -> Iterator[Class]:
        """Of a class and those that it extends, the ones that ask so."""
        here: Class | None = cls
        for _ in range(_DEEPEST):
            if here is None:
                return
            if here.name in self.generic:
                yield here
            base = interpreter.named(here.module, here.base.id) if isinstance(here.base, Name) else None
            here = base.cls if isinstance(base, ClassValue) else None


def _classes(source: bytes) -> frozenset[str]:
    """The classes of a module in which it is asked so."""
    classes = list(_CLASS.finditer(source))
    begins = [found.start() for found in classes]
    holding = {bisect(begins, start) - 1 for start, _ in _ASKING.spans(source)}
    return frozenset(classes[number][1].decode(errors="replace") for number in holding if number >= 0)

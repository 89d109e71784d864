"""What declarations tell of Prisma: classes and types of clients, of their models, of rows."""

from __future__ import annotations

import re

from dbarchitect.sources.code.typescript.frames import Frame
from dbarchitect.sources.code.typescript.prisma.models import Models
from dbarchitect.sources.code.typescript.prisma.values import LIBRARY, Client, Fetched
from dbarchitect.sources.code.typescript.values import ClassValue
from dbarchitect.sources.code.typescript.vocabulary import Following, Site
from dbarchitect.sources.code.values import Library, Value
from dbarchitect.sources.typescript.syntax import Call, Class, Expr, Member, Name

_CLIENT_CLASS = re.compile(r"(?:Base|Extended|Generated)?PrismaClient\Z")
_TYPE = re.compile(
    r"(?<![\w$])(?:(?:Prisma\.)?TransactionClient|(?:\w*\.)?PrismaClient(?:Like|OrTransaction|Type|Extended)?|"
    r"(?:Extended|Custom|My|App)PrismaClient|Prisma(?:Tx|Tx?Client|Transaction(?:al)?(?:Client)?))(?![\w$.\[])"
)
_DELEGATE = re.compile(r"(?:Prisma\.)?([A-Z]\w*)Delegate(?:<.*)?\Z|\w*PrismaClient\[[\"'](\w+)[\"']\]\Z", re.DOTALL)
_ROWS = re.compile(r"(?:Prisma\.([A-Z]\w*)GetPayload<.*>|([A-Z]\w*))(\[\])?\Z", re.DOTALL)
_OTHER = re.compile(r"\s*(?:[{(\[]|(?:Map|Record|Array|Set)\b)")


def is_client_class(value: Value) -> bool:
    """Whether a value is the class of the client, of whatever package: a generated one is often not in the tree."""
    return (
        isinstance(value, Library) and _CLIENT_CLASS.match(value.name.rpartition(":")[2].rpartition(".")[2]) is not None
    )


def is_made_here(expr: Expr) -> bool:
    """Whether an expression is written as `new PrismaClient(…)`, where nobody knows the class."""
    if not isinstance(expr, Call) or not expr.new:
        return False
    function = expr.function
    name = function.id if isinstance(function, Name) else function.name if isinstance(function, Member) else ""
    return _CLIENT_CLASS.match(name) is not None


def client_of(cls: Class, interpreter: Following, depth: int = 0) -> Client | None:
    """What an object of a class is that extends the client."""
    base = cls.base
    while isinstance(base, Call):  # a mixin around it: `class X extends withExtensions(PrismaClient)`
        base = base.args[0] if base.args else None
    if not isinstance(base, Name) or depth > 3:
        return None
    value = interpreter.named(cls.module, base.id)
    if is_client_class(value) or (not isinstance(value, ClassValue) and _CLIENT_CLASS.match(base.id)):
        return Client(cls.module.path, cls)
    if isinstance(value, ClassValue):
        found = client_of(value.cls, interpreter, depth + 1)
        return Client(found.home, cls) if found is not None else None
    return None


def kept_client(client: Client, name: str, site: Site) -> Client | None:
    """A client that one of a class of the project keeps: `readonly active = this.$extends(…)`."""
    cls = client.cls
    for field in cls.fields if cls is not None else ():
        if field.name == name and field.value is not None and cls is not None:
            frame = Frame(cls.module, f"{cls.module.path}:<module>", owner=cls, this=client)
            found = site.interpreter.of(field.value, frame)
            return found if isinstance(found, Client) else None
    return None


def of_type(text: str, frame: Frame, models: Models) -> Value | None:
    """What a type promises: a client (also one among others, or with something left out), a model of one, rows."""
    path = frame.module.path
    delegate = _DELEGATE.match(text)
    if delegate is not None:
        return models.delegate(_label(delegate[1] or delegate[2]), path)
    rows = _ROWS.match(text)
    if rows is not None:
        imported = frame.module.imports.get(rows[2] or "")
        of_client = rows[1] is not None or (imported is not None and "prisma" in imported.specifier.lower())
        name = rows[1] or (imported.name if imported is not None else "")
        model = models.labelled(_label(name), path) if of_client else None
        if model is not None:
            return Fetched(model, LIBRARY, bool(rows[3]), open=True)
    if _OTHER.match(text) or "=>" in text:
        return None
    return Client(path) if _TYPE.search(text) is not None else None


def _label(name: str) -> str:
    """What a client calls a model."""
    return name[:1].lower() + name[1:]

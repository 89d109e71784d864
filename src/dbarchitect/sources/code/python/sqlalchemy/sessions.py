"""Sessions and connections: what is one, and what opens a transaction."""

from __future__ import annotations

import re

from dbarchitect.catalog.queries import EventFact, EventKind
from dbarchitect.sources.code.python.sqlalchemy.values import Begun, Session
from dbarchitect.sources.code.python.values import Instance, ModuleValue
from dbarchitect.sources.code.python.vocabulary import Arguments, Site
from dbarchitect.sources.code.values import Library, Member, Opaque, Value
from dbarchitect.sources.python.expressions import Attribute, BinOp, Expr, Name, Subscript
from dbarchitect.sources.python.statements import Parameter

_KINDS = {
    "Session": "session",
    "AsyncSession": "session",
    "scoped_session": "session",
    "async_scoped_session": "session",
    "SQLModelSession": "session",
    "SignallingSession": "session",
    "sessionmaker": "maker",
    "async_sessionmaker": "maker",
    "Connection": "connection",
    "AsyncConnection": "connection",
    "Engine": "engine",
    "AsyncEngine": "engine",
    "SQLAlchemy": "database",
    "SQLAlchemySession": "session",
    "Connectable": "connection",
}
_MAKES = {
    "create_engine": "engine",
    "create_async_engine": "engine",
    "engine_from_config": "engine",
    "async_engine_from_config": "engine",
    "sessionmaker": "maker",
    "async_sessionmaker": "maker",
    "scoped_session": "maker",
    "async_scoped_session": "maker",
    "Session": "session",
    "AsyncSession": "session",
    "SQLAlchemy": "database",
    "object_session": "session",
    "async_object_session": "session",
    "get_bind": "engine",
    "create_session": "session",
}
ROOTS = frozenset(
    {"sqlalchemy", "sqlmodel", "flask_sqlalchemy", "flask_sqlalchemy_lite", "fastapi_sqlalchemy", "alchemical",
     "sqlalchemy_utils", "quart_sqlalchemy", "advanced_alchemy"}
)  # fmt: skip
_NAMED = re.compile(
    r"^_?(?:\w*_)?(?:session|sess|db|database|dbsession|conn|connection|uow|tx|transaction|engine)s?$", re.IGNORECASE
)
_NOT = re.compile(r"client|http|request|boto|flask|redis|mongo|spark|ssh|socket|ftp|smtp|cookie", re.IGNORECASE)
_OTHERS = frozenset({"flask", "django", "quart", "starlette", "requests", "aiohttp", "httpx", "boto3", "redis"})
_ENDS = {"commit": EventKind.COMMIT, "rollback": EventKind.ROLLBACK}


def session_of(dotted: str) -> Session | None:
    """What a library's class of sessions, connections or engines gives."""
    root, _, _ = dotted.partition(".")
    kind = _KINDS.get(dotted.rpartition(".")[2])
    return Session(kind) if kind is not None and root in ROOTS else None


def made(name: str) -> Session | None:
    """What a function of the library makes."""
    kind = _MAKES.get(name)
    return Session(kind) if kind is not None else None


def receiver(value: Value) -> Session | None:
    """A value as a session: it is one, or is called like one and nothing says otherwise."""
    match value:
        case Session():
            return value
        case Begun(session=session, inner=inner):
            return Session("savepoint") if inner else session
        case Member(owner=owner, name=name):
            if (
                _NAMED.match(name)
                and not _NOT.search(name)
                and isinstance(owner, Instance | Opaque | Member | ModuleValue)
            ):
                return Session()
            return Session() if isinstance(owner, Library) and _by_library(f"{owner.name}.{name}") else None
        case Library(name=name):
            return Session() if _by_library(name) else None
        case _:
            return None


def _by_library(dotted: str) -> bool:
    root, _, _ = dotted.partition(".")
    return root not in _OTHERS and "." in dotted and _NAMED.match(dotted.rpartition(".")[2]) is not None


def by_name(parameter: Parameter) -> Session | None:
    """A parameter that its name, or its annotation as written, says is a session."""
    written = _written(parameter.annotation)
    if _NOT.search(parameter.name) or _NOT.search(written):
        return None
    if not _NAMED.match(parameter.name):
        return Session() if re.search(r"(?:^|Async|Db|DB|Sync|Scoped)Session(?:Dep)?$", written) else None
    if written and not re.search(r"session|conn|engine|db|any", written, re.IGNORECASE):
        return None
    return Session()


def _written(expr: Expr | None) -> str:
    match expr:
        case Name(id=id_):
            return id_.rpartition(".")[2]
        case Attribute(attr=attr):
            return attr
        case Subscript(value=inner, index=index):
            return _written(index) if _written(inner) in {"Annotated", "Optional"} else _written(inner)
        case BinOp(left=left):
            return _written(left)
        case _:
            return ""


def session_call(session: Session, name: str, arguments: Arguments, site: Site) -> Value | None:  # noqa: ARG001
    """Methods that end, open or give a transaction or a session."""
    kind = _ENDS.get(name)
    if kind is not None and session.kind == "savepoint":
        return Opaque()  # what the transaction around it has done lasts no longer than before
    if kind is not None:
        interpreter = site.interpreter
        place = interpreter.place(site.frame)
        interpreter.recorder.event(EventFact(kind, place, site.origin, interpreter.text(site)))
        return Opaque()
    if name in {"begin", "begin_nested", "begin_twophase"}:
        return Begun(session, inner=name == "begin_nested")
    if name in {"connect", "connection", "raw_connection", "get_bind"}:
        return Session("connection")
    if name in {"execution_options", "session_factory", "registry", "create_scoped_session", "sync_session"}:
        return session
    return None


def entered(value: Value) -> tuple[Value, bool] | None:
    """`with session.begin():` is a transaction; `with session:` closes it, no more."""
    match value:
        case Begun(session=session):
            return session, True
        case Session():
            return value, False
        case _:
            return None

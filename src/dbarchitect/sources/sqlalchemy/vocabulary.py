"""SQLAlchemy's names, whichever of its modules they are imported from, and those of the libraries around it."""

from __future__ import annotations

_MODULES = frozenset(
    {"sqlalchemy", "sql", "schema", "types", "sqltypes", "orm", "ext", "declarative", "declarative_base", "hybrid",
     "expression", "base", "api", "elements", "functions", "decl_api", "relationships", "properties", "engine",
     "testing", "type_api", "asyncio", "mutable", "associationproxy", "selectable", "compiler", "decl_base",
     "attributes"}
)  # fmt: skip
_DIALECTS = frozenset({"postgresql", "mysql", "mariadb", "sqlite", "mssql", "oracle"})
_FACADES = frozenset({"flask_sqlalchemy", "sqlmodel", "flask_appbuilder", "flask_sqlalchemy_lite", "geoalchemy2"})
_OWN_OF_FACADE = frozenset(
    {"sqlmodel.SQLModel", "sqlmodel.Field", "sqlmodel.Relationship", "sqlmodel.AutoString",
     "flask_appbuilder.Model", "geoalchemy2.Geometry", "geoalchemy2.Geography", "geoalchemy2.Raster"}
)  # fmt: skip
_FORMER = {"relation": "relationship", "dynamic_loader": "relationship"}
_KNOWN = frozenset(
    {"Column", "Table", "Model", "ForeignKey", "relationship", "Index", "UniqueConstraint", "mapped_column"}
)


def canonical_name(dotted: str) -> str | None:
    """The short name of something of a library: `Column`, `postgresql.JSONB`, `func.now`, `sqlalchemy_utils.EmailType`.

    None for what belongs to no library that we know. Something of another library keeps its top package and its own
    name (`pgvector.Vector`).
    """
    top, *rest = dotted.split(".")
    if not rest:
        return None
    if top == "sqlalchemy":
        return _of_sqlalchemy(rest)
    last = f"{top}.{rest[-1]}"
    if top in _FACADES and last not in _OWN_OF_FACADE:
        return _of_sqlalchemy(rest)
    if top in {"builtins", "typing", "typing_extensions", "datetime", "enum", "uuid", "decimal", "functools"}:
        return dotted
    if rest[-1] in _KNOWN and len(rest) > 1 and rest[-2] in {"db", "sa"}:
        return rest[-1]  # `from company.database import db`: the object is not here, what it does is plain
    if rest[-1] == "relationship":
        return rest[-1]  # a library that hands on SQLAlchemy's own
    return last


def _of_sqlalchemy(rest: list[str]) -> str:
    for dialect in _DIALECTS:
        if dialect in rest[:-1]:
            return f"{dialect}.{rest[-1]}"
    if "func" in rest[:-1]:
        return ".".join(rest[rest.index("func") :])
    names = [part for part in rest if part not in _MODULES] or rest[-1:]
    return _FORMER.get(".".join(names), ".".join(names))


def unresolved_name(dotted: str) -> str | None:
    """What an unexplained `db.Column` can only be; None for anything that could be something else."""
    head, _, last = dotted.rpartition(".")
    return last if last in _KNOWN and head.rpartition(".")[2] in {"db", "sa", "database"} else None

"""SQLAlchemy's ORM and Core."""

from __future__ import annotations

from collections.abc import Sequence

from dbarchitect.catalog.queries import Comparison, Fetch, Predicate
from dbarchitect.sources.base import SourceReading
from dbarchitect.sources.code.draft import Draft
from dbarchitect.sources.code.python.interpreter import Interpreter
from dbarchitect.sources.code.python.values import Library, Member, ModelClass, Rows, Value
from dbarchitect.sources.code.python.vocabulary import Arguments, Site, Vocabulary, operand
from dbarchitect.sources.python.statements import ClassDef


class SqlAlchemyVocabulary(Vocabulary):
    """Sessions, queries, statements, rows."""

    name = "sqlalchemy"
    needles = (rb"\bselect\(", rb"\bquery\b", rb"session")

    def __init__(self, readings: Sequence[SourceReading]) -> None:
        self.readings = readings

    def of_class(self, cls: ClassDef, interpreter: Interpreter) -> Value | None:
        model = interpreter.models.get(f"{cls.module.path}:{cls.qualname}")
        return ModelClass(model, self.name) if model is not None else None

    def call(self, function: Value, arguments: Arguments, site: Site) -> Value | None:
        if isinstance(function, Library) and function.name == "sqlalchemy.select" and isinstance(arguments.args[0], ModelClass):
            m = arguments.args[0].model
            return Draft(self.name, site.origin, model=m, table=m.table)
        if isinstance(function, Member) and isinstance(function.owner, Draft) and function.name in {"where", "filter"}:
            return function.owner.where(*(a for a in arguments.args if isinstance(a, Predicate)))
        if isinstance(function, Member) and arguments.args and isinstance(arguments.args[0], Draft) and function.name in {"scalars", "execute"}:
            d = arguments.args[0]
            r = site.interpreter.recorder.query(d, site.interpreter.place(site.frame), site.origin, Fetch.ALL, site.interpreter.text(site))
            return Rows(d.model, self.name, True, r)
        if isinstance(function, Member) and isinstance(function.owner, Rows) and function.name == "all":
            return function.owner
        return None

    def operate(self, operator: str, operands, site):
        if operator == "==" and isinstance(operands[0], Member) and isinstance(operands[0].owner, ModelClass):
            m = operands[0].owner.model
            c = m.columns.get(operands[0].name)
            if c:
                kind, constants = operand(operands[1])
                return Predicate(m.table.column(c), Comparison.EQUAL, kind, constants)
        return None

    def attribute(self, owner, name, site):
        if isinstance(owner, ModelClass) and name in owner.model.columns:
            return Member(owner, name)
        return None

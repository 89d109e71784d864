"""The attributes that a model has: its own, then those of its mixins, with what their functions return for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from dbarchitect.catalog.refs import Origin
from dbarchitect.sources.python.constants import UNKNOWN, Constant
from dbarchitect.sources.python.expressions import Call, Expr, Name, UnaryOp
from dbarchitect.sources.python.statements import Assign, ClassDef, Condition, FunctionDef, Return
from dbarchitect.sources.sqlalchemy.annotations import AnnotationReader
from dbarchitect.sources.sqlalchemy.columns import ColumnReader
from dbarchitect.sources.sqlalchemy.generated import generated_classes
from dbarchitect.sources.sqlalchemy.located import Frame, Located
from dbarchitect.sources.sqlalchemy.tables import TableReader, Tables


@dataclass(frozen=True, slots=True)
class Member:
    """An attribute that a model has: its name, what it is bound to, and the statement's place."""

    name: str
    value: Located | None
    annotation: Located | None
    place: Origin


def is_for_type_checkers(conditions: tuple[Condition, ...]) -> bool:
    """Whether a statement stands under `if TYPE_CHECKING:`, which never runs."""
    tests = (c.test.id for c in conditions if c.expected and isinstance(c.test, Name))
    return any(name.rpartition(".")[2] == "TYPE_CHECKING" for name in tests)


class MemberReader:
    """Collects the attributes of models. `inherits` tells whether a model has a mapped class above it."""

    def __init__(
        self,
        columns: ColumnReader,
        annotations: AnnotationReader,
        table_reader: TableReader,
        tables: Tables,
        inherits: Callable[[ClassDef], bool],
    ) -> None:
        self.names = columns.names
        self.columns = columns
        self.annotations = annotations
        self.table_reader = table_reader
        self.tables = tables
        self.inherits = inherits
        self.made: dict[tuple[ClassDef, str], ClassDef] = {}
        """The classes that mixins made, by the model and the name that they are bound to."""

    def members(self, cls: ClassDef, order: tuple[ClassDef, ...]) -> Iterator[Member]:
        """The attributes that make columns of the model's own: its own first, then those of its mixins."""
        taken: set[str] = set()
        inherited: set[str] = set()
        for base in order:
            above = self.tables.by_model.get(base) if base is not cls else None
            if above is not None:
                inherited.update(above.attributes)
                continue
            own: set[str] = set()
            for statement in base.body:
                name = statement.target if isinstance(statement, Assign) else getattr(statement, "name", "")
                if not name or "." in name or name in taken or (name.startswith("__") and name.endswith("__")):
                    continue
                if is_for_type_checkers(getattr(statement, "conditions", ())):
                    continue
                if name in inherited and not self._is_cascading(base, statement):
                    continue
                member = self._member(cls, base, statement)
                if member is not None:
                    if name not in own:
                        yield member
                    own.add(name)
                elif isinstance(statement, FunctionDef) or (isinstance(statement, Assign) and statement.value):
                    own.add(name)
            taken |= own

    def _member(self, cls: ClassDef, base: ClassDef, statement: object) -> Member | None:
        frame = Frame(base.module, base, {"cls": cls})
        if isinstance(statement, Assign):
            place = self.columns.origin(Located(Name(statement.target, statement.span), frame))
            annotation = frame.at(statement.annotation) if statement.annotation is not None else None
            if statement.value is None and (annotation is None or self.annotations.mapped(annotation) is None):
                return None
            plain = Frame(base.module, base)
            value = plain.at(statement.value) if statement.value is not None else None
            return Member(statement.target, value, annotation, place)
        if isinstance(statement, FunctionDef) and self._is_declared(base, statement):
            self._tables_inside(cls, statement)
            for name, made in generated_classes(self.names, statement, cls, self.columns.report):
                self.made[cls, name] = made
            value = self.returned(cls, statement)
            place = self.columns.origin(Located(Name(statement.name, statement.span), frame))
            annotation = frame.at(statement.annotation) if statement.annotation is not None else None
            return Member(statement.name, value, annotation, place) if value is not None else None
        return None

    def _tables_inside(self, cls: ClassDef, function: FunctionDef) -> None:
        """Association tables that a mixin's function writes out for each model."""
        frame = Frame(function.module, function, {p.name: cls for p in function.parameters[:1]})
        for statement in function.body:
            value = statement.value if isinstance(statement, Assign) else None
            if isinstance(value, Call) and (value.name or "").endswith("Table"):
                call = self.names.invocation(value, frame)
                if call is not None and call.name == "Table":
                    self.table_reader.read(call)

    def _is_cascading(self, base: ClassDef, statement: object) -> bool:
        """Whether a function of a mixin counts for each class of a hierarchy anew."""
        frame = Frame(base.module, base)
        decorators = statement.decorators if isinstance(statement, FunctionDef) else ()
        return any((self.names.name_of(d, frame) or "").endswith(".cascading") for d in decorators)

    def _is_declared(self, base: ClassDef, function: FunctionDef) -> bool:
        frame = Frame(base.module, base)
        return any((self.names.name_of(d, frame) or "").startswith("declared_attr") for d in function.decorators)

    def returned(self, cls: ClassDef, function: FunctionDef) -> Located | None:
        """What a function of a class returns when it is called for a model: the first branch that may be taken."""
        local = {function.parameters[0].name: cls} if function.parameters else {}
        frame = Frame(function.module, function, local)
        for statement in function.body:
            if not isinstance(statement, Return) or statement.value is None:
                continue
            if all(self._holds(condition, frame, cls) is not False for condition in statement.conditions):
                return frame.at(statement.value)
        return None

    def _holds(self, condition: Condition, frame: Frame, cls: ClassDef) -> bool | None:
        """Whether a test comes out as it must; None where that cannot be told."""
        value = self._test(condition.test, frame, cls) if condition.test is not None else UNKNOWN
        return None if value is UNKNOWN else bool(value) is condition.expected

    def _test(self, test: Expr, frame: Frame, cls: ClassDef) -> Constant:
        if isinstance(test, UnaryOp) and test.op == "not":
            inner = self._test(test.operand, frame, cls)
            return UNKNOWN if inner is UNKNOWN else not inner
        if isinstance(test, Call) and self.names.name_of(test.function, frame) == "has_inherited_table":
            return self.inherits(cls)
        return self.names.constant(frame.at(test))

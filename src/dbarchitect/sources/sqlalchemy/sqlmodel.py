"""SQLModel: the fields of a `table=True` class and of the classes that it derives from.

Source: https://sqlmodel.tiangolo.com, `sqlmodel.main.get_column_from_field`
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from dbarchitect.catalog.refs import Origin
from dbarchitect.catalog.types import parse_type
from dbarchitect.sources.python.expressions import Literal, Name, Subscript
from dbarchitect.sources.python.resolved import External
from dbarchitect.sources.python.statements import Assign, ClassDef
from dbarchitect.sources.sqlalchemy.annotations import Annotated, AnnotationReader
from dbarchitect.sources.sqlalchemy.columns import ColumnReader, constant_text
from dbarchitect.sources.sqlalchemy.drafts import ColumnDraft, ColumnTarget, ForeignKeyDraft, TableDraft
from dbarchitect.sources.sqlalchemy.located import Frame, Invocation, Located
from dbarchitect.sources.sqlalchemy.relationships import RelationshipRead, RelationshipReader
from dbarchitect.sources.sqlalchemy.type_read import UNKNOWN_TYPE, TypeRead

_TEXTS = ("ipaddress.", "pathlib.", "pydantic.")
_BOUNDS = {"ge": "minimum", "gt": "minimum", "le": "maximum", "lt": "maximum"}


class SqlModelReader:
    """Reads SQLModel's fields."""

    def __init__(self, annotations: AnnotationReader, columns: ColumnReader) -> None:
        self.annotations = annotations
        self.names = annotations.names
        self.columns = columns

    def fill(
        self, draft: TableDraft, cls: ClassDef, order: tuple[ClassDef, ...], relationships: RelationshipReader
    ) -> Iterator[RelationshipRead]:
        """Put the fields into the table, those of the bases first; give the relationships."""
        fields: dict[str, tuple[Assign, ClassDef]] = {}
        for base in reversed(order):
            for statement in base.assignments:
                private = statement.target.startswith("_") or "." in statement.target
                if statement.annotation is not None and not private:
                    fields[statement.target] = (statement, base)
        for name, (statement, base) in fields.items():
            frame = Frame(base.module, base)
            if statement.annotation is None or self._is_class_variable(frame.at(statement.annotation)):
                continue
            call = self.names.invocation(statement.value, frame) if statement.value is not None else None
            annotation = frame.at(statement.annotation)
            if call is not None and call.name in {"sqlmodel.Relationship", "relationship"}:
                found = relationships.read(call, cls, annotation, name)
                if found is not None:
                    yield found
                continue
            default = frame.at(statement.value) if statement.value is not None and call is None else None
            place = self.columns.origin(Located(Name(name, statement.span), frame))
            draft.add(self._column(name, annotation, call, default, place))

    def _is_class_variable(self, located: Located) -> bool:
        return isinstance(located.expr, Subscript) and (
            self.names.name_of(located.expr.value, located.frame) or ""
        ).endswith("ClassVar")

    def _column(
        self, name: str, annotation: Located, call: Invocation | None, default: Located | None, place: Origin
    ) -> ColumnDraft:
        """The column of one field."""
        field = call if call is not None and call.name == "sqlmodel.Field" else None
        annotated = self.annotations.read(annotation, None)
        if field is None and call is None and annotated.column is not None:
            field = annotated.column
        given = field.kwargs if field is not None else {}
        written = given.get("sa_column")
        column = self.names.invocation(written.expr, written.frame) if written is not None else None
        if column is not None:
            return self.columns.read(column, name, place, self._annotated(annotation, annotated, given))
        kwargs = {k: v for k, v in given.items() if k in {"primary_key", "index", "unique", "nullable"}}
        if (more := given.get("sa_column_kwargs")) is not None:
            kwargs.update(self.names.entries(more.expr, more.frame) or {})
        args: tuple[Located, ...] = (given["sa_type"],) if "sa_type" in given else ()
        if (extra := given.get("sa_column_args")) is not None:
            args = (*args, *(self.names.items(extra.expr, extra.frame) or ()))
        value = default or (given.get("default") or (field.args[0] if field is not None and field.args else None))
        if value is not None and not _is_required(value):
            kwargs.setdefault("default", value)
        if "default_factory" in given:
            kwargs.setdefault("default", given["default_factory"])
        location = call.location if call is not None else annotation
        invocation = Invocation("mapped_column", args, kwargs, location)
        draft = self.columns.read(invocation, name, place, self._annotated(annotation, annotated, given))
        if (target := given.get("foreign_key")) is not None:
            draft.foreign_keys.append(self._foreign_key(name, target, Invocation("ForeignKey", (), given, location)))
        return self._bounded(draft, given)

    def _annotated(self, annotation: Located, annotated: Annotated, given: Mapping[str, Located]) -> Annotated:
        """The annotation's type with what Field says of it: lengths, digits."""
        read = annotated.read or self._text(annotated.subject) or UNKNOWN_TYPE
        if read is UNKNOWN_TYPE and not {"sa_type", "sa_column"} & set(given):
            self.columns.report(annotation, "the type of this field could not be read")
        length = self.names.constant(given.get("max_length"))
        if isinstance(length, int) and read.type.name == "character varying" and not read.choices:
            read = replace(read, type=parse_type(f"VARCHAR({length})"))
        digits, places = self.names.constant(given.get("max_digits")), self.names.constant(given.get("decimal_places"))
        if isinstance(digits, int) and read.type.name == "numeric":
            scale = f",{places}" if isinstance(places, int) else ""
            read = replace(read, type=parse_type(f"NUMERIC({digits}{scale})"))
        return replace(annotated, read=read, column=None)

    def _text(self, subject: Located) -> TypeRead | None:
        """Types that SQLModel stores as text: e-mail addresses, URLs, paths."""
        name = self.names.name_of(subject.expr, subject.frame) or ""
        found = self.names.follow(subject.expr, subject.frame)
        if isinstance(found, External):
            name = found.name
        return TypeRead(parse_type("VARCHAR")) if name.startswith(_TEXTS) else None

    def _foreign_key(self, name: str, target: Located, call: Invocation) -> ForeignKeyDraft:
        value = self.names.constant(target)
        text = value if isinstance(value, str) else None
        draft = ForeignKeyDraft((name,), (ColumnTarget(text=text),), self.columns.origin(target))
        options = {"ondelete": call.kwargs["ondelete"]} if "ondelete" in call.kwargs else {}
        return self.columns.with_options(draft, Invocation("ForeignKey", (), options, target))

    def _bounded(self, draft: ColumnDraft, given: Mapping[str, Located]) -> ColumnDraft:
        """The bounds that the field's validation sets."""
        for word, side in _BOUNDS.items():
            text = constant_text(self.names.constant(given.get(word)), None)
            if text is not None and side == "minimum":
                draft.declared = replace(draft.declared, minimum=text)
            elif text is not None:
                draft.declared = replace(draft.declared, maximum=text)
        return draft


def _is_required(value: Located) -> bool:
    return isinstance(value.expr, Literal) and value.expr.value is ...

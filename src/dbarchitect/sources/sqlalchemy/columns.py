"""`Column(…)` and `mapped_column(…)` → columns.

Source: https://docs.sqlalchemy.org/en/20/core/metadata.html#sqlalchemy.schema.Column.__init__
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from dbarchitect.catalog.members import Action, Declared, Identity
from dbarchitect.catalog.refs import Origin
from dbarchitect.catalog.types import Family
from dbarchitect.sources.python.body import holds_nothing, may_give_nothing
from dbarchitect.sources.python.comments import comment_at
from dbarchitect.sources.python.constants import UNKNOWN, Constant, EnumMember, Environment, is_known, plain
from dbarchitect.sources.python.expressions import Attribute, Call, Lambda, Literal, Name
from dbarchitect.sources.python.resolved import External, Value
from dbarchitect.sources.python.statements import ClassDef, FunctionDef
from dbarchitect.sources.sqlalchemy.annotations import Annotated
from dbarchitect.sources.sqlalchemy.drafts import CheckDraft, ColumnDraft, ColumnTarget, ForeignKeyDraft
from dbarchitect.sources.sqlalchemy.follow import Names
from dbarchitect.sources.sqlalchemy.located import Frame, Invocation, Located
from dbarchitect.sources.sqlalchemy.sqltext import SqlText, quoted
from dbarchitect.sources.sqlalchemy.type_read import UNKNOWN_TYPE, TypeRead
from dbarchitect.sources.sqlalchemy.types import TypeReader

_NO_DDL = frozenset({"FetchedValue"})
_WRAPPED_DEFAULTS = frozenset({"DefaultClause", "ColumnDefault"})
_SCHEMA_ITEMS = frozenset(
    {"ForeignKey", "Sequence", "Identity", "Computed", "CheckConstraint", *_NO_DDL, *_WRAPPED_DEFAULTS}
)


class ColumnReader:
    """Reads columns for one engine. `origin` tells the place of an expression."""

    def __init__(
        self,
        names: Names,
        types: TypeReader,
        text: SqlText,
        engine: str,
        origin: Callable[[Located], Origin],
        report: Callable[[Located, str], None],
    ) -> None:
        self.names = names
        self.types = types
        self.text = text
        self.engine = engine
        self.origin = origin
        self.report = report

    def read(self, call: Invocation, attribute: str, place: Origin, annotated: Annotated | None = None) -> ColumnDraft:
        """The column that a call makes. `annotated` is what its `Mapped[…]` tells."""
        if annotated is not None and annotated.column is not None:
            call = replace(
                call, args=(*call.args, *annotated.column.args), kwargs={**annotated.column.kwargs, **call.kwargs}
            )
        given = self.names.constant(call.args[0]) if call.args else UNKNOWN
        named = given if isinstance(given, str) else self.names.constant(call.kwargs.get("name"))
        name = named if isinstance(named, str) else attribute
        key = self.names.constant(call.kwargs.get("key"))
        draft = ColumnDraft(attribute, key if isinstance(key, str) else name, name, place)
        type_at = call.kwargs.get("type_")
        for arg in call.args[1:] if isinstance(given, str) else call.args:
            item = self.names.invocation(arg.expr, arg.frame)
            kind = item.name if item is not None else self.names.name_of(arg.expr, arg.frame)
            if kind in _SCHEMA_ITEMS:
                self._item(draft, kind or "", item)
            elif type_at is None and self.names.constant(arg) is not None:
                type_at = arg
        draft.read = self._type(type_at, annotated, draft, call)
        self._keywords(draft, call, annotated)
        return draft

    def _type(
        self, located: Located | None, annotated: Annotated | None, draft: ColumnDraft, call: Invocation
    ) -> TypeRead | None:
        if call.name in {"insert_sentinel", "orm_insert_sentinel"}:
            return self.types.named("Integer")
        if located is not None:
            # A type that cannot be told is that of the column pointed at, where there is one.
            return self.types.attempt(located) if draft.foreign_keys else self.types.read(located)
        if draft.foreign_keys:  # the type of the column pointed at goes before that of the annotation
            draft.annotated = annotated.read if annotated is not None else None
            return None
        if annotated is not None and annotated.read is not None:
            return annotated.read
        self.report(call.location, f"the type of column {draft.name} is not told")
        return UNKNOWN_TYPE

    def _flag(self, call: Invocation, name: str) -> bool | None:
        value = self.names.constant(call.kwargs.get(name))
        return value if isinstance(value, bool) else None

    def _keywords(self, draft: ColumnDraft, call: Invocation, annotated: Annotated | None) -> None:
        draft.primary_key = self._flag(call, "primary_key") is True
        nullable = self._flag(call, "nullable")
        if nullable is None:
            annotation_counts = annotated is not None and call.name == "mapped_column"
            nullable = annotated.optional if annotated is not None and annotation_counts else draft.identity is None
            draft.null_said = annotation_counts
        draft.nullable = nullable and not draft.primary_key
        draft.index = self._flag(call, "index") is True
        draft.unique = self._flag(call, "unique") is True
        draft.system = self._flag(call, "system") is True
        auto = self.names.constant(call.kwargs.get("autoincrement"))
        draft.autoincrement = auto if isinstance(auto, (bool, str)) else "auto"
        comment = self.names.constant(call.kwargs.get("comment"))
        draft.comment = comment if isinstance(comment, str) else None
        if draft.read is not None:
            draft.collation = draft.read.collation
        self.server_default(draft, call.kwargs.get("server_default"))
        self._declared(draft, call, annotated)

    def _item(self, draft: ColumnDraft, kind: str, item: Invocation | None) -> None:
        """A schema item among a column's arguments."""
        if kind == "Identity":
            always = item is not None and self.names.constant(item.argument(0, "always")) is True
            draft.identity = Identity.ALWAYS if always else Identity.BY_DEFAULT
        if item is None:
            return
        match kind:
            case "ForeignKey":
                draft.foreign_keys.append(self.foreign_key(item, draft.key))
            case "Sequence":
                name = self.names.constant(item.argument(0, "name"))
                optional = self.names.constant(item.kwargs.get("optional")) is True
                draft.sequence = name if isinstance(name, str) and not optional else None
            case "Computed":
                draft.generated = self.text.sql(item.args[0]) if item.args else None
                constant = self.names.constant(item.args[0]) if item.args else UNKNOWN
                draft.generated = constant if isinstance(constant, str) else draft.generated
                persisted = self.names.constant(item.argument(1, "persisted"))
                draft.generated_stored = persisted is True or (self.engine == "postgresql" and persisted is not False)
            case "CheckConstraint":
                check = self.check(item)
                if check is not None:
                    draft.checks.append(check)
            case "DefaultClause" if item.args:
                self.server_default(draft, item.args[0])
            case "ColumnDefault":
                draft.has_python_default = True

    def check(self, call: Invocation) -> CheckDraft | None:
        """A CheckConstraint; None (reported) when its condition cannot be told."""
        condition = call.argument(0, "sqltext")
        value = self.names.constant(condition)
        text = value if isinstance(value, str) else self.text.sql(condition)
        if text is None:
            self.report(call.location, "the condition of this CHECK could not be read")
            return None
        name = self.names.constant(call.argument(1, "name"))
        return CheckDraft(text, self.origin(call.location), name if isinstance(name, str) else None)

    def foreign_key(self, call: Invocation, key: str) -> ForeignKeyDraft:
        """The `ForeignKey(…)` of one column."""
        target = self.target(call.argument(0, "column"), call)
        return self.with_options(ForeignKeyDraft((key,), (target,), self.origin(call.location)), call)

    def with_options(self, draft: ForeignKeyDraft, call: Invocation) -> ForeignKeyDraft:
        """What a foreign key does, from the keywords of ForeignKey or ForeignKeyConstraint."""
        draft.on_delete = self._action(call, "ondelete")
        draft.on_update = self._action(call, "onupdate") or Action.NO_ACTION
        name = self.names.constant(call.kwargs.get("name"))
        draft.name = name if isinstance(name, str) else None
        initially = self.names.constant(call.kwargs.get("initially"))
        draft.deferrable = self._flag(call, "deferrable") is True
        draft.initially_deferred = isinstance(initially, str) and initially.upper() == "DEFERRED"
        draft.deferrable = draft.deferrable or draft.initially_deferred
        draft.use_alter = self._flag(call, "use_alter") is True
        draft.match_full = self.names.constant(call.kwargs.get("match")) == "FULL"
        return draft

    def _action(self, call: Invocation, name: str) -> Action | None:
        value = self.names.constant(call.kwargs.get(name))
        if not isinstance(value, str):
            return None
        word = " ".join(value.lower().split()).partition("(")[0].strip()
        return next((action for action in Action if action.value == word), None)

    def target(self, located: Located | None, call: Invocation) -> ColumnTarget:
        """What a foreign key points at."""
        value = self.names.constant(located)
        if isinstance(value, str):
            return ColumnTarget(text=value)
        if located is None or not isinstance(located.expr, Name):
            self.report(call.location, "the column that this foreign key points at could not be read")
            return ColumnTarget()
        frame = located.frame
        head, _, last = located.expr.id.rpartition(".")
        if not head:
            return ColumnTarget(attribute=last)
        owner = self.names.follow(Name(head, located.span), frame)
        if isinstance(owner, ClassDef):
            return ColumnTarget(model=owner, attribute=last)
        if isinstance(owner, Value) and owner.rest and owner.rest[-1] in {"c", "columns"}:
            if owner.owner is not None and owner.rest[0] == "__table__":
                return ColumnTarget(model=owner.owner, attribute=last)
            if isinstance(owner.expr, Call):
                maker = self.names.invocation(owner.expr, Frame(owner.module, owner.owner))
                if maker is not None:
                    place = maker.location
                    return ColumnTarget(table=place.frame.key(place.span), attribute=last)
        self.report(call.location, f"the column {located.expr.id} that this foreign key points at is not found")
        return ColumnTarget()

    # Defaults -------------------------------------------------------------------------------------------------------

    def server_default(self, draft: ColumnDraft, located: Located | None) -> None:
        """Put the default that the server fills in into a column."""
        if located is None:
            return
        call = self.names.invocation(located.expr, located.frame)
        kind = call.name if call is not None else self.names.name_of(located.expr, located.frame)
        if kind in _NO_DDL:
            return
        if call is not None and kind in {"Identity", "Computed"}:
            self._item(draft, kind, call)
            return
        if call is not None and kind == "DefaultClause" and call.args:
            located = call.args[0]
        sequence = self._next_value(located)
        if sequence is not None:
            draft.default = f"nextval({quoted(sequence)})"
            return
        value = plain(self.names.constant(located))
        if value is None:
            return
        draft.default = quoted(value) if isinstance(value, str) else self.text.sql(located)
        if draft.default is None:
            self.report(located, f"the server default of column {draft.name} could not be read")

    def _next_value(self, located: Located) -> str | None:
        """Of `Sequence("x").next_value()` or `my_sequence.next_value()` the sequence's name."""
        expr = located.expr
        if not isinstance(expr, Call):
            return None
        match expr.function:
            case Name(id=dotted_name):
                head, _, method = dotted_name.rpartition(".")
                base = located.frame.at(Name(head, expr.span))
            case Attribute(value=value, attr=method):
                base = located.frame.at(value)
            case _:
                return None
        if method != "next_value":
            return None
        maker = self.names.invocation(base.expr, base.frame)
        name = self.names.constant(maker.argument(0, "name")) if maker is not None else UNKNOWN
        return name if isinstance(name, str) else None

    def _declared(self, draft: ColumnDraft, call: Invocation, annotated: Annotated | None) -> None:
        read = draft.read
        declared = Declared(
            choices=read.choices if read is not None and read.choices else self._annotated_values(read, annotated),
            encrypted=read is not None and read.encrypted,
            hashed=read is not None and read.hashed,
            comment=_comment(draft, call),
        )
        default = call.kwargs.get("insert_default") or call.kwargs.get("default")
        if default is not None:
            text, is_callable = self._python_default(default, read)
            draft.has_python_default = draft.has_python_default or text is not None or is_callable
            on_create = is_callable and read is not None and read.temporal
            computed = is_callable and not on_create
            empty = computed and holds_nothing(default.expr)
            declared = replace(
                declared, default=text, sets_on_create=on_create, computed_default=computed, empty_default=empty
            )
        elif "default_factory" in call.kwargs:
            draft.has_python_default = True
            empty = holds_nothing(call.kwargs["default_factory"].expr)
            declared = replace(declared, computed_default=True, empty_default=empty)
        updates = "onupdate" in call.kwargs or "server_onupdate" in call.kwargs
        draft.declared = replace(
            declared,
            sets_on_update=updates,
            never_none=_refuses_none(call, annotated) and draft.nullable,
            null_said=draft.nullable and draft.null_said and (draft.has_python_default or draft.default is not None),
        )

    def _annotated_values(self, read: TypeRead | None, annotated: Annotated | None) -> tuple[str, ...]:
        """The values of an enumeration of strings in `Mapped[Role] = mapped_column(String)`: a text stores them."""
        if annotated is None or read is None or read.enum is not None or read.type.family is not Family.TEXT:
            return ()
        _, members = self.types.enums.members(annotated.subject) or ("", ())
        values = tuple(value for member in members if isinstance(value := plain(member.value), str))
        return values if len(values) == len(members) else ()

    def _python_default(self, located: Located, read: TypeRead | None) -> tuple[str | None, bool]:
        """The constant that the application fills in, and whether it calls something instead."""
        target = self.names.follow(located.expr, located.frame)
        if isinstance(target, FunctionDef):
            return None, not may_give_nothing(target)
        if isinstance(target, ClassDef):
            return None, True
        if isinstance(target, External):
            return None, target.name != "builtins.None"
        if isinstance(target, Located) and isinstance(target.expr, Lambda):
            return None, True
        member = self.names.member(located)
        if member is not None and read is not None and (stored := read.stored(member)) is not None:
            return stored, False
        value = self.names.constant(located)
        if value is None:
            return None, False
        text = constant_text(value, read)
        return text, text is None


def _comment(draft: ColumnDraft, call: Invocation) -> str | None:
    """What is written beside the column; of one whose place is in another file than its call nothing is known."""
    module, place = call.location.frame.module, draft.origin
    if place.path != module.path or place.start is None or place.end is None:
        return None
    return comment_at(module.source, place.start, place.end)


def constant_text(value: Constant, read: TypeRead | None) -> str | None:
    """A constant as it will be stored, None for what is no plain constant."""
    if value is UNKNOWN or isinstance(value, Environment) or not is_known(value):
        return None
    if isinstance(value, EnumMember):
        by_name = read is not None and not read.by_value and (read.enum is not None or value.name in read.choices)
        return value.name if by_name else str(plain(value))
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, (str, int, float)) else None


def _refuses_none(call: Invocation, annotated: Annotated | None) -> bool:
    """Whether the model's type lets no None in; `name: str = Field(default=None)` does, whatever its type says."""
    default = call.kwargs.get("default")
    fills_none = default is not None and isinstance(default.expr, Literal) and default.expr.value is None
    return call.name == "mapped_column" and annotated is not None and not (annotated.optional or fills_none)

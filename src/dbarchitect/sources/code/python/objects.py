"""Attributes, calls and members as the language itself has them, where no vocabulary says more."""

from __future__ import annotations

from dbarchitect.catalog.queries import (
    Comparison,
    EventFact,
    EventKind,
    Fetch,
    Idiom,
    Operand,
    Predicate,
    Use,
)
from dbarchitect.sources.code.draft import Draft
from dbarchitect.sources.code.python.builtin_calls import SAME, Builtins, record_of
from dbarchitect.sources.code.python.containers import Containers
from dbarchitect.sources.code.python.frames import Frame
from dbarchitect.sources.code.python.outside import CHECKING, SORTING, event_of
from dbarchitect.sources.code.python.own_fields import OwnFields
from dbarchitect.sources.code.python.promises import Promises
from dbarchitect.sources.code.python.texts import formatted, joined
from dbarchitect.sources.code.python.values import (
    ClassValue,
    Const,
    Function,
    Instance,
    LambdaValue,
    ModelClass,
    ModuleValue,
    Super,
    Wrapped,
)
from dbarchitect.sources.code.python.vocabulary import Arguments, Following, Site, speaking
from dbarchitect.sources.code.sealing import after_call
from dbarchitect.sources.code.speaking import Speakers
from dbarchitect.sources.code.values import (
    OPAQUE,
    Entries,
    Items,
    Library,
    Member,
    Opaque,
    Rows,
    Sequence,
    Text,
    Value,
    columns_read,
    given,
    is_raw,
)
from dbarchitect.sources.mapping import MappedModel, MappedRelation
from dbarchitect.sources.python.constants import UNKNOWN, EnumMember, is_known
from dbarchitect.sources.python.expressions import Expr, Name
from dbarchitect.sources.python.statements import Assign, ClassDef, FunctionDef

_LOADED = frozenset({"joined", "selectin", "subquery", "immediate", "raise", "raise_on_sql", "noload"})
"""Ways of loading a relation of which none asks when it is touched; after `raise` somebody has loaded it before."""
_BEFORE = ("__init__", "__post_init__")
"""What the language runs before any other method of an object; vocabularies add what their frameworks call first."""
_PROPERTIES = frozenset({"property", "cached_property", "functools.cached_property", "hybrid_property"})


def _source(function: FunctionDef) -> bytes:
    return function.module.source[function.span.start : function.span.end]


class Objects:
    """The language's own meaning of attributes, calls and members."""

    def __init__(self, interpreter: Following) -> None:
        self.interpreter = interpreter
        vocabularies = interpreter.vocabularies
        self._of_names = speaking(vocabularies, "of_name")
        self._attributes = Speakers(vocabularies, "attribute")
        self._calls = Speakers(vocabularies, "call")
        self._assigns = Speakers(vocabularies, "assign")
        self._before = (*_BEFORE, *(name for vocabulary in vocabularies for name in vocabulary.before))
        self._classes: dict[ClassDef, Value] = {}
        self._fields = OwnFields()
        self._promises = Promises(interpreter)
        self._builtins = Builtins(interpreter)
        self._containers = Containers(interpreter)

    # Names

    def of_class(self, cls: ClassDef) -> Value:
        """What a class of the project stands for."""
        if cls not in self._classes:
            self._classes[cls] = ClassValue(cls)
            for vocabulary in self.interpreter.vocabularies:
                found = vocabulary.of_class(cls, self.interpreter)
                if found is not None:
                    self._classes[cls] = found
                    break
        return self._classes[cls]

    def of_library(self, dotted: str, site: Site) -> Value:
        """What a library's dotted name stands for."""
        for said in self._of_names:
            found: Value | None = said(dotted, site)
            if found is not None:
                return found
        return Library(dotted)

    def instance(self, cls: ClassDef) -> Value:
        """An object of a class: a row of a model, or an object with fields of its own."""
        value = self.of_class(cls)
        if isinstance(value, ModelClass):
            return Rows(value.model, value.library)
        found = (v.object_of(cls, self.interpreter) for v in self.interpreter.vocabularies)
        return next((made for made in found if made is not None), None) or Instance(cls)

    def promised(self, annotation: Expr, frame: Frame) -> Value | None:
        """What a parameter with this annotation is given, None when it tells nothing."""
        return self._promises.promised(annotation, frame)

    # Attributes

    def attribute(self, owner: Value, name: str, site: Site) -> Value:
        """`owner.name`."""
        for said in self._attributes[type(owner)]:
            found: Value | None = said(owner, name, site)
            if found is not None:
                return found
        match owner:
            case Instance():
                return self._of_instance(owner, name, site)
            case Super():
                return self._of_super(owner, name, site)
            case ClassValue(cls=cls):
                return self._of_class(cls, name, owner, site)
            case ModuleValue(module=module):
                return self.interpreter.evaluation.resolved(self.interpreter.index.resolve(module, name), site)
            case Library(name=dotted):
                return self.of_library(f"{dotted}.{name}", site)
            case Rows(many=False):
                return self.of_row(owner, name, site)
            case ModelClass(model=model):
                mapped = self.class_of(model)
                return self._of_class(mapped, name, owner, site) if mapped is not None else Member(owner, name)
            case Const(value=EnumMember() as member) if name in {"value", "name"}:
                return Const(member.value if name == "value" else member.name)
            case Opaque(raw=True):
                return Member(owner, name)
            case _:
                return Member(owner, name)

    def class_of(self, model: MappedModel) -> ClassDef | None:
        """The project's class that a model is."""
        path, _, qualname = model.key.partition(":")
        self.interpreter.touch(path)
        module = self.interpreter.index.module(path)
        found = self.interpreter.index.resolve(module, qualname) if module is not None else None
        return found if isinstance(found, ClassDef) else None

    def _of_instance(self, owner: Instance, name: str, site: Site) -> Value:
        if name in owner.fields:
            return owner.fields[name]
        found = self.interpreter.index.attribute(owner.cls, name)
        if found is None:
            value = self._from_init(owner, name, site)
            return value if value is not None else Member(owner, name)
        if self._fields.replace_default(*found, name, made="__init__" in owner.fields):
            value = self._from_init(owner, name, site)
            return OPAQUE if value is None or isinstance(value, Const) else value
        return self._member(found, owner, name, site)

    def _from_init(self, owner: Instance, name: str, site: Site) -> Value | None:
        """A field that `__init__`, or what else comes first, assigns: it is followed once for an object that nobody saw
        being made."""
        if name.startswith("__"):
            return None
        for before in self._before:
            if before in owner.fields:
                continue
            found = self.interpreter.index.attribute(owner.cls, before)
            if found is None or not isinstance(found[1], FunctionDef):
                continue
            if before != "__init__" and f"self.{name} =".encode() not in _source(found[1]):
                continue
            owner.fields[before] = OPAQUE
            self.interpreter.run(Function(found[1], owner), Arguments(dynamic=True), site)
            if name in owner.fields:
                break
        return owner.fields.get(name)

    def _of_class(self, cls: ClassDef, name: str, owner: Value, site: Site) -> Value:
        found = self.interpreter.index.attribute(cls, name)
        if found is None:
            constant = self.interpreter.evaluator.value(Name(f"{cls.name}.{name}"), cls.module, cls.outer)
            return Const(constant) if constant is not UNKNOWN and is_known(constant) else Member(owner, name)
        if isinstance(found[1], Assign) and (member := self._enum_member(cls, name)) is not None:
            return Const(member)
        if isinstance(found[1], FunctionDef):
            static = any(isinstance(d, Name) and d.id == "classmethod" for d in found[1].decorators)
            return Function(found[1], owner if static else None)
        return self._member(found, owner, name, site)

    def _enum_member(self, cls: ClassDef, name: str) -> EnumMember | None:
        """`Status.OPEN` of an enumeration, whose value may be written with a label."""
        members = self.interpreter.evaluator.members(cls) if cls.bases else None
        return next((m for m in members or () if m.name == name and is_known(m)), None)

    def _member(self, found: tuple[ClassDef, object], owner: Value, name: str, site: Site) -> Value:
        holder, statement = found
        if isinstance(statement, FunctionDef):
            decorators = {d.id for d in statement.decorators if isinstance(d, Name)}
            function = Function(statement, None if "staticmethod" in decorators else owner)
            if decorators & _PROPERTIES:
                return self._run(function, Arguments(), site)
            return function
        if isinstance(statement, ClassDef):
            return self.of_class(statement)
        if isinstance(statement, Assign) and statement.value is not None:
            return self.interpreter.evaluation.bound_by(holder.module, statement, holder, site)
        return Member(owner, name)

    # Rows

    def of_row(self, row: Rows, name: str, site: Site) -> Value:
        """An attribute of a row: a column, another row behind a relation (which may run a query), a method."""
        column = row.model.columns.get(name)
        relation = row.model.relations.get(name)
        if column is not None and (relation is None or name != relation.name):
            ref = row.model.table.column(column)
            if row.record is not None:
                row.record.attributes.add(ref)
                row.record.otherwise = True
            return Opaque(reads=frozenset({ref}), cell=ref)
        if relation is not None:
            return self.related(row, relation, site)
        cls = self.class_of(row.model)
        if cls is not None:
            found = self.interpreter.index.attribute(cls, name)
            if found is not None and isinstance(found[1], FunctionDef):
                return self._member(found, row, name, site)
        return Member(row, name)

    def related(self, row: Rows, relation: MappedRelation, site: Site) -> Value:
        """The rows behind a relation; a query runs when they are not loaded yet."""
        target = self.interpreter.models.get(relation.target)
        if row.record is not None:
            row.record.otherwise = True
            for own, _ in relation.pairs if not relation.reverse else ():
                row.record.attributes.add(row.model.table.column(own))
        if target is None:
            return OPAQUE
        inner = frozenset(p.partition(".")[2] for p in row.loaded if p.startswith(f"{relation.name}."))
        if relation.name in row.loaded or relation.eager in _LOADED or row.new:
            of_elsewhere = given(relation.name) in row.loaded  # who loaded that row is not seen here
            return Rows(target, row.library, relation.many, None if of_elsewhere else row.record, inner)
        draft = self.relation_draft(row, relation, target, site)
        if row.record is not None:
            draft = draft.but(builders=(row.record.origin,))
        fetch = Fetch.ALL if relation.many else Fetch.ONE
        record = self.interpreter.recorder.query(
            draft, self.interpreter.place(site.frame), site.origin, fetch, self.interpreter.text(site)
        )
        return Rows(target, row.library, relation.many, record, inner)

    def relation_draft(self, row: Rows, relation: MappedRelation, target: MappedModel, site: Site) -> Draft:
        """The query that touching a relation runs."""
        draft = Draft(row.library, site.origin, model=target, table=target.table, idiom=Idiom.LAZY_RELATION)
        draft = draft.note("relation", f"{row.model.name}.{relation.name}")
        if relation.through is not None:
            table = relation.through.table
            near = tuple(
                Predicate(table.column(c), Comparison.EQUAL, Operand.PARAMETER) for _, c in relation.through.near
            )
            draft = draft.using(table).where(*near)
        else:
            pairs = (target.table.column(theirs) for _, theirs in relation.pairs)
            draft = draft.where(*(Predicate(ref, Comparison.EQUAL, Operand.PARAMETER) for ref in pairs))
        return draft

    # Calls

    def call(self, function: Value, arguments: Arguments, site: Site) -> Value:
        """A call."""
        for said in self._calls[type(function)]:
            found: Value | None = said(function, arguments, site)
            if found is not None:
                return found
        match function:
            case Function(function=definition):
                return after_call(function, definition.name, (), self._run(function, arguments, site))
            case LambdaValue():
                return self._lambda(function, arguments)
            case Wrapped(calls=calls):
                calls.append(arguments.kwargs)
                return OPAQUE
            case ClassValue(cls=cls):
                return self._construct(cls, arguments, site)
            case Library(name=name):
                return after_call(function, name, arguments.values(), self._library_call(name, arguments, site))
            case Instance() as made:
                called = self.interpreter.index.attribute(made.cls, "__call__")
                if called is not None and isinstance(called[1], FunctionDef):
                    return self._run(Function(called[1], made), arguments, site)
                return self._unknown_call(function, arguments, site)
            case Member(name=name):
                return after_call(function, name, (), self._method(function, arguments, site))
            case _:
                return self._unknown_call(function, arguments, site)

    def _run(self, function: Function, arguments: Arguments, site: Site) -> Value:
        definition = function.function
        place = self.interpreter.place(site.frame)
        key = f"{definition.module.path}:{definition.qualname}"
        if key != site.frame.key:
            self.interpreter.recorder.call(place, key, site.origin)
        result = self.interpreter.run(function, arguments, site)
        if isinstance(result, Draft):
            found = (v.returned(result, site) for v in self.interpreter.vocabularies)
            return next((f for f in found if f is not None), result)
        if result is OPAQUE and definition.annotation is not None:
            promised = self.promised(definition.annotation, self.interpreter.module_frame(definition.module))
            return promised if promised is not None else result
        return result

    def _lambda(self, function: LambdaValue, arguments: Arguments) -> Value:
        frame = function.closure
        names = dict(frame.names)
        frame.names.update(zip(function.parameters, arguments.args, strict=False))
        try:
            return self.interpreter.evaluation.of(function.body, frame)
        finally:
            frame.names = names

    def _construct(self, cls: ClassDef, arguments: Arguments, site: Site) -> Value:
        made = Instance(cls)
        init = self.interpreter.index.attribute(cls, "__init__")
        if init is not None and isinstance(init[1], FunctionDef):
            made.fields["__init__"] = OPAQUE
            self.interpreter.run(Function(init[1], made), arguments, site)
        else:
            made.fields.update(arguments.kwargs)
            if not (arguments.args or arguments.dynamic):  # the rest is as the class says
                made.fields["__init__"] = OPAQUE
            self._hand_over(arguments, site)
        return made

    def _library_call(self, name: str, arguments: Arguments, site: Site) -> Value:
        last = name.rpartition(".")[2]
        first = arguments.args[0] if arguments.args else None
        self._note(name, arguments, site)
        if name.startswith(("builtins.", "copy.")) or last in SAME:
            found = self._builtins.call(last, first, arguments, site)
            if found is not None:
                return found
        if name == "typing.cast" and len(arguments.args) == 2:
            return arguments.args[1]
        if name == "functools.partial" and first is not None:
            return first
        if name == "asyncio.gather":
            return Items(list(arguments.args), "tuple")
        return self._unknown_call(Library(name), arguments, site)

    def _note(self, name: str, arguments: Arguments, site: Site) -> None:
        kind = event_of(name)
        if kind is None:
            return
        column = None
        if kind is EventKind.JSON_PARSED:
            first = arguments.args[0] if arguments.args else None
            column = first.cell if isinstance(first, Opaque) else None
            if column is None:
                return
        place = self.interpreter.place(site.frame)
        self.interpreter.recorder.event(EventFact(kind, place, site.origin, self.interpreter.text(site), column))

    def _of_super(self, owner: Super, name: str, site: Site) -> Value:
        for cls in owner.classes:
            statement = cls.members.get(name)
            if statement is not None:
                if isinstance(statement, FunctionDef) and isinstance(owner.held, ClassValue | ModelClass):
                    return Function(statement, owner.held)
                return self._member((cls, statement), owner.held, name, site)
        return Member(owner, name)

    def _method(self, function: Member, arguments: Arguments, site: Site) -> Value:
        """A method of something that no vocabulary knows."""
        owner, name = function.owner, function.name
        if isinstance(owner, Entries):
            found = self._containers.method(owner, name, arguments, site.frame.branch)
            if found is not None:
                return found
        if isinstance(owner, Items) and name in {"append", "add", "extend"} and arguments.args:
            owner.items.append(arguments.args[0])
            return Const(None)
        if name == "format" and isinstance(owner, Const | Text):
            return formatted(owner, arguments)
        if name == "join" and isinstance(owner, Const) and arguments.args:
            return joined(owner, arguments.args[0])
        if name in SORTING and (record := record_of(owner)) is not None:
            record.uses.add(Use.SORTED)
            return Const(None)
        if name in {"json", "get_json", "loads"} and isinstance(owner, Library):
            return Opaque(raw=True)
        return self._unknown_call(function, arguments, site)

    def _unknown_call(self, function: Value, arguments: Arguments, site: Site) -> Value:
        """A call of something unknown: what it is given leaves our sight."""
        if isinstance(function, Member) and isinstance(function.owner, Library):
            self._note(f"{function.owner.name}.{function.name}", arguments, site)
        self._hand_over(arguments, site)
        keeps = not isinstance(function, Library) or event_of(function.name) is EventKind.JSON_PARSED
        raw = is_raw(function) or (keeps and any(map(is_raw, arguments.values())))
        raw = raw and not (isinstance(function, Member) and function.name in CHECKING)
        reads: frozenset[object] = frozenset()
        for value in (function, *arguments.values()):
            reads |= columns_read(value)
        return Opaque(raw, reads)  # type: ignore[arg-type]  # a set of Refs; `|=` widens an empty frozenset

    def _hand_over(self, arguments: Arguments, site: Site) -> None:
        for value in arguments.values():
            if isinstance(value, Function) and value.closure is None:
                continue
            self.interpreter.made(value, site)

    # The rest

    def subscript(self, owner: Value, index: Value, site: Site) -> Value:  # noqa: ARG002 - as vocabularies are asked
        """`owner[index]`."""
        return self._containers.subscript(owner, index)

    def iterate(self, value: Value, site: Site) -> Sequence:  # noqa: ARG002 - as vocabularies are asked
        """What going through a value gives."""
        return self._containers.iterate(value)

    def entered(self, value: Value, site: Site) -> Value:  # noqa: ARG002 - vocabularies are asked with it before
        """What `with value as name` binds where no vocabulary says."""
        if isinstance(value, Sequence):  # a generator that @contextmanager makes one
            return value.element
        return value

    def assign(self, owner: Value, name: str, value: Value, site: Site) -> None:
        """`owner.name = value`."""
        for said in self._assigns[type(owner)]:
            if said(owner, name, value, site):
                return
        if isinstance(owner, Instance):
            known = owner.fields.get(name)
            owner.fields[name] = value if known is None else self.interpreter.merged(value, known)
        self.interpreter.made(value, site) if not isinstance(owner, Instance) else None

"""Attributes, calls and members as the language itself has them, where no vocabulary says more."""

from __future__ import annotations

from dataclasses import replace

from dbarchitect.catalog.queries import Use
from dbarchitect.sources.code.sealing import after_call
from dbarchitect.sources.code.typescript.builtin_calls import Builtins
from dbarchitect.sources.code.typescript.frames import Frame
from dbarchitect.sources.code.typescript.interpreting import Interpreting
from dbarchitect.sources.code.typescript.promises import Typed
from dbarchitect.sources.code.typescript.standing import StandIn
from dbarchitect.sources.code.typescript.values import (
    UNDEFINED,
    ClassValue,
    Const,
    EnumValue,
    Function,
    Instance,
    ModuleValue,
    Setting,
    Undefined,
)
from dbarchitect.sources.code.typescript.vocabulary import Arguments, Site
from dbarchitect.sources.code.values import (
    NUMBER,
    OPAQUE,
    Entries,
    Items,
    Library,
    Member,
    Opaque,
    Rows,
    Sequence,
    Value,
    columns_read,
    is_raw,
)
from dbarchitect.sources.typescript.syntax import Call, Class, Expr, Name

_DEEPEST_BASE = 8


class Objects:
    """The language's own meaning of attributes, calls and members."""

    def __init__(self, interpreter: Interpreting) -> None:
        self.interpreter = interpreter
        self.builtins = Builtins(interpreter)
        self._making: set[int] = set()

    # Classes and their objects

    def of_class(self, cls: Class) -> Value:
        """What a class of the project stands for."""
        return ClassValue(cls)

    def object_of(self, cls: Class) -> Value:
        """An object of a class that nobody saw being made: what a vocabulary knows it for, or one with fields."""
        for vocabulary in self.interpreter.vocabularies:
            found = vocabulary.of_class(cls, self.interpreter)
            if found is not None:
                return found
        return Instance(cls)

    def base_of(self, cls: Class) -> Class | None:
        """The class of the project that a class extends."""
        if cls.base is None:
            return None
        value = self.interpreter.of(cls.base, self.interpreter.module_frame(cls.module))
        return value.cls if isinstance(value, ClassValue) else None

    def super(self, frame: Frame) -> Value:
        """`super` in a method: the object itself, asked from the base on (near enough to follow what it builds)."""
        owner: Frame | None = frame
        while owner is not None and owner.owner is None:
            owner = owner.closure
        base = self.base_of(owner.owner) if owner is not None and owner.owner is not None else None
        if base is None or owner is None:
            return OPAQUE
        fields = owner.this.fields if isinstance(owner.this, Instance) else {}
        return Instance(base, fields)

    def _construct(self, cls: Class, arguments: Arguments, site: Site) -> Value:
        made = self.object_of(cls)
        if not isinstance(made, Instance) or id(cls) in self._making:
            return made
        self._making.add(id(cls))
        try:
            constructor = self._method(cls, "constructor")
            if constructor is not None:
                self.interpreter.run(Function(constructor.function, made), arguments, site)
            else:
                self._hand_over(arguments, site)
        finally:
            self._making.discard(id(cls))
        return made

    def _construct_base(self, made: Instance, arguments: Arguments, site: Site) -> Value:
        """`super(…)`: what the base's constructor puts into the object."""
        constructor = self._method(made.cls, "constructor")
        if constructor is not None:
            self.interpreter.run(Function(constructor.function, made), arguments, site)
        else:
            self._hand_over(arguments, site)
        return UNDEFINED

    def _method(self, cls: Class, name: str, depth: int = 0) -> Function | None:
        if name in cls.methods:
            return Function(cls.methods[name])
        base = self.base_of(cls) if depth < _DEEPEST_BASE else None
        return self._method(base, name, depth + 1) if base is not None else None

    def _of_instance(self, owner: Instance, name: str, site: Site) -> Value:
        if name in owner.fields:
            return owner.fields[name]
        cls: Class | None = owner.cls
        for _ in range(_DEEPEST_BASE):
            if cls is None:
                break
            method = cls.methods.get(name)
            if method is not None:
                function = Function(method, owner)
                return self._run(function, Arguments(), site) if method.kind == "get" else function
            found = self._field(cls, owner, name)
            if found is not None:
                owner.fields[name] = found
                return found
            cls = self.base_of(cls)
        return Member(owner, name)

    def _field(self, cls: Class, owner: Instance, name: str) -> Value | None:
        """A property of a class, as its declaration or its constructor tells."""
        frame = self.interpreter.module_frame(cls.module)
        for field in cls.fields:
            if field.name == name and not field.static:
                if field.value is not None:
                    inner = Frame(cls.module, frame.key, owner=cls, this=owner)
                    owner.fields[name] = OPAQUE  # while it is made
                    return _to_be_filled(self.interpreter.of(field.value, inner))
                promised = self.interpreter.promised(field.type, frame) if field.type else None
                if promised is not None:
                    return promised
        constructor = cls.methods.get("constructor")
        if constructor is None:
            return None
        for parameter in constructor.parameters:
            if parameter.kept and getattr(parameter.target, "id", None) == name:
                return (self.interpreter.promised(parameter.type, frame) if parameter.type else None) or OPAQUE
        if "constructor" not in owner.fields:
            owner.fields["constructor"] = OPAQUE
            site = Site(self.interpreter, frame, constructor)
            self.interpreter.run(Function(constructor, owner), Arguments(dynamic=True), site)
            return owner.fields.get(name)
        return None

    # Attributes

    def attribute(self, owner: Value, name: str, site: Site) -> Value:  # noqa: C901 - one answer for each kind of value
        """`owner.name`."""
        for attribute in self.interpreter.speaking.attribute[type(owner)]:
            found = attribute(owner, name, site)
            if found is not None:
                return found
        match owner:
            case Entries():
                if name in owner.entries:
                    return owner.entries[name]
                return Member(owner, name) if owner.open or name in _METHODS else UNDEFINED
            case Instance():
                return self._of_instance(owner, name, site)
            case Rows():
                return self._of_rows(owner, name)
            case ModuleValue(module=module):
                return self.interpreter.exported(module, name)
            case ClassValue(cls=cls):
                return self._static(cls, name, owner)
            case Library(name="process") if name == "env":
                return Library("process.env")
            case Library(name="process.env"):
                return Setting(name)
            case Library(name=dotted):
                return self.interpreter.of_library(_member_of(dotted, name), site)
            case EnumValue(enum=enum):
                value = enum.members.get(name)
                return Const(value) if value is not None else OPAQUE
            case Typed():
                return self.interpreter.promises.member(owner, name) or Member(owner, name)
            case Items() if name == "length":
                return OPAQUE if owner.open else Const(len(owner.items))
            case Undefined():
                return UNDEFINED
            case Const(value=None):
                return UNDEFINED
            case _:
                return Member(owner, name)

    def _static(self, cls: Class, name: str, owner: Value) -> Value:
        if name in cls.methods:
            return Function(cls.methods[name], owner)
        for field in cls.fields:
            if field.name == name and field.static and field.value is not None:
                return self.interpreter.of(field.value, self.interpreter.module_frame(cls.module))
        return Member(owner, name)

    def _of_rows(self, row: Rows, name: str) -> Value:
        if row.many:
            if name == "length":
                if row.record is not None:
                    row.record.uses.add(Use.COUNTED)
                return OPAQUE
            return Member(row, name)
        if name in row.model.columns:
            return self.cell(row, name)
        relation = row.model.relations.get(name)
        target = self.interpreter.models.get(relation.target) if relation is not None else None
        if relation is None or target is None or name not in row.loaded:
            if row.record is not None:
                row.record.otherwise = True
            return Member(row, name)
        inner = frozenset(p.partition(".")[2] for p in row.loaded if p.startswith(f"{name}."))
        if row.record is not None:
            row.record.otherwise = True
        return Rows(target, row.library, relation.many, row.record, inner)

    def cell(self, row: Rows, name: str) -> Value:
        """A column of a row."""
        ref = row.model.table.column(row.model.columns[name])
        if row.record is not None:
            row.record.attributes.add(ref)
            row.record.otherwise = True
        return Opaque(reads=frozenset({ref}), cell=ref)

    # Calls

    def call(self, function: Value, arguments: Arguments, site: Site) -> Value:
        """A call."""
        for call in self.interpreter.speaking.call[type(function)]:
            found = call(function, arguments, site)
            if found is not None:
                return found
        match function:
            case Function(function=definition):
                return after_call(function, definition.name, (), self._run(function, arguments, site))
            case ClassValue(cls=cls):
                return self._construct(cls, arguments, site)
            case Instance() if _is_super(site.expr):
                return self._construct_base(function, arguments, site)
            case StandIn(calls=calls):
                calls.append(arguments)
                return OPAQUE
            case Member(name=name) | Library(name=name):
                known = self.builtins.call(function, arguments, site)
                result = known if known is not None else self._unknown_call(function, arguments, site)
                return after_call(function, name, arguments.args, result)
            case _:
                return self._unknown_call(function, arguments, site)

    def _run(self, function: Function, arguments: Arguments, site: Site) -> Value:
        definition = function.function
        result = self.interpreter.run(function, arguments, site)
        for returned in self.interpreter.speaking.returned[type(result)]:
            found: Value | None = returned(result, site)
            if found is not None:
                return found
        if result is OPAQUE and definition.returns:
            frame = self.interpreter.module_frame(definition.module)
            promised = self.interpreter.promised(definition.returns, frame)
            if promised is None and self.interpreter.promises.chosen(definition.returns, frame):
                return NUMBER
            return promised if promised is not None else result
        return result

    def _unknown_call(self, function: Value, arguments: Arguments, site: Site) -> Value:
        """A call of something that nobody knows: functions that it is given run, other values leave our sight."""
        functions = self._hand_over(arguments, site)
        if len(functions) == 1 and isinstance(function, Library | Opaque | Member) and site.frame.function is None:
            return functions[0]  # a wrapper around a function, at the top of a module: `cache(async (id) => …)`
        own = isinstance(function, Library) and ":" not in function.name  # what a package gives is no part of a request
        raw = is_raw(function) or (own and any(is_raw(argument) for argument in arguments.args))
        owner = function.owner if isinstance(function, Member) else None
        reads = columns_read(owner).union(*(columns_read(argument) for argument in arguments.args))
        return Opaque(raw, reads) if raw or reads else OPAQUE

    def _hand_over(self, arguments: Arguments, site: Site) -> list[Function]:
        functions: list[Function] = []
        for argument in arguments.args:
            if isinstance(argument, Function):
                functions.append(argument)
                if self.interpreter.is_own(argument):
                    self.interpreter.made(self.interpreter.run(argument, Arguments(dynamic=True), site), site)
            else:
                self.interpreter.made(argument, site)
                if isinstance(argument, Entries):  # `retry({ try: () => work() })`
                    self._hand_over_parts(argument, site)
        return functions

    def _hand_over_parts(self, given: Entries, site: Site) -> None:
        for value in given.entries.values():
            if isinstance(value, Function) and value.closure is not None and value.closure.function is not None:
                self.interpreter.made(self.interpreter.run(value, Arguments(dynamic=True), site), site)

    def tagged(self, tag: Value, parts: tuple[str | Value, ...], site: Site) -> Value:
        """A template with a tag."""
        for vocabulary in self.interpreter.vocabularies:
            found = vocabulary.tagged(tag, parts, site)
            if found is not None:
                return found
        if isinstance(tag, Function):
            return self._run(tag, Arguments((OPAQUE, *(p for p in parts if not isinstance(p, str)))), site)
        return OPAQUE

    # Members

    def subscript(self, owner: Value, index: Value, site: Site) -> Value:
        """`owner[index]`."""
        for subscript in self.interpreter.speaking.subscript[type(owner)]:
            found = subscript(owner, index, site)
            if found is not None:
                return found
        match owner, index:
            case (Items(items=items), Const(value=int() | float() as number)):
                if 0 <= number < len(items):
                    return items[int(number)]
                return OPAQUE if owner.open else UNDEFINED
            case (Rows(many=True), _):
                if owner.record is not None and isinstance(index, Const) and index.value == 0:
                    owner.record.uses.add(Use.FIRST_ONLY)
                return replace(owner, many=False)
            case (Sequence(element=element), _):
                if owner.record is not None and isinstance(index, Const) and index.value == 0:
                    owner.record.uses.add(Use.FIRST_ONLY)
                return element
            case (_, Const(value=str() as name)):
                return self.attribute(owner, name, site)
            case (Entries(), _):
                values = list(owner.entries.values())
                found = values[0] if values else OPAQUE
                for value in values[1:12]:
                    found = self.interpreter.merged(found, value)
                return found
            case _:
                return Opaque(is_raw(owner) or is_raw(index), columns_read(owner))

    def iterate(self, value: Value, site: Site) -> Sequence:
        """What going through a value gives."""
        for iterate in self.interpreter.speaking.iterate[type(value)]:
            found: Sequence | None = iterate(value, site)
            if found is not None:
                return found
        match value:
            case Rows(many=True):
                if value.record is not None:
                    value.record.otherwise = True
                return Sequence(replace(value, many=False), rows=True, source=value, record=None)
            case Sequence():
                if value.record is not None:
                    value.record.otherwise = True
                return value
            case Items(items=items):
                element: Value = items[0] if items else OPAQUE
                for item in items[1:12]:
                    element = self.interpreter.merged(element, item)
                return Sequence(element, bound=None if value.open else len(items))
            case _:
                return Sequence(Opaque(is_raw(value), columns_read(value)) if is_raw(value) else OPAQUE)

    def assign(self, owner: Value, name: str, value: Value, site: Site) -> None:
        """`owner.name = value`."""
        if any(assign(owner, name, value, site) for assign in self.interpreter.speaking.assign[type(owner)]):
            return
        match owner:
            case Entries():
                self._enter(owner, name, value, site)
            case Instance(fields=fields):
                fields[name] = value
            case _:
                self.interpreter.made(value, site)

    def put(self, owner: Value, index: Value, value: Value, site: Site) -> None:
        """`owner[index] = value`."""
        if isinstance(owner, Entries):
            if isinstance(index, Const):
                self._enter(owner, str(index.value), value, site)
            else:
                owner.open = True
                owner.entries[f"?{len(owner.entries)}"] = value
        elif isinstance(index, Const) and isinstance(index.value, str):
            self.assign(owner, index.value, value, site)
        elif isinstance(owner, Items):
            owner.items.append(value)
            owner.open = True
        else:
            self.interpreter.made(value, site)

    def _enter(self, owner: Entries, name: str, value: Value, site: Site) -> None:
        branch = site.frame.branch
        if name in owner.entries and branch and branch != owner.branch:
            value = self.interpreter.merged(owner.entries[name], value)
        owner.put(name, value, branch)


_METHODS = frozenset({"toString", "hasOwnProperty", "valueOf", "constructor"})


def _is_super(expr: Expr) -> bool:
    return isinstance(expr, Call) and isinstance(expr.function, Name) and expr.function.id == "super"


def _to_be_filled(value: Value) -> Value:
    """What a field holds at first: an empty object or list is there to be filled by whoever has the object."""
    if isinstance(value, Entries) and not value.entries:
        return Entries(open=True)
    return replace(value, open=True) if isinstance(value, Items) and not value.items else value


def _member_of(dotted: str, name: str) -> str:
    """A member of a package that was imported as a whole: what the package exports by that name."""
    return f"{dotted.rpartition(':')[0]}:{name}" if dotted.endswith(":*") else f"{dotted}.{name}"

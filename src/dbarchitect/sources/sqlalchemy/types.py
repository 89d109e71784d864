"""Column types as SQLAlchemy writes them → the types that the engine will have.

Knows SQLAlchemy's generic and SQL types, the dialects' types, variants, the project's own TypeDecorators and
UserDefinedTypes, and the types of the libraries around SQLAlchemy. What it cannot tell it reports.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from dbarchitect.catalog.refs import Origin
from dbarchitect.catalog.types import SqlType, parse_type
from dbarchitect.sealed_names import calls_one
from dbarchitect.sources.python.constants import UNKNOWN, is_known, plain
from dbarchitect.sources.python.expressions import Attribute, Call, Compare, Display, Expr, Literal, Name, dotted
from dbarchitect.sources.python.statements import Assign, ClassDef, Condition, Effect, FunctionDef, Return
from dbarchitect.sources.sqlalchemy.enums import EnumReader
from dbarchitect.sources.sqlalchemy.follow import Names
from dbarchitect.sources.sqlalchemy.located import Frame, Invocation, Located
from dbarchitect.sources.sqlalchemy.type_names import SPELLINGS, TIMEZONE, WRAPPERS, Spelling, spelling
from dbarchitect.sources.sqlalchemy.type_read import UNKNOWN_TYPE, TypeRead
from dbarchitect.sources.sqlalchemy.vocabulary import canonical_name

_DEEPEST = 8
_ON_THE_WAY = ("process_bind_param", "process_literal_param", "bind_processor")
_ENCRYPTED = re.compile(r"encrypt|fernet|secret|cipher", re.IGNORECASE)
_HASHED = re.compile(r"hashed|passwordhash|password_?type|\Apassword\Z", re.IGNORECASE)


class TypeReader:
    """Reads the types of one application for one engine. `report` is told what could not be understood."""

    def __init__(
        self, names: Names, engine: str, origin: Callable[[Located], Origin], report: Callable[[Located, str], None]
    ) -> None:
        self.names = names
        self.engine = engine
        self.report = report
        self.enums = EnumReader(names, engine, origin)
        self._depth = 0
        self._quiet = 0

    def read(self, located: Located) -> TypeRead:
        """The type that an expression stands for; `UNKNOWN_TYPE`, reported, where nothing tells."""
        found = self._read(located)
        if found is None:
            source = located.frame.module.source[located.span.start : located.span.end].decode("utf-8", "replace")
            self.report(located, f"the column type {' '.join(source.split())[:80]} could not be read")
            return UNKNOWN_TYPE
        return found

    def attempt(self, located: Located) -> TypeRead | None:
        """The same, None where nothing tells; nothing is reported."""
        self._quiet += 1
        try:
            return self._read(located)
        finally:
            self._quiet -= 1

    def named(self, name: str) -> TypeRead:
        """The type of a canonical name without arguments."""
        spelled = spelling(name)
        return UNKNOWN_TYPE if spelled is None else self._spelled(spelled, None)

    def _read(self, located: Located) -> TypeRead | None:
        if self._depth > _DEEPEST:
            return None
        self._depth += 1
        try:
            return self._dispatch(located)
        finally:
            self._depth -= 1

    def _dispatch(self, located: Located) -> TypeRead | None:
        expr, frame = located.expr, located.frame
        target = self.names.follow(expr, frame)
        if isinstance(target, ClassDef):
            return self._of_class(target, None)
        if isinstance(target, Located) and isinstance(target.expr, Call):
            variant = self._variant(target) or _mutable(target)
            if variant is not None:
                return self._read(variant)
            call = self.names.invocation(target.expr, target.frame)
            return self._of_call(call) if call is not None else self._unresolved(target.expr.function)
        name = self.names.canonical(target)
        if name is not None:
            return self._of_name(name, None)
        return self._unresolved(expr) if target is None else None

    def _unresolved(self, expr: Expr) -> TypeRead | None:
        """A name that nothing explains, but that is one of SQLAlchemy's, or of a library that we know."""
        written = dotted(expr) or ""
        known = canonical_name(written)
        if known is not None and "." in known and known in SPELLINGS:
            return self._of_name(known, None)
        last = written.rpartition(".")[2]
        return self._of_name(last, None) if last in SPELLINGS and last[:1].isupper() else None

    def _variant(self, located: Located) -> Located | None:
        """Of `X.with_variant(Y, "postgresql")` the type that holds for our engine; None when it is no such call."""
        call = located.expr
        if not isinstance(call, Call):
            return None
        match call.function:
            case Attribute(value=base, attr="with_variant"):
                pass
            case Name(id=name) if name.endswith(".with_variant"):
                base = Name(name.removesuffix(".with_variant"), call.function.span)
            case _:
                return None
        dialects = {self.names.constant(located.frame.at(arg)) for arg in call.args[1:] if isinstance(arg, Literal)}
        return located.frame.at(call.args[0] if self.engine in dialects and call.args else base)

    def _of_call(self, call: Invocation) -> TypeRead | None:
        if call.cls is not None:
            return self._of_class(call.cls, call)
        return self._of_name(call.name, call)

    def _of_name(self, name: str, call: Invocation | None) -> TypeRead | None:
        last = name.rpartition(".")[2]
        if name in WRAPPERS or last == "as_mutable":
            inner = None
            if call is not None:
                inner = call.kwargs.get("dbtype") or call.argument(1 if last == "DOMAIN" else 0, "sqltype")
            return self._read(inner) if inner is not None else self.named("JSON")
        if last in {"Enum", "ENUM"} and name.partition(".")[0] in {"Enum", "postgresql", "mysql", "sqlmodel"}:
            return self._enum(call)
        if last in {"ARRAY", "ChoiceType", "EncryptedType", "StringEncryptedType", "PasswordType", "UUIDType"}:
            return self._composed(last, name, call)
        spelled = spelling(name)
        if spelled is None:
            return None
        if name == "Interval" and call is not None and self.names.constant(call.kwargs.get("native")) is False:
            return self.named("DateTime")
        if name == "Uuid" and call is not None and self.names.constant(call.kwargs.get("native_uuid")) is False:
            return TypeRead(parse_type("CHAR(32)"))
        return replace(self._spelled(spelled, call), searchable=last == "TSVectorType")

    def _enum(self, call: Invocation | None) -> TypeRead | None:
        read = self.enums.read(call) if call is not None else None
        if read is None and call is not None and not self._quiet:
            name = self.names.constant(call.kwargs.get("name"))
            self.report(call.location, "the values of this enumeration could not be read")
            return TypeRead(SqlType(name)) if isinstance(name, str) and self.engine == "postgresql" else _TEXT
        return read

    def _composed(self, last: str, name: str, call: Invocation | None) -> TypeRead | None:
        """Types made of another type, or chosen by an argument."""
        if last == "ARRAY":
            item = self._read(call.args[0]) if call is not None and call.args else None
            if call is None or item is None:
                return None
            given = self.names.constant(call.argument(2, "dimensions"))
            dimensions = item.type.dimensions + (given if isinstance(given, int) else 1)
            return replace(item, type=replace(item.type, dimensions=dimensions), integer=0, checked=False)
        if last == "UUIDType" and call is not None and self.names.constant(call.argument(0, "binary")) is False:
            return TypeRead(parse_type("CHAR(32)"))
        if last == "ChoiceType" and call is not None:
            inner = self._read(call.kwargs["impl"]) if "impl" in call.kwargs else self.named(name)
            return replace(inner, choices=self._choices(call)) if inner is not None else None
        read = self.named(name)
        if last == "StringEncryptedType" and call is not None and "length" in call.kwargs:
            length = self.names.constant(call.kwargs["length"])
            read = TypeRead(parse_type(f"VARCHAR({length})")) if isinstance(length, int) else read
        return replace(read, encrypted="Encrypted" in last, hashed=last == "PasswordType")

    def _choices(self, call: Invocation) -> tuple[str, ...]:
        """The values among a type's arguments: those of an enumeration, or the first of each pair."""
        for arg in call.args:
            found = self.enums.members(arg)
            if found is not None:
                return tuple(str(plain(m.value)) for m in found[1])
            value = plain(self.names.constant(arg))
            if isinstance(value, (list, tuple)) and value and is_known(value):
                return tuple(str(v[0] if isinstance(v, (list, tuple)) else v) for v in value)
        return ()

    def _spelled(self, spelled: Spelling, call: Invocation | None) -> TypeRead:
        text = spelled.of(self.engine)
        collation = self.names.constant(call.kwargs.get("collation")) if call is not None else None
        if spelled.parameters == TIMEZONE:
            text = self._with_zone(text, call)
        elif not (spelled.of("postgresql") == "FLOAT" and self.engine == "sqlite"):
            text += (self._arguments(spelled, text, call) if call is not None else "") or spelled.otherwise
        type_ = parse_type(text)
        return TypeRead(type_, spelled.integer, collation=collation if isinstance(collation, str) else None)

    def _with_zone(self, text: str, call: Invocation | None) -> str:
        if call is None or self.engine != "postgresql":
            return text
        zone = self.names.constant(call.argument(0, "timezone"))
        precision = self.names.constant(call.argument(1, "precision"))
        if zone is True:
            text = text.replace("WITHOUT", "WITH")
        if isinstance(precision, int):
            text = text.replace(" WITH", f"({precision}) WITH", 1)
        return text

    def _arguments(self, spelled: Spelling, text: str, call: Invocation) -> str:
        if "(" in text or text in {"BYTEA", "TEXT"}:
            return ""
        values = [self.names.constant(call.argument(n, name)) for n, name in enumerate(spelled.parameters)]
        numbers = [str(v) for v in values if isinstance(v, int) and not isinstance(v, bool)]
        varying = self.names.constant(call.kwargs.get("varying")) is True
        return (" VARYING" if varying else "") + (f"({','.join(numbers)})" if numbers else "")

    # The project's own types ----------------------------------------------------------------------------------------

    def _of_class(self, cls: ClassDef, call: Invocation | None) -> TypeRead | None:
        index = self.names.index
        bases = [canonical_name(base) or "" for base in index.external_bases(cls)]
        if self.names.evaluator.members(cls) is not None:
            return None
        if "UserDefinedType" in bases or index.attribute(cls, "get_col_spec") is not None:
            return self._user_defined(cls)
        read = self._loaded(cls, call) or self._implementation(cls, call)
        if read is None:
            named = next((b for b in bases if spelling(b) is not None or b in {"Enum", "ARRAY"}), None)
            read = self._of_name(named, call) if named is not None else None
        if read is None:
            return None
        says_so = bool(_ENCRYPTED.search(cls.name)) or any("Encrypted" in base for base in bases)
        encrypted = says_so or self._seals(cls)
        choices = read.choices or (self._choices(call) if call is not None and read.enum is None else ())
        hashed = read.hashed or bool(_HASHED.search(cls.name))
        return replace(read, encrypted=read.encrypted or encrypted, hashed=hashed, choices=choices)

    def _seals(self, cls: ClassDef) -> bool:
        """Whether the type encrypts or hashes what the program hands to the database."""
        found = (self.names.index.attribute(cls, name) for name in _ON_THE_WAY)
        functions = [each[1] for each in found if each is not None and isinstance(each[1], FunctionDef)]
        return any(calls_one(f.module.source[f.span.start : f.span.end].decode(errors="replace")) for f in functions)

    def _user_defined(self, cls: ClassDef) -> TypeRead | None:
        found = self.names.index.attribute(cls, "get_col_spec")
        if found is None or not isinstance(found[1], FunctionDef) or not found[1].returns:
            return None
        text = self.names.constant(Located(found[1].returns[0], Frame(found[0].module, found[1])))
        if isinstance(text, str):
            return TypeRead(parse_type(text))
        source = cls.module.source[found[1].returns[0].span.start : found[1].returns[0].span.end].decode()
        head = re.match(r"""\s*\(?[fr]*["']([A-Za-z_][A-Za-z_0-9 ]*)""", source)
        return TypeRead(parse_type(head[1])) if head is not None else None

    def _loaded(self, cls: ClassDef, call: Invocation | None) -> TypeRead | None:
        """What `load_dialect_impl` returns for our engine; None where it has nothing to say."""
        found = self.names.index.attribute(cls, "load_dialect_impl")
        if found is None or not isinstance(found[1], FunctionDef):
            return None
        function = found[1]
        for statement in function.body:
            if not isinstance(statement, Return) or statement.value is None:
                continue
            if all(self._holds(condition) is not False for condition in statement.conditions):
                expr = statement.value
                if isinstance(expr, Call) and expr.args and (expr.name or "").endswith("type_descriptor"):
                    expr = expr.args[0]
                read = (
                    None
                    if "self." in _source(expr, cls)
                    else self._read(Located(expr, Frame(found[0].module, function)))
                )
                return read or self._implementation(cls, call)
        return None

    def _holds(self, condition: Condition) -> bool | None:
        """Whether a test of `dialect.name` holds for our engine; None for a test of something else."""
        test = condition.test
        if not isinstance(test, Compare) or len(test.operands) != 2:
            return None
        left, right = test.operands
        if not (dotted(left) or "").endswith("dialect.name") and dotted(left) != "dialect":
            return None
        wanted = (right.value,) if isinstance(right, Literal) else _literals(right)
        if not wanted or UNKNOWN in wanted:
            return None
        holds = (self.engine in wanted) is (test.ops[0] in {"==", "in", "is"})
        return holds is condition.expected

    def _implementation(self, cls: ClassDef, call: Invocation | None) -> TypeRead | None:
        """The type in `impl`, with the arguments that the decorator passes on to it."""
        found = self.names.index.attribute(cls, "impl")
        if found is None or not isinstance(found[1], Assign) or found[1].value is None:
            return None
        located = Located(found[1].value, Frame(found[0].module, found[0]))
        target = self.names.follow(located.expr, located.frame)
        name = self.names.canonical(target)
        if name is None or call is None:
            return self._read(located)
        return self._of_name(name, self._passed_on(cls, call))

    def _passed_on(self, cls: ClassDef, call: Invocation) -> Invocation:
        """The call of `impl`: the decorator's own arguments, or those of `super().__init__(…)` in its constructor."""
        found = self.names.index.attribute(cls, "__init__")
        if found is None or not isinstance(found[1], FunctionDef):
            return call
        constructor = found[1]
        for upward in _super_calls(constructor):
            local = self.names.parameters(constructor, call)
            return self.names.arguments(upward, Frame(found[0].module, constructor, local))
        return replace(call, args=(), kwargs={})


def _mutable(located: Located) -> Located | None:
    """Of `MutableDict.as_mutable(X)`, whoever's the class is, the X; None when it is no such call."""
    call = located.expr
    if isinstance(call, Call) and (call.name or "").endswith(".as_mutable") and call.args:
        return located.frame.at(call.args[0])
    return None


def _super_calls(constructor: FunctionDef) -> Iterator[Call]:
    for statement in constructor.body:
        if isinstance(statement, Effect) and isinstance(statement.value, Call):
            match statement.value.function:
                case Attribute(value=Call(), attr="__init__"):
                    yield statement.value
                case Name(id=name) if name.endswith(".__init__"):
                    yield replace(statement.value, args=statement.value.args[1:])


def _source(expr: Expr, cls: ClassDef) -> str:
    return cls.module.source[expr.span.start : expr.span.end].decode("utf-8", "replace")


def _literals(expr: Expr) -> tuple[object, ...]:
    items = expr.items if isinstance(expr, Display) else ()
    return tuple(item.value if isinstance(item, Literal) else UNKNOWN for item in items)


_TEXT = TypeRead(parse_type("VARCHAR"))

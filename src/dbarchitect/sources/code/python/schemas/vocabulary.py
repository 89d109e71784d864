"""The classes of schemas and forms, and which model each of them stands before."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from dbarchitect.catalog.queries import FieldRule
from dbarchitect.sources.base import SourceReading
from dbarchitect.sources.code.python.needles import at_word
from dbarchitect.sources.code.python.schemas.demands import Demand, Demands
from dbarchitect.sources.code.python.stored import Stored
from dbarchitect.sources.code.python.vocabulary import Following, Vocabulary
from dbarchitect.sources.mapping import MappedModel, column_of
from dbarchitect.sources.python.expressions import Call, Literal
from dbarchitect.sources.python.resolved import External, Value
from dbarchitect.sources.python.statements import Assign, ClassDef

_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z0-9]+|[A-Z0-9]+")
_TAKEN_IN = frozenset(
    {"create", "in", "input", "form", "request", "new", "add", "register", "payload", "post", "base", "insert", "body"}
)
_CHANGING = frozenset({"update", "patch", "edit", "partial", "change", "modify", "put", "upsert"})
_GIVEN_OUT = frozenset(
    {"out", "output", "read", "public", "response", "summary", "detail", "details", "list", "result", "view", "info",
     "get", "db", "item", "preview", "full", "short", "minimal", "private", "export", "page"}
)  # fmt: skip
_PLAIN = frozenset({"schema", "model", "dto", "serializer", "data", "record", "table", "orm", "entity", "pydantic"})
_ASKING = frozenset({"filter", "filters", "query", "search", "params", "sort", "sorting", "pagination"})
_AROUND = _TAKEN_IN | _CHANGING | _GIVEN_OUT | _PLAIN
_PYDANTIC = frozenset(
    {"pydantic.BaseModel", "pydantic.main.BaseModel", "pydantic.v1.BaseModel", "sqlmodel.SQLModel",
     "sqlmodel.main.SQLModel", "ninja.Schema", "ninja.schema.Schema", "fastapi_camelcase.CamelModel"}
)  # fmt: skip
_FORMS = ("wtforms.", "flask_wtf.", "quart_wtf.", "starlette_wtf.", "flask_wtf", "wtforms_alchemy.")
_SCHEMAS = ("marshmallow.", "marshmallow_sqlalchemy.", "flask_marshmallow.", "apiflask.", "flask_rebar.")


class SchemaVocabulary(Vocabulary):
    """Notes what schemas and forms demand of the values that come in."""

    name = "schema"
    needles = (
        at_word(rb"pydantic\b", rb"BaseModel\b", rb"marshmallow\b", rb"wtforms\b", rb"FlaskForm\b", rb"SQLModel\b"),
    )

    def __init__(self, readings: Sequence[SourceReading]) -> None:
        self.stored = Stored(readings)
        self._models: dict[str, list[MappedModel]] = {}
        for reading in readings:
            for model in reading.models:
                names = {model.name.lower(), "".join(_stripped(words_of(model.name), _PLAIN | {"db"}))}
                for name in names:
                    self._models.setdefault(name, []).append(model)

    def read_class(self, cls: ClassDef, interpreter: Following) -> None:
        """The fields of a schema or form."""
        if not cls.bases or f"{cls.module.path}:{cls.qualname}" in interpreter.models:
            return
        kind = self._kind(cls, interpreter)
        words = words_of(cls.name)
        if kind is None or not words or _ASKING.intersection(words):
            return
        named = self._meta_model(cls, interpreter)
        if named is not None and kind == "marshmallow" and _makes_rows(cls, interpreter):
            interpreter.recorder.made[cls.module.origin(cls.span)] = named.table  # of whatever comes in
        model = named or self._model(cls, words)
        demands = Demands(cls, interpreter)
        for statement in cls.assignments:
            found = _field(statement, demands, annotated=kind == "pydantic")
            if found is None:
                continue
            self._note(cls, statement, _said(found, words, kind), model, kind, interpreter)

    def _note(
        self, cls: ClassDef, statement: Assign, found: Demand, model: MappedModel | None, kind: str,
        interpreter: Following,
    ) -> None:  # fmt: skip
        held = column_of(interpreter.models, model, statement.target) if model is not None else None
        column = held[0] if held is not None else None
        if column is None and not found.says_something:
            return
        choices = found.choices or self.stored.of_members(column, found.members)
        interpreter.recorder.rule(
            FieldRule(
                "form" if kind == "wtforms" else "schema", statement.target, cls.module.origin(statement.span), column,
                choices, found.max_length, found.minimum, found.maximum, found.required, found.pattern,
            )
        )  # fmt: skip

    def _kind(self, cls: ClassDef, interpreter: Following) -> str | None:
        """`pydantic`, `marshmallow` or `wtforms`; None for any other class."""
        for base in interpreter.index.mro(cls):
            match base:
                case External(name=name) if name in _PYDANTIC:
                    return "pydantic"
                case External(name=name) if name.startswith(_FORMS) and name.endswith("Form"):
                    return "wtforms"
                case External(name=name) if name.startswith(_SCHEMAS) and name.endswith("Schema"):
                    return "marshmallow"
                case Value(expr=Call() as made, rest=rest) if rest and rest[-1].endswith("Schema"):
                    maker = interpreter.index.external_name(base.module, made.function) or ""
                    return "marshmallow" if maker.endswith(".Marshmallow") else None
                case _:
                    continue
        return None

    def _meta_model(self, cls: ClassDef, interpreter: Following) -> MappedModel | None:
        """`class Meta: model = User`."""
        found = interpreter.index.attribute(cls, "Meta")
        meta = found[1] if found is not None and isinstance(found[1], ClassDef) else None
        named = meta.assigned("model") if meta is not None else None
        target = interpreter.index.resolve_expr(cls.module, named) if named is not None else None
        if not isinstance(target, ClassDef):
            return None
        return interpreter.models.get(f"{target.module.path}:{target.qualname}")

    def _model(self, cls: ClassDef, words: Sequence[str]) -> MappedModel | None:
        """The model whose name is that of the class without what says what the class is for."""
        for name in _names(words):
            found = self._models.get(name)
            if found is not None:
                return _nearest(found, cls.module.path)
        return None


def _makes_rows(cls: ClassDef, interpreter: Following) -> bool:
    """Whether what a schema of marshmallow loads is a row of its model: always in its first versions, later where
    `load_instance` says so."""
    found = interpreter.index.attribute(cls, "Meta")
    meta = found[1] if found is not None and isinstance(found[1], ClassDef) else None
    said = meta.assigned("load_instance") if meta is not None else None
    if said is not None:
        return isinstance(said, Literal) and said.value is True
    return any(
        (isinstance(base, External) and base.name.endswith(".ModelSchema"))
        or (isinstance(base, Value) and base.rest[-1:] == ("ModelSchema",))
        for base in interpreter.index.mro(cls)
    )


def words_of(name: str) -> tuple[str, ...]:
    """`UserInDB` as its words in lower case: user, in, db."""
    return tuple(word.lower() for word in _WORD.findall(name))


def _names(words: Sequence[str]) -> Iterator[str]:
    """What a model may be called, the longest first: words at either end that tell a purpose are left out in turn."""
    yield "".join(words)
    rest = list(words)
    while len(rest) > 1 and rest[-1] in _AROUND:
        rest.pop()
        yield "".join(rest)
    while len(rest) > 1 and rest[0] in _AROUND:
        rest.pop(0)
        yield "".join(rest)


def _stripped(words: Sequence[str], around: frozenset[str] | set[str]) -> list[str]:
    rest = list(words)
    while len(rest) > 1 and rest[-1] in around:
        rest.pop()
    while len(rest) > 1 and rest[0] in around:
        rest.pop(0)
    return rest


def _nearest(models: Sequence[MappedModel], path: str) -> MappedModel | None:
    """Of several models of one name the one that lies nearest to a file; None where two lie as near."""
    if len({model.table.key for model in models}) == 1:
        return models[0]
    near = [(_shared(model.key, path), model) for model in models]
    most = max(length for length, _ in near)
    best = [model for length, model in near if length == most]
    return best[0] if len(best) == 1 else None


def _shared(key: str, path: str) -> int:
    """How many folders two files share from the top."""
    count = 0
    for one, other in zip(key.partition(":")[0].split("/")[:-1], path.split("/")[:-1], strict=False):
        if one != other:
            break
        count += 1
    return count


def _field(statement: Assign, demands: Demands, *, annotated: bool) -> Demand | None:
    name = statement.target
    if name.startswith("_") or "." in name or name in {"model_config", "Config"}:
        return None
    if annotated:
        return demands.annotated(statement.annotation, statement.value) if statement.annotation is not None else None
    return demands.called(statement.value) if isinstance(statement.value, Call) else None


def _said(found: Demand, words: Sequence[str], kind: str) -> Demand:
    """What a class demands of new rows: one that gives rows out tells their values only, one for changes no need."""
    if kind == "wtforms":
        return found
    if _CHANGING.intersection(words):
        return replace(found, required=None)
    if _GIVEN_OUT.intersection(words[1:]) and not (_TAKEN_IN - {"base"}).intersection(words[1:]):
        return Demand(found.choices, found.members)
    if kind == "pydantic" and not _TAKEN_IN.intersection(words):
        return replace(found, required=None)
    return found

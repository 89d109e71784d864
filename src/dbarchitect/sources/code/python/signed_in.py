"""Whom a Flask application keeps as the one who asks: `g.user`, `current_user` of Flask-Login.

Sources: https://flask.palletsprojects.com/en/stable/api/#flask.g, https://flask-login.readthedocs.io/en/latest/
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dbarchitect.sources.code.python.values import ModelClass
from dbarchitect.sources.code.python.vocabulary import Following, Site, Vocabulary
from dbarchitect.sources.code.speaking import of
from dbarchitect.sources.code.values import Library, Rows, Value
from dbarchitect.sources.python.expressions import Attribute, Call, Conditional, Expr, Name
from dbarchitect.sources.python.statements import Assign, ClassDef, FunctionDef, Module, Statement

_GLOBALS = frozenset({"flask.g", "quart.g"})
_CURRENT = frozenset({"flask_login.current_user", "flask_login.utils.current_user"})
_MIXIN = "UserMixin"
_USER, _KEPT = "who is signed in", "kept by requests: "
_ONE = frozenset(
    {"get", "first", "one", "one_or_none", "scalar", "scalar_one", "scalar_one_or_none", "get_or_404", "first_or_404",
     "one_or_404"}
)  # fmt: skip


class SignedInVocabulary(Vocabulary):
    """Knows the row that a request keeps of whoever asks."""

    name = "flask"

    def __init__(self) -> None:
        self._kept: dict[str, ModelClass | None] = {}
        self._user: list[ModelClass | None] = []

    def of_name(self, dotted: str, site: Site) -> Value | None:
        """`current_user`: a row of the one class that Flask-Login's mixin makes a user."""
        return _row(self._signed_in(site.interpreter)) if dotted in _CURRENT else None

    def _signed_in(self, interpreter: Following) -> ModelClass | None:
        interpreter.ask(_USER)
        if not self._user:
            self._user.append(_only(_with_mixin(interpreter)))
        return self._user[0]

    @of(Library)
    def attribute(self, owner: Value, name: str, site: Site) -> Value | None:
        """`g.user`, where all that is assigned to it is one row of one model."""
        if not isinstance(owner, Library) or owner.name not in _GLOBALS:
            return None
        return _row(self._of_request(name, site.interpreter))

    def _of_request(self, name: str, interpreter: Following) -> ModelClass | None:
        interpreter.ask(f"{_KEPT}{name}")
        if name not in self._kept:
            self._kept[name] = None
            self._kept[name] = _only(_assigned(name, interpreter))
        return self._kept[name]

    def answer(self, name: str, interpreter: Following) -> str | None:
        """Whom requests keep."""
        if name == _USER:
            found = self._signed_in(interpreter)
        elif name.startswith(_KEPT):
            found = self._of_request(name.removeprefix(_KEPT), interpreter)
        else:
            return None
        return str(found.model.key if found is not None else None)


def _row(model: ModelClass | None) -> Rows | None:
    return Rows(model.model, model.library) if model is not None else None


def _only(found: Iterable[ModelClass | None]) -> ModelClass | None:
    """The one that all are, None where they differ or one is unknown."""
    models = list(found)
    first = models[0] if models else None
    same = all(m is not None and first is not None and m.model.key == first.model.key for m in models)
    return first if same else None


def _with_mixin(interpreter: Following) -> Iterator[ModelClass]:
    for module in interpreter.index.candidates(_MIXIN.encode()):
        for cls in module.classes:
            if any(base.rpartition(".")[2] == _MIXIN for base in interpreter.index.external_bases(cls)):
                value = interpreter.objects.instance(cls)
                if isinstance(value, Rows):
                    yield ModelClass(value.model, value.library)


def _assigned(name: str, interpreter: Following) -> Iterator[ModelClass | None]:
    """The models of the rows that functions put into `g.name`; None (what says nothing) is left out."""
    target = f"g.{name}"
    for module in interpreter.index.candidates(f"{target} =".encode(), f"{target}=".encode()):
        for statement in _statements(module.statements):
            if isinstance(statement, Assign) and statement.target == target and statement.value is not None:
                value = statement.value.body if isinstance(statement.value, Conditional) else statement.value
                if not isinstance(value, Call) and _is_none(value):
                    continue
                yield _fetched(value, module, interpreter)


def _is_none(value: Expr) -> bool:
    return getattr(value, "value", value) is None


def _statements(found: Iterable[Statement]) -> Iterator[Statement]:
    for statement in found:
        yield statement
        if isinstance(statement, FunctionDef | ClassDef):
            yield from _statements(statement.body)


def _fetched(value: Expr, module: Module, interpreter: Following) -> ModelClass | None:
    """The model that a call fetches one row of: `session.get(User, key)`, `User.query.filter_by(…).first()`."""
    if not isinstance(value, Call) or _last(value.function) not in _ONE:
        return None
    for name in _names(value):
        found = interpreter.index.resolve(module, name)
        made = interpreter.objects.instance(found) if isinstance(found, ClassDef) else None
        if isinstance(made, Rows):
            return ModelClass(made.model, made.library)
    return None


def _last(function: Expr) -> str:
    if isinstance(function, Attribute):
        return function.attr
    return function.id.rpartition(".")[2] if isinstance(function, Name) else ""


def _names(value: Expr) -> Iterator[str]:
    """The names at the head of a chain of calls, and among its first arguments."""
    while True:
        match value:
            case Call(function=function, args=args):
                yield from (arg.id for arg in args[:1] if isinstance(arg, Name))
                yield from (n for arg in args[:1] if isinstance(arg, Call) for n in _names(arg))
                value = function
            case Attribute(value=inner):
                value = inner
            case Name(id=name):
                yield name.partition(".")[0]
                return
            case _:
                return

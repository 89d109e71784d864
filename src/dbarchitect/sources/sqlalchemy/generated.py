"""Models that a mixin makes for each model that uses it: `cls.Event = type(f"{cls.__name__}Event", (Event, Base), …)`.

Such a call becomes a class like any other, with what it asks of `cls` put in: its name and that of its table.
Source: https://docs.sqlalchemy.org/en/20/orm/examples.html#module-examples.generic_associations
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from dbarchitect.sources.python.expressions import Attribute, Call, Dict, Display, Expr, Literal, Name
from dbarchitect.sources.python.resolved import External
from dbarchitect.sources.python.statements import Assign, ClassDef, FunctionDef, Statement
from dbarchitect.sources.sqlalchemy.follow import Names
from dbarchitect.sources.sqlalchemy.located import Frame, Located
from dbarchitect.sources.sqlalchemy.rewriting import substitute


def generated_classes(
    names: Names, function: FunctionDef, cls: ClassDef, report: Callable[[Located, str], None]
) -> Iterator[tuple[str, ClassDef]]:
    """The classes that a function of a mixin makes when it is called for a model, each with the name it is bound to."""
    if not function.parameters:
        return
    frame = Frame(function.module, function, {function.parameters[0].name: cls})
    for statement in function.body:
        value = statement.value if isinstance(statement, Assign) else None
        if not isinstance(value, Call) or len(value.args) != 3:
            continue
        if names.index.resolve_expr(function.module, value.function, function) != External("builtins.type"):
            continue
        made = _made(names, value, function, frame, cls)
        if made is None:
            report(frame.at(value), f"the class that is made here for model {cls.name} could not be read")
        elif isinstance(statement, Assign):
            name = statement.target.rpartition(".")[2]
            yield name, made
            for other in function.body:  # `cls.Event = cast(type[Event], event_class)`
                if isinstance(other, Assign) and "." in other.target and _passes(other.value, name):
                    yield other.target.rpartition(".")[2], made


def _passes(expr: Expr | None, name: str) -> bool:
    """Whether an expression is a variable, or a call that is given it last."""
    last = expr.args[-1] if isinstance(expr, Call) and expr.args else expr
    return isinstance(last, Name) and last.id == name


def _made(names: Names, call: Call, function: FunctionDef, frame: Frame, cls: ClassDef) -> ClassDef | None:
    name = names.constant(frame.at(call.args[0]))
    bases, body = call.args[1], call.args[2]
    if not isinstance(name, str) or not isinstance(bases, Display):
        return None
    statements = tuple(_statements(names, body, frame, cls))
    return ClassDef(
        name,
        f"{function.qualname}.<locals>.{cls.name}.{name}",
        function.module,
        bases.items,
        (),
        (),
        function,
        (),
        call.span,
        lambda _: statements,
    )


def _statements(names: Names, body: Expr, frame: Frame, cls: ClassDef) -> Iterator[Statement]:
    """The entries of the dictionary as assignments of a class's body."""
    pairs: list[tuple[object, Expr]] = []
    if isinstance(body, Dict):
        pairs = [(key.value, value) for key, value in body.items if isinstance(key, Literal)]
    elif isinstance(body, Call) and body.name == "dict":
        pairs = [(keyword.name, keyword.value) for keyword in body.kwargs]
    for key, value in pairs:
        if isinstance(key, str):
            yield Assign(key, substitute(value, lambda name: _known(names, name, frame, cls)), None, (), value.span)


def _known(names: Names, name: Name, frame: Frame, cls: ClassDef) -> Expr | None:
    """What stands for `cls`, `cls.__name__`, `cls.__tablename__` in the class that is made."""
    head, _, rest = name.id.partition(".")
    if head not in frame.local:
        return None
    if not rest:
        return Literal(cls.name, name.span)  # relationship(cls)
    parts = name.id.split(".")
    for size in range(len(parts), 1, -1):
        value = names.constant(Located(Name(".".join(parts[:size]), name.span), frame))
        if isinstance(value, str):
            result: Expr = Literal(value, name.span)
            for attribute in parts[size:]:  # `cls.__name__.lower` is a method of what is known
                result = Attribute(result, attribute, name.span)
            return result
    return None

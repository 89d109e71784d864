"""`relationship(…)`: what the ORM does with referencing rows when a row is deleted.

Source: https://docs.sqlalchemy.org/en/20/orm/cascades.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from dbarchitect.catalog.members import Action
from dbarchitect.sources.python.expressions import BinOp, Display, Expr, Literal, Name, Subscript
from dbarchitect.sources.python.statements import ClassDef
from dbarchitect.sources.sqlalchemy.annotations import AnnotationReader, parsed
from dbarchitect.sources.sqlalchemy.follow import Names
from dbarchitect.sources.sqlalchemy.located import Invocation, Located

_WORD = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")
_LOADING = {"DynamicMapped": "dynamic", "WriteOnlyMapped": "write_only"}
_COLLECTIONS = frozenset({"list", "List", "set", "Set", "Sequence", "Collection", "Iterable", "InstrumentedList"})


@dataclass(frozen=True, slots=True)
class RelationshipRead:
    """A relationship of `owner` to the model named `target`. `deletes` and `disowns` tell what becomes of the rows
    on its side when its owner's row is deleted; `reverse` is the same of the model on the other side (a backref)."""

    owner: ClassDef
    target: ClassDef | str | None
    on_delete: Action | None
    reverse: Action | None
    secondary: Located | str | None = None
    foreign_keys: tuple[str, ...] = ()
    remote_side: bool = False
    has_reverse: bool = False


@dataclass(frozen=True, slots=True)
class WrittenRelation:
    """A relationship as written: the attribute, the call with all its arguments, and what the annotation tells.

    `collection` is None where no annotation tells whether it is one; `loading` is what `DynamicMapped` says of `lazy`.
    """

    owner: ClassDef
    name: str
    call: Invocation
    target: ClassDef | str | None
    secondary: Located | str | None = None
    collection: bool | None = None
    loading: str | None = None


class RelationshipReader:
    """Reads relationships of models."""

    def __init__(self, names: Names, annotations: AnnotationReader) -> None:
        self.names = names
        self.annotations = annotations
        self.written: list[WrittenRelation] = []
        """All that were read, views of others too."""

    def read(
        self, call: Invocation, owner: ClassDef, annotation: Located | None, name: str = ""
    ) -> RelationshipRead | None:
        """What a `relationship(…)` (or SQLModel's Relationship) of a model says; None for a view of others."""
        kwargs = dict(call.kwargs)
        if call.name == "sqlmodel.Relationship" and (more := kwargs.get("sa_relationship_kwargs")) is not None:
            kwargs.update(self.names.entries(more.expr, more.frame) or {})
        call = Invocation(call.name, call.args, kwargs, call.location)
        target = self._target(call.argument(0, "argument") if call.name == "relationship" else None, annotation)
        secondary = call.argument(1, "secondary") or call.kwargs.get("link_model")
        named = self.names.constant(secondary) if secondary is not None else None
        between = named if isinstance(named, str) else secondary
        collection, loading = self._collection(annotation, call.name == "sqlmodel.Relationship")
        self.written.append(WrittenRelation(owner, name, call, target, between, collection, loading))
        if self.names.constant(kwargs.get("viewonly")) is True:
            return None
        backref = call.kwargs.get("backref")
        reverse = self._of_backref(backref) if backref is not None else None
        keys = call.kwargs.get("foreign_keys")
        return RelationshipRead(
            owner,
            target,
            self._on_delete(call),
            reverse,
            between,
            self._attributes(keys) if keys is not None else (),
            "remote_side" in call.kwargs,
            backref is not None or "back_populates" in call.kwargs,
        )

    def _target(self, located: Located | None, annotation: Located | None) -> ClassDef | str | None:
        if located is not None:
            return self._model(located)
        if annotation is None:
            return None
        inner = self.annotations.mapped(annotation) or annotation
        while isinstance(inner.expr, Subscript):
            inner = Located(_element(inner.expr), inner.frame)
        found = self.annotations.read(inner, None).subject
        return self._model(found)

    def _collection(self, annotation: Located | None, plain: bool) -> tuple[bool | None, str | None]:
        """Whether an annotation says that there are many, and how they load; `plain`: without `Mapped` as well."""
        if annotation is None:
            return None, None
        mapped = self.annotations.mapped(annotation)
        located = self.annotations.unquoted(annotation)
        written = located.expr.value if isinstance(located.expr, Subscript) else None
        last = written.id.rpartition(".")[2] if isinstance(written, Name) else ""
        if mapped is not None and last in _LOADING:
            return True, _LOADING[last]
        if mapped is None and not plain and last not in _COLLECTIONS:
            return None, None
        return self._is_collection(mapped or located), None

    def _is_collection(self, located: Located) -> bool:
        expr = self.annotations.unquoted(located).expr
        if isinstance(expr, BinOp):
            return any(self._is_collection(located.frame.at(part)) for part in (expr.left, expr.right))
        if not isinstance(expr, Subscript):
            return False
        name = expr.value.id.rpartition(".")[2] if isinstance(expr.value, Name) else ""
        if name not in {"Optional", "Union", "Annotated"}:
            return name != "type"
        items = expr.index.items if isinstance(expr.index, Display) else (expr.index,)
        return any(self._is_collection(located.frame.at(item)) for item in items)

    def _model(self, located: Located) -> ClassDef | str | None:
        """A model as a class, as text (`"User"`), or given by a lambda."""
        target = self.names.follow(located.expr, located.frame)
        if isinstance(target, ClassDef):
            return target
        value = self.names.constant(located)
        if isinstance(value, str):
            words = _WORD.findall(value)
            return str(words[-1]).rpartition(".")[2] if words else None
        if isinstance(located.expr, Name):
            return located.expr.id.rpartition(".")[2]
        body = getattr(located.expr, "body", None)
        return body.id.rpartition(".")[2] if isinstance(body, Name) else None

    def _on_delete(self, call: Invocation) -> Action | None:
        """What the ORM does with the rows on the other side: deletes them, or sets their foreign key to NULL."""
        if self.names.constant(call.kwargs.get("cascade_delete")) is True:
            return Action.CASCADE
        cascade = self.names.constant(call.kwargs.get("cascade"))
        words = {word.strip() for word in cascade.split(",")} if isinstance(cascade, str) else set()
        if words & {"all", "delete"}:
            return Action.CASCADE
        passive = self.names.constant(call.kwargs.get("passive_deletes"))
        return None if passive == "all" else Action.SET_NULL

    def _of_backref(self, located: Located) -> Action | None:
        call = self.names.invocation(located.expr, located.frame)
        if call is not None and call.name == "backref":
            if self.names.constant(call.kwargs.get("viewonly")) is True:
                return None
            return self._on_delete(call)
        return Action.SET_NULL

    def _attributes(self, located: Located) -> tuple[str, ...]:
        """The attributes that `foreign_keys=` names: `[author_id]`, `"Post.author_id"`, `lambda: Post.author_id`."""
        text = self.names.constant(located)
        expr = parsed(text) if isinstance(text, str) else getattr(located.expr, "body", located.expr)
        items = self.names.items(expr, located.frame) or (located.frame.at(expr),)
        names = []
        for item in items:
            if isinstance(item.expr, Name):
                names.append(item.expr.id.rpartition(".")[2])
            elif isinstance(value := self.names.constant(item), str):
                names.append(value.rpartition(".")[2])
        return tuple(names)


def _element(expr: Subscript) -> Expr:
    """What a collection holds: the last of `dict[str, X]`, the first of `Union[X, None]` that is a type."""
    if not isinstance(expr.index, Display) or not expr.index.items:
        return expr.index
    types = [item for item in expr.index.items if not isinstance(item, Literal) or item.value is not None]
    first = isinstance(expr.value, Name) and expr.value.id.rpartition(".")[2] in {"Union", "Annotated"}
    return (types[0] if first else types[-1]) if types else expr.index

"""`relationship(…)`: what the ORM does with referencing rows when a row is deleted.

Source: https://docs.sqlalchemy.org/en/20/orm/cascades.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from dbarchitect.catalog.members import Action
from dbarchitect.sources.python.expressions import Name, Subscript
from dbarchitect.sources.python.statements import ClassDef
from dbarchitect.sources.sqlalchemy.annotations import AnnotationReader, parsed
from dbarchitect.sources.sqlalchemy.follow import Names
from dbarchitect.sources.sqlalchemy.located import Invocation, Located

_WORD = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")


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


class RelationshipReader:
    """Reads relationships of models."""

    def __init__(self, names: Names, annotations: AnnotationReader) -> None:
        self.names = names
        self.annotations = annotations

    def read(self, call: Invocation, owner: ClassDef, annotation: Located | None) -> RelationshipRead | None:
        """What a `relationship(…)` (or SQLModel's Relationship) of a model says; None for a view of others."""
        kwargs = dict(call.kwargs)
        if call.name == "sqlmodel.Relationship" and (more := kwargs.get("sa_relationship_kwargs")) is not None:
            kwargs.update(self.names.entries(more.expr, more.frame) or {})
        call = Invocation(call.name, call.args, kwargs, call.location)
        if self.names.constant(kwargs.get("viewonly")) is True:
            return None
        target = self._target(call.argument(0, "argument") if call.name == "relationship" else None, annotation)
        secondary = call.kwargs.get("secondary") or call.kwargs.get("link_model")
        named = self.names.constant(secondary) if secondary is not None else None
        backref = call.kwargs.get("backref")
        reverse = self._of_backref(backref) if backref is not None else None
        keys = call.kwargs.get("foreign_keys")
        return RelationshipRead(
            owner,
            target,
            self._on_delete(call),
            reverse,
            named if isinstance(named, str) else secondary,
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
            inner = Located(inner.expr.index, inner.frame)
        found = self.annotations.read(inner, None).subject
        return self._model(found)

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

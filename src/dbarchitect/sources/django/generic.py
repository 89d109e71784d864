"""Fields of models that have no column, yet lead to rows: generic relations, and the tags of django-taggit.

Source: https://docs.djangoproject.com/en/5.2/ref/contrib/contenttypes/#reverse-generic-relations
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from dbarchitect.sources.django.models import Model
from dbarchitect.sources.django.registry import Registry
from dbarchitect.sources.python import ClassDef, Constant, Module
from dbarchitect.sources.python.expressions import Call, Expr, Literal
from dbarchitect.sources.python.statements import Assign

_RELATION, _TAGS = "GenericRelation", "TaggableManager"


@dataclass(frozen=True, slots=True)
class GenericField:
    """`target` is the model that holds the object's id and type, for tags the model between.

    `object_id` and `content_type` are the fields there; `query_name` is what filters there call this model by.
    """

    name: str
    target: Expr
    module: Module
    scope: ClassDef | None
    object_id: str = "object_id"
    content_type: str = "content_type"
    query_name: str | None = None
    is_tags: bool = False


def generic_fields(model: Model, registry: Registry) -> Iterator[GenericField]:
    """Those of a model and of the models that it inherits from, the nearest first.

    A concrete model's are given on too, and lead to the heir's own rows then; the other side knows the parent alone.
    """
    seen: set[str] = set()
    for cls, is_own in _holders(model.cls, registry):
        for statement in cls.assignments:
            call = statement.value
            if not isinstance(call, Call) or statement.target in seen:
                continue
            kind = _kind(call, cls, registry)
            found = _read(statement, call, kind, cls, registry) if kind is not None else None
            if found is not None:
                seen.add(statement.target)
                yield found if is_own else replace(found, query_name=None)


def _holders(cls: ClassDef, registry: Registry, *, is_own: bool = True) -> Iterator[tuple[ClassDef, bool]]:
    yield cls, is_own
    for base in registry.reader.model_bases(cls):
        yield from _holders(base, registry, is_own=is_own and registry.reader.is_abstract(base))


def _kind(call: Call, cls: ClassDef, registry: Registry) -> str | None:
    last = (call.name or "").rpartition(".")[2]
    for kind in (_RELATION, _TAGS):
        if last.endswith(kind):
            return kind
    if not any(word in last for word in ("Relation", "Tag", "Manager")):
        return None
    made = registry.world.resolve_expr(cls.module, call.function, cls)
    bases = registry.world.external_bases(made) if isinstance(made, ClassDef) else ()
    return next((kind for kind in (_RELATION, _TAGS) if any(base.endswith(kind) for base in bases)), None)


def _read(statement: Assign, call: Call, kind: str, cls: ClassDef, registry: Registry) -> GenericField | None:
    if kind == _TAGS:
        through = call.keyword("through")
        return GenericField(statement.target, through or Literal("taggit.TaggedItem"), cls.module, cls, is_tags=True)
    target = call.argument(0, "to")
    if target is None:
        return None

    def given(position: int, name: str) -> Constant:
        expr = call.argument(position, name)
        return registry.world.value(expr, cls.module, cls) if expr is not None else None

    object_id, content_type = given(1, "object_id_field"), given(2, "content_type_field")
    asked = given(99, "related_query_name")
    return GenericField(
        statement.target,
        target,
        cls.module,
        cls,
        object_id if isinstance(object_id, str) else "object_id",
        content_type if isinstance(content_type, str) else "content_type",
        asked if isinstance(asked, str) else None,
    )

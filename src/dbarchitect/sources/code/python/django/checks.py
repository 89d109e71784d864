"""Functions that look at the value of one field and may refuse it: of forms, serializers and models.

Sources: https://docs.djangoproject.com/en/stable/ref/forms/validation/,
https://www.django-rest-framework.org/api-guide/serializers/#field-level-validation,
https://docs.djangoproject.com/en/stable/ref/models/instances/#validating-objects
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from dbarchitect.sources.code.python.values import Function
from dbarchitect.sources.code.values import Items, Library, Value
from dbarchitect.sources.mapping import MappedModel
from dbarchitect.sources.python.statements import ClassDef, FunctionDef

_NAMED = {"serializer": "validate_", "form": "clean_"}
_OF_MODELS = frozenset({"clean", "clean_fields", "full_clean", "save"})
_REFUSES = re.compile(rb"\braise\b")


def of_fields(cls: ClassDef, layer: str) -> Iterator[tuple[str, FunctionDef]]:
    """`validate_content` of a serializer, `clean_title` of a form: the field's name and the method."""
    prefix = _NAMED[layer]
    for method in cls.methods:
        field = method.name.removeprefix(prefix)
        if field and field != method.name and _refuses(method):
            yield field, method


def of_model(cls: ClassDef, model: MappedModel) -> Iterator[tuple[str, FunctionDef]]:
    """The columns' attributes that a model's own `clean` or `save` speaks of, where it refuses values."""
    for method in cls.methods:
        if method.name in _OF_MODELS and _refuses(method):
            source = method.module.source[method.span.start : method.span.end]
            for name in model.columns:
                if re.search(rb"\bself\." + re.escape(name.encode()) + rb"\b", source):
                    yield name, method


def named(value: Value | None) -> str | None:
    """The first function in a list of validators, of the project or of a library; None where there is none."""
    for item in value.items if isinstance(value, Items) else ():
        match item:
            case Function(function=function):
                return key_of(function)
            case Library(name=name) if not name.rpartition(".")[2].endswith("Validator"):
                return name
            case _:
                continue
    return None


def key_of(function: FunctionDef) -> str:
    """The key that a function has among the facts."""
    return f"{function.module.path}:{function.qualname}"


def _refuses(function: FunctionDef) -> bool:
    return _REFUSES.search(function.module.source, function.span.start, function.span.end) is not None

"""Parameters that are rows, though no annotation says so: called after a model, and used as only its rows can be."""

from __future__ import annotations

import re
from collections.abc import Iterable

from dbarchitect.sources.code.python.vocabulary import Following
from dbarchitect.sources.code.values import Rows
from dbarchitect.sources.mapping import MappedModel
from dbarchitect.sources.python.expressions import Literal
from dbarchitect.sources.python.statements import FunctionDef, Parameter

_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_OF_ROWS = frozenset({"save", "delete", "refresh_from_db"})
_OF_ANY = frozenset({"pk", "id", "full_clean", "clean", "get_absolute_url", "DoesNotExist"})


class ByUse:
    """Knows the models by what a variable of one of their rows is called (`user_story`)."""

    def __init__(self, models: Iterable[MappedModel]) -> None:
        self._named: dict[bytes, MappedModel | None] = {}
        for model in models:
            name = _WORD.sub("_", model.name).lower().replace("__", "_").encode()
            known = self._named.setdefault(name, model)
            if known is not model and (known is None or known.table != model.table):
                self._named[name] = None

    def row(self, function: FunctionDef, parameter: Parameter, interpreter: Following) -> Rows | None:
        """The row that a parameter is; None unless all that is asked of it are things that the rows of the model have,
        and one of them a relation or a column."""
        name = parameter.name.encode()
        model = self._named.get(name)
        if model is None or parameter.annotation is not None or parameter.star:
            return None
        if parameter.default is not None and parameter.default != Literal(None):
            return None
        source = function.module.source[function.span.start : function.span.end]
        asked = {found[1].decode() for found in re.finditer(rb"(?<![\w.])" + name + rb"\.(\w+)", source)}
        own = {each for each in asked if each in model.relations or each in model.columns or each in _OF_ROWS}
        if not own:
            return None
        cls = interpreter.objects.class_of(model)
        interpreter.touch(model.key.partition(":")[0])
        others = (each for each in asked - own - _OF_ANY if not each.startswith("_"))
        if all(cls is not None and interpreter.index.attribute(cls, each) is not None for each in others):
            return Rows(model, "django")
        return None

"""What a list does for each of its rows besides its own query: methods of serializers, of the admin, of the model."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import islice

from dbarchitect.catalog.queries import Idiom, LoopFact, Verb
from dbarchitect.sources.code.python.django.declared import Declared
from dbarchitect.sources.code.python.django.values import QuerySet
from dbarchitect.sources.code.python.frames import Frame
from dbarchitect.sources.code.python.values import ClassValue, Function, Instance
from dbarchitect.sources.code.python.vocabulary import Arguments, Site
from dbarchitect.sources.code.values import Rows, Value
from dbarchitect.sources.python.expressions import Call
from dbarchitect.sources.python.statements import ClassDef, FunctionDef

_NO_FIELDS = frozenset({"__str__", "__all__", "id", "pk"})


class RowMethods:
    """Follows such methods with a row of the list, once."""

    def __init__(self, declared: Declared) -> None:
        self.declared = declared

    def queryset(self, cls: ClassDef, otherwise: QuerySet | None, site: Site) -> QuerySet | None:
        """The queryset of a list: what its own `get_queryset` gives, None where that is not understood; of a class that
        has none, what it declares otherwise."""
        own = site.interpreter.index.attribute(cls, "get_queryset")
        if own is None or not isinstance(own[1], FunctionDef):
            return otherwise
        site.interpreter.afresh()
        found = site.interpreter.run(Function(own[1], Instance(cls)), Arguments(), site)
        if not isinstance(found, QuerySet) or found.draft.model is None:
            return None
        return found if otherwise is None or found.draft.model is otherwise.draft.model else None

    def loaded_by_list(self, serializer: ClassDef, row: Rows, site: Site) -> frozenset[str]:
        """What is there of the rows once a serializer's own class of lists has them (`list_serializer_class`)."""
        interpreter = site.interpreter
        meta = self.declared.meta(serializer, interpreter)
        listing = self.declared.value(meta, "list_serializer_class", interpreter) if meta is not None else None
        own = _method(listing.cls, "to_representation", site) if isinstance(listing, ClassValue) else None
        if own is None or not isinstance(listing, ClassValue):
            return row.loaded
        rows = replace(row, many=True)
        interpreter.afresh()
        interpreter.run(Function(own, Instance(listing.cls)), Arguments((rows,)), site)
        return rows.loaded

    def of_serializer(self, serializer: ClassDef, row: Rows, loop: LoopFact, site: Site) -> None:
        """`SerializerMethodField`s, and fields that are properties of the model."""
        interpreter = site.interpreter
        names: list[str] = []
        for statement in serializer.assignments:
            call = statement.value
            if isinstance(call, Call) and (call.name or "").rpartition(".")[2] == "SerializerMethodField":
                frame = interpreter.module_frame(serializer.module, serializer)
                given = call.argument(0, "method_name")
                named = interpreter.evaluation.of(given, frame) if given is not None else None
                said = getattr(named, "value", None)
                names.append(said if isinstance(said, str) else f"get_{statement.target}")
        own = [found for name in names if (found := _method(serializer, name, site)) is not None]
        for function in own:
            self._run(Function(function, Instance(serializer)), (row,), Idiom.SERIALIZER, loop, site)
        meta = self.declared.meta(serializer, interpreter)
        fields = self.declared.texts(meta, "fields", interpreter) if meta is not None else ()
        self.of_model(fields, row, Idiom.SERIALIZER, loop, site)

    def of_admin(self, cls: ClassDef, names: Iterable[str], row: Rows, loop: LoopFact, site: Site) -> None:
        """The methods that `list_display` names, of the admin's class or of the model."""
        others = []
        for name in names:
            found = _method(cls, name, site)
            if found is None:
                others.append(name)
            else:
                self._run(Function(found, Instance(cls)), (row,), Idiom.ADMIN, loop, site)
        self.of_model(others, row, Idiom.ADMIN, loop, site)

    def of_model(self, names: Iterable[str], row: Rows, idiom: Idiom, loop: LoopFact, site: Site) -> None:
        """Methods and properties of the model's class."""
        cls = site.interpreter.objects.class_of(row.model)
        for name in names if cls is not None else ():
            known = name in _NO_FIELDS or name in row.model.columns or name in row.model.relations
            found = None if known or cls is None else _method(cls, name, site)
            if found is not None:
                self._run(Function(found, row), (), idiom, loop, site)

    def _run(self, function: Function, arguments: tuple[Value, ...], idiom: Idiom, loop: LoopFact, site: Site) -> None:
        """Follow a method; what it asks, it asks for each row."""
        interpreter = site.interpreter
        records = interpreter.recorder.records
        before = len(records)
        interpreter.afresh()
        definition = function.function
        frame = Frame(definition.module, site.frame.key, scope=site.frame.scope, owner=site.frame.owner, loops=(loop,))
        interpreter.run(function, Arguments(arguments), replace(site, frame=frame, span=definition.span))
        for record in islice(records.values(), before, None):
            if record.draft.verb is not Verb.SELECT or record.draft.idiom not in {None, Idiom.LAZY_RELATION}:
                continue
            if record.draft.idiom is Idiom.LAZY_RELATION:
                record.draft = replace(record.draft, idiom=idiom, builders=record.draft.builders or (loop.origin,))
            record.place = replace(record.place, loops=(loop, *record.place.loops))
            record.direct = True


def _method(cls: ClassDef, name: str, site: Site) -> FunctionDef | None:
    found = site.interpreter.index.attribute(cls, name)
    return found[1] if found is not None and isinstance(found[1], FunctionDef) else None

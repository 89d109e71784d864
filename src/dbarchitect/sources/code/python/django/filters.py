"""What a person may filter and search a list by: `filterset_fields`, `search_fields`, filter sets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from dbarchitect.catalog.queries import Operand, Predicate
from dbarchitect.sources.code.draft import Draft
from dbarchitect.sources.code.python.django.declared import Declared, texts_of
from dbarchitect.sources.code.python.django.paths import Reached
from dbarchitect.sources.code.python.django.querysets import Building
from dbarchitect.sources.code.python.values import Const
from dbarchitect.sources.code.python.vocabulary import Following
from dbarchitect.sources.code.values import Entries, Opaque, Value
from dbarchitect.sources.python.expressions import Call
from dbarchitect.sources.python.statements import Assign, ClassDef

FILTER_SETS = ("FilterSet",)
_SEARCH = {"^": "istartswith", "=": "iexact", "@": "search", "$": "iregex"}


class Filters:
    """Adds to a query what a person may ask, each on some ways only."""

    def __init__(self, declared: Declared, building: Building) -> None:
        self.declared = declared
        self.building = building
        self.paths = building.paths

    def tests(self, draft: Draft, names: Iterable[str], lookup: str) -> Draft:
        """Columns that a person may filter by: each on some ways only."""
        for name in names:
            found, reached = self.paths.follow(draft, name.lstrip("-"))
            if reached is not None and not reached.rest:
                draft = self._asked(found, reached, lookup)
        return draft

    def _asked(self, draft: Draft, reached: Reached, lookup: str) -> Draft:
        draft, predicate = self.building.lookups.predicate(
            draft, Reached(reached.column, (lookup,), reached.relation, reached.model), Opaque(raw=True)
        )
        if predicate is None:
            return draft
        return draft.where(replace(predicate, optional=True, operand=Operand.PARAMETER))

    def searched(self, draft: Draft, names: Iterable[str]) -> Draft:
        """`search_fields`: contained in one of them, without regard to case, where no prefix says otherwise."""
        found: list[Predicate] = []
        for name in names:
            lookup = _SEARCH.get(name[:1], "icontains")
            path = name.lstrip("^=@$")
            joined, reached = self.paths.follow(draft, path)
            if reached is None:
                continue
            rest = reached.rest or (lookup,)
            draft, predicate = self.building.lookups.predicate(
                joined, Reached(reached.column, rest, reached.relation, reached.model), Opaque(raw=True)
            )
            if predicate is not None:
                found.append(replace(predicate, optional=True, alternative=True))
        return draft.where(*(found if len(found) > 1 else [replace(p, alternative=False) for p in found]))

    def names(self, cls: ClassDef, attribute: str, interpreter: Following) -> Iterable[str]:
        """The names that a class lists, also as the keys of a dictionary of lookups."""
        value = self.declared.value(cls, attribute, interpreter)
        if isinstance(value, Entries):
            return tuple(n for n in value.entries if not n.startswith("?"))
        if isinstance(value, Const) and isinstance(value.value, dict):
            return tuple(n for n in value.value if isinstance(n, str))
        return self.declared.texts(cls, attribute, interpreter)

    def filtered(self, draft: Draft, cls: ClassDef, interpreter: Following) -> Draft:
        """The query with all that a filter set may ask."""
        meta = self.declared.meta(cls, interpreter)
        if meta is not None:
            value = self.declared.value(meta, "fields", interpreter)
            lookups = value.entries if isinstance(value, Entries) else {}
            for name in self.names(meta, "fields", interpreter):
                given = lookups.get(name)
                draft = self.tests(draft, [name], next(iter(_lookups_of(given)), "exact"))
        for holder in interpreter.index.lineage(cls):
            for statement in holder.assignments:
                call = statement.value
                if isinstance(call, Call) and (call.name or "").rpartition(".")[2].endswith("Filter"):
                    draft = self._declared_filter(draft, statement, call, cls, interpreter)
        return draft

    def _declared_filter(
        self, draft: Draft, statement: Assign, call: Call, cls: ClassDef, interpreter: Following
    ) -> Draft:
        if call.keyword("method") is not None:
            return draft
        frame = interpreter.module_frame(cls.module, cls)
        given = call.argument(0, "field_name") or call.keyword("name")
        named = interpreter.evaluation.of(given, frame) if given is not None else None
        name = named.value if isinstance(named, Const) and isinstance(named.value, str) else statement.target
        asked = call.argument(1, "lookup_expr")
        value = interpreter.evaluation.of(asked, frame) if asked is not None else None
        lookup = value.value if isinstance(value, Const) and isinstance(value.value, str) else "exact"
        return self.tests(draft, [name], lookup)


def _lookups_of(value: Value | None) -> Iterable[str]:
    return tuple(texts_of(value))

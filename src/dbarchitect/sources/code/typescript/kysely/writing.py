"""What `values(…)`, `set(…)` and `onConflict(…)` say that is written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from dbarchitect.catalog.queries import Idiom, Verb
from dbarchitect.sources.code.draft import Draft
from dbarchitect.sources.code.typescript.builders.assigning import set_to
from dbarchitect.sources.code.typescript.builders.comparing import subject
from dbarchitect.sources.code.typescript.builders.drafts import folded
from dbarchitect.sources.code.typescript.builders.names import column_named, scope_of
from dbarchitect.sources.code.typescript.builders.templates import Templates
from dbarchitect.sources.code.typescript.builders.values import Column
from dbarchitect.sources.code.typescript.kysely.values import Builder, Conflict
from dbarchitect.sources.code.typescript.values import Const, Function, Undefined
from dbarchitect.sources.code.typescript.vocabulary import Arguments, Site, weighed
from dbarchitect.sources.code.values import Entries, Items, Sequence, Value, is_raw


class Writing:
    """Builds what INSERT and UPDATE write."""

    def __init__(self, templates: Templates) -> None:
        self.templates = templates
        self.methods: dict[str, Callable[[Draft, Arguments, Site], Draft]] = {
            "values": self._values,
            "set": self._set,
            "expression": self._expression,
            "onConflict": self._on_conflict,
            "onDuplicateKeyUpdate": lambda d, a, s: d.but(verb=Verb.UPSERT, idiom=Idiom.ON_CONFLICT),  # noqa: ARG005
        }

    def _values(self, draft: Draft, arguments: Arguments, site: Site) -> Draft:
        value = arguments.get(0)
        if isinstance(value, Function):
            value = site.interpreter.run(value, Arguments((Builder(scope_of(draft)),)), site)
        while isinstance(value, Items | Sequence):
            draft = draft.but(idiom=draft.idiom or Idiom.BULK)
            value = value.element if isinstance(value, Sequence) else next(iter(value.items), None)
        return self._written(draft, value)

    def _set(self, draft: Draft, arguments: Arguments, site: Site) -> Draft:
        value = arguments.get(0)
        if len(arguments.args) == 2 and isinstance(value, Const):
            value = Entries({str(value.value): arguments.args[1]})
        if isinstance(value, Function):
            value = site.interpreter.run(value, Arguments((Builder(scope_of(draft)),)), site)
        return self._written(draft, value)

    def _written(self, draft: Draft, value: Value | None) -> Draft:
        if not isinstance(value, Entries):
            return draft.unknown("columns").but(raw_input=draft.raw_input or is_raw(value))
        found = list(draft.assignments)
        for name, item in value.entries.items():
            column = column_named(name, scope_of(draft))
            if column is None or column.column is None or isinstance(item, Undefined):
                continue
            made = set_to(column.column, item, self.templates)
            found.append(weighed(made, name, value))
        draft = draft.but(assignments=tuple(found))
        return draft.unknown("columns") if value.open else draft

    def _expression(self, draft: Draft, arguments: Arguments, site: Site) -> Draft:
        first = arguments.get(0)
        if isinstance(first, Function):
            first = site.interpreter.run(first, Arguments((Builder(scope_of(draft)),)), site)
        draft = draft.unknown("columns").but(idiom=Idiom.BULK)
        return folded(draft, first) if isinstance(first, Draft) else draft

    def _on_conflict(self, draft: Draft, arguments: Arguments, site: Site) -> Draft:
        draft = draft.but(verb=Verb.UPSERT, idiom=Idiom.ON_CONFLICT)
        callback = arguments.get(0)
        if isinstance(callback, Function):
            found = site.interpreter.run(callback, Arguments((Conflict(draft),)), site)
            return found.draft if isinstance(found, Conflict) else draft
        return draft

    def conflicted(self, owner: Conflict, name: str, arguments: Arguments, site: Site) -> Conflict | None:
        """A method of what the callback of `onConflict` is given."""
        draft, first = owner.draft, arguments.get(0)
        match name:
            case "column" | "columns":
                items = first.items if isinstance(first, Items) else [first]
                columns = [subject(i, scope_of(draft)) for i in items if i is not None]
                key = tuple(c.column for c in columns if isinstance(c, Column) and c.column is not None)
                return Conflict(draft.but(key=(*draft.key, *key)))
            case "doUpdateSet":
                before = draft.assignments
                changed = self._set(draft.but(assignments=()), arguments, site)
                known = {a.column for a in before}
                added = tuple(replace(a, optional=True) for a in changed.assignments if a.column not in known)
                return Conflict(draft.but(assignments=(*before, *added)))
            case "doNothing" | "where" | "whereRef" | "constraint" | "expression":
                return owner
            case _:
                return None

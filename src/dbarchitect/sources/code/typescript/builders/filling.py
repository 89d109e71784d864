"""Conditions and sort keys put into queries of any kind."""

from __future__ import annotations

from dataclasses import replace

from dbarchitect.catalog.queries import SortKey
from dbarchitect.sources.code.draft import Draft
from dbarchitect.sources.code.typescript.builders.combining import all_of
from dbarchitect.sources.code.typescript.builders.conditions import holding, joined_pairs, truth
from dbarchitect.sources.code.typescript.builders.drafts import sort_key, sources_of
from dbarchitect.sources.code.typescript.builders.templates import Templates
from dbarchitect.sources.code.typescript.builders.values import Column, Condition, Fragment, Options, Sort
from dbarchitect.sources.code.typescript.values import Const, Table, Undefined
from dbarchitect.sources.code.typescript.vocabulary import Site
from dbarchitect.sources.code.values import Value


class Filling:
    """Puts conditions and keys into drafts, with what their texts say."""

    def __init__(self, templates: Templates) -> None:
        self.templates = templates

    def demanded(self, draft: Draft, value: Value, site: Site) -> Draft:
        """A draft with a value in WHERE."""
        found = truth(value)
        return self.applied(draft, found, site) if found is not None else draft

    def applied(self, draft: Draft, condition: Condition, site: Site, *, outer: bool = False) -> Draft:
        """A draft with a condition: its pairs become joins, its texts are read."""
        if condition.written:
            tables = sources_of(draft)
            read = [self.templates.condition(w, tables, site) for w in condition.written]
            condition = all_of((replace(condition, written=()), *read))
        if condition.joins or condition.tables:
            joins = tuple(replace(j, outer=outer or j.outer) for j in condition.joins)
            draft = draft.join(*joins).using(*condition.tables)
        draft = holding(joined_pairs(draft, condition.pairs, outer=outer), condition.built)
        asked = (p for p in condition.predicates if p not in draft.predicates)
        draft = draft.where(*(replace(p, of_join=outer or p.of_join) for p in asked))
        return draft.unknown("where") if condition.unknown else draft

    def keys_of(self, value: Value, draft: Draft, site: Site) -> tuple[SortKey, ...] | None:
        """A value as sort keys; None where it is not known."""
        match value:
            case Undefined() | Const():
                return ()
            case Sort(key=Column() as key, descending=descending):
                return (sort_key(key, descending=descending),)
            case Sort(key=key, descending=descending):
                found = self.templates.ordering(key, sources_of(draft), site)
                return tuple(replace(k, descending=descending) for k in found)
            case Column():
                return (sort_key(value),)
            case Fragment():
                return self.templates.ordering(value, sources_of(draft), site)
            case Options(options=options):
                each = [self.keys_of(option, draft, site) for option in options]
                return tuple(dict.fromkeys(replace(k, optional=True) for keys in each for k in keys or ()))
            case Table() | Condition():
                return (SortKey(None),)
            case _:
                return None

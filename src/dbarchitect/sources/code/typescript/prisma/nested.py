"""Nested writes: `posts: { create: … }`, `author: { connect: … }`, each a query of its own on another table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from dbarchitect.catalog.queries import Assignment, Comparison, Fetch, Idiom, Operand, Predicate, Verb
from dbarchitect.catalog.refs import Origin, Ref
from dbarchitect.sources.code.draft import Draft
from dbarchitect.sources.code.typescript.prisma.data import Data, Path, Relation, Step, Written, once
from dbarchitect.sources.code.typescript.prisma.models import Models, foreign_columns
from dbarchitect.sources.code.typescript.prisma.reading import entry, is_false, is_open, is_true, members, named
from dbarchitect.sources.code.typescript.prisma.values import LIBRARY
from dbarchitect.sources.code.typescript.prisma.where import Where
from dbarchitect.sources.code.values import Entries, Value
from dbarchitect.sources.mapping import MappedModel, MappedRelation


@dataclass(frozen=True, slots=True)
class Link:
    """A relation that is written along: from the row of the call to those of the other model."""

    model: MappedModel
    relation: MappedRelation
    target: MappedModel

    @property
    def own_side(self) -> tuple[tuple[Ref, Ref], ...]:
        """(own foreign key, their column) where the row of the call holds the key; else nothing."""
        if self.relation.reverse or self.relation.through is not None:
            return ()
        return tuple((self.model.table.column(a), self.target.table.column(b)) for a, b in self.relation.pairs)

    @property
    def their_side(self) -> tuple[Ref, ...]:
        """The foreign key of the other rows where they hold it; else nothing."""
        return foreign_columns(self.relation, self.target) if self.relation.reverse else ()

    @property
    def between(self) -> tuple[tuple[Ref, ...], tuple[Ref, ...]]:
        """The columns of the table between, for this row and for the other one."""
        through = self.relation.through
        if through is None:
            return (), ()
        near = tuple(through.table.column(b) for _, b in through.near)
        return near, tuple(through.table.column(a) for a, _ in through.far)


Keys = tuple[Assignment, ...]


class Nested:
    """Reads nested writes."""

    def __init__(self, models: Models, data: Data, where: Where) -> None:
        self.models = models
        self.data = data
        self.where = where
        self._writers: dict[str, Callable[[Written, Link, Value, Path], Keys]] = {
            "create": self._create,
            "createMany": self._create_many,
            "connect": self._connect,
            "connectOrCreate": self._connect_or_create,
            "set": self._set,
            "disconnect": self._disconnect,
            "update": self._update,
            "updateMany": self._update,
            "upsert": self._upsert,
            "delete": self._delete,
            "deleteMany": self._delete,
        }

    def write(self, written: Written, model: MappedModel, relation: Relation, value: Value, path: Path) -> Keys:
        """Note the queries of a nested write; the foreign keys of the row itself that it sets."""
        link = Link(model, *relation)
        if not isinstance(value, Entries):
            written.known = False
            return tuple(Assignment(own) for own, _ in link.own_side)
        written.known = written.known and not is_open(value)
        keys: Keys = ()
        for name, given, _ in named(value):
            writer = self._writers.get(name)
            if writer is None:
                written.known = False
                continue
            keys = (*keys, *writer(written, link, given, (*path, name)))
        return once(keys)

    # Rows made

    def _create(self, written: Written, link: Link, value: Value, path: Path) -> Keys:
        self._insert(written, link, self.data.of_rows(link.target, value, path), path)
        return _assigned(own for own, _ in link.own_side)

    def _create_many(self, written: Written, link: Link, value: Value, path: Path) -> Keys:
        data = self.data.of_rows(link.target, entry(value, "data"), path)
        self._insert(written, link, data, path, Idiom.BULK)
        return ()

    def _insert(self, written: Written, link: Link, data: Written, path: Path, idiom: Idiom | None = None) -> None:
        draft = self._draft(link, Verb.INSERT).but(idiom=idiom, assignments=_assigned(link.their_side))
        self._steps(written, link, data, [Step(data.put_in(draft), path)])
        self._tie(written, link, path)

    def _connect_or_create(self, written: Written, link: Link, value: Value, path: Path) -> Keys:
        for one in members(value)[0][:1]:
            data = self.data.of_rows(link.target, entry(one, "create"), path)
            draft = self._draft(link, Verb.UPSERT).but(assignments=_assigned(link.their_side))
            draft = self.where.put(data.put_in(draft), link.target, entry(one, "where"))
            draft = draft.but(idiom=Idiom.GET_OR_CREATE, key=_key(draft))
            self._steps(written, link, data, [Step(draft, path, Fetch.ONE)])
        self._tie(written, link, path)
        return _assigned(own for own, _ in link.own_side)

    def _steps(self, written: Written, link: Link, data: Written, own: Sequence[Step]) -> None:
        """The queries of a row that is made along: before the row of the call where that refers to it."""
        steps = [*data.before, *own, *data.after]
        (written.before if link.own_side else written.after).extend(steps)

    # Rows tied together

    def _tie(self, written: Written, link: Link, path: Path) -> None:
        """The row of the table between, where there is one."""
        near, far = link.between
        if near:
            draft = Draft(LIBRARY, Origin(), Verb.INSERT, None, near[0].table_ref)
            written.after.append(Step(draft.but(assignments=_assigned((*near, *far))), path))

    def _connect(self, written: Written, link: Link, value: Value, path: Path) -> Keys:
        if link.own_side:
            where = Draft(LIBRARY, Origin(), model=link.target, table=link.target.table)
            where = self.where.put(where, link.target, value)
            if {p.column for p in where.predicates} != {theirs for _, theirs in link.own_side}:
                written.before.append(Step(where, path, Fetch.ONE))
            return tuple(replace(key, sure=True) for key in self.data.keys(link.target, value, link.own_side))
        if link.their_side:
            draft = self._draft(link, Verb.UPDATE).but(assignments=_assigned(link.their_side))
            for one in members(value)[0][:1]:
                draft = self.where.put(draft, link.target, one)
            written.after.append(Step(draft, path))
        self._tie(written, link, path)
        return ()

    def _set(self, written: Written, link: Link, value: Value, path: Path) -> Keys:
        """`set: [{ id }]`: those and no others."""
        self._untie(written, link, None, path)
        if members(value)[0] and not link.own_side:
            self._connect(written, link, value, path)
        return ()

    def _disconnect(self, written: Written, link: Link, value: Value, path: Path) -> Keys:
        if is_false(value):
            return ()
        if link.own_side:
            return tuple(Assignment(own, Operand.CONSTANT, ("null",)) for own, _ in link.own_side)
        self._untie(written, link, None if is_true(value) else value, path)
        return ()

    def _untie(self, written: Written, link: Link, which: Value | None, path: Path) -> None:
        near, far = link.between
        if near:
            draft = Draft(LIBRARY, Origin(), Verb.DELETE, None, near[0].table_ref)
            draft = draft.where(*(Predicate(c, Comparison.EQUAL) for c in near))
            draft = draft.where(*(Predicate(c, Comparison.IN) for c in far)) if which is not None else draft
            written.after.append(Step(draft, path))
        elif link.their_side:
            nothing = tuple(Assignment(c, Operand.CONSTANT, ("null",)) for c in link.their_side)
            draft = self._of_parent(link, Verb.UPDATE).but(assignments=nothing)
            for one in members(which)[0][:1] if which is not None else ():
                draft = self.where.put(draft, link.target, one)
            written.after.append(Step(draft, path))

    # Rows changed and deleted

    def _update(self, written: Written, link: Link, value: Value, path: Path) -> Keys:
        for one in members(value)[0][:1]:
            inner = entry(one, "data")
            data = self.data.of_rows(link.target, one if inner is None else inner, path)
            draft = data.put_in(self._of_parent(link, Verb.UPDATE))
            draft = self.where.put(draft, link.target, entry(one, "where")) if inner is not None else draft
            written.after.extend([*data.before, Step(draft, path), *data.after])
        return ()

    def _upsert(self, written: Written, link: Link, value: Value, path: Path) -> Keys:
        for one in members(value)[0][:1]:
            data = self.data.of_rows(link.target, entry(one, "create"), path)
            data.take(self.data.of_rows(link.target, entry(one, "update"), path))
            draft = self.where.put(self._of_parent(link, Verb.UPSERT), link.target, entry(one, "where"))
            draft = draft.but(idiom=Idiom.UPDATE_OR_CREATE, key=_key(draft), assignments=_assigned(link.their_side))
            written.after.extend([*data.before, Step(data.put_in(draft), path, Fetch.ONE), *data.after])
        return ()

    def _delete(self, written: Written, link: Link, value: Value, path: Path) -> Keys:
        if is_false(value):
            return ()
        draft = self._of_parent(link, Verb.DELETE)
        for one in members(value)[0][:1] if not is_true(value) else ():
            draft = self.where.put(draft, link.target, one)
        written.after.append(Step(draft, path))
        return ()

    def _draft(self, link: Link, verb: Verb) -> Draft:
        return Draft(LIBRARY, Origin(), verb, link.target, link.target.table)

    def _of_parent(self, link: Link, verb: Verb) -> Draft:
        """A query on those rows of the other model that belong to the row of the call."""
        draft = self._draft(link, verb)
        if link.own_side:
            return draft.where(*(Predicate(theirs, Comparison.EQUAL) for _, theirs in link.own_side))
        near, _ = link.between
        if near:
            draft = draft.using(near[0].table_ref)
        return draft.where(*(Predicate(c, Comparison.EQUAL) for c in near or link.their_side))


def _assigned(columns: Iterable[Ref]) -> Keys:
    return tuple(Assignment(column) for column in columns)


def _key(draft: Draft) -> tuple[Ref, ...]:
    """The columns of its own table by which a query looks for a row."""
    own = draft.table.key if draft.table is not None else None
    return tuple(dict.fromkeys(p.column for p in draft.predicates if p.column.table_ref.key == own))

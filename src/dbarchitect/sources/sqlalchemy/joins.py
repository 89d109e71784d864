"""How a relationship joins two models: the pairs of columns, from foreign keys or from what `primaryjoin` says.

Source: https://docs.sqlalchemy.org/en/20/orm/join_conditions.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from dbarchitect.sources.python.expressions import (
    BinOp,
    Call,
    Compare,
    Expr,
    Lambda,
    Literal,
    Name,
    Subscript,
    UnaryOp,
)
from dbarchitect.sources.python.statements import ClassDef
from dbarchitect.sources.sqlalchemy.annotations import parsed
from dbarchitect.sources.sqlalchemy.drafts import TableDraft
from dbarchitect.sources.sqlalchemy.follow import Names
from dbarchitect.sources.sqlalchemy.located import Frame, Located
from dbarchitect.sources.sqlalchemy.tables import Tables

Place: TypeAlias = tuple[int, str]
"""A column: the identity of its table's draft, and its name in the database."""


@dataclass(frozen=True, slots=True)
class Link:
    """A foreign key: its table and the one it points at, with the pairs (own column, theirs)."""

    child: TableDraft
    parent: TableDraft
    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Joined:
    """How two sides are joined. `to_one` tells that the foreign key is on the own side, None where nothing tells."""

    pairs: tuple[tuple[str, str], ...] = ()
    to_one: bool | None = None


@dataclass(frozen=True, slots=True)
class Side:
    """One side of an equality. `foreign` and `remote` are the marks of that name around it."""

    place: Place
    foreign: bool
    remote: bool


Condition: TypeAlias = tuple[tuple[Side, Side], ...]
"""The column equalities of a condition."""


class JoinReader:
    """Reads the conditions of relationships. `classes` gives the models of a name, `named` a table by its name."""

    def __init__(
        self,
        names: Names,
        tables: Tables,
        links: Callable[[TableDraft], tuple[Link, ...]],
        classes: Callable[[str, ClassDef], ClassDef | None],
        named: Callable[[str], TableDraft | None],
    ) -> None:
        self.names = names
        self.tables = tables
        self.links = links
        self.classes = classes
        self.named = named

    def hierarchy(self, cls: ClassDef) -> tuple[TableDraft, ...]:
        """The tables that hold a model's rows: its own, then those of the models it derives from."""
        found: dict[int, TableDraft] = {}
        for base in (cls, *self.names.index.lineage(cls)):
            draft = self.tables.by_model.get(base)
            if draft is not None:
                found.setdefault(id(draft), draft)
        return tuple(found.values())

    # Written conditions ---------------------------------------------------------------------------------------------

    def equalities(self, condition: Located, owner: ClassDef) -> Condition:
        """The column equalities of a `primaryjoin`, given as an expression, a lambda or text."""
        expr, in_text = self._opened(condition)
        found = []
        for left, right in _equalities(expr):
            sides = [self._side(part, condition.frame, owner, in_text) for part in (left, right)]
            if sides[0] is not None and sides[1] is not None:
                found.append((sides[0], sides[1]))
        return tuple(found)

    def constants(self, condition: Located, owner: ClassDef) -> tuple[Place, ...]:
        """The columns that a condition compares with a constant: `Post.deleted == False`, `Post.kind.is_(None)`."""
        expr, in_text = self._opened(condition)
        found = []
        for part in _terms(expr):
            side, other = _tested(part)
            column = self._side(side, condition.frame, owner, in_text) if side is not None else None
            if column is not None and (other is None or self._side(other, condition.frame, owner, in_text) is None):
                found.append(column.place)
        return tuple(found)

    def columns(self, given: Located | None, owner: ClassDef) -> frozenset[Place]:
        """The columns that `foreign_keys=` or `remote_side=` names."""
        if given is None:
            return frozenset()
        expr, in_text = self._opened(given)
        items = self.names.items(expr, given.frame) or (given.frame.at(expr),)
        sides = (self._side(item.expr, item.frame, owner, in_text) for item in items)
        return frozenset(side.place for side in sides if side is not None)

    def _opened(self, given: Located) -> tuple[Expr, bool]:
        """The expression that is meant, and whether it was given as text."""
        expr = given.expr.body if isinstance(given.expr, Lambda) else given.expr
        text = self.names.constant(given.frame.at(expr))
        return (parsed(text), True) if isinstance(text, str) else (expr, False)

    def _side(self, expr: Expr, frame: Frame, owner: ClassDef, in_text: bool) -> Side | None:
        marks: set[str] = set()
        while isinstance(expr, Call) and expr.args:
            marks.add((expr.name or "").rpartition(".")[2])
            expr = expr.args[0]
        if isinstance(expr, Subscript) and isinstance(expr.value, Name) and isinstance(expr.index, Literal):
            key = expr.index.value  # `users.c["id"]`
            expr = Name(f"{expr.value.id}.{key}", expr.span) if isinstance(key, str) else expr
        if not isinstance(expr, Name) or marks - {"foreign", "remote"}:
            return None
        place = self._place(expr, frame, owner, in_text)
        return Side(place, "foreign" in marks, "remote" in marks) if place is not None else None

    def _place(self, name: Name, frame: Frame, owner: ClassDef, in_text: bool) -> Place | None:
        *path, last = name.id.split(".")
        while path and path[-1] in {"c", "columns", "__table__"}:
            path.pop()
        head = Name(".".join(path), name.span)
        for draft in self._tables_of(head, frame, owner, in_text):
            if last in draft.attributes or last in draft.columns:
                return id(draft), draft.column_name(last)
        return None

    def _tables_of(self, head: Name, frame: Frame, owner: ClassDef, in_text: bool) -> tuple[TableDraft, ...]:
        if not head.id:
            return self.hierarchy(owner)
        if in_text:
            cls = self.classes(head.id, owner)
            if cls is not None:
                return self.hierarchy(cls)
            table = self.named(head.id)
            return (table,) if table is not None else ()
        target = self.names.follow(head, frame)
        if isinstance(target, ClassDef):
            return self.hierarchy(target)
        if isinstance(target, Located):
            written = target.site or target
            table = self.tables.by_place.get(written.frame.key(written.span))
            return (table,) if table is not None else ()
        return ()

    # Both sides -----------------------------------------------------------------------------------------------------

    def direct(
        self,
        own: tuple[TableDraft, ...],
        other: tuple[TableDraft, ...],
        condition: Condition,
        foreign: frozenset[Place],
        remote: frozenset[Place],
    ) -> Joined:
        """How two models are joined without a table between them."""
        if condition:
            written = self._as_written(own, other, condition, foreign, remote)
            if written.pairs:
                return written
        out = self._between(own, other, foreign)
        back = self._between(other, own, foreign)
        if out and back:
            out, back = _decided(out, back, remote, bool({id(d) for d in own} & {id(d) for d in other}))
        if len(out) == 1 and not back:
            return Joined(self._moved(out[0].pairs, out[0].parent, other, 1), True)
        if len(back) == 1 and not out:
            pairs = tuple((theirs, ours) for ours, theirs in back[0].pairs)
            return Joined(self._moved(pairs, back[0].parent, own, 0), False)
        return Joined((), True if out and not back else False if back and not out else None)

    def through(
        self,
        own: tuple[TableDraft, ...],
        table: TableDraft,
        condition: Condition,
        links: tuple[Link, ...] | None = None,
    ) -> tuple[tuple[str, str], ...]:
        """The pairs (own column, column of the association table) by which a model is joined to it."""
        ours = {id(draft) for draft in own}
        pairs = []
        for left, right in condition:
            near, far = (right, left) if left.place[0] == id(table) else (left, right)
            if far.place[0] == id(table) and near.place[0] in ours:
                pairs.append((near.place[1], far.place[1]))
        if pairs:
            return tuple(pairs)
        found = [k for k in (self.links(table) if links is None else links) if id(k.parent) in ours]
        if not found:
            return ()
        turned = tuple((theirs, own_) for own_, theirs in found[0].pairs)
        return self._moved(turned, found[0].parent, own, 0)

    def _between(
        self, children: tuple[TableDraft, ...], parents: tuple[TableDraft, ...], foreign: frozenset[Place]
    ) -> list[Link]:
        wanted = {id(parent) for parent in parents}
        for child in children:
            found = [link for link in self.links(child) if id(link.parent) in wanted]
            if foreign:
                found = [k for k in found if all((id(child), ours) in foreign for ours, _ in k.pairs)]
            if child is not children[0]:  # the joins of an inheritance are no relationships
                found = [k for k in found if id(k.parent) not in {id(c) for c in children}]
            if found:
                return list({link.pairs: link for link in found}.values())
        return []

    def _as_written(
        self,
        own: tuple[TableDraft, ...],
        other: tuple[TableDraft, ...],
        condition: Condition,
        foreign: frozenset[Place],
        remote: frozenset[Place],
    ) -> Joined:
        ours, theirs = {id(d) for d in own}, {id(d) for d in other}
        mirrored = bool(ours & theirs)
        pairs: list[tuple[str, str]] = []
        to_one: bool | None = None
        for left, right in condition:
            turned = left.place[0] not in ours or right.place[0] not in theirs
            if turned and (right.place[0] not in ours or left.place[0] not in theirs):
                continue
            near, far = (right, left) if turned else (left, right)
            if mirrored and self._is_turned(near, far, remote):
                near, far = far, near
            pairs.append((near.place[1], far.place[1]))
            if to_one is None:
                to_one = self._points(near, far, foreign)
        return Joined(tuple(pairs), to_one)

    def _is_turned(self, near: Side, far: Side, remote: frozenset[Place]) -> bool:
        """Of a model joined with itself: whether the side taken for the own is the other one."""
        if near.remote != far.remote:
            return near.remote
        if (near.place in remote) != (far.place in remote):
            return near.place in remote
        if near.foreign != far.foreign:
            return near.foreign
        return self._refers(near.place, far.place)  # without a word of it, the referring rows are the other side

    def _points(self, near: Side, far: Side, foreign: frozenset[Place]) -> bool | None:
        if near.foreign != far.foreign:
            return near.foreign
        if (near.place in foreign) != (far.place in foreign):
            return near.place in foreign
        forth, back = self._refers(near.place, far.place), self._refers(far.place, near.place)
        return forth if forth != back else None

    def _refers(self, place: Place, target: Place) -> bool:
        draft = next((d for d in self.tables.drafts if id(d) == place[0]), None)
        links = self.links(draft) if draft is not None else ()
        return any(id(k.parent) == target[0] and (place[1], target[1]) in k.pairs for k in links)

    def _moved(
        self, pairs: tuple[tuple[str, str], ...], table: TableDraft, side: tuple[TableDraft, ...], at: int
    ) -> tuple[tuple[str, str], ...]:
        """Pairs told of a table that a model derives from, told of the model's own where the inheritance joins them."""
        if not side or table is side[0]:
            return pairs
        for link in self.links(side[0]):
            names = {theirs: ours for ours, theirs in link.pairs}
            if link.parent is table and all(pair[at] in names for pair in pairs):
                return tuple((names[p[0]], p[1]) if at == 0 else (p[0], names[p[1]]) for p in pairs)
        return pairs


def _decided(
    out: list[Link], back: list[Link], remote: frozenset[Place], mirrored: bool
) -> tuple[list[Link], list[Link]]:
    """Of keys in both directions the one that is meant."""
    if not mirrored:
        return out, back
    named = [k for k in out if any((id(k.parent), theirs) in remote for _, theirs in k.pairs)]
    return (named, []) if named else ([], back)


def _equalities(expr: Expr) -> Iterator[tuple[Expr, Expr]]:
    for term in _terms(expr):
        if isinstance(term, Compare) and term.ops == ("==",):
            yield term.operands[0], term.operands[1]


def _terms(expr: Expr) -> Iterator[Expr]:
    """The parts of a conjunction."""
    match expr:
        case BinOp(op="&" | "and", left=left, right=right):
            yield from _terms(left)
            yield from _terms(right)
        case Call(args=args) if (expr.name or "").rpartition(".")[2] == "and_":
            for part in args:
                yield from _terms(part)
        case _:
            yield expr


def _tested(term: Expr) -> tuple[Expr | None, Expr | None]:
    """What a term compares, and with what (None: a constant by its form)."""
    match term:
        case Compare(operands=(left, right), ops=("==",)):
            return (right, left) if isinstance(left, Literal) else (left, right)
        case Call(function=Name(id=name)) if name.endswith(".is_"):
            return Name(name.removesuffix(".is_"), term.span), None
        case UnaryOp(op="~", operand=Name() as operand):
            return operand, None
        case _:
            return None, None

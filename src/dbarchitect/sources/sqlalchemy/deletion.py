"""What the ORM does to each foreign key's rows when the row they point at is deleted through it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from dbarchitect.catalog.members import Action
from dbarchitect.sources.python.statements import ClassDef
from dbarchitect.sources.sqlalchemy.drafts import ForeignKeyDraft, TableDraft
from dbarchitect.sources.sqlalchemy.relationships import RelationshipRead


class Deletions:
    """Collects the effects of relationships on foreign keys; CASCADE goes before SET NULL.

    `pointed` gives the table that each foreign key points at, by the identity of its draft.
    """

    def __init__(
        self,
        tables: Iterable[TableDraft],
        models: Mapping[ClassDef, TableDraft | None],
        pointed: Mapping[int, TableDraft],
    ) -> None:
        self.models = models
        self.pointed = pointed
        self.by_name = {table.name: table for table in tables}
        self.by_class: dict[str, TableDraft] = {}
        for cls, table in models.items():
            if table is not None:
                self.by_class.setdefault(cls.name, table)
        self.found: dict[int, Action] = {}

    def note(self, relationship: RelationshipRead, secondary: TableDraft | None) -> None:
        """Note what a relationship does. `secondary` is its association table, if it has one."""
        parent = self.models.get(relationship.owner)
        other = self._target(relationship)
        if parent is None or other is None:
            return
        if secondary is not None:
            # Rows of the association table go with either side that knows of the relationship.
            self._set(self._keys(secondary, parent), Action.CASCADE)
            if relationship.has_reverse:
                self._set(self._keys(secondary, other), Action.CASCADE)
            return
        children, parents = self._keys(other, parent), self._keys(parent, other)
        if relationship.foreign_keys:
            chosen = set(relationship.foreign_keys)
            children = [k for k in children if {*k.columns, *_attributes(other, k)} & chosen]
            parents = [k for k in parents if {*k.columns, *_attributes(parent, k)} & chosen]
        is_many_to_one = bool(parents) and (not children or relationship.remote_side)
        if not is_many_to_one:
            self._set(children, relationship.on_delete)
        elif relationship.reverse is not None:
            self._set(parents, relationship.reverse)

    def _target(self, relationship: RelationshipRead) -> TableDraft | None:
        target = relationship.target
        return self.models.get(target) if isinstance(target, ClassDef) else self.by_class.get(target or "")

    def _keys(self, child: TableDraft, parent: TableDraft) -> list[ForeignKeyDraft]:
        own = [*child.foreign_keys, *(key for column in child.columns.values() for key in column.foreign_keys)]
        return [key for key in own if self.pointed.get(id(key)) is parent]

    def _set(self, keys: Iterable[ForeignKeyDraft], action: Action | None) -> None:
        for key in keys:
            if action is not None and self.found.get(id(key)) is not Action.CASCADE:
                self.found[id(key)] = action


def _attributes(table: TableDraft, key: ForeignKeyDraft) -> set[str]:
    """The model's attributes behind the columns of a foreign key."""
    return {attribute for attribute, column in table.attributes.items() if column in key.columns}

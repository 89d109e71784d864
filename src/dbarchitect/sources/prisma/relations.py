"""Relations: the foreign keys that models declare, and the tables that Prisma makes for many-to-many relations.

Source: https://www.prisma.io/docs/orm/prisma-schema/data-model/relations/referential-actions
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from dbarchitect.catalog.members import Action, Column, ForeignKey, Index, IndexColumn, UniqueKey
from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.refs import Diagnostic, Ref
from dbarchitect.catalog.types import SqlType
from dbarchitect.sources.prisma.names import column_name, constraint_name, given_name, schema_of, table_name
from dbarchitect.sources.prisma.syntax import Block, Call, Field, Value, items_of, text_of, word_of

_ACTIONS = {
    "Cascade": Action.CASCADE,
    "Restrict": Action.RESTRICT,
    "NoAction": Action.NO_ACTION,
    "SetNull": Action.SET_NULL,
    "SetDefault": Action.SET_DEFAULT,
}
FIRST_WITH_KEYS = 6
"""The major version from which PostgreSQL's many-to-many tables have a primary key instead of a unique index."""


@dataclass(slots=True)
class Relations:
    """Resolves the relations of a schema; problems gather in `diagnostics`."""

    models: Mapping[str, Block]
    engine: str
    diagnostics: list[Diagnostic]
    major: int | None = None

    def foreign_keys(self, model: Block) -> Iterator[ForeignKey]:
        """The foreign keys of a model's table."""
        for field in model.fields:
            target = self.models.get(field.type)
            call = relation_of(field)
            if target is None or call is None or call.get("fields") is None:
                continue
            here = self._fields(model, field, call.get("fields"))
            there = self._fields(target, field, call.get("references"))
            if not here or len(here) != len(there):
                text = f"the relation {model.name}.{field.name} does not say which fields it joins"
                self.diagnostics.append(Diagnostic(field.origin, text))
                continue
            yield self._foreign_key(model, field, target, call, here, there)

    def _foreign_key(
        self, model: Block, field: Field, target: Block, call: Call, here: tuple[Field, ...], there: tuple[Field, ...]
    ) -> ForeignKey:
        written = _ACTIONS.get(word_of(call.get("onDelete")) or "")
        required = any(not column.optional for column in here)
        columns = tuple(map(column_name, here))
        return ForeignKey(
            columns,
            Ref.of_table(table_name(target), schema_of(target)),
            tuple(map(column_name, there)),
            on_delete=written or (Action.RESTRICT if required else Action.SET_NULL),
            on_update=_ACTIONS.get(word_of(call.get("onUpdate")) or "", Action.CASCADE),
            name=given_name(call) or constraint_name(self.engine, table_name(model), columns, "fkey"),
            on_delete_written=written is not None,
            origin=field.origin,
        )

    def _fields(self, model: Block, relation: Field, value: Value | None) -> tuple[Field, ...]:
        """The scalar fields that a relation lists; none where one of them does not exist."""
        found: list[Field] = []
        for item, field in zip(items_of(value), joined_fields(model, value), strict=True):
            if field is None:
                said = word_of(item) or "something"
                text = f"the relation {relation.name} names {said}, which is no field of {model.name}"
                self.diagnostics.append(Diagnostic(relation.origin, text))
                return ()
            found.append(field)
        return tuple(found)

    def join_tables(self, columns: Mapping[str, Mapping[str, Column]], *, constrained: bool) -> Iterator[Table]:
        """The tables of implicit many-to-many relations.

        `columns` are the models' columns by field; without `constrained` the database has no foreign keys.
        """
        for name, (first, second, field) in sorted(self._pairs().items()):
            ids = [self.id_of(model) for model in (first, second)]
            types = [columns[m.name][i.name].type for m, i in zip((first, second), ids, strict=True) if i is not None]
            if len(types) != 2 or ids[0] is None or ids[1] is None:
                text = f"the many-to-many relation {first.name}.{field.name} needs models with one id field each"
                self.diagnostics.append(Diagnostic(field.origin, text))
                continue
            keys = [
                self._join_key(name, column, model, id_, field)
                for column, model, id_ in zip("AB", (first, second), (ids[0], ids[1]), strict=True)
            ]
            yield self._join_table(name, first, types, tuple(keys) if constrained else (), field)

    def _join_key(self, name: str, column: str, model: Block, id_: Field, field: Field) -> ForeignKey:
        return ForeignKey(
            (column,),
            Ref.of_table(table_name(model), schema_of(model)),
            (column_name(id_),),
            on_delete=Action.CASCADE,
            on_update=Action.CASCADE,
            name=constraint_name(self.engine, name, (column,), "fkey"),
            origin=field.origin,
        )

    def _join_table(
        self, name: str, first: Block, types: list[SqlType], keys: tuple[ForeignKey, ...], field: Field
    ) -> Table:
        has_key = self.engine == "postgresql" and (self.major is None or self.major >= FIRST_WITH_KEYS)
        both = (IndexColumn("A"), IndexColumn("B"))
        pair = Index(both, unique=True, name=constraint_name(self.engine, name, ("AB",), "unique"), origin=field.origin)
        by_second = Index((both[1],), name=constraint_name(self.engine, name, ("B",), "index"), origin=field.origin)
        key = UniqueKey(("A", "B"), constraint_name(self.engine, name, ("AB",), "pkey"), origin=field.origin)
        return Table(
            name,
            tuple(
                Column(column, type_, nullable=False, position=position, origin=field.origin)
                for position, (column, type_) in enumerate(zip("AB", types, strict=True), start=1)
            ),
            schema_of(first),
            primary_key=key if has_key else None,
            indexes=(by_second,) if has_key else (pair, by_second),
            foreign_keys=keys,
            owned_by="prisma",  # nobody can give it another key or index
            origin=field.origin,
        )

    def _pairs(self) -> dict[str, tuple[Block, Block, Field]]:
        """The two models of each many-to-many relation, by the name of its table; its first field, for the origin."""
        found: dict[str, tuple[Block, Block, Field]] = {}
        for model in self.models.values():
            for field in model.fields:
                other = self.models.get(field.type)
                back = self.other_side(model, field, other) if other is not None and field.is_list else None
                if other is None or back is None or not back.is_list:
                    continue
                first, second = sorted((model, other), key=lambda block: block.name)
                found.setdefault(self.join_table_of(model, field, other)[0], (first, second, field))
        return found

    def other_side(self, model: Block, field: Field, target: Block) -> Field | None:
        """The field of the other model that is the same relation."""
        wanted = relation_name(field)
        for back in target.fields:
            if back.type == model.name and relation_name(back) == wanted and not (target is model and back is field):
                return back
        return None

    def join_table_of(self, model: Block, field: Field, target: Block) -> tuple[str, str | None]:
        """The table of a many-to-many relation: its name and its schema, that of the model that sorts first."""
        first, second = sorted((model, target), key=lambda block: block.name)
        return f"_{relation_name(field) or f'{first.name}To{second.name}'}", schema_of(first)

    def id_of(self, model: Block) -> Field | None:
        """The field that is the model's key by itself."""
        return next((field for field in model.fields if field.attribute("id") is not None), None)


def relation_of(field: Field) -> Call | None:
    """What `@relation` says of a field."""
    attribute = field.attribute("relation")
    return attribute.call if attribute is not None else None


def relation_name(field: Field) -> str | None:
    """The name that both sides of a relation give it."""
    call = relation_of(field)
    return text_of(call.get("name") or next(iter(call.positional()), None)) if call is not None else None


def joined_fields(model: Block, value: Value | None) -> tuple[Field | None, ...]:
    """The fields that `fields` or `references` lists; None for what is no field of the model."""
    names = map(word_of, items_of(value))
    return tuple(model.field(name) if name is not None else None for name in names)

"""How the models of a Prisma schema stand for its tables, as the generated client knows them.

The key of a model is `path:Name` of its block; `label` is what the client calls it (`prisma.orderItem`). A relation has
the name of its field, whichever side holds the foreign key; those that `relationMode = "prisma"` keeps out of the
database are there as well, for the client follows them all the same. A many-to-many relation without a model of its own
leads through Prisma's table: column A refers to the model whose name sorts first, of a model related to itself to the
holder of the field whose name does. What is marked `@ignore` or `Unsupported` is not part of the client.
Source: https://www.prisma.io/docs/orm/prisma-schema/data-model/relations/many-to-many-relations
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from dbarchitect.catalog.refs import Ref
from dbarchitect.sources.mapping import MappedModel, MappedRelation, Through
from dbarchitect.sources.prisma.indexes import Keys
from dbarchitect.sources.prisma.names import column_name, schema_of, stored_values, table_name
from dbarchitect.sources.prisma.relations import Relations, joined_fields, relation_of
from dbarchitect.sources.prisma.syntax import Attribute, Block, Field, items_of, text_of, word_of
from dbarchitect.sources.prisma.types import SCALARS


def mapped_models(blocks: Iterable[Block], engine: str) -> tuple[MappedModel, ...]:
    """Every model and view of a schema that its client offers, in the schema's order; of two of a name the first."""
    models: dict[str, Block] = {}
    enums: dict[str, Block] = {}
    for block in blocks:
        if block.kind in {"model", "view"}:
            models.setdefault(block.name, block)
        elif block.kind == "enum":
            enums.setdefault(block.name, block)
    mapper = _Mapper(models, enums, engine, Relations(models, engine, []))
    return tuple(mapper.model(block) for block in models.values() if block.attribute("ignore") is None)


def key_of(block: Block) -> str:
    """The key of a model or view."""
    return f"{block.origin.path}:{block.name}"


@dataclass(frozen=True, slots=True)
class _Mapper:
    """Maps the models of one schema. Its complaints are those that the schema's reader has made already."""

    models: Mapping[str, Block]
    enums: Mapping[str, Block]
    engine: str
    of: Relations

    def model(self, block: Block) -> MappedModel:
        """One model."""
        key = Keys(block, self.engine, []).primary_key()
        fields = [field for field in block.fields if field.attribute("ignore") is None and field.unsupported is None]
        return MappedModel(
            key_of(block),
            block.name,
            _table(block),
            {field.name: column_name(field) for field in fields if self._is_scalar(field)},
            key.columns if key is not None else (),
            {relation.name: relation for relation in self._relations(block, fields)},
            block.name[:1].lower() + block.name[1:],
            keys=dict(_compound_keys(block)),
            values=dict(self._renamed_values(fields)),
        )

    def _is_scalar(self, field: Field) -> bool:
        return field.type in SCALARS or field.type in self.enums

    def _renamed_values(self, fields: Iterable[Field]) -> Iterator[tuple[str, Mapping[str, str]]]:
        for field in fields:
            stored = stored_values(self.enums[field.type]) if field.type in self.enums else {}
            if any(name != value for name, value in stored.items()):
                yield field.name, stored

    def _relations(self, block: Block, fields: Iterable[Field]) -> Iterator[MappedRelation]:
        for field in fields:
            target = self.models.get(field.type)
            found = self._relation(block, field, target) if target is not None else None
            if found is not None:
                yield found

    def _relation(self, block: Block, field: Field, target: Block) -> MappedRelation | None:
        """The relation of a field; None where the other side does not say how the two are joined."""
        pairs = self._pairs(block, field, target)
        if pairs:
            return MappedRelation(field.name, key_of(target), field.is_list, pairs)
        back = self.of.other_side(block, field, target)
        if back is None:
            return None
        if field.is_list and back.is_list:
            through = self._through(block, field, target, back)
            return MappedRelation(field.name, key_of(target), True, through=through) if through is not None else None
        turned = tuple((own, other) for other, own in self._pairs(target, back, block))
        return MappedRelation(field.name, key_of(target), field.is_list, turned, reverse=True) if turned else None

    def _pairs(self, block: Block, field: Field, target: Block) -> tuple[tuple[str, str], ...]:
        """(own column, theirs) of a field that names them both; nothing for any other."""
        call = relation_of(field)
        here = joined_fields(block, call.get("fields")) if call is not None else ()
        there = joined_fields(target, call.get("references")) if call is not None else ()
        if None in here or None in there or len(here) != len(there):
            return ()
        return tuple(
            (column_name(own), column_name(other))
            for own, other in zip(here, there, strict=True)
            if own is not None and other is not None
        )

    def _through(self, block: Block, field: Field, target: Block, back: Field) -> Through | None:
        own, other = self.of.id_of(block), self.of.id_of(target)
        if own is None or other is None:
            return None
        is_first = (block.name, field.name) <= (target.name, back.name)
        near, far = ("A", "B") if is_first else ("B", "A")
        table = Ref.of_table(*self.of.join_table_of(block, field, target))
        return Through(table, ((column_name(own), near),), ((far, column_name(other)),))


def _table(block: Block) -> Ref:
    return Ref.of_table(table_name(block), schema_of(block))


def _compound_keys(block: Block) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The keys of several fields, by the name that `findUnique` calls them: `userId_trackId`, or the one given."""
    for attribute in (*block.attributes("id"), *block.attributes("unique")):
        fields = tuple(_key_fields(attribute))
        if len(fields) > 1 and all(block.field(name) is not None for name in fields):
            yield text_of(attribute.call.get("name")) or "_".join(fields), fields


def _key_fields(attribute: Attribute) -> Iterator[str]:
    listed = attribute.call.get("fields") or next(iter(attribute.call.positional()), None)
    yield from (name for name in map(word_of, items_of(listed)) if name is not None)

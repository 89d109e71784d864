"""The models of Prisma's clients: which one a name means in a file, its columns and relations, what columns hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from dbarchitect.catalog.members import Column
from dbarchitect.catalog.objects import Catalog
from dbarchitect.catalog.queries import Join
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.types import Family
from dbarchitect.sources.base import SourceReading
from dbarchitect.sources.code.typescript.prisma.values import Delegate
from dbarchitect.sources.mapping import MappedModel, MappedRelation


@dataclass(frozen=True, slots=True)
class Schema:
    """One schema: its client's models by accessor."""

    folder: str
    catalog: Catalog
    by_label: dict[str, MappedModel] = field(default_factory=dict)


class Models:
    """The models of all schemas of a project."""

    def __init__(self, readings: Sequence[SourceReading]) -> None:
        self.by_key: dict[str, MappedModel] = {}
        self.schemas: list[Schema] = []
        self._columns: dict[Ref, tuple[Catalog, Column]] = {}
        self._delegates: dict[str, Delegate] = {}
        for reading in readings:
            if reading.application.framework != "prisma" or not reading.models:
                continue
            first = reading.models[0].key.rpartition(":")[0]
            labels: dict[str, MappedModel] = {}
            for model in reading.models:
                self.by_key[model.key] = model
                labels.setdefault(model.label or model.name, model)
            self.schemas.append(Schema(first.rpartition("/")[0], reading.catalog, labels))
            for table in reading.catalog.tables:
                for column in table.columns:
                    self._columns.setdefault(table.ref.column(column.name), (reading.catalog, column))
        self.labels = frozenset(label for schema in self.schemas for label in schema.by_label)

    def prefer(self, asked: frozenset[str]) -> None:
        """Put the schemas first of which the program asks the most models: of two that lie equally near, one may be
        left over from before."""
        self.schemas.sort(key=lambda schema: -len(asked & schema.by_label.keys()))

    # Models

    def labelled(self, label: str, *paths: str) -> MappedModel | None:
        """What a client calls so: of the schemas that have it, the one nearest to the first path that is known."""
        if label not in self.labels:
            return None
        having = [schema for schema in self.schemas if label in schema.by_label]
        return _nearest(having, paths).by_label[label]

    def delegate(self, label: str, *paths: str) -> Delegate | None:
        """The same as a value, one for each model."""
        model = self.labelled(label, *paths)
        if model is None:
            return None
        return self._delegates.setdefault(model.key, Delegate(model))

    def catalog(self, *paths: str) -> Catalog | None:
        """The catalog of the schema nearest to a file; None where no schema could be read."""
        return _nearest(self.schemas, paths).catalog if self.schemas else None

    def folder(self, *paths: str) -> str:
        """The folder of the schema nearest to a file."""
        return _nearest(self.schemas, paths).folder if self.schemas else ""

    def relation(self, model: MappedModel, name: str) -> tuple[MappedRelation, MappedModel] | None:
        """A relation of a model, and the model that it leads to."""
        found = model.relations.get(name)
        target = self.by_key.get(found.target) if found is not None else None
        return (found, target) if found is not None and target is not None else None

    def steps(
        self, model: MappedModel, relation: MappedRelation, target: MappedModel, *, outer: bool
    ) -> tuple[Join, ...]:
        """The joins that lead over a relation. `outer`: rows without a partner stay."""
        if relation.through is not None:
            between = relation.through.table
            near = tuple((model.table.column(a), between.column(b)) for a, b in relation.through.near)
            far = tuple((between.column(a), target.table.column(b)) for a, b in relation.through.far)
            return Join(near, outer), Join(far, outer)
        return (Join(tuple((model.table.column(a), target.table.column(b)) for a, b in relation.pairs), outer),)

    # Columns

    def is_json(self, column: Ref) -> bool:
        """Whether a column holds documents."""
        found = self._columns.get(column)
        return found is not None and found[0].family(found[1].type) is Family.JSON

    def values_of(self, model: MappedModel, attribute: str) -> frozenset[str]:
        """The names that the client has for the values of an enum's column; empty for any other."""
        renamed = model.values.get(attribute)
        if renamed is not None:
            return frozenset(renamed)
        found = self._columns.get(model.table.column(model.columns.get(attribute, "")))
        if found is None:
            return frozenset()
        catalog, column = found
        enum = catalog.enum_of(catalog.base_type(column.type))
        values = enum.values if enum is not None else column.declared.choices if column.declared is not None else ()
        return frozenset(map(str, values))


def own_keys(relation: MappedRelation) -> tuple[tuple[str, str], ...]:
    """(own column, theirs) of a relation whose foreign key stands on this side."""
    return () if relation.reverse or relation.through is not None else relation.pairs


def foreign_columns(relation: MappedRelation, target: MappedModel) -> tuple[Ref, ...]:
    """The columns by which the rows of a relation are found for the rows that have it."""
    if relation.through is not None:
        return tuple(relation.through.table.column(b) for _, b in relation.through.near)
    return tuple(target.table.column(b) for _, b in relation.pairs)


def key_columns(model: MappedModel) -> Iterator[Ref]:
    """The columns of a model's primary key."""
    return (model.table.column(name) for name in model.primary_key)


def _nearest(schemas: Sequence[Schema], paths: Iterable[str]) -> Schema:
    """The schema nearest to the first path that is known."""
    path = next((path for path in paths if path), "")
    return max(schemas, key=lambda schema: _nearness(schema.folder, path)) if len(schemas) > 1 else schemas[0]


def _nearness(folder: str, path: str) -> tuple[int, int]:
    """How many leading folders a file shares with a schema's, and how few that has besides."""
    shared, own = 0, folder.split("/")
    for one, other in zip(own, path.split("/")[:-1], strict=False):
        if one != other:
            break
        shared += 1
    return shared, -len(own)

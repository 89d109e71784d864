"""What the catalog tells of columns that a query speaks of: nullable, JSON, array."""

from __future__ import annotations

from collections.abc import Sequence

from dbarchitect.catalog.members import Column
from dbarchitect.catalog.objects import Catalog
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.types import Family
from dbarchitect.sources.base import SourceReading


class Columns:
    """The columns of all readings by table and name."""

    def __init__(self, readings: Sequence[SourceReading]) -> None:
        self._found: dict[tuple[tuple[str, ...], str], tuple[Catalog, Column]] = {}
        for reading in readings:
            for table in reading.catalog.tables:
                for column in table.columns:
                    self._found.setdefault((table.ref.key, column.name), (reading.catalog, column))

    def of(self, ref: Ref) -> tuple[Catalog, Column] | None:
        """The column, with its catalog."""
        return self._found.get((ref.table_ref.key, ref.columns[0])) if ref.columns else None

    def is_nullable(self, ref: Ref) -> bool:
        """Whether the column may be null; False where it is not known."""
        found = self.of(ref)
        return found is not None and found[1].nullable

    def is_json(self, ref: Ref) -> bool:
        """Whether the column holds documents."""
        found = self.of(ref)
        return found is not None and found[0].family(found[1].type) is Family.JSON

    def is_array(self, ref: Ref) -> bool:
        """Whether the column holds arrays."""
        found = self.of(ref)
        return found is not None and found[1].type.dimensions > 0

    def is_plain(self, ref: Ref) -> bool:
        """Whether the column is known and neither a document nor an array."""
        found = self.of(ref)
        return found is not None and found[0].family(found[1].type) is not Family.JSON and not self.is_array(ref)

"""What a live server knows of its objects: sizes, row estimates, use, statistics. No row of user data is in here.

Every number is the server's own; what it is an estimate of is said beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from dbarchitect.catalog.refs import Ref


@dataclass(frozen=True, slots=True)
class TableFacts:
    """Of one table. `rows` is the planner's estimate (None: never analyzed); sizes are in bytes.

    Scan, row and block counters count since `Facts.statistics_reset`. `total_bytes` holds indexes and TOAST too;
    `live_rows` is the collector's own count, known before any ANALYZE. Blocks are those of the table and of its
    indexes, `read` from outside of the server's own cache (it may be the operating system's) and `hit` in it.
    """

    rows: int | None = None
    total_bytes: int | None = None
    table_bytes: int | None = None
    index_bytes: int | None = None
    sequential_scans: int | None = None
    sequential_rows: int | None = None
    index_scans: int | None = None
    inserted: int | None = None
    updated: int | None = None
    deleted: int | None = None
    hot_updated: int | None = None
    dead_rows: int | None = None
    modified_since_analyze: int | None = None
    last_vacuum: datetime | None = None
    last_analyze: datetime | None = None
    frozen_xid_age: int | None = None
    multixact_age: int | None = None
    live_rows: int | None = None
    heap_blocks_read: int | None = None
    heap_blocks_hit: int | None = None
    index_blocks_read: int | None = None
    index_blocks_hit: int | None = None


@dataclass(frozen=True, slots=True)
class IndexFacts:
    """Of one index: scans since `Facts.statistics_reset`, size in bytes, last scan (PostgreSQL 16 and later).

    `rows` are the entries that it holds by the planner's estimate, `fill_factor` is in percent (None: the method's
    own default); `being_built` is True while a concurrent build works on it.
    """

    scans: int | None = None
    bytes: int | None = None
    last_scan: datetime | None = None
    rows: int | None = None
    fill_factor: int | None = None
    being_built: bool = False


@dataclass(frozen=True, slots=True)
class ColumnFacts:
    """Planner statistics of one column, without any value: fractions 0–1, width in bytes.

    `distinct` is the estimated number of distinct values when positive, the negative fraction of the rows when
    negative, as in `pg_stats.n_distinct`.
    """

    null_fraction: float | None = None
    average_width: int | None = None
    distinct: float | None = None
    correlation: float | None = None


@dataclass(frozen=True, slots=True)
class StatementFacts:
    """One normalised statement of `pg_stat_statements`; times in milliseconds."""

    text: str
    calls: int
    total_ms: float
    mean_ms: float
    rows: int


@dataclass(frozen=True, slots=True)
class SequenceFacts:
    """How far a sequence or identity has run: its last value, the largest it can hand out, and the step between.

    One that `cycles` starts again after the largest.
    """

    last_value: int | None
    maximum: int
    increment: int = 1
    cycles: bool = False


@dataclass(frozen=True, slots=True)
class SessionFacts:
    """The clients' sessions in one state (`active`, `idle`, `idle in transaction` …; None where it is hidden from us).

    `longest` is the number of seconds that the one which has been in this state longest has been in it.
    """

    state: str | None
    sessions: int
    longest: float | None = None


@dataclass(frozen=True, slots=True)
class Unseen:
    """Something that the role may not see: what, and the statement by which the owner would show it."""

    what: str
    grant: str


@dataclass(frozen=True, slots=True)
class Facts:
    """All statistics of one reading. Mappings are keyed by `Ref.key`.

    `statistics_reset` is since when the counters surely count, None where nothing tells; `sessions` are those of the
    whole server, our own among them; `receivers` counts who is sent the server's log now (replicas, archivers; None:
    unknown). `applied` are the migrations that each tool has written down as run, by the tool's name.
    """

    captured_at: datetime | None = None
    statistics_reset: datetime | None = None
    is_replica: bool = False
    tables: Mapping[tuple[str, ...], TableFacts] = field(default_factory=lambda: MappingProxyType({}))
    indexes: Mapping[tuple[str, ...], IndexFacts] = field(default_factory=lambda: MappingProxyType({}))
    columns: Mapping[tuple[str, ...], ColumnFacts] = field(default_factory=lambda: MappingProxyType({}))
    sequences: Mapping[tuple[str, ...], SequenceFacts] = field(default_factory=lambda: MappingProxyType({}))
    statements: tuple[StatementFacts, ...] = ()
    database_bytes: int | None = None
    sessions: tuple[SessionFacts, ...] = ()
    receivers: int | None = None
    applied: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))

    def table(self, ref: Ref) -> TableFacts:
        """What is known of a table; all None where nothing is."""
        return self.tables.get(ref.table_ref.key, _NO_TABLE_FACTS)

    def index(self, ref: Ref) -> IndexFacts:
        """What is known of an index (a Ref of kind index with its table and name)."""
        return self.indexes.get(ref.key, _NO_INDEX_FACTS)

    def column(self, ref: Ref) -> ColumnFacts:
        """What is known of a column."""
        return self.columns.get(ref.key, _NO_COLUMN_FACTS)


_NO_TABLE_FACTS = TableFacts()
_NO_INDEX_FACTS = IndexFacts()
_NO_COLUMN_FACTS = ColumnFacts()

"""Rows of the server's statistics become `Facts`. No value that a row of a table holds is among them.

Sizes are pages times the block size, as of the last vacuum or analyze: asking for the size of the files would wait
for every lock that somebody holds.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType

from dbarchitect.catalog.facts import (
    ColumnFacts,
    Facts,
    IndexFacts,
    SequenceFacts,
    SessionFacts,
    StatementFacts,
    TableFacts,
    Unseen,
)
from dbarchitect.catalog.refs import Kind, Ref
from dbarchitect.engines.postgresql.names import qualified, quote
from dbarchitect.engines.postgresql.session import Server
from dbarchitect.engines.postgresql.tables import Parts, Relations, Row, Rows, schema_of

Key = tuple[str, ...]

HIDDEN_QUERY = "<insufficient privilege>"
_ABOUT_THE_CATALOG = re.compile(r"\b(?:from|join)\s+pg_catalog\.", re.IGNORECASE)  # our own queries, for one
_LEADING_COMMENTS = re.compile(r"(?:\s++|--[^\n]*+\n|/\*.*?\*/)*+", re.DOTALL)
_READS_OR_WRITES = re.compile(r"(?:select|insert|update|delete|merge|with|values|table)\b|\(", re.IGNORECASE)
# The server puts $1 in the place of constants, but not always (an entry that was pushed out while it ran).
_CONSTANT = re.compile(
    r"""("(?:[^"]++|"")*+")                    # a quoted name stays
      | \b[eE]'(?:[^'\\]++|''|\\.)*+(?:'|\Z)     # a string with escapes; cut off, its beginning
      | '(?:[^']++|'')*+(?:'|\Z)               # a string
      | (?<![\w$])\$((?:[A-Za-z_]\w*+)?+)\$.*?(?:\$\2\$|\Z)  # a string in dollar quotes
      | (?<![\w$."])\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])""",
    re.VERBOSE | re.DOTALL,
)


def table_facts(rows: Rows, parts: Mapping[int, Parts], block_size: int) -> dict[Key, TableFacts]:
    """What is known of each table and materialized view; a partitioned table has the sum of its partitions."""
    index_pages: dict[int, int] = defaultdict(int)
    index_scans: dict[int, int] = defaultdict(int)
    index_reads: dict[int, int] = defaultdict(int)
    index_hits: dict[int, int] = defaultdict(int)
    for relation, _, pages, scans, _, _, _, fetched, hit, _ in rows["index_statistics"]:
        index_pages[relation] += pages
        index_scans[relation] += scans or 0
        index_reads[relation] += (fetched or 0) - (hit or 0)
        index_hits[relation] += hit or 0
    facts: dict[int, TableFacts] = {}
    for (
        number, row_estimate, pages, toast_pages, sequential_scans, sequential_rows, inserted, updated, deleted,
        hot_updated, dead, modified, last_vacuum, last_analyze, age, multixact_age, live, fetched, hit,
    ) in rows["table_statistics"]:  # fmt: skip
        if number not in parts:
            continue
        # Before 14 a table that was never vacuumed or analyzed has no rows instead of −1; then it has no pages either.
        unknown = row_estimate < 0 or (
            row_estimate == 0 and pages == 0 and last_vacuum is None and last_analyze is None
        )
        indexed = index_pages[number] * block_size
        facts[number] = TableFacts(
            None if unknown else int(row_estimate),
            None if unknown else (pages + (toast_pages or 0)) * block_size + indexed,
            None if unknown else pages * block_size,
            None if unknown else indexed,
            sequential_scans,
            sequential_rows,
            index_scans[number],
            inserted,
            updated,
            deleted,
            hot_updated,
            dead,
            modified,
            last_vacuum,
            last_analyze,
            age,
            multixact_age,
            live,
            None if fetched is None or hit is None else fetched - hit,
            hit,
            index_reads[number],
            index_hits[number],
        )
    _sum_partitions(facts, rows)
    return {parts[number].key: fact for number, fact in facts.items()}


def _sum_partitions(facts: dict[int, TableFacts], rows: Rows) -> None:
    partitions: dict[int, list[int]] = defaultdict(list)
    for child, parent, is_partition in rows["inheritance"]:
        if is_partition:
            partitions[parent].append(child)
    partitioned = {row[0] for row in rows["relations"] if row[3] == "p"} & facts.keys()

    def leaves(number: int) -> Iterator[TableFacts]:
        for child in partitions[number]:
            if child in partitioned:
                yield from leaves(child)
            elif child in facts:
                yield facts[child]

    for number in partitioned:
        own = list(leaves(number))
        totals = {name: _sum(getattr(leaf, name) for leaf in own) for name in _SUMMED}
        facts[number] = replace(
            facts[number],
            **totals,
            last_vacuum=_oldest(leaf.last_vacuum for leaf in own),
            last_analyze=_oldest(leaf.last_analyze for leaf in own),
            frozen_xid_age=max((leaf.frozen_xid_age or 0 for leaf in own), default=None),
            multixact_age=max((leaf.multixact_age or 0 for leaf in own), default=None),
        )


_SUMMED = (
    *("rows", "total_bytes", "table_bytes", "index_bytes", "sequential_scans", "sequential_rows", "index_scans"),
    *("inserted", "updated", "deleted", "hot_updated", "dead_rows", "modified_since_analyze", "live_rows"),
    *("heap_blocks_read", "heap_blocks_hit", "index_blocks_read", "index_blocks_hit"),
)


def _sum(values: Iterator[int | None]) -> int | None:
    """The sum of what is known; None where one is unknown, or there is nothing."""
    known = list(values)
    return sum(value for value in known if value is not None) if known and None not in known else None


def _oldest(moments: Iterator[datetime | None]) -> datetime | None:
    known = list(moments)
    return min(moment for moment in known if moment is not None) if known and None not in known else None


def index_facts(rows: Rows, parts: Mapping[int, Parts], block_size: int) -> dict[Key, IndexFacts]:
    """What is known of each index, those of constraints too."""
    facts: dict[Key, IndexFacts] = {}
    for relation, name, pages, scans, last_scan, entries, options, _, _, being_built in rows["index_statistics"]:
        if relation in parts:
            facts[index_key(parts[relation].key, name)] = IndexFacts(
                scans,
                pages * block_size,
                last_scan,
                None if entries < 0 or (entries == 0 and pages == 0) else int(entries),
                _fill_factor(options),
                being_built,
            )
    return facts


def _fill_factor(options: Sequence[str] | None) -> int | None:
    written = dict(option.partition("=")[::2] for option in options or ()).get("fillfactor", "")
    return int(written) if written.isdigit() else None


def column_facts(rows: Rows, parts: Mapping[int, Parts]) -> dict[Key, ColumnFacts]:
    """The planner's statistics of each column. Of an inheritance parent its own come last and stay."""
    facts: dict[Key, ColumnFacts] = {}
    keys = {(row[1], row[2]): parts[row[0]].key for row in rows["relations"]}
    for schema, name, column, null_fraction, width, distinct, correlation in rows["column_statistics"]:
        base = keys.get((schema, name))
        if base is not None:
            facts[column_key(base, column)] = ColumnFacts(null_fraction, width, distinct, correlation)
    return facts


def column_key(table: Key, column: str) -> Key:
    """The key of a column's Ref, from its table's: a database may have a hundred thousand."""
    return (_COLUMN, table[1], table[2], column.casefold(), "")


def index_key(table: Key, name: str) -> Key:
    """The key of an index's Ref, from its table's."""
    return (_INDEX, table[1], table[2], "", name.casefold())


_COLUMN, _INDEX = Kind.COLUMN.value, Kind.INDEX.value


def sequence_facts(rows: Rows, relations: Relations, values: Mapping[int, int | None]) -> dict[Key, SequenceFacts]:
    """How far the sequences have run. An identity or serial goes by its column, any other by its own name."""
    facts: dict[Key, SequenceFacts] = {}
    for number, schema, name, _, _, increment, maximum, cycles, *_ in rows["sequences"]:
        owner = relations.numbered.get(number)
        if owner is not None:
            own = relations.parts[owner[0]]
            key = column_key(own.key, own.names[owner[1]])
        else:
            key = Ref(Kind.SEQUENCE, schema_of(schema), name=name).key
        facts[key] = SequenceFacts(values.get(number), maximum, increment, cycles)
    return facts


def query_facts(rows: Sequence[Row]) -> Iterator[StatementFacts]:
    """The statements that read or write rows, without constants; commands may hold passwords and are left out."""
    for text, calls, total, mean, count in rows:
        if text is None or text == HIDDEN_QUERY or _ABOUT_THE_CATALOG.search(text):
            continue
        bare = text[_LEADING_COMMENTS.match(text).end() :]  # type: ignore[union-attr]  # it matches nothing, too
        if _READS_OR_WRITES.match(bare):
            yield StatementFacts(_CONSTANT.sub(lambda match: match[1] or "?", bare), calls, total, mean, count)


def unseen(rows: Rows, server: Server, statements: Sequence[Row]) -> Iterator[Unseen]:
    """What the role may not see, and the GRANT that would show it."""
    role = quote(server.role)
    if server.superuser:
        return
    if not server.reads_all_settings:
        yield Unseen("settings that only administrators may see", f"grant pg_read_all_settings to {role}")
    hidden = sum(1 for row in statements if row[0] is None or row[0] == HIDDEN_QUERY)
    if hidden:
        yield Unseen(
            f"the text of {hidden} statements of other roles in pg_stat_statements",
            f"grant pg_read_all_stats to {role}",
        )
    closed = sum(sessions for state, sessions, _ in rows["sessions"] if state is None)
    if closed:
        yield Unseen(f"what {closed} sessions of other roles are doing", f"grant pg_read_all_stats to {role}")
    yield from _unseen_columns(rows, role)
    yield from _unseen_sequences(rows, role)


def _unseen_columns(rows: Rows, role: str) -> Iterator[Unseen]:
    closed: dict[str, list[str]] = defaultdict(list)
    filtered: list[str] = []
    for _, schema, name, kind, *_, may_select, hidden_by_row_security, _ in rows["relations"]:
        if kind in ("r", "p", "m"):
            if may_select is False:  # None: it is gone by now
                closed[schema].append(name)
            elif hidden_by_row_security:
                filtered.append(qualified(schema_of(schema), name))
    for schema, names in closed.items():
        tables = ", ".join(qualified(schema_of(schema), name) for name in names)
        if len(names) > 10:
            grant = f"grant select on all tables in schema {quote(schema)} to {role}"
        else:
            grant = f"grant select on {tables} to {role}"
        what = tables if len(names) <= 3 else f"{len(names)} tables of schema {quote(schema)}"
        yield Unseen(f"column statistics of {what}", grant)
    if filtered:
        what = ", ".join(filtered) if len(filtered) <= 3 else f"{len(filtered)} tables with row-level security"
        yield Unseen(f"column statistics of {what} (row-level security hides them)", f"alter role {role} bypassrls")


def _unseen_sequences(rows: Rows, role: str) -> Iterator[Unseen]:
    closed: dict[str, int] = defaultdict(int)
    for _, schema, *_, readable in rows["sequences"]:
        closed[schema] += readable is False
    for schema, count in closed.items():
        if count:
            yield Unseen(
                f"how far {count} sequences of schema {quote(schema)} have run",
                f"grant select on all sequences in schema {quote(schema)} to {role}",
            )


def make_facts(
    rows: Rows, relations: Relations, server: Server, queries: tuple[StatementFacts, ...],
    values: Mapping[int, int | None],
) -> Facts:  # fmt: skip
    """All statistics of one reading."""
    since, receivers = next(iter(rows["server_statistics"]), (None, None))
    # Since 15 a database that was never reset has no time, even where a crash has lost all that was counted; the
    # server's own counters then have the time of the crash.
    resets = [moment for moment in (server.statistics_reset, since) if moment is not None]
    return Facts(
        captured_at=server.captured_at,
        statistics_reset=max(resets, default=None),
        is_replica=server.is_replica,
        tables=MappingProxyType(table_facts(rows, relations.parts, server.block_size)),
        indexes=MappingProxyType(index_facts(rows, relations.parts, server.block_size)),
        columns=MappingProxyType(column_facts(rows, relations.parts)),
        sequences=MappingProxyType(sequence_facts(rows, relations, values)),
        statements=queries,
        database_bytes=server.database_bytes,
        sessions=tuple(SessionFacts(state, sessions, longest) for state, sessions, longest in rows["sessions"]),
        receivers=receivers,
    )

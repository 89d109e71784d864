"""Which of Knex's methods does what, by the words that their names are made of."""

from __future__ import annotations

import re
from dataclasses import dataclass

STARTS = frozenset(
    {
        "select", "from", "table", "into", "insert", "with", "withRecursive", "withMaterialized", "distinct", "count",
        "first", "queryBuilder", "withSchema", "column", "columns", "countDistinct", "max", "min", "sum", "avg",
        "distinctOn", "pluck",
    }
)  # fmt: skip
"""What a client can begin a query with."""
SOURCES = frozenset({"from", "into", "table"})
WRITES = frozenset(
    {
        "insert", "update", "del", "delete", "truncate", "increment", "decrement", "patch", "insertAndFetch", "upsert",
        "patchAndFetch", "updateAndFetch", "patchAndFetchById", "updateAndFetchById", "deleteById", "onConflict",
        "merge", "ignore", "insertGraph", "upsertGraph", "insertGraphAndFetch", "upsertGraphAndFetch", "returning",
    }
)  # fmt: skip
JOINS = {
    "join": False, "innerJoin": False, "leftJoin": True, "leftOuterJoin": True, "rightJoin": True, "crossJoin": False,
    "rightOuterJoin": True, "outerJoin": True, "fullOuterJoin": True,
}  # fmt: skip
RELATED = frozenset(
    {"joinRaw", "joinRelated", "innerJoinRelated", "leftJoinRelated", "leftOuterJoinRelated", "withGraphJoined"}
)
"""Joins whose tables are not told by their names."""
AGGREGATES = {
    "count": "count", "countDistinct": "count", "max": "max", "min": "min", "sum": "sum", "avg": "avg",
    "sumDistinct": "sum", "avgDistinct": "avg", "resultSize": "count",
}  # fmt: skip
LOCKS = frozenset({"forUpdate", "forShare", "forNoKeyUpdate", "forKeyShare"})
FIRST = frozenset({"first", "findById", "findOne"})
FETCHING = frozenset({"insertAndFetch", "patchAndFetch", "updateAndFetch", "patchAndFetchById", "updateAndFetchById"})
UNIONS = frozenset({"union", "unionAll", "intersect", "except"})
OPEN = frozenset({"modify", "modifiers", "whereComposite", "whereInComposite", "for", "applyFilter"})
"""Steps that may add conditions of which nothing is known."""
_CONDITION = re.compile(
    r"^(?P<either>or)?(?:and)?(?P<clause>[wW]here|[oO]n|[hH]aving)(?P<negated>Not)?(?P<kind>[A-Z]\w*)?$"
)
_ON = frozenset({"", "In", "Null", "Between", "Val", "Exists"})


@dataclass(frozen=True, slots=True)
class Clause:
    """What a method demands: `orWhereNotIn` is (`where`, OR, `In`, negated)."""

    clause: str
    either: bool
    kind: str
    negated: bool


def clause_of(name: str) -> Clause | None:
    """What a method of that name demands; None for one that demands nothing."""
    found = _CONDITION.match(name)
    if found is None or name in OPEN:
        return None
    clause, kind = found["clause"].lower(), found["kind"] or ""
    if clause == "on" and kind not in _ON:
        return None  # `onConflict`
    return Clause(clause, found["either"] is not None, kind, found["negated"] is not None)

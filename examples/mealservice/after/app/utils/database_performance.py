"""Query times, slow queries, the pool's use and the sizes of tables, as they are now."""

import logging
import time
from collections import Counter, defaultdict, deque
from contextlib import contextmanager

from sqlalchemy import event, text
from sqlalchemy.pool import QueuePool

from ..extensions import db

SLOW_QUERIES_KEPT = 100
POOL_ALERT = 0.8
log = logging.getLogger("database.slow")


class QueryMonitor:
    """Times every query of an engine."""

    def __init__(self, threshold):
        self.threshold = threshold
        self.counts = Counter()
        self.seconds = defaultdict(float)
        self.patterns = Counter()
        self.slow = deque(maxlen=SLOW_QUERIES_KEPT)

    def watch(self, engine):
        @event.listens_for(engine, "before_cursor_execute")
        def begin(_connection, _cursor, _statement, _parameters, context, _executemany):
            context.began = time.perf_counter()

        @event.listens_for(engine, "after_cursor_execute")
        def end(_connection, _cursor, statement, _parameters, context, _executemany):
            seconds = time.perf_counter() - context.began
            self.record(statement, seconds)
            if seconds > self.threshold:
                log.warning("slow query: %.2f s: %s", seconds, statement)

    def record(self, statement, seconds):
        kind = statement.split(None, 1)[0].upper()
        self.counts[kind] += 1
        self.seconds[kind] += seconds
        self.patterns[statement] += 1
        if seconds > self.threshold:
            self.slow.append({"statement": statement, "seconds": round(seconds, 3)})

    @contextmanager
    def profile(self):
        """Count what runs inside the block: with monitor.profile() as profile: ..."""
        before, began = self.counts.copy(), time.perf_counter()
        profile = {}
        yield profile
        profile["seconds"] = time.perf_counter() - began
        profile["queries"] = dict(self.counts - before)

    def metrics(self):
        return {
            "queries": dict(self.counts),
            "average_seconds": {kind: self.seconds[kind] / count for kind, count in self.counts.items()},
            "most_frequent": [{"statement": one, "count": count} for one, count in self.patterns.most_common(10)],
            "slow": list(self.slow),
        }

    def advice(self):
        """What the figures suggest to look at first."""
        slow = sorted({query["statement"] for query in self.slow})
        found = [f"slower than {self.threshold} s: {statement}" for statement in slow]
        if pool_status()["alert"]:
            found.append("the pool is nearly used up: look for connections that are held long, then enlarge it")
        return found


def pool_status():
    pool = db.engine.pool
    if not isinstance(pool, QueuePool):
        return {"in_use": 1, "limit": 1, "alert": False}
    limit = pool.size() + pool._max_overflow
    in_use = pool.checkedout()
    return {"in_use": in_use, "limit": limit, "alert": in_use > POOL_ALERT * limit}


def table_statistics():
    if db.engine.dialect.name == "postgresql":
        query = text(
            "SELECT relname, n_live_tup, pg_total_relation_size(relid) FROM pg_stat_user_tables ORDER BY 3 DESC"
        )
        rows = db.session.execute(query).all()
        return [{"table": table, "rows": count, "bytes": size} for table, count, size in rows]
    tables = db.metadata.sorted_tables
    counts = [db.select(db.literal(table.name), db.func.count()).select_from(table) for table in tables]
    return [{"table": table, "rows": count} for table, count in db.session.execute(db.union_all(*counts)).all()]


def maintain():
    """Clear dead rows and renew the planner's statistics; neither may run in a transaction."""
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM"))
        connection.execute(text("ANALYZE"))

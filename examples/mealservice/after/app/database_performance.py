"""Query times, slow queries and the pool's use, for Prometheus and the admin page."""

import logging
import time

from prometheus_client import Gauge, Histogram
from sqlalchemy import event

SLOW = 1.0  # seconds
QUERY_SECONDS = Histogram("database_query_seconds", "Time of a query", ["kind"])
POOL_IN_USE = Gauge("database_pool_in_use", "Connections that are checked out")
log = logging.getLogger("database.slow")


def watch(engine):
    @event.listens_for(engine, "before_cursor_execute")
    def begin(_connection, _cursor, _statement, _parameters, context, _executemany):
        context.began = time.perf_counter()

    @event.listens_for(engine, "after_cursor_execute")
    def end(_connection, _cursor, statement, _parameters, context, _executemany):
        seconds = time.perf_counter() - context.began
        QUERY_SECONDS.labels(statement.split(None, 1)[0].upper()).observe(seconds)
        if seconds > SLOW:
            log.warning("slow query: %.2f s: %s", seconds, statement)

    @event.listens_for(engine, "checkout")
    @event.listens_for(engine, "checkin")
    def count(*_):
        POOL_IN_USE.set(engine.pool.checkedout())

"""Which setting names speak of the application's database."""

from __future__ import annotations

import re

_NAME = re.compile(
    r"""(?:\A|_)(?:
    SQLALCHEMY_(?:\w+_)?(?:UR[IL]|BINDS|DSN)
    |(?:DATABASE|DB|POSTGRES(?:QL)?|PG|SQLITE|MYSQL|MARIADB|SQL|SQLALCHEMY|DATA_SOURCE)(?:_\w+)?_?(?:UR[IL]S?|DSN|CONN|STRING|CONNECTION|ENGINE|TYPE|DIALECT|DRIVER|BACKEND|KIND|SCHEME|NAME|PATH|FILE)
    |DATABASES?|DSN
    )(?:_\w+)?\Z""",
    re.VERBOSE,
)
_OTHERS = re.compile(
    r"REDIS|CELERY|RABBIT|AMQP|MONGO|ELASTIC|CLICKHOUSE|QDRANT|NEO4J|KAFKA|WAREHOUSE|JOBSTORE|RESULT_BACKEND|BROKER|CACHE|TRACKING|DOCUMENTATION|DOCS"
)


_LONGEST = 100


def names_database(name: str) -> bool:
    """Whether a setting of this name tells which database the application uses (`DATABASE_URL`, `dbUri`)."""
    upper = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name.rpartition(".")[2]).upper()
    return len(upper) <= _LONGEST and _NAME.search(upper) is not None and _OTHERS.search(upper) is None

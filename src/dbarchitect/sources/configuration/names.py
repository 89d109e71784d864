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


_ENGINE = re.compile(r"(?:\A|_)(?:DB|DATABASE|SQL)_?(?:ENGINE|TYPE|DIALECT|DRIVER|BACKEND|CONNECTION|KIND)\Z")
_LONGEST = 100


def names_database(name: str) -> bool:
    """Whether a setting of this name tells which database the application uses (`DATABASE_URL`, `dbUri`)."""
    upper = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name.rpartition(".")[2]).upper()
    return len(upper) <= _LONGEST and _NAME.search(upper) is not None and _OTHERS.search(upper) is None


def names_engine(name: str) -> bool:
    """Whether the value of a setting of this name may be an engine's name alone (`DB_DRIVER=mariadb`)."""
    return len(name) <= _LONGEST and _ENGINE.search(name.upper()) is not None

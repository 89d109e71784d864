"""What a database engine is and can do, as plain data that every floor may read."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What an engine can do; rules and planners ask these instead of asking for the engine's name."""

    row_security: bool = True
    partitioning: bool = True
    partial_indexes: bool = True
    add_constraint_in_place: bool = True
    time_zones: bool = True
    integer_primary_key_is_64_bit: bool = False
    indexes_foreign_keys_itself: bool = False
    concurrent_writers: bool = True
    roles: bool = True
    json_binary: bool = True
    json_type: str = "jsonb"


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """An engine, its version where it is known, and its capabilities.

    `name` is that of the dialect (`postgresql`, `mysql`, `sqlite`); `version` is what the server or the project states
    (`"17.2"`), None when nothing states it; `hosted_by` names a hosting service that the evidence shows (`neon`,
    `supabase`, `rds`); `product` another server that speaks the dialect and counts its versions itself (`mariadb`).
    """

    name: str
    version: str | None = None
    capabilities: Capabilities = Capabilities()
    hosted_by: str | None = None
    product: str | None = None

    @property
    def title(self) -> str:
        """The name as its makers write it: `PostgreSQL`, `MariaDB`."""
        name = self.product or self.name
        return _TITLES.get(name, name)

    @property
    def major(self) -> int | None:
        """The major version as a number, None when unknown."""
        head = (self.version or "").split(".", maxsplit=1)[0]
        return int(head) if head.isdecimal() and len(head) < 10 else None


_TITLES = {"postgresql": "PostgreSQL", "sqlite": "SQLite", "mysql": "MySQL", "mariadb": "MariaDB"}

POSTGRESQL = EngineInfo("postgresql")
SQLITE = EngineInfo(
    "sqlite",
    capabilities=Capabilities(
        row_security=False,
        partitioning=False,
        add_constraint_in_place=False,
        time_zones=False,
        integer_primary_key_is_64_bit=True,
        concurrent_writers=False,
        roles=False,
        json_binary=False,
    ),
)
MYSQL = EngineInfo(
    "mysql",
    capabilities=Capabilities(
        row_security=False,
        partial_indexes=False,
        time_zones=False,
        indexes_foreign_keys_itself=True,
        json_type="json",
    ),
)
ENGINES = {info.name: info for info in (POSTGRESQL, SQLITE, MYSQL)}
MARIADB = replace(MYSQL, product="mariadb")

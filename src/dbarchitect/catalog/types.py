"""Types in canonical form: one name for each type, whichever dialect or framework spelled it.

The canonical names are PostgreSQL's `format_type` names where PostgreSQL has the type (`character varying`,
`timestamp with time zone`), since the other engines' types map onto them; types it lacks keep their own name in
lower case (`tinyint`, `blob`).
Source: https://www.postgresql.org/docs/current/datatype.html, https://www.sqlite.org/datatype3.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache


class Family(StrEnum):
    """What kind of value a type holds, across engines."""

    INTEGER = "integer"
    DECIMAL = "decimal"
    FLOAT = "float"
    MONEY = "money"
    TEXT = "text"
    BOOLEAN = "boolean"
    DATE = "date"
    TIME = "time"
    TIMESTAMP = "timestamp"
    INTERVAL = "interval"
    JSON = "json"
    UUID = "uuid"
    BINARY = "binary"
    ENUM = "enum"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class SqlType:
    """A column's type.

    `name` is canonical; `arguments` are length, precision and scale; `dimensions` counts array dimensions;
    `schema` is set for user-defined types outside the default schema; `spelled` is what the source wrote and does
    not count in comparisons. `modifiers` holds arguments that are not all numbers, as text (`Point,4326`).
    """

    name: str
    arguments: tuple[int, ...] = ()
    dimensions: int = 0
    schema: str | None = None
    spelled: str = field(default="", compare=False)
    modifiers: str = ""

    @property
    def family(self) -> Family:
        """The family of a built-in type; `OTHER` for arrays and for types that only the catalog can resolve."""
        if self.dimensions:
            return Family.OTHER
        known = FAMILIES.get(self.name)
        if known is not None:
            return known
        return Family.INTERVAL if self.name.startswith("interval ") else Family.OTHER

    @property
    def length(self) -> int | None:
        """The declared maximum in characters of a text type, if any."""
        return self.arguments[0] if self.arguments and self.family is Family.TEXT else None

    def __str__(self) -> str:
        """The canonical spelling, as PostgreSQL's `format_type` would print it: quoted where it must be."""
        name = _quoted(self.name, always=True) if self._needs_quotes() else self.name
        if self.schema:
            name = f"{_quoted(self.schema)}.{name}"
        inner = self.modifiers or ",".join(map(str, self.arguments))
        arguments = f"({inner})" if inner else ""
        if arguments and name.startswith(("timestamp ", "time ")):
            head, _, tail = name.partition(" ")
            text = f"{head}{arguments} {tail}"
        else:
            text = name + arguments
        return text + "[]" * self.dimensions

    def _needs_quotes(self) -> bool:
        """True where the bare name would be read as another type."""
        if self.schema:
            return not re.fullmatch(r"[a-z_][a-z0-9_$]*", self.name)
        if re.search(r'[()\[\]".]', self.name):
            return True
        bare = parse_type(self.name)
        invented = bool(bare.arguments) and not self.arguments
        return (bare.name, bare.dimensions, bare.schema) != (self.name, 0, None) or invented


FAMILIES: dict[str, Family] = {
    "smallint": Family.INTEGER,
    "integer": Family.INTEGER,
    "bigint": Family.INTEGER,
    "tinyint": Family.INTEGER,
    "mediumint": Family.INTEGER,
    "numeric": Family.DECIMAL,
    "real": Family.FLOAT,
    "double precision": Family.FLOAT,
    "money": Family.MONEY,
    "character varying": Family.TEXT,
    "character": Family.TEXT,
    "text": Family.TEXT,
    "citext": Family.TEXT,
    "boolean": Family.BOOLEAN,
    "date": Family.DATE,
    "time without time zone": Family.TIME,
    "time with time zone": Family.TIME,
    "timestamp without time zone": Family.TIMESTAMP,
    "timestamp with time zone": Family.TIMESTAMP,
    "interval": Family.INTERVAL,
    "json": Family.JSON,
    "jsonb": Family.JSON,
    "uuid": Family.UUID,
    "bytea": Family.BINARY,
    "blob": Family.BINARY,
}

_ALIASES: dict[str, str] = {
    "int2": "smallint",
    "smallserial": "smallint",
    "serial2": "smallint",
    "int": "integer",
    "int4": "integer",
    "serial": "integer",
    "serial4": "integer",
    "int8": "bigint",
    "bigserial": "bigint",
    "serial8": "bigint",
    "unsigned big int": "bigint",
    "decimal": "numeric",
    "dec": "numeric",
    "float4": "real",
    "float8": "double precision",
    "float": "double precision",
    "double": "double precision",
    "varchar": "character varying",
    "nvarchar": "character varying",
    "varying character": "character varying",
    "native character": "character",
    "char": "character",
    "nchar": "character",
    "bpchar": "character",
    "string": "text",
    "clob": "text",
    "tinytext": "text",
    "mediumtext": "text",
    "longtext": "text",
    "bool": "boolean",
    "datetime": "timestamp without time zone",
    "timestamp": "timestamp without time zone",
    "timestamptz": "timestamp with time zone",
    "time": "time without time zone",
    "timetz": "time with time zone",
    "tinyblob": "blob",
    "mediumblob": "blob",
    "longblob": "blob",
}

_SHAPE = re.compile(
    r"""^\s*+
    (?:(?P<schema>"(?:[^"]++|"")++"|[^\s".()\[\]]++)\s*+\.\s*+)?
    (?P<name>"(?:[^"]++|"")++"|[^"()\[\]]*?[^"()\[\]\s])\s*+
    (?:\(\s*+(?P<arguments>(?:'(?:[^']++|'')*+'|[^)'])*+)\)\s*+)?
    (?P<zone>with(?:out)?\s++time\s++zone)?\s*+
    (?P<suffix>unsigned|zerofill|signed)?\s*+
    (?P<array>(?:\barray\b\s*+)?(?:\[\s*+\d*+\s*+\]\s*+)*+)$""",
    re.VERBOSE | re.IGNORECASE,
)


@lru_cache(maxsize=4096)
def parse_type(text: str, default_schema: str = "public") -> SqlType:
    """Read a type as any dialect spells it: `varchar(120)`, `timestamp(3) with time zone`, `text[]`, `"Role"`.

    A name that no alias knows is kept: unquoted names fold to lower case, quoted ones stay. Text that has not even
    the shape of a type comes back as a type of that name, for the reader to report.
    """
    match = _SHAPE.match(text)
    if match is None:
        return SqlType(text.strip(), spelled=text)
    schema = _identifier(match["schema"])[0] if match["schema"] else None
    if schema in {default_schema, "pg_catalog"}:
        schema = None
    raw, quoted = _identifier(match["name"])
    name = raw if quoted else " ".join(raw.lower().split())
    array = match["array"] or ""
    dimensions = array.count("[") or int(bool(array.strip()))
    if match["zone"]:
        name = f"{name} {' '.join(match['zone'].lower().split())}"
    if not dimensions and not quoted and name.startswith("_") and _ALIASES.get(name[1:], name[1:]) in FAMILIES:
        name, dimensions = name[1:], 1  # the internal name of an array type
    given = [a.strip() for a in (match["arguments"] or "").split(",") if a.strip()]
    numeric = all(re.fullmatch(r"-?\d+", a) for a in given)
    arguments = tuple(map(int, given)) if numeric else ()
    if not quoted and schema is None:
        name = "real" if name == "float" and arguments and arguments[0] <= 24 else _ALIASES.get(name, name)
        arguments = () if name in {"real", "double precision"} else arguments
        if name in {"character", "bit"} and not given:
            arguments = (1,)
        if name == "numeric" and len(arguments) == 1:
            arguments = (arguments[0], 0)
    return SqlType(name, arguments, dimensions, schema, text, "" if numeric else ",".join(given))


def _quoted(name: str, *, always: bool = False) -> str:
    if not always and re.fullmatch(r"[a-z_][a-z0-9_$]*", name):
        return name
    return '"' + name.replace('"', '""') + '"'


def _identifier(text: str) -> tuple[str, bool]:
    if text.startswith('"') and text.endswith('"') and len(text) > 1:
        return text[1:-1].replace('""', '"'), True
    return text, False

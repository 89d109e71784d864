"""How each type of SQLAlchemy (and of the libraries around it) is spelled in each engine's DDL.

Source: https://docs.sqlalchemy.org/en/20/core/type_basics.html and the type compilers of the three dialects.
"""

from __future__ import annotations

from dataclasses import dataclass

LENGTH = ("length",)
NUMERIC = ("precision", "scale")
PRECISION = ("precision",)
TIMEZONE = ("timezone",)


@dataclass(frozen=True, slots=True)
class Spelling:
    """The DDL of a type in each engine. `parameters` name the arguments that the DDL shows, in their order.

    `otherwise` are the arguments that are shown when none is given; a `timezone` parameter swaps the PostgreSQL
    spelling; `integer` is the size in bytes of an integer type (which a single primary key makes self-numbering),
    0 for all others.
    """

    postgresql: str
    sqlite: str
    mysql: str
    parameters: tuple[str, ...] = ()
    integer: int = 0
    otherwise: str = ""

    def of(self, engine: str) -> str:
        """The spelling for an engine by its name."""
        return {"sqlite": self.sqlite, "mysql": self.mysql}.get(engine, self.postgresql)


def _same(text: str, parameters: tuple[str, ...] = (), integer: int = 0) -> Spelling:
    return Spelling(text, text, text, parameters, integer)


_TIMESTAMP = Spelling("TIMESTAMP WITHOUT TIME ZONE", "DATETIME", "DATETIME", TIMEZONE)
_BINARY = Spelling("BYTEA", "BLOB", "BLOB")
_BIG_JSON = Spelling("JSON", "JSON", "JSON")

SPELLINGS: dict[str, Spelling] = {
    "Integer": _same("INTEGER", integer=4),
    "INTEGER": _same("INTEGER", integer=4),
    "INT": _same("INTEGER", integer=4),
    "SmallInteger": _same("SMALLINT", integer=2),
    "SMALLINT": _same("SMALLINT", integer=2),
    "BigInteger": _same("BIGINT", integer=8),
    "BIGINT": _same("BIGINT", integer=8),
    "String": _same("VARCHAR", LENGTH),
    "Unicode": _same("VARCHAR", LENGTH),
    "VARCHAR": _same("VARCHAR", LENGTH),
    "NVARCHAR": _same("VARCHAR", LENGTH),
    "CHAR": _same("CHAR", LENGTH),
    "NCHAR": _same("CHAR", LENGTH),
    "Text": _same("TEXT"),
    "UnicodeText": _same("TEXT"),
    "TEXT": _same("TEXT"),
    "CLOB": _same("TEXT"),
    "Numeric": _same("NUMERIC", NUMERIC),
    "NUMERIC": _same("NUMERIC", NUMERIC),
    "DECIMAL": _same("NUMERIC", NUMERIC),
    "Float": Spelling("FLOAT", "FLOAT", "FLOAT", PRECISION),
    "FLOAT": Spelling("FLOAT", "FLOAT", "FLOAT", PRECISION),
    "REAL": _same("REAL"),
    "Double": Spelling("DOUBLE PRECISION", "DOUBLE", "DOUBLE"),
    "DOUBLE": Spelling("DOUBLE PRECISION", "DOUBLE", "DOUBLE"),
    "DOUBLE_PRECISION": _same("DOUBLE PRECISION"),
    "Boolean": _same("BOOLEAN"),
    "BOOLEAN": _same("BOOLEAN"),
    "Date": _same("DATE"),
    "DATE": _same("DATE"),
    "Time": Spelling("TIME WITHOUT TIME ZONE", "TIME", "TIME", TIMEZONE),
    "TIME": Spelling("TIME WITHOUT TIME ZONE", "TIME", "TIME", TIMEZONE),
    "DateTime": _TIMESTAMP,
    "DATETIME": _TIMESTAMP,
    "TIMESTAMP": Spelling("TIMESTAMP WITHOUT TIME ZONE", "TIMESTAMP", "TIMESTAMP", TIMEZONE),
    "Interval": Spelling("INTERVAL", "DATETIME", "DATETIME"),
    "LargeBinary": _BINARY,
    "Binary": _BINARY,
    "PickleType": _BINARY,
    "BLOB": _BINARY,
    "BINARY": Spelling("BYTEA", "BINARY", "BINARY", LENGTH),
    "VARBINARY": Spelling("BYTEA", "VARBINARY", "VARBINARY", LENGTH),
    "JSON": _BIG_JSON,
    "Uuid": Spelling("UUID", "CHAR(32)", "CHAR(32)"),
    "UUID": Spelling("UUID", "UUID", "CHAR(32)"),
    "MatchType": _same("BOOLEAN"),
    "sqlite.JSON": _BIG_JSON,
    "sqlite.DATETIME": _TIMESTAMP,
    "sqlite.DATE": _same("DATE"),
    "sqlite.TIME": _same("TIME"),
    "postgresql.DOUBLE_PRECISION": _same("DOUBLE PRECISION"),
    "postgresql.BYTEA": _BINARY,
    "postgresql.UUID": Spelling("UUID", "UUID", "CHAR(32)"),
    "postgresql.JSON": _BIG_JSON,
    "postgresql.JSONB": _same("JSONB"),
    "postgresql.TIMESTAMP": Spelling("TIMESTAMP WITHOUT TIME ZONE", "TIMESTAMP", "TIMESTAMP", TIMEZONE),
    "postgresql.TIME": Spelling("TIME WITHOUT TIME ZONE", "TIME", "TIME", TIMEZONE),
    "postgresql.INTERVAL": _same("INTERVAL"),
    "postgresql.BIT": _same("BIT", LENGTH),
    "mysql.TINYINT": Spelling("SMALLINT", "TINYINT", "TINYINT", integer=2),
    "mysql.MEDIUMINT": Spelling("INTEGER", "MEDIUMINT", "MEDIUMINT", integer=4),
    "mysql.LONGTEXT": _same("TEXT"),
    "mysql.MEDIUMTEXT": _same("TEXT"),
    "mysql.TINYTEXT": _same("TEXT"),
    "mysql.LONGBLOB": _BINARY,
    "mysql.MEDIUMBLOB": _BINARY,
    "mysql.TINYBLOB": _BINARY,
    "mysql.DATETIME": _TIMESTAMP,
    "mysql.YEAR": Spelling("INTEGER", "YEAR", "YEAR"),
    "mysql.BIT": _same("BIT", LENGTH),
    "sqlmodel.AutoString": _same("VARCHAR", LENGTH),
    "geoalchemy2.Geometry": _same("geometry"),
    "geoalchemy2.Geography": _same("geography"),
    "geoalchemy2.Raster": _same("raster"),
    "pgvector.Vector": _same("vector", ("dim",)),
    "pgvector.VECTOR": _same("vector", ("dim",)),
    "pgvector.HALFVEC": _same("halfvec", ("dim",)),
    "pgvector.SPARSEVEC": _same("sparsevec", ("dim",)),
    "pgvector.BIT": _same("BIT", LENGTH),
    "citext.CIText": Spelling("CITEXT", "TEXT", "TEXT"),
    "fastapi_users_db_sqlalchemy.GUID": Spelling("UUID", "CHAR(36)", "CHAR(36)"),
    "fastapi_users_db_sqlalchemy.TIMESTAMPAware": Spelling("TIMESTAMP WITH TIME ZONE", "TIMESTAMP", "TIMESTAMP"),
    "sqlalchemy_utc.UtcDateTime": Spelling("TIMESTAMP WITH TIME ZONE", "DATETIME", "DATETIME"),
    "advanced_alchemy.GUID": Spelling("UUID", "BINARY(16)", "BINARY(16)"),
    "advanced_alchemy.DateTimeUTC": Spelling("TIMESTAMP WITH TIME ZONE", "DATETIME", "DATETIME"),
    "advanced_alchemy.BigIntIdentity": Spelling("BIGINT", "INTEGER", "BIGINT", integer=8),
    "advanced_alchemy.JsonB": Spelling("JSONB", "JSON", "JSON"),
    "sqlalchemy_utils.EmailType": Spelling("VARCHAR", "VARCHAR", "VARCHAR", LENGTH, otherwise="(255)"),
    "sqlalchemy_utils.URLType": _same("TEXT"),
    "sqlalchemy_utils.UUIDType": Spelling("UUID", "BINARY(16)", "BINARY(16)"),
    "sqlalchemy_utils.PhoneNumberType": _same("VARCHAR(20)"),
    "sqlalchemy_utils.ChoiceType": _same("VARCHAR(255)"),
    "sqlalchemy_utils.JSONType": Spelling("JSON", "TEXT", "TEXT"),
    "sqlalchemy_utils.ArrowType": _TIMESTAMP,
    "sqlalchemy_utils.EnrichedDateTimeType": _TIMESTAMP,
    "sqlalchemy_utils.EnrichedDateType": _same("DATE"),
    "sqlalchemy_utils.IPAddressType": _same("VARCHAR(50)"),
    "sqlalchemy_utils.TSVectorType": _same("TSVECTOR"),
    "sqlalchemy_utils.LtreeType": _same("LTREE"),
    "sqlalchemy_utils.CountryType": _same("VARCHAR(2)"),
    "sqlalchemy_utils.CurrencyType": _same("VARCHAR(3)"),
    "sqlalchemy_utils.LocaleType": _same("VARCHAR(10)"),
    "sqlalchemy_utils.TimezoneType": _same("VARCHAR(50)"),
    "sqlalchemy_utils.ColorType": _same("VARCHAR(20)"),
    "sqlalchemy_utils.ScalarListType": _same("TEXT"),
    "sqlalchemy_utils.WeekDaysType": _same("BIT(7)"),
    "sqlalchemy_utils.PasswordType": Spelling("BYTEA", "BLOB", "VARBINARY(1024)"),
    "sqlalchemy_utils.EncryptedType": _BINARY,
    "sqlalchemy_utils.StringEncryptedType": _same("VARCHAR"),
    "sqlalchemy_searchable.TSVectorType": _same("TSVECTOR"),
    "sqlalchemy_json.NestedMutableJson": _BIG_JSON,
    "sqlalchemy_json.MutableJson": _BIG_JSON,
    "sqlalchemy_jsonfield.JSONField": _BIG_JSON,
}

POSTGRESQL_PLAIN = frozenset(
    {"INET", "CIDR", "MACADDR", "MACADDR8", "MONEY", "OID", "REGCLASS", "REGCONFIG", "TSVECTOR", "TSQUERY", "HSTORE",
     "CITEXT", "INT4RANGE", "INT8RANGE", "NUMRANGE", "DATERANGE", "TSRANGE", "TSTZRANGE", "INT4MULTIRANGE",
     "INT8MULTIRANGE", "NUMMULTIRANGE", "DATEMULTIRANGE", "TSMULTIRANGE", "TSTZMULTIRANGE", "JSONPATH", "XML", "LTREE"}
)  # fmt: skip
"""Types of the PostgreSQL dialect that are spelled as they are called."""

WRAPPERS = frozenset(
    {"MutableDict.as_mutable", "MutableList.as_mutable", "MutableSet.as_mutable", "Mutable.as_mutable",
     "sqlalchemy_json.mutable_json_type", "postgresql.DOMAIN"}
)  # fmt: skip
"""Calls whose (first, or `dbtype=`) argument is the type."""

PYTHON_TYPES: dict[str, str] = {
    "builtins.int": "Integer",
    "builtins.str": "String",
    "builtins.bool": "Boolean",
    "builtins.float": "Float",
    "builtins.bytes": "LargeBinary",
    "decimal.Decimal": "Numeric",
    "datetime.date": "Date",
    "datetime.datetime": "DateTime",
    "datetime.time": "Time",
    "datetime.timedelta": "Interval",
    "uuid.UUID": "Uuid",
}
"""What `Mapped[int]` and its like mean where no type_annotation_map says otherwise."""


def spelling(name: str) -> Spelling | None:
    """The spelling of a type by its canonical name, None when nobody knows it."""
    known = SPELLINGS.get(name)
    if known is not None:
        return known
    dialect, _, own = name.rpartition(".")
    if dialect == "postgresql" and own in POSTGRESQL_PLAIN:
        return _same(own)
    if dialect in {"postgresql", "mysql", "mariadb", "sqlite", "mssql", "oracle"}:
        return SPELLINGS.get(f"mysql.{own}" if dialect == "mariadb" else own) or SPELLINGS.get(own)
    return None

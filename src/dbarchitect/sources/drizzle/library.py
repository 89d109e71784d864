"""What Drizzle's packages are called, and which of their functions a value comes from."""

from __future__ import annotations

from dataclasses import dataclass, replace

from dbarchitect.sources.drizzle.values import Called, Got, Obj, Step, Value, chain
from dbarchitect.sources.typescript.syntax import External

_DIALECTS = {"pg-core": "postgresql", "sqlite-core": "sqlite", "mysql-core": "mysql"}
_TABLES = {"pgTable": "postgresql", "sqliteTable": "sqlite", "mysqlTable": "mysql"}
_CREATORS = {"pgTableCreator": "postgresql", "sqliteTableCreator": "sqlite", "mysqlTableCreator": "mysql"}
_SCHEMAS = {"pgSchema": "postgresql", "mysqlSchema": "mysql", "mysqlDatabase": "mysql"}
_VIEWS = {"pgView": "postgresql", "pgMaterializedView": "postgresql", "sqliteView": "sqlite", "mysqlView": "mysql",
          "view": "sqlite"}  # fmt: skip
_CASINGS = {"snakeCase": "snake_case", "camelCase": "camelCase"}
CORE = "drizzle-orm"


def dialect_of(package: str) -> str | None:
    """The engine that a package of Drizzle's builders is for."""
    home, _, rest = package.partition("/")
    return _DIALECTS.get(rest.partition("/")[0]) if home == CORE else None


def is_drizzle(value: Value, *names: str) -> bool:
    """Whether a value is one of these functions of Drizzle, of whichever of its packages."""
    return isinstance(value, External) and value.name in names and _is_ours(value.package)


def _is_ours(package: str) -> bool:
    return package == CORE or package.startswith(f"{CORE}/")


@dataclass(frozen=True, slots=True, eq=False)
class Declared:
    """Something that a schema declares: a table, a view, an enumeration, a sequence.

    `call` is the call that makes it, by which it is known; `args` are its name and what follows; `steps` are the calls
    on it. `wrapped` is the function that makes a name of the one given (of a table creator), `casing` that of a table
    which has its own (`snakeCase.table`).
    """

    kind: str
    engine: str
    call: Called
    args: tuple[Value, ...]
    steps: tuple[Step, ...]
    schema: Value = None
    wrapped: Value = None
    secured: bool = False
    casing: str | None = None

    @property
    def package(self) -> str:
        """The package that its columns' builders come from."""
        core = next(name for name, engine in _DIALECTS.items() if engine == self.engine)
        return f"{CORE}/{core}"


def declared(value: Value) -> Declared | None:
    """What a value declares; None for anything that is no object of a database."""
    if not isinstance(value, Called):
        return None
    head, steps = chain(value)
    if not steps or steps[0].name:
        return None
    if isinstance(head, Got) and is_drizzle(head.owner, *_CASINGS):
        return _cased(head, steps)
    secured = isinstance(head, Got) and head.name == "withRLS"
    if isinstance(head, Got) and secured:
        head = head.owner
    if not isinstance(head, External) or not _is_ours(head.package):
        return None
    name, first = head.name, steps[0]
    if name in _TABLES:
        return Declared("table", _TABLES[name], first.call, first.args, steps[1:], secured=secured)
    if name in _CREATORS and len(steps) > 1 and not steps[1].name:
        made = steps[1]
        return Declared("table", _CREATORS[name], made.call, made.args, steps[2:], wrapped=first.arg(0))
    if name in _VIEWS:
        kind = "materialized view" if name == "pgMaterializedView" else "view"
        return Declared(kind, _VIEWS[name], first.call, first.args, steps[1:])
    if name in _SCHEMAS and len(steps) > 1:
        return _in_schema(_SCHEMAS[name], steps)
    if name == "pgEnum" and len(steps) == 1:
        return Declared("enum", "postgresql", first.call, first.args, steps[1:])
    if name == "pgSequence":
        return Declared("sequence", "postgresql", first.call, first.args, steps[1:])
    if name == "pgPolicy":
        return Declared("policy", "postgresql", first.call, first.args, steps[1:])
    return None


def _cased(head: Got, steps: tuple[Step, ...]) -> Declared | None:
    """`snakeCase.table("users", …)`, `snakeCase.schema("auth").table("users", …)`."""
    owner = head.owner
    engine = dialect_of(owner.package) if isinstance(owner, External) else None
    if engine is None or not isinstance(owner, External):
        return None
    casing = _CASINGS[owner.name]
    if head.name == "schema":
        found = _in_schema(engine, steps) if len(steps) > 1 else None
        return replace(found, casing=casing) if found is not None else None
    kind = _KINDS.get(head.name)
    if kind is None:
        return None
    return Declared(kind, engine, steps[0].call, steps[0].args, steps[1:], casing=casing)


_KINDS = {"table": "table", "view": "view", "materializedView": "materialized view", "enum": "enum",
          "sequence": "sequence"}  # fmt: skip


def _in_schema(engine: str, steps: tuple[Step, ...]) -> Declared | None:
    made = steps[1]
    kind = _KINDS.get(made.name)
    if kind is None or (kind == "enum" and len(steps) > 2):
        return None
    return Declared(kind, engine, made.call, made.args, steps[2:], schema=steps[0].arg(0))


@dataclass(frozen=True, slots=True, eq=False)
class Builder:
    """A column as it is declared: what builds it, with which arguments, and what is called on it.

    `kind` is the builder's name (`text`), `enum` and `custom` for columns of an own enumeration or type, which `of` is
    then; empty where another package builds it.
    """

    kind: str
    call: Called
    args: tuple[Value, ...]
    steps: tuple[Step, ...]
    of: Value = None

    @property
    def name(self) -> str | None:
        """The column's name where it is given."""
        first = self.args[0] if self.args else None
        return first if isinstance(first, str) and first else None

    @property
    def config(self) -> Obj:
        """The builder's settings; empty where there are none."""
        return next((arg for arg in self.args if isinstance(arg, Obj)), Obj({}))

    def step(self, *names: str) -> Step | None:
        """The last call of one of these methods."""
        return next((step for step in reversed(self.steps) if step.name in names), None)


def builder(value: Value) -> Builder | None:
    """The builder of a column; None for what is no call of anything that could be one."""
    if not isinstance(value, Called):
        return None
    head, steps = chain(value)
    if not steps or steps[0].name:
        return None
    if not isinstance(head, External) or dialect_of(head.package) is None:
        return Builder("", steps[0].call, steps[0].args, steps[1:])
    at, kind, of = 0, head.name, None
    if head.name in {"pgEnum", "customType"}:
        at, kind, of = 1, "enum" if head.name == "pgEnum" else "custom", steps[0].call
    elif head.name in _SCHEMAS:
        at, kind, of = 2, "enum", steps[1].call if len(steps) > 1 else None
    if len(steps) <= at or steps[at].name:
        return None
    return Builder(kind, steps[at].call, steps[at].args, steps[at + 1 :], of)

"""How each library writes the better form of a query, for hints."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.queries import Comparison, Operand, QueryFact
from dbarchitect.rules._code.language import PYTHON, Language, of_file

Chain = tuple[tuple[str, bool], ...]
"""Relations one after the other, each with its model (`Order.customer`), and whether it leads to many rows."""

_NESTED = {"prisma": "include", "drizzle": "with"}
"""Libraries that load relations by an object in an object, and its name."""


def path_of(chain: Chain) -> str:
    """A chain as the code walks it: `customer.company`."""
    return ".".join(relation.rpartition(".")[2] for relation, _ in chain)


def loading(library: str, chains: Iterable[Chain]) -> str:
    """The options that load relations along with the rows."""
    every = list({path_of(chain): chain for chain in chains}.values())
    if library == "django":
        names = [(f'"{path_of(chain).replace(".", "__")}"', any(many for _, many in chain)) for chain in every]
        forms = [
            ("select_related", [n for n, many in names if not many]),
            ("prefetch_related", [n for n, m in names if m]),
        ]
        return "`" + ".".join(f"{form}({', '.join(found)})" for form, found in forms if found) + "`"
    if library == "sqlalchemy":
        steps = (".".join(f"{'selectinload' if many else 'joinedload'}({r})" for r, many in chain) for chain in every)
        return f"`options({', '.join(steps)})`"
    if library in _NESTED:
        return f"`{_NESTED[library]}: {_tree([path_of(chain).split('.') for chain in every], _NESTED[library])}`"
    return "a join with " + ", ".join(path_of(chain) for chain in every)


def _tree(paths: list[list[str]], word: str) -> str:
    """Relations in relations as an object: `{ user: { include: { company: true } } }`."""
    heads = dict.fromkeys(path[0] for path in paths)
    parts = []
    for head in heads:
        inner = [path[1:] for path in paths if path[0] == head and len(path) > 1]
        parts.append(f"{head}: {{ {word}: {_tree(inner, word)} }}" if inner else f"{head}: true")
    return "{ " + ", ".join(parts) + " }"


def way_of(query: QueryFact) -> str:
    """What a query is written with: `sql` for a text, whatever library runs it."""
    return "sql" if query.as_text else query.library


def for_all_at_once(query: QueryFact) -> str:
    """How one query before the loop gets what a query per turn does."""
    varying = [p for p in query.predicates if p.operand is Operand.PARAMETER and p.comparison is Comparison.EQUAL]
    columns = [p.column.columns[0] for p in varying or query.predicates if p.column.columns]
    by = columns[0] if columns else "id"
    lookup = of_file(query.origin.path).lookup
    beside = [p.column for p in varying if query.table is not None and p.column.table_ref.key != query.table.key]
    if len(beside) == len(varying) and beside and way_of(query) != "sql":
        return f"one query that joins {beside[0].table_ref}, with `{by} in (…)`, and {lookup} of its rows"
    match way_of(query):
        case "django":
            return f"one query with `{by}__in=…` and a dictionary of its rows"
        case "sqlalchemy":
            return f"one query with `.where(….{by}.in_(…))` and a dictionary of its rows"
        case "prisma":
            return f"one `findMany` with `{by}: {{ in: … }}` and a Map of its rows"
        case "drizzle":
            return f"one query with `inArray(….{by}, …)` and a Map of its rows"
        case "kysely":
            return f'one query with `.where("{by}", "in", …)` and a Map of its rows'
        case _:
            return f"one query with `where {by} in (…)` and {lookup} of its rows"


def bulk(library: str, verbs: Iterable[str], language: Language) -> str:
    """The form that writes many rows with one statement."""
    wanted = set(verbs)
    match library:
        case "django":
            forms = {
                "insert": "`bulk_create(rows)`",
                "update": "`bulk_update(rows, [fields])`, or one `.filter(…).update(…)` with an expression",
                "delete": "`.filter(pk__in=…).delete()`",
                "upsert": "`bulk_create(rows, update_conflicts=True, unique_fields=[…], update_fields=[…])`",
            }
        case "sqlalchemy":
            forms = {
                "insert": "`session.execute(insert(Model), rows)`, or `session.add_all(rows)` and one commit",
                "update": "`session.execute(update(Model), rows)`, or one commit after the loop",
                "delete": "`delete(Model).where(Model.id.in_(…))`",
                "upsert": "one `insert(…).values(rows).on_conflict_do_update(…)`",
            }
        case "prisma":
            forms = {
                "insert": "`createMany({ data: rows })`",
                "update": "one `updateMany` where the values are the same, else `update … from (values …)` by "
                "`$executeRaw`",
                "delete": "`deleteMany({ where: { id: { in: … } } })`",
                "upsert": "`createMany({ data: rows, skipDuplicates: true })`, or `on conflict` by `$executeRaw`",
            }
        case "drizzle" | "kysely":
            forms = {
                "insert": "`.values(rows)` with all rows",
                "update": "one `update … from (values …)`, or one update where the values are the same",
                "delete": "one delete with the keys of all rows",
                "upsert": "one insert of all rows with its `onConflict…`",
            }
        case _:
            many = ", or `executemany(…)`" if language is PYTHON else ""
            forms = {
                "insert": f"one `insert … values` of all rows{many}",
                "update": f"one `update … from (values …)`{many}",
                "delete": "one `delete … where id in (…)`",
                "upsert": f"one `insert … values … on conflict`{many}",
            }
    found = [forms[verb] for verb in ("insert", "update", "delete", "upsert") if verb in wanted]
    return "; ".join(found)


def limited(library: str) -> str:
    """How a list is cut into pages."""
    match library:
        case "django":
            return "`Paginator`, the list's pagination class, or a slice `[:100]`"
        case "sqlalchemy":
            return "`.limit(…)` with a fixed order"
        case "prisma":
            return "`take` with a `cursor` and a fixed `orderBy`"
        case "drizzle" | "kysely":
            return "`.limit(…)` with a fixed order"
        case _:
            return "`limit` with a fixed order"


def streamed(library: str) -> str:
    """How all rows are gone through without holding them at once."""
    match library:
        case "django":
            return "`.iterator(chunk_size=…)`"
        case "sqlalchemy":
            return "`yield_per(…)`"
        case "prisma":
            return "pages by `cursor` and `take`"
        case "kysely":
            return "`.stream()`"
        case _:
            return "a server-side cursor"

"""Differences between models, migrations and database, told with their direction and what closes them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from dbarchitect.catalog.drift import Difference, Side
from dbarchitect.catalog.migrations import History
from dbarchitect.catalog.refs import Kind, Ref
from dbarchitect.catalog.survey import Survey
from dbarchitect.finding import Evidence, EvidenceKind, Finding, Level, Precision
from dbarchitect.rules._sql import count, listed

_TOO_MANY = 0.3
_A_FEW = 4
_SHOWN = 10
_SEVERAL = 3
_KINDS = {
    Side.MODELS: EvidenceKind.CODE,
    Side.MIGRATIONS: EvidenceKind.MIGRATION,
    Side.DATABASE: EvidenceKind.CATALOG,
}
_GENERATES = {
    "django": "`python manage.py makemigrations`",
    "alembic": "`alembic revision --autogenerate`",
    "prisma": "`prisma migrate dev`",
    "drizzle": "`drizzle-kit generate`",
    "flask-migrate": "`flask db migrate`",
}
_DROPPING = frozenset({"alembic", "flask-migrate", "prisma"})
"""The tools that compare the models with the database itself, and take away what the models do not say."""
_RUNS = {
    "django": "`python manage.py migrate`",
    "alembic": "`alembic upgrade head`",
    "prisma": "`prisma migrate deploy`",
    "drizzle": "`drizzle-kit migrate`",
    "flyway": "`flyway migrate`",
    "supabase": "`supabase db push`",
    "goose": "`goose up`",
    "dbmate": "`dbmate up`",
}


def generate(tool: str) -> str:
    """How the missing migration is written."""
    return f"Run {_GENERATES[tool]}" if tool in _GENERATES else "Write the missing migration"


def run(tool: str) -> str:
    """How pending migrations are run."""
    return f"Run {_RUNS[tool]}" if tool in _RUNS else "Run the pending migrations"


def is_whole(difference: Difference) -> bool:
    """True for a table or column that one side lacks altogether."""
    return difference.aspect == "missing" and difference.object.kind in {Kind.TABLE, Kind.COLUMN}


def findings(
    rule: str,
    differences: Iterable[Difference],
    survey: Survey,
    hint: Callable[[Difference], str],
    level: Callable[[Difference], Level | None],
) -> Iterator[Finding]:
    """One finding for each difference.

    One for all where a large part of the tables differs, and one for a table of whose columns several are unknown to
    its model: then it is likelier that something could not be read. One for the indexes and constraints of many tables
    that the migrations make alone: that is a habit, and nothing is unread.
    """
    listed_ = list(differences)
    by_hand = [difference for difference in listed_ if _is_by_hand(difference)]
    if len({_table(difference) for difference in by_hand}) > _A_FEW:
        yield _habit(rule, by_hand, tool_of(survey))
        listed_ = [difference for difference in listed_ if difference not in by_hand]
    differing = {_table(difference) for difference in listed_}
    tables = sum(1 for _ in survey.tables)
    if len(differing) > max(_A_FEW, _TOO_MANY * tables):
        yield _unfitting(rule, listed_, len(differing), tables)
        return
    inherited = _inherited(listed_)
    for table, group in inherited.items():
        yield _unread(rule, Ref.of_table(*table), group)
    for difference in listed_:
        if difference in inherited.get(_table(difference), ()):
            continue
        yield Finding(
            rule,
            difference.object,
            _sentence(difference),
            hint(difference),
            (_evidence(difference),),
            difference.origin,
            (difference.present.value, difference.absent.value, difference.aspect),
            level(difference),
        )


def _unfitting(rule: str, differences: list[Difference], differing: int, tables: int) -> Finding:
    """One finding for all: these accounts hardly belong together."""
    first = differences[0]
    share = f"{differing} of {count(max(tables, differing), 'table')}"
    return Finding(
        rule,
        Ref.database(),
        f"The {first.present} and the {first.absent} differ in {share}: "
        "either they do not belong together, or part of them could not be read.",
        f"Look which {first.absent} belong to this application, and at what the report says could not be read.",
        tuple(_evidence(difference) for difference in differences[:_SHOWN]),
        first.origin,
        (first.present.value, first.absent.value),
        Level.INFO,
        Precision.LOW,
    )


def _is_by_hand(difference: Difference) -> bool:
    """True for an index, key or check that the migrations make and the models leave to them."""
    alone = (difference.present, difference.absent) == (Side.MIGRATIONS, Side.MODELS)
    return alone and difference.aspect == "missing" and difference.object.kind in {Kind.INDEX, Kind.CONSTRAINT}


def _habit(rule: str, differences: list[Difference], tool: str) -> Finding:
    """One finding for what many tables have by their migrations alone."""
    indexes = sum(d.object.kind is Kind.INDEX for d in differences)
    rest = len(differences) - indexes
    counted = ((indexes, count(indexes, "index", "indexes")), (rest, count(rest, "constraint")))
    made = listed(text for number, text in counted if number)
    tables = count(len({_table(difference) for difference in differences}), "table")
    drops = f", and {_GENERATES[tool]} proposes to drop them" if tool in _DROPPING else ""
    return Finding(
        rule,
        Ref.database(),
        f"The migrations make {made} on {tables} that the models do not declare: whoever reads the models does not "
        f"see them{drops}.",
        "Declare them in the models too, or tell the generator to leave them alone.",
        tuple(_evidence(difference) for difference in differences[:_SHOWN]),
        differences[0].origin,
        ("made by migrations alone",),
        Level.INFO,
    )


def _unread(rule: str, table: Ref, differences: list[Difference]) -> Finding:
    """One finding for the columns of a table that only the migrations make."""
    columns = sum(d.object.kind is Kind.COLUMN for d in differences)
    return Finding(
        rule,
        table,
        f"The migrations make {count(columns, 'column')} of {table} that the model does not show: it inherits them "
        "from a class outside the repository, or it lacks them.",
        f"Look whether the model of {table} inherits them; add what it lacks, or drop it by a migration.",
        tuple(_evidence(d) for d in differences[:_SHOWN]),
        differences[0].origin,
        ("columns",),
        Level.INFO,
        Precision.LOW,
    )


def _inherited(differences: list[Difference]) -> dict[tuple[str, str | None], list[Difference]]:
    """What tables have in the migrations alone, where it is several columns: more than one forgets."""
    groups: dict[tuple[str, str | None], list[Difference]] = {}
    for difference in differences:
        alone = (difference.present, difference.absent) == (Side.MIGRATIONS, Side.MODELS)
        if alone and difference.aspect == "missing" and difference.object.columns:
            groups.setdefault(_table(difference), []).append(difference)
    return {
        table: group for table, group in groups.items() if sum(d.object.kind is Kind.COLUMN for d in group) >= _SEVERAL
    }


def _table(difference: Difference) -> tuple[str, str | None]:
    return difference.object.table or "", difference.object.schema


def _sentence(difference: Difference) -> str:
    text = difference.text.rstrip(".")
    return f"{text[:1].upper()}{text[1:]}."


def pending(history: History | None) -> int:
    """How many migrations are known not to have run."""
    return sum(m.applied is False for m in history.migrations) if history is not None else 0


def tool_of(survey: Survey) -> str:
    """The tool that runs the migrations; the framework's own where none were read."""
    return survey.history.tool if survey.history is not None else survey.application.framework or ""


def _evidence(difference: Difference) -> Evidence:
    text = f"{difference.object}: {difference.aspect}, in the {difference.present}, not in the {difference.absent}"
    return Evidence(_KINDS[difference.present], text, difference.origin)

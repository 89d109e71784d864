"""The rule `name-needs-quoting`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Survey
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Level, Precision
from dbarchitect.rules._base import Rule
from dbarchitect.rules._sql import count, listed

_PLAIN = re.compile(r"[a-z_\u0080-\U0010ffff][a-z0-9_$\u0080-\U0010ffff]*")
_SHOWN = 5
_EVIDENCE = 20
_CUSTOM = 0.2


class NameNeedsQuoting(Rule):
    """Names that must be quoted

    ## What it finds
    Tables and columns whose name holds capitals, spaces or signs, or begins with a digit. One finding for the whole
    database, with counts and examples; where a client makes all names so (Prisma does) it is said with less weight.

    ## Why it matters
    PostgreSQL folds names without quotes to lower case: `select userId from User` looks for `userid` in `user`. Every
    query by hand, every report and every script needs the quotes, and each forgets some.

    ## When to leave it
    All access goes through a client that quotes. Renaming changes all code that names them; it pays for new tables,
    and by `@map` where the client can map a name.

    ## How the fix works
    None is applied: a renaming is a migration of the code as much as of the database.

    ## References
    - https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-IDENTIFIERS
    - https://wiki.postgresql.org/wiki/Don%27t_Do_This#Don.27t_use_upper_case_table_or_column_names
    """

    code = "NAM001"
    level = Level.INFO
    precision = Precision.HIGH
    category = Category.MAINTAINABILITY
    engines = ("postgresql",)

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for the database."""
        tables = [table.ref for table in survey.tables if _PLAIN.fullmatch(table.name) is None]
        columns = list(_columns(survey))
        if not tables and not columns:
            return
        said = [count(len(tables), "table")] if tables else []
        said += [count(len(columns), "column")] if columns else []
        total = sum(1 + len(table.columns) for table in survey.tables)
        custom = (len(tables) + len(columns)) >= _CUSTOM * total
        shown = [*tables[:_SHOWN], *columns[: _SHOWN - min(len(tables), 2)]][:_SHOWN]
        more = ", …" if len(tables) + len(columns) > len(shown) else ""
        yield Finding(
            self.name(),
            Ref.database(),
            f"{listed(said)} can only be named in quotes ({', '.join(map(str, shown))}{more}): without them the server "
            "looks for another name, in lower case, or cannot read the statement.",
            hint="Name new tables and columns in lower_snake_case, and map them in the client.",
            evidence=tuple(
                Evidence(EvidenceKind.CATALOG, str(ref), survey.origin_of(ref))
                for ref in [*tables, *columns][:_EVIDENCE]
            ),
            origin=survey.origin_of(shown[0]),
            precision=Precision.LOW if custom else None,
        )


def _columns(survey: Survey) -> Iterator[Ref]:
    for table in survey.tables:
        for column in table.ordered_columns:
            if _PLAIN.fullmatch(column.name) is None:
                yield table.ref.column(column.name)

"""One statement, parsed and read. Imports the parser, so only where there is SQL to read."""

from __future__ import annotations

import re

from sqlglot import exp

from dbarchitect.catalog.objects import Catalog
from dbarchitect.catalog.queries import Verb
from dbarchitect.sources.code.sql.gathered import Gathered
from dbarchitect.sources.code.sql.lexing import Marks
from dbarchitect.sources.code.sql.parsing import parse, part
from dbarchitect.sources.code.sql.selects import Selects
from dbarchitect.sources.code.sql.shapes import SqlQuery, Unreadable
from dbarchitect.sources.code.sql.weaving import Woven
from dbarchitect.sources.code.sql.writes import Writes

_REPLACE = re.compile(r"\A\s*replace\b(?:\s+(?:low_priority|delayed)\b)?(?:\s+into\b)?", re.IGNORECASE)
_UPDATE_OR = re.compile(r"\A\s*update\s+or\s+\w+", re.IGNORECASE)
_CHANGES = (exp.Insert, exp.Update, exp.Delete, exp.Merge)


def read_statement(woven: Woven, catalog: Catalog, marks: Marks) -> tuple[SqlQuery, ...]:
    """The statement, after those that change rows inside its WITH clause. Raises `Unreadable`."""
    text = _UPDATE_OR.sub("UPDATE", _REPLACE.sub("INSERT OR REPLACE INTO", woven.text, count=1), count=1)
    parsed = parse(text, catalog.engine.name)
    gathered = Gathered(catalog, marks)
    gathered.unknown(*woven.dynamic)
    try:
        writes = Writes(gathered)
        if isinstance(parsed, _CHANGES):
            writes.change(parsed)
        else:
            _read_query(parsed, writes.selects, gathered)
    except RecursionError:
        raise Unreadable("it is nested too deeply") from None
    except (AttributeError, KeyError, TypeError) as error:  # the parser lets torsos pass, with parts missing
        raise Unreadable("a part of it is missing") from error
    if gathered.verb is not Verb.SELECT:
        for part in ("order by", "limit"):
            gathered.dynamic.pop(part, None)
    return (*gathered.inner, gathered.finished())


def _read_query(parsed: exp.Expr, selects: Selects, gathered: Gathered) -> None:
    result = selects.query(parsed)
    gathered.table = result.source.main
    gathered.columns = result.read
    gathered.ordering, gathered.limit, gathered.offset = result.ordering, result.limit, result.offset
    gathered.distinct = result.distinct
    gathered.single = isinstance(parsed, exp.Select) and part(parsed, "from") is None
    gathered.locks = gathered.locks or parsed.find(exp.Lock) is not None

"""Rows of a model that a text of SQL asks for: `Order.objects.raw("SELECT …")`."""

from __future__ import annotations

from dbarchitect.catalog.queries import Fetch
from dbarchitect.sources.code.python.django.values import QuerySet
from dbarchitect.sources.code.python.rawsql import SqlRunner, parameters_of
from dbarchitect.sources.code.python.vocabulary import Arguments, Site
from dbarchitect.sources.code.values import Rows


def by_text(runner: SqlRunner, queryset: QuerySet, arguments: Arguments, site: Site) -> Rows | None:
    """The rows of a manager's model by a text; None where the text cannot be read."""
    text, model = arguments.get(0, "raw_query"), queryset.draft.model
    if text is None or model is None:
        return None
    given = parameters_of(arguments.get(1, "params"))
    record = runner.run(text, given, site, "django", Fetch.ALL)
    return Rows(model, "django", True, record) if record is not None else None

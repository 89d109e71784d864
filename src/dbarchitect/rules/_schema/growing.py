"""Which tables grow without bound: by their rows where a server told them, else by what they hold and hang on."""

from __future__ import annotations

from enum import IntEnum

from dbarchitect.catalog.objects import Catalog, Table
from dbarchitect.catalog.survey import Survey
from dbarchitect.rules._names import phrases, singular_words, thing_words, words
from dbarchitect.rules._schema.domains import is_stream, is_user_content, signs_in, title_column
from dbarchitect.rules._schema.shape import (
    asked_once_of_each,
    is_event,
    is_log,
    is_lookup,
    is_tenant,
    says_who,
    time_columns,
)

_FEW_ROWS = 1_000
_MANY_ROWS = 50_000
_FARTHEST = 4

_LISTS = phrases(
    "category, tag, type, kind, role, permission, group, setting, config, configuration, option, preference, plan, "
    "country, currency, language, locale, region, state, level, priority, theme, template, provider, channel, feature, "
    "flag, page, menu, policy, rule, scope, plugin, integration, webhook, backend, source, server, node, worker, "
    "schedule, cron, field, label, color, unit, department, challenge, hint, quiz, question, choice, course, lesson, "
    "workflow, pipeline, query definition, dashboard, widget, section, topic, forum, board, site, domain, environment, "
    "migration, version schema, meal type, method, reason, code, criterion, benefit, product, price, tax, bracket, "
    "topping, module, service, tool, food, exercise, muscle, equipment, location, city, zone, currency rate, holiday, "
    "season, membership level, badge, achievement, content type, template version, app, client, key, api key"
)
"""Last words of tables that people maintain: some dozens or hundreds of rows, whoever they hang on."""
_DONE = phrases(
    "executed, processed, sent, delivered, received, triggered, failed, completed, scheduled, queued, viewed, clicked, "
    "played, visited, matched, applied, recorded, logged, generated, submitted, redeemed, consumed, performed"
)
"""First words of tables of what was done with a thing: a row for each time, however few the things are."""
_STAFF = phrases("admin, administrator, admin user, admin account, super admin, superuser, moderator, operator")
"""Accounts of the few who run an application."""
_SET_UP = phrases(
    "integration, webhook, provider, backend, setting, config, configuration, option, plan, role, permission, feature, "
    "flag, feature flag, environment, plugin, currency, language, locale, theme, schedule, cron, policy"
)
"""Last words of tables of what is set up once: one owner has a handful."""
_AGAIN = phrases("next run, next run at, next run time, next execution, next execution at, run next")
_BEFORE = phrases("last run, last run at, last run time, last success, last execution, last execution at, last ran at")


class Growth(IntEnum):
    """How a table grows: hardly (what people maintain), with the number of those who use it, with every use."""

    HARDLY = 0
    SLOWLY = 1
    STEADILY = 2


def growth_of(table: Table | None, survey: Survey) -> Growth:
    """How a table grows. Rows that a server counted decide; without them its kind, and what it hangs on."""
    if table is None:
        return Growth.HARDLY
    rows = survey.facts_of(table).rows if survey.facts is not None else None
    if rows is not None and rows >= _MANY_ROWS:
        return Growth.STEADILY
    if rows is not None and 0 < rows < _FEW_ROWS and not _is_young(survey):
        return Growth.HARDLY
    return _without_rows(table, survey.catalog)


@asked_once_of_each
def _without_rows(table: Table, catalog: Catalog) -> Growth:
    return _by_kind(table, catalog, 0)


def _is_young(survey: Survey) -> bool:
    """Whether the database that was counted is no more than a trial: no table of it has many rows."""
    return survey.derive(_most_rows) < _FEW_ROWS


def _most_rows(survey: Survey) -> int:
    return max((survey.facts_of(table).rows or 0 for table in survey.catalog.tables), default=0)


def _by_kind(table: Table, catalog: Catalog, depth: int) -> Growth:
    if depth > _FARTHEST or is_lookup(table) or _STAFF.whole("_".join(thing_words(table))) or _recurs(table):
        return Growth.HARDLY
    if is_stream(table, catalog) or signs_in(table, catalog) or is_user_content(table, catalog):
        return Growth.STEADILY
    if is_event(table) and time_columns(table):
        return Growth.STEADILY
    if is_maintained(table):
        return Growth.HARDLY
    most = Growth.SLOWLY if is_tenant(table) or time_columns(table) else Growth.HARDLY
    for key in table.foreign_keys:
        parent = catalog.table(key.referenced)
        if parent is None or parent.ref.key == table.ref.key or any(says_who(name) for name in key.columns):
            continue
        required = all((column := table.column(name)) is not None and not column.nullable for name in key.columns)
        above = Growth.STEADILY if signs_in(parent, catalog) else _by_kind(parent, catalog, depth + 1)
        if not required:
            above = min(above, Growth.SLOWLY)
        most = max(most, above)
    return most


def _recurs(table: Table) -> bool:
    """Whether the rows are what a clock runs again and again, each told by when it ran last and runs next, and none of
    them is somebody's: as many as the makers of the application have written."""
    own = not any(says_who(name) for name in (column.name for column in table.columns))
    names = [column.name for column in table.columns]
    return own and not table.foreign_keys and any(map(_AGAIN.ends, names)) and any(map(_BEFORE.ends, names))


def is_maintained(table: Table) -> bool:
    """Whether people keep the rows of a table by hand, some dozens of them, whoever they hang on: keys, channels."""
    things = thing_words(table)
    if len(things) > 1 and _DONE.starts("_".join(things)):
        return False
    return _LISTS.ends("_".join(things)) or _LISTS.ends("_".join(singular_words(table.name)))


def is_handful(table: Table | None) -> bool:
    """Whether whoever goes through rows of a table meets a handful: what is set up once, or run by a clock."""
    if table is None:
        return False
    named = ("_".join(thing_words(table)), "_".join(singular_words(table.name)))
    return any(map(_SET_UP.ends, named)) or _recurs(table)


def is_published(table: Table | None) -> bool:
    """Whether a table holds what is published one after the other, and stays: videos, episodes, posts with a title and
    the time of their publication."""
    if table is None or is_maintained(table) or title_column(table) is None:
        return False
    return any(words(column.name)[:1] == ("published",) for column in time_columns(table))


def gathers(table: Table | None, survey: Survey) -> bool:
    """Whether what one account has in a table becomes ever more: what it wrote, what happened to it."""
    if table is None:
        return False
    return is_log(table) or is_stream(table, survey.catalog) or is_user_content(table, survey.catalog)

"""RunSQL: the statements that it runs, as far as the migration writes them out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dbarchitect.catalog.refs import Origin
from dbarchitect.sources.django.field_classes import Located
from dbarchitect.sources.django.migrations.entries import entries
from dbarchitect.sources.django.world import World
from dbarchitect.sources.python import Constant, External, is_known, plain
from dbarchitect.sources.python.expressions import Display, Literal, Name


@dataclass(frozen=True, slots=True)
class Sql:
    """A script of SQL and where it stands; `text` is None where it cannot be told (read from a file, computed)."""

    text: str | None
    origin: Origin


def scripts(located: Located, world: World) -> Iterator[Sql]:
    """The scripts of RunSQL's `sql` or `reverse_sql`: a text, or a list of texts and of pairs with parameters."""
    if _is_noop(located, world):
        return
    value = world.value(located.expr, located.module, located.scope)
    origin = located.module.origin(located.expr.span)
    if isinstance(value, str):
        yield Sql(value, origin)
    elif isinstance(value, (list, tuple)) and is_known(value) and not isinstance(located.expr, Display):
        for one in value:
            yield Sql(_statement(one), origin)
    elif isinstance(located.expr, Display) or isinstance(value, (list, tuple)):
        for entry in entries(located, world):
            one = world.value(entry.expr, entry.module, entry.scope)
            yield Sql(_statement(one), entry.module.origin(entry.expr.span))
    else:
        yield Sql(None, origin)


def is_reversible(located: Located | None) -> bool:
    """Whether a way back is given; an empty one and `noop` are ways too."""
    if located is None:
        return False
    return not (isinstance(located.expr, Literal) and located.expr.value is None)


def _is_noop(located: Located, world: World) -> bool:
    if not isinstance(located.expr, Name):
        return False
    found = world.resolve(located.module, located.expr.id, located.scope)
    return isinstance(found, External) and found.name.endswith("RunSQL.noop")


def _statement(value: Constant) -> str | None:
    """One statement of a list; with parameters it stands as the database's driver would send it."""
    if isinstance(value, str):
        return value
    if not isinstance(value, (list, tuple)) or len(value) != 2 or not isinstance(value[0], str):
        return None
    text: str = value[0]
    given = plain(value[1])
    if given is None:
        return text
    if not isinstance(given, (list, tuple)):
        return None
    parts = text.replace("%%", "\0").split("%s")
    filled = parts[0]
    for position, part in enumerate(parts[1:]):
        known = position < len(given) and is_known(given[position])
        filled += (_literal(given[position]) if known else "NULL") + part
    return filled.replace("\0", "%")


def _literal(value: Constant) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    return "'" + str(value).replace("'", "''") + "'"

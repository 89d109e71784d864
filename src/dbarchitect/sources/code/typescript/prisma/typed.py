"""TypedSQL: `prisma.$queryRawTyped(getUsers(id))`, of which the text stands in `prisma/sql/getUsers.sql`.

Source: https://www.prisma.io/docs/orm/prisma-client/using-raw-sql/typedsql
"""

from __future__ import annotations

from dbarchitect.sources.code.typescript.prisma.values import Piece
from dbarchitect.sources.code.typescript.vocabulary import Site
from dbarchitect.sources.consulted import note_file
from dbarchitect.sources.typescript.syntax import Call, Member, Name


def typed_text(folder: str, site: Site) -> Piece | None:
    """The text that a call of `$queryRawTyped` names; None where there is no file of it beside the schema's folder."""
    name = _name(site)
    if not name:
        return None
    project = site.interpreter.index.project
    for place in dict.fromkeys((folder, folder.rpartition("/")[0])):  # a schema may be a folder of files
        path = f"{place}/sql/{name}.sql".lstrip("/")
        note_file(path)
        file = project.get(path)
        if file is not None:
            try:
                return Piece((file.text(),))
            except (OSError, UnicodeDecodeError):
                return None
    return None


def _name(site: Site) -> str:
    """The query's own name, whatever it is imported as."""
    given = site.expr.args[0] if isinstance(site.expr, Call) and site.expr.args else None
    match given:
        case Call(function=Name(id=name)):
            imported = site.frame.module.imports.get(name)
            return imported.name if imported is not None else name
        case Call(function=Member(name=name)):
            return name
        case _:
            return ""

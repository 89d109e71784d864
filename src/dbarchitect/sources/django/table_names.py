"""The table's name that a Meta puts together from another model's: `f"{Order._meta.db_table}_line"`."""

from __future__ import annotations

from collections.abc import Callable

from dbarchitect.sources.django.world import World
from dbarchitect.sources.python import ClassDef
from dbarchitect.sources.python.expressions import BinOp, Expr, FString, Literal, Name

_TABLE = "._meta.db_table"


def table_name_of(expr: Expr, meta: ClassDef, world: World, named: Callable[[ClassDef], str | None]) -> str | None:
    """The text of an expression in a Meta class, `named` telling the tables of other models; None where a part of it
    is neither text nor a table's name."""
    match expr:
        case Literal(value=str(text)):
            return text
        case Name(id=name) if name.endswith(_TABLE):
            found = world.index.resolve(meta.module, name.removesuffix(_TABLE), meta.outer)
            return named(found) if isinstance(found, ClassDef) else None
        case FString(parts=parts):
            texts = [p if isinstance(p, str) else table_name_of(p, meta, world, named) for p in parts]
        case BinOp(op="+", left=left, right=right):
            texts = [table_name_of(side, meta, world, named) for side in (left, right)]
        case _:
            return None
    known = [text for text in texts if text is not None]
    return "".join(known) if len(known) == len(texts) else None

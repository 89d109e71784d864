"""What a column is set to."""

from __future__ import annotations

from dbarchitect.catalog.queries import Assignment, Operand
from dbarchitect.catalog.refs import Ref
from dbarchitect.sources.code.draft import Draft
from dbarchitect.sources.code.typescript.builders.templates import Templates
from dbarchitect.sources.code.typescript.builders.values import Column, Derived, Fragment, Options
from dbarchitect.sources.code.typescript.values import Const
from dbarchitect.sources.code.typescript.vocabulary import assignment
from dbarchitect.sources.code.values import Items, Opaque, Value, columns_read, is_raw


def set_to(column: Ref, value: Value, templates: Templates) -> Assignment:
    """A column set to a value of the program or an expression of the database."""
    match value:
        case Fragment():
            return Assignment(column, templates.assigned(value))
        case Draft() | Derived() | Column(inner=Draft()):
            return Assignment(column, Operand.SUBQUERY)
        case Column(plain=True):
            return Assignment(column, Operand.COLUMN)
        case Column() | Options():
            return Assignment(column, Operand.EXPRESSION)
        case Items() if not all(isinstance(item, Const) for item in value.items):
            return Assignment(column, Operand.PARAMETER, (), tuple(sorted(columns_read(value), key=str)), is_raw(value))
        case Items():
            return Assignment(column, Operand.PARAMETER)
        case Opaque() | _:
            return assignment(column, value)

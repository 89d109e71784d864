"""Functions of the project that begin a transaction: decorators, and generators that are entered by `with`."""

from __future__ import annotations

import re

from dbarchitect.sources.python.statements import FunctionDef

_OPENING = re.compile(rb"\b(?:\w+_)?atomic\(|\.begin\(|\.transaction\(")


def opens_transaction(function: FunctionDef) -> bool:
    """Whether its text, or its own name, says that what it is put around is one transaction."""
    return _OPENING.search(function.module.source, function.span.start, function.span.end) is not None

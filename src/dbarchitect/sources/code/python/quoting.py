"""The code of a query as a reader is shown it: on one line, short, with its beginning and its last step."""

from __future__ import annotations

import re

from dbarchitect.catalog.refs import Origin
from dbarchitect.sources.code.python.frames import Frame
from dbarchitect.sources.code.quoting import LONGEST, on_one_line, shortened
from dbarchitect.sources.python.expressions import Span
from dbarchitect.sources.python.index import PythonIndex

_HALF = 97
"""Characters that each of two parts may have, beside the mark between them."""
_NO_QUERY = re.compile(r"(?:@|class\b|(?:async\s+)?def\b)")
"""A beginning that is a whole class or function: the query is of whatever object its methods are called on."""


def source_text(frame: Frame, span: Span) -> str:
    """The code of a place on one line, at most 200 characters."""
    return shortened(on_one_line(frame.module.source, span.start, span.end))


def text_with_beginning(text: str, begun: Origin, shown: Origin, index: PythonIndex) -> str:
    """The text of a query's last step, with that of its beginning where it was begun elsewhere."""
    if begun.start is None or begun.end is None or begun.path is None or _lies_within(begun, shown):
        return text
    module = index.module(begun.path)
    if module is None:
        return text
    first = shortened(on_one_line(module.source, begun.start, _end_of_call(module.source, begun.end)), _HALF)
    if _NO_QUERY.match(first) or text.startswith(first):
        return text
    return f"{first} … {shortened(text, _HALF)}"


def _end_of_call(source: bytes, end: int) -> int:
    """Where the call ends whose name ends at a place; the place itself where nothing is called."""
    depth = 0
    for position in range(end, min(end + LONGEST, len(source))):
        depth += {ord("("): 1, ord(")"): -1}.get(source[position], 0)
        if depth == 0:
            return position + 1 if position > end else end
    return end


def _lies_within(part: Origin, whole: Origin) -> bool:
    if part.path != whole.path or whole.start is None or whole.end is None or part.start is None or part.end is None:
        return False
    return whole.start <= part.start and part.end <= whole.end

"""The statements of a module outside its functions and classes that ask a database: scripts, `if __name__ == …`."""

from __future__ import annotations

import re
from itertools import pairwise

from dbarchitect.sources.python.body import Define, Step, steps_of_module
from dbarchitect.sources.python.statements import Module

_BEGINS = re.compile(rb"^(?![\s#)\]}\"'])", re.MULTILINE)
"""Where a statement of a module begins, or the `else` of one."""
_QUIET = re.compile(
    rb"(?:@|def |class |async def |import |from )"
    rb"|\w++[ ]*+(?::[^=\n]*+)?=[ ]*+\(?\s*+(?:[rRfFbBuU]{0,2}[\"']|text\(\s*+[\"']|[A-Z_]++[ ]*+\n)"
)
"""What declares, or keeps a text for others."""


def asking_steps(module: Module, wanted: re.Pattern[bytes]) -> tuple[Step, ...]:
    """The steps of a module's own statements that have a word which tells of a query."""
    source = module.source
    begins = [found.start() for found in _BEGINS.finditer(source)]
    asking: list[tuple[int, int]] = []
    for start, end in pairwise((*begins, len(source))):
        if _QUIET.match(source, start) is None and wanted.search(source, start, end) is not None:
            asking.append((start, end))
    if not asking:
        return ()
    steps = (step for step in steps_of_module(source) if not isinstance(step, Define))
    return tuple(s for s in steps if any(s.span.start < end and start < s.span.end for start, end in asking))

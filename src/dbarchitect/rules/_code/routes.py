"""Routes as a reader knows them: a pattern that is a regular expression, with the names of its parts alone."""

from __future__ import annotations

import re

_GROUP = re.compile(r"\(\?P<(\w+)>|\((?:\?:)?")
_SIGNS = re.compile(r"\\[AZz]|[\^$]")


def readable(route: str) -> str:
    """`^read/(?P<id>\\d+)/delete$` → `read/<id>/delete`; a route that is no regular expression as it is."""
    if "(?P<" not in route and not route.startswith("^"):
        return route
    found: list[str] = []
    at = 0
    while at < len(route):
        group = _GROUP.match(route, at)
        if group is None:
            found.append(route[at])
            at += 1
            continue
        found.append(f"<{group[1] or '…'}>")
        at = _end(route, group.end())
    return _SIGNS.sub("", "".join(found)).replace("\\", "") or "/"


def _end(route: str, at: int) -> int:
    """The place behind a group that has begun before `at`."""
    depth = 1
    while at < len(route) and depth:
        if route[at] == "\\":
            at += 1
        else:
            depth += {"(": 1, ")": -1}.get(route[at], 0)
        at += 1
    return at

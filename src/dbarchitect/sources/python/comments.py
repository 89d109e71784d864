"""Comments that stand at a statement: in the lines right above it, and behind it."""

from __future__ import annotations

_MOST = 12
"""Lines above that are looked at."""


def comment_at(source: bytes, start: int, end: int) -> str | None:
    """What the comments at a span of the source say, as one text; None where there are none."""
    found: list[bytes] = []
    at = source.rfind(b"\n", 0, start)
    while at >= 0 and len(found) < _MOST:
        before = source.rfind(b"\n", 0, at)
        line = source[before + 1 : at].strip()
        if not line.startswith(b"#"):
            break
        found.insert(0, line.lstrip(b"#").strip())
        at = before
    close = source.find(b"\n", end)
    behind = source[end : close if close >= 0 else len(source)].strip()
    if behind.startswith(b"#"):
        found.append(behind.lstrip(b"#").strip())
    return b" ".join(found).decode(errors="replace") or None

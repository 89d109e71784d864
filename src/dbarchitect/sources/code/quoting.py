"""The code of a query as a reader is shown it: on one line, short, with its beginning and its last step."""

from __future__ import annotations

import re

LONGEST = 200
_STEP = re.compile(r"(?<=[\s)\]])\.\w+\(")


def on_one_line(source: bytes, start: int, end: int) -> str:
    """The text of a span with all white space as single blanks."""
    return " ".join(source[start:end].decode("utf-8", "replace").split())


def shortened(text: str, longest: int = LONGEST) -> str:
    """A text cut to a length; of a chain of calls the last steps stay."""
    if len(text) <= longest:
        return text
    room = longest // 2
    steps = [m.start() for m in _STEP.finditer(text)]
    end = next((text[start:] for start in steps if len(text) - start <= room), None)
    if end is None:
        return text[: longest - 1] + "…"
    return f"{text[: longest - len(end) - 3].rstrip()} … {end}"

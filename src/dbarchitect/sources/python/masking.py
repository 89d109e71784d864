"""Python source without the texts in it: a migration's code may hold rows and passwords."""

from __future__ import annotations

import re

_TEXT = re.compile(
    r"""(?:\b[rRbBuUfF]{1,2}(?=["']))?
      (?:"{3}(?:[^"\\]|\\.|"(?!""))*(?:"{3}|\\?\Z)
        | '{3}(?:[^'\\]|\\.|'(?!''))*(?:'{3}|\\?\Z)
        | "(?:[^"\\\n]|\\.)*(?:"|\n|\\?\Z)
        | '(?:[^'\\\n]|\\.)*(?:'|\n|\\?\Z))""",
    re.VERBOSE | re.DOTALL,
)
_LONGEST = 2_000
"""Characters: what is shown of a statement is shorter."""


def without_texts(source: str) -> str:
    """The beginning of the source, with `"…"` in the place of every string."""
    return _TEXT.sub('"…"', source[:_LONGEST])

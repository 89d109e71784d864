"""Comments that stand at a statement."""

from __future__ import annotations

import pytest

from dbarchitect.sources.python.comments import comment_at


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (b"x = 1\n", None),
        (b"x = 1  # behind\n", "behind"),
        (b"# above\n# it\nx = 1", "above it"),
        (b"# apart\n\nx = 1", None),
        (b"y = 2  # of y\nx = 1  #: both\n", ": both"),
        (b"# \xff\nx = 1", "\ufffd"),
    ],
)
def test_what_is_said(source: bytes, said: str | None) -> None:
    start = source.rindex(b"x = 1")
    assert comment_at(source, start, start + 5) == said

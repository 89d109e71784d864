"""Why a rule was not evaluated, in words that keep up with what is read."""

from __future__ import annotations

from pathlib import Path

import dbarchitect.sources.code
from dbarchitect.audit.run import WHY_NOT
from dbarchitect.catalog.survey import Need


def test_every_language_whose_code_is_followed_is_named() -> None:
    room = Path(dbarchitect.sources.code.__path__[0])
    languages = {folder.name for folder in room.iterdir() if (folder / "interpreter.py").exists()}
    assert languages == {"python", "typescript"}
    assert all(language in WHY_NOT[Need.CODE].casefold() for language in languages)

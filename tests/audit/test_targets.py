"""What is handed over to be audited."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbarchitect.api import survey
from dbarchitect.errors import UsageError
from dbarchitect.sources.discover import open_project
from dbarchitect.sources.python.index import PythonIndex


def test_a_single_text_is_no_list_of_targets() -> None:
    with pytest.raises(UsageError, match="one text"):
        survey("/")


def test_a_file_that_goes_while_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "shop.py"
    path.write_bytes("NAME = 'Caf\u00e9'\n".encode())
    (module,) = PythonIndex(open_project(tmp_path)).modules.values()
    module.searched  # noqa: B018 - whoever looks whether a word is in it reads it first
    path.unlink()
    assert module.source == "NAME = 'Caf\u00e9'\n".encode()

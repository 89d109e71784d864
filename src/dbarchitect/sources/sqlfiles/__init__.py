"""Reads schemas from SQL files: dumps, schema files, and folders of migrations replayed in their order."""

from __future__ import annotations

from dbarchitect.sources.sqlfiles.reader import SqlFilesReader
from dbarchitect.sources.sqlfiles.reading import read_folder

__all__ = ["SqlFilesReader", "read_folder"]

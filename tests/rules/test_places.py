"""A rule puts no place into a text: a place that moves is told anew without asking the rule (`sources.moved`)."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import dbarchitect.audit
import dbarchitect.rules

_NUMBERS = frozenset({"line", "end_line", "end_column", "start", "end"})
_FOLDERS = [Path(package.__file__ or "").parent for package in (dbarchitect.rules, dbarchitect.audit)]
_KEYS = frozenset({"units.py"})
"""Where one stands in a name that no person reads, and that is only compared with others for being the same."""


def texts_of_places(source: str) -> list[int]:
    """The lines in which a place, or a number of it, becomes text or is calculated with."""
    found: list[int] = []
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.FormattedValue(value=ast.Attribute(attr=name)) if name in _NUMBERS or name == "origin":
                found.append(node.lineno)
            case ast.Call(func=ast.Name(id="str" | "repr"), args=[ast.Attribute(attr=name)]):
                if name in _NUMBERS or name == "origin":
                    found.append(node.lineno)
            case ast.BinOp(op=ast.Add() | ast.Sub(), left=left, right=right):
                sides = (left, right)
                found += [node.lineno for side in sides if isinstance(side, ast.Attribute) and side.attr in _NUMBERS]
            case _:
                continue
    return found


@pytest.mark.parametrize("source", ["f'{q.origin}'", "f'at {q.origin.line}'", "str(q.origin)", "a.line - b.line"])
def test_a_place_in_a_text_is_seen(source: str) -> None:
    assert texts_of_places(source)


def test_no_rule_tells_of_a_place_but_by_the_place() -> None:
    paths = [path for folder in _FOLDERS for path in sorted(folder.rglob("*.py")) if path.name not in _KEYS]
    assert len(paths) > 200
    told = {path.name: lines for path in paths if (lines := texts_of_places(path.read_text()))}
    assert told == {}

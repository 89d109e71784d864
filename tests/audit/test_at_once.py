"""Rules that are asked in two processes say what they say in one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from support.forks import forked_on_two_processors

from dbarchitect import api
from dbarchitect.audit import run
from dbarchitect.options import Options
from dbarchitect.report.base import Rendering
from dbarchitect.report.document import Report
from dbarchitect.sources.meanwhile import can_fork

EXAMPLES = Path(__file__).parent.parent.parent / "examples"


def _report(example: str) -> Report:
    report = api.report(api.audit([str(EXAMPLES / example)], Options()), Rendering.now())
    return replace(report, generated_at="")


@pytest.mark.skipif(not can_fork(), reason="the system cannot fork")
@pytest.mark.parametrize("example", ["mediamanager", "cibozer"])
def test_two_processes_say_the_same_as_one(example: str, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = _report(example)
    assert alone.findings and alone.strengths
    monkeypatch.setattr(run, "MANY", 0)
    forks = forked_on_two_processors(monkeypatch)
    assert _report(example) == alone
    assert forks

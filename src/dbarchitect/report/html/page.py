"""The page: templates filled with the report, style and script in it, nothing to be fetched from anywhere."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from dbarchitect.counted import count
from dbarchitect.report.base import Rendering
from dbarchitect.report.document import Report
from dbarchitect.report.html import texts
from dbarchitect.report.html.diagram.drawing import HEADER, ROW, port
from dbarchitect.report.html.manual import html_of
from dbarchitect.report.html.views import LEVELS, MOST_DETAILED, PHASES, page_of

_STYLES = ("theme.css", "page.css", "parts.css", "diagram.css", "print.css")
_SCRIPTS = ("theme.js", "folds.js", "filters.js", "tables.js", "diagram.js", "places.js")
_GOOD, _FAIR = 7.5, 5.0


def render(report: Report, rendering: Rendering) -> str:  # noqa: ARG001 - the same arguments as every format
    """The whole report as one HTML document. It asks for nothing over a network and works without its script."""
    style, script = _joined(_STYLES), _joined(_SCRIPTS)
    page = page_of(report)
    return (
        _environment()
        .get_template("page.html")
        .render(
            page=page,
            report=report,
            made=_moment(report.generated_at),
            policy=_policy(style, script),
            style=Markup(style),  # noqa: S704 - our own files
            script=Markup(script),  # noqa: S704 - our own files
        )
    )


def _policy(style: str, script: str) -> str:
    """The Content-Security-Policy: this style and this script, and nothing else."""
    return (
        f"default-src 'none'; style-src 'sha256-{_digest(style)}'; script-src 'sha256-{_digest(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")


@cache
def _joined(names: tuple[str, ...]) -> str:
    folder = files(__package__) / "assets"
    return "\n".join((folder / name).read_text(encoding="utf-8") for name in names)


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader(__package__, "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=texts.shown,
    )
    made.filters.update(
        address=texts.address,
        code=texts.code,
        statements=texts.statements,
        shortened=texts.shortened,
        size=texts.size,
        manual=html_of,
        prose=texts.prose,
        pair=_pair,
        points=_points,
        grade=_grade,
    )
    made.globals.update(
        count=count, LEVELS=LEVELS, PHASES=PHASES, MOST_DETAILED=MOST_DETAILED, HEADER=HEADER, ROW=ROW, port=port
    )
    return made


def _points(value: float) -> str:
    """A score as it is printed."""
    return f"{value:.1f}"


def _grade(value: float | None) -> str:
    """The class of a score: which colour it has."""
    return "none" if value is None else "good" if value >= _GOOD else "fair" if value >= _FAIR else "poor"


def _moment(text: str) -> str:
    """The time of the report for a person; as it stands where it is no time."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return f"{moment.day} {moment:%B %Y, %H:%M %Z}".strip()


def _pair(value: str, words: Mapping[str, str] | None = None) -> tuple[str, str]:
    """A value of a choice and its text."""
    return value, (words or {}).get(value, value)

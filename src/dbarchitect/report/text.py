"""The text report: what a person reads in a terminal, and finds readable in a log."""

from __future__ import annotations

import io
import re
import textwrap
from collections import Counter
from collections.abc import Iterable

from rich.console import Console
from rich.style import Style
from rich.text import Text

from dbarchitect.counted import count
from dbarchitect.report.base import Rendering
from dbarchitect.report.clean import one_line
from dbarchitect.report.document import Application, Finding, Report, Score
from dbarchitect.report.shown import aside, shown, to_act_on

_STYLE = {"error": "bold red", "warning": "yellow", "info": "cyan"}
_DIM = Style(dim=True)
_INDENT = 6
_SHOWN_EVIDENCE = 4
_SHOWN_STATEMENTS = 3
_SHOWN_DIAGNOSTICS = 10
_SHOWN_STRENGTHS = 12
_ROOM_FOR_FOUR = 80
_GOOD, _FAIR = 7.5, 5.0


def render(report: Report, rendering: Rendering) -> str:
    """The whole audit for a person: applications and scores, findings in the order of work, strengths, gaps."""
    page = _Page(rendering)
    for application in report.applications:
        page.application(application, report)
    page.findings(report)
    for application in report.applications:
        if rendering.details:
            page.strengths(application, report)
        page.gaps(application, report)
    page.summary(report)
    return page.text()


class _Page:
    """Collects lines; knows width, colours and which characters the output can show."""

    def __init__(self, rendering: Rendering) -> None:
        self._buffer = io.StringIO()
        self._rendering = rendering
        self._console = Console(
            file=self._buffer,
            width=rendering.width,
            force_terminal=rendering.colour,
            no_color=not rendering.colour,
            color_system="standard" if rendering.colour else None,
            highlight=False,
            markup=False,
            emoji=False,
            soft_wrap=True,
        )
        self._dot = " · " if rendering.unicode else " | "

    def text(self) -> str:
        lines = (line.rstrip() for line in self._buffer.getvalue().splitlines())
        return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n") + "\n"

    def line(self, *parts: str | tuple[str, str | Style]) -> None:
        self._console.print(Text.assemble(*parts))

    def wrapped(self, text: str, style: str | Style = "", lead: str = "") -> None:
        width = max(self._rendering.width - _INDENT, 30)
        clean = one_line(text)
        pad = " " * _INDENT
        rows = _lines(clean, width, lead, " " * len(lead)) or [""]
        for row in rows:
            self.line(pad, (row, style))

    def paragraph(self, text: str, style: str | Style = "", indent: str = "") -> None:
        """A text from the left edge, wrapped."""
        width = max(self._rendering.width, 30)
        for row in _lines(one_line(text), width, indent, indent + "  "):
            self.line((row, style))

    def application(self, application: Application, report: Report) -> None:
        counts = application.examined
        engine = application.engine + (f" {application.engine_version}" if application.engine_version else "")
        facts = [one_line(engine), count(counts.tables, "table"), count(counts.columns, "column")]
        if counts.queries:
            facts.append(count(counts.queries, "query", "queries"))
        if counts.files:
            facts.append(count(counts.files, "file"))
        facts.append(count(counts.rules_evaluated, "rule"))
        kind = f" ({one_line(application.framework)})" if application.framework else ""
        where = f" in {application.path}" if application.path not in {".", ""} else ""
        name, rest = one_line(application.name), self._dot.join(facts)
        if len(name) + len(kind) + len(one_line(where)) + len(self._dot) + len(rest) <= self._rendering.width:
            self.line((name, "bold"), kind, one_line(where), self._dot, rest)
        else:
            self.line((name, "bold"), kind, one_line(where))
            self.paragraph(rest, indent="  ")
        self._score(application.score, report.score_formula, application.readiness)
        self.line("")

    def _score(self, score: Score, formula: str, readiness: float | None) -> None:
        if score.overall is None:
            self.line("  score: none, no table was judged")
            return
        ready: list[str | tuple[str, str | Style]] = []
        if readiness is not None:
            ready = [self._dot, "readiness for production ", (f"{readiness:g}/10", _colour(readiness))]
        self.line("  score ", (f"{score.overall:g}/10", "bold " + _colour(score.overall)), *ready)
        known = [(c, v) for c, v in score.categories.items() if v is not None]
        in_a_row = 4 if self._rendering.width >= _ROOM_FOR_FOUR else 2
        for start in range(0, len(known), in_a_row):
            parts: list[str | tuple[str, str | Style]] = ["  "]
            for category, value in known[start : start + in_a_row]:
                parts += [f"{one_line(category)} ", (f"{value:g}", _colour(value)), "   "]
            self.line(*parts)
        self.paragraph(formula, _DIM, indent="  ")
        unknown = [c for c, v in score.categories.items() if v is None]
        if unknown:
            self.paragraph(f"not judged yet: {', '.join(unknown)}", _DIM, indent="  ")

    def findings(self, report: Report) -> None:
        findings, limit = shown(report, self._rendering), self._rendering.limit
        first = findings[:limit]
        several = len(report.applications) > 1
        for item in first:
            self._finding(item, several=several)
        if len(first) < len(findings):
            self.paragraph(
                f"… and {len(findings) - len(first)} more: `--limit 0` shows all, `--format json` has everything."
            )
            self.line("")

    def _finding(self, item: Finding, *, several: bool) -> None:
        style = _STYLE[item.level]
        name = one_line(f"{item.application}: {item.object}" if several else str(item.object))
        head: list[str | tuple[str, str | Style]] = [
            f"{item.priority:>4}  ",
            (f"{item.level:<7}", style),
            f" {one_line(item.code)} ",
            (one_line(item.rule), "bold"),
            f"  {name}",
        ]
        place = one_line(str(item.location)) if item.location is not None else ""
        used = sum(len(part if isinstance(part, str) else part[0]) for part in head)
        if place and used + 2 + len(place) <= self._rendering.width:
            self.line(*head, (f"  {place}", _DIM))
        else:
            self.line(*head)
            if place:
                self.line(" " * _INDENT, (place, _DIM))
        if item.suppressed is not None:
            until = f", until {item.suppressed.until}" if item.suppressed.until else ""
            self.wrapped(f"suppressed{until}: {item.suppressed.reason}", _DIM)
        elif item.baseline == "known":
            self.wrapped("known from the baseline", _DIM)
        self.wrapped(item.message)
        if self._rendering.details:
            for evidence in item.evidence[:_SHOWN_EVIDENCE]:
                place = f" ({evidence.location})" if evidence.location is not None else ""
                self.wrapped(f"{evidence.text}{place}", _DIM, lead=f"{evidence.kind}: ")
            if len(item.evidence) > _SHOWN_EVIDENCE:
                more = len(item.evidence) - _SHOWN_EVIDENCE
                self.wrapped(f"… {more} more, in the JSON report", _DIM)
            if item.hint:
                self.wrapped(item.hint, lead="-> ")
            self._fix(item)
        self.line("")

    def _fix(self, item: Finding) -> None:
        fix = item.fix
        if fix is None or not fix.up:
            return
        if len(fix.up) > _SHOWN_STATEMENTS:
            self.wrapped(f"{len(fix.up)} statements, in the JSON report", "green", lead="   ")
        else:
            for row in (row for statement in fix.up for row in f"{statement};".splitlines()):
                self.wrapped(row, "green", lead="   " + " " * (len(row) - len(row.lstrip())))
        said = f": {fix.note}" if fix.note else f"; while it runs: {item.risk}"
        self.wrapped(f"{fix.applicability}{said}", _DIM, lead="   ")

    def strengths(self, application: Application, report: Report) -> None:
        strengths = [s for s in report.strengths if s.application == application.name]
        if not strengths:
            return
        self.line((f"What is right in {one_line(application.name)}", "bold"))
        for strength in strengths[:_SHOWN_STRENGTHS]:
            self.wrapped(f"{strength.object}: {strength.message}", lead="+ ")
        if len(strengths) > _SHOWN_STRENGTHS:
            self.wrapped(f"… {len(strengths) - _SHOWN_STRENGTHS} more, in the JSON report", _DIM)
        self.line("")

    def gaps(self, application: Application, report: Report) -> None:
        name = one_line(application.name)
        diagnostics = [d for d in report.diagnostics if d.application == application.name]
        if diagnostics:
            self.line((f"Not understood in {name} ({len(diagnostics)})", "bold"))
            for diagnostic in diagnostics[:_SHOWN_DIAGNOSTICS]:
                self.wrapped(f"{diagnostic.location or 'catalog'}: {diagnostic.text}", lead="? ")
            if len(diagnostics) > _SHOWN_DIAGNOSTICS:
                self.wrapped(f"… {len(diagnostics) - _SHOWN_DIAGNOSTICS} more, in the JSON report", _DIM)
            self.line("")
        if application.unseen:
            self.line((f"Not visible to this role in {name}", "bold"))
            for unseen in application.unseen:
                self.wrapped(f"{unseen.what}: {unseen.grant};", lead="? ")
            self.line("")
        refused, skipped_paths = application.examined.rules_not_evaluated, application.examined.skipped_paths
        if refused:
            whys = Counter(rule.why for rule in refused)
            reasons = _join(f"{count(n, 'rule')} {_plural(why) if n > 1 else why}" for why, n in whys.items())
            self.paragraph(f"Not evaluated in {name}: {reasons}", _DIM)
        if skipped_paths:
            whys = Counter(skipped.why for skipped in skipped_paths)
            reasons = _join(f"{n} {why}" for why, n in whys.items())
            self.paragraph(f"Left out in {name}: {reasons} (--include PATTERN brings them back)", _DIM)
        if refused or skipped_paths:
            self.line("")

    def summary(self, report: Report) -> None:
        for unused in report.unused_suppressions:
            place = f"{unused.location}: " if unused.location is not None else ""
            self.paragraph(f"Unused suppression: {place}{unused.text}: {unused.why}", "yellow")
        counts = Counter(item.level for item in to_act_on(report))
        parts: list[str | tuple[str, str | Style]] = [""]
        for level, style in _STYLE.items():
            plural = "" if level == "info" or counts[level] == 1 else "s"
            parts += [(f"{counts[level]} {level}{plural}", style if counts[level] else _DIM), self._dot]
        overall = "no score" if report.score.overall is None else f"{report.score.overall:g}/10"
        self.line("")
        self.line(*parts, count(len(report.strengths), "strength"), self._dot, (overall, "bold"))
        if words := list(aside(report)):
            self.paragraph(f"Not counted: {', '.join(words)} (--known shows them)", _DIM)


def _lines(text: str, width: int, first: str, rest: str) -> list[str]:
    """The text in lines; a path is not cut at a hyphen, so that it stays one word to copy or to click on."""
    return textwrap.wrap(text, width, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False)


def _colour(value: float) -> str:
    return "green" if value >= _GOOD else "yellow" if value >= _FAIR else "red"


def _join(parts: Iterable[str]) -> str:
    return "; ".join(parts)


def _plural(why: str) -> str:
    """A reason that begins with what one rule needs, said of several."""
    return f"need{why.removeprefix('needs')}" if why.startswith("needs ") else why

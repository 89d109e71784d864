"""Compare what dbarchitect says about each example with what its human auditor said.

Every `examples/<application>/expected.toml` (or `examples/<application>/<state>/expected.toml`) lists the human's
points; the head of cibozer's explains the keys. The application is audited as a user would do it, and each point gets
one verdict: found, missed, shown to be the human's error, or not yet covered. Exit code 1 when a point that should be
found is missed, 2 when something cannot be read.
"""

# ruff: noqa: INP001, T201 - a program beside the examples: no package, and it prints

from __future__ import annotations

import argparse
import ast
import json
import re
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

EXAMPLES = Path(__file__).resolve().parent
KINDS = ("strength", "finding", "fix", "target", "mended")
PLACES = ("schema", "config", "ops", "code", "report")


class Verdict(StrEnum):
    """What became of a point; the values are the headings of the report."""

    MISSED = "missed"
    FOUND = "found"
    CORRECTED = "found, with a correction"
    HUMAN_ERROR = "human error"
    LATER = "not yet covered"


class Unreadable(Exception):  # noqa: N818 - the fact, not the noun
    """An expected.toml or an audit that cannot be used; the message says where and why."""


@dataclass(frozen=True)
class Point:
    """One point of a human audit."""

    id: str
    lines: str
    kind: str
    where: str
    said: str
    objects: tuple[str, ...] = ()
    rule: tuple[str, ...] = ()
    at: tuple[str, ...] = ()
    awaits: tuple[str, ...] = ()
    says: str = ""
    fix: str = ""
    told: str = ""
    never: str = ""
    human_error: str = ""
    covered: str = ""
    reason: str = ""

    def problem(self) -> str:
        """Why this point makes no sense, or nothing."""
        if self.kind not in KINDS:
            return f"kind is {self.kind!r}, not one of {', '.join(KINDS)}"
        if self.where not in PLACES:
            return f"where is {self.where!r}, not one of {', '.join(PLACES)}"
        if self.covered and (self.covered != "later" or not self.reason or self.rule):
            return 'covered is "later", with a reason and without a rule'
        if self.awaits and not self.covered:
            return 'awaits names the rules of a point that is covered "later"'
        if bool(self.rule or self.awaits) != bool(self.objects):
            return "a rule needs the objects it speaks about, and objects need a rule"
        if self.at and not self.objects:
            return "at is where the objects' finding points, and needs objects"
        if self.told and self.rule:
            return "told is of the report's own parts, and needs no rule"
        if not (self.rule or self.told or self.covered or self.human_error):
            return "it needs one of rule, told, human_error, covered"
        return ""


@dataclass(frozen=True)
class Said:
    """One thing that dbarchitect said: a finding or a strength."""

    rule: str
    strength: bool
    table: str | None
    columns: tuple[str, ...]
    words: str
    sql: str
    title: str
    places: tuple[tuple[str, int, int], ...] = ()

    def points_at(self, place: str) -> bool:
        """Whether this, or its evidence, points into `path:first-last`."""
        path, _, lines = place.rpartition(":")
        first, last = (int(number) for number in lines.split("-"))
        return any(where == path and start <= last and first <= end for where, start, end in self.places)

    def names(self, wanted: str) -> bool:
        """Whether the words name the object, whatever they are about."""
        table, columns = _parts(wanted)
        return table is not None and self._says_all([table, *columns])

    def is_about(self, wanted: str) -> bool:
        """Whether this speaks of the object: it is its object, or a wider one whose words name it."""
        table, columns = _parts(wanted)
        if table is None:
            return self.table is None
        if self.table not in (None, table) and not self.strength:
            return False
        names = [*columns]
        if self.table == table:
            names = [column for column in columns if column not in self.columns]
        else:
            names.append(table)
        return self._says_all(names)

    def _says_all(self, names: list[str]) -> bool:
        return all(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", self.words) for name in names)


def _parts(wanted: str) -> tuple[str | None, tuple[str, ...]]:
    """The table and columns of `table`, `table.column`, `table(a, b)`; None and nothing for `database`."""
    if wanted == "database":
        return None, ()
    table, _, rest = wanted.replace("(", ".").rstrip(")").partition(".")
    return table, tuple(name.strip() for name in rest.split(",") if name.strip())


def read_points(path: Path) -> tuple[str, list[Point]]:
    """The title and the points of an expected.toml. Raises Unreadable."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        head = data["audit"]
        rows = data["point"]
        title, announced = f"{head['id']} {head['application']}", head["points"]
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Unreadable(f"{path}: {error}") from error
    except (KeyError, TypeError) as error:
        raise Unreadable(f"{path}: it needs [audit] with id, application and points, and [[point]] tables") from error
    known = {field.name for field in fields(Point)}
    points = []
    for row in rows:
        name = f"{path}: point {row.get('id', '?')}"
        if unknown := sorted(set(row) - known):
            raise Unreadable(f"{name}: unknown key {', '.join(unknown)}")
        if missing := [key for key in ("id", "lines", "kind", "where", "said") if key not in row]:
            raise Unreadable(f"{name}: {', '.join(missing)} is missing")
        values: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}
        point = Point(**values)
        point = replace(point, at=tuple(_statement(path.parent, at, name) for at in point.at))
        if problem := point.problem():
            raise Unreadable(f"{name}: {problem}")
        points.append(point)
    if twice := [name for name, count in Counter(point.id for point in points).items() if count > 1]:
        raise Unreadable(f"{path}: point {', '.join(twice)} is there twice")
    if len(points) != announced:
        raise Unreadable(f"{path}: {announced} points are announced, {len(points)} are listed")
    return title, points


def _statement(folder: Path, at: str, point: str) -> str:
    """`path:first-last`, the lines of the statement that `path: text` names. Raises Unreadable."""
    path, _, text = at.partition(": ")
    try:
        source = (folder / path).read_text(encoding="utf-8")
    except OSError as error:
        raise Unreadable(f"{point}: at: {error}") from error
    lines = [number for number, line in enumerate(source.splitlines(), 1) if text in line]
    if not text or len(lines) != 1:
        raise Unreadable(f"{point}: at: {path} has {len(lines)} lines with {text!r}, not one")
    first = last = lines[0]
    if path.endswith(".py"):
        around = [
            node
            for node in ast.walk(ast.parse(source))
            if isinstance(node, ast.stmt) and node.lineno <= first <= (node.end_lineno or 0)
        ]
        inner = max(around, key=lambda node: node.lineno, default=None)
        if inner is not None:
            body = getattr(inner, "body", None)
            first, last = inner.lineno, body[0].lineno - 1 if body else inner.end_lineno or inner.lineno
    return f"{path}:{first}-{max(first, last)}"


def audit(application: Path) -> dict[str, Any]:
    """What `dba audit --format json` says about an application. Raises Unreadable."""
    command = [sys.executable, "-m", "dbarchitect", "audit", str(application), "--format", "json"]
    command += ["--exclude", "expected.toml"]  # what the human said is no settings file of the application
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        raise Unreadable(f"dba audit {application.name} ended with {done.returncode}:\n{done.stderr.strip()}")
    try:
        report: dict[str, Any] = json.loads(done.stdout)
    except json.JSONDecodeError as error:
        raise Unreadable(f"dba audit {application.name} wrote no JSON: {error}\n{done.stderr.strip()}") from error
    return report


def everything_said(report: dict[str, Any]) -> list[Said]:
    """Findings and strengths of a JSON report, version 1."""
    return [_said(item, strength=False) for item in report["findings"]] + [
        _said(item, strength=True) for item in report["strengths"]
    ]


def told_of(report: dict[str, Any]) -> str:
    """What a JSON report tells beside findings and strengths: inventory, tables, scores, readiness, plan."""
    return json.dumps(report["applications"], ensure_ascii=False)


def _said(item: dict[str, Any], *, strength: bool) -> Said:
    about = item["object"]
    columns = tuple(about.get("columns") or ())
    texts = [item["message"], item.get("hint") or "", *(entry["text"] for entry in item.get("evidence") or ())]
    where = about.get("table") or about.get("name") or about["kind"]
    return Said(
        rule=item["rule"],
        strength=strength,
        table=about.get("table"),
        columns=columns,
        words="\n".join(texts),
        sql="\n".join((item.get("fix") or {}).get("up") or ()),
        title=f"{item['rule']} {where}" + (f"({', '.join(columns)})" if columns else ""),
        places=tuple(_places(item)),
    )


def _places(item: dict[str, Any]) -> Iterator[tuple[str, int, int]]:
    for one in (item, *(item["evidence"] or ())):
        if (place := one.get("location")) and place["line"]:
            yield place["path"], place["line"], place.get("end_line") or place["line"]


@dataclass(frozen=True)
class Outcome:
    """A point, its verdict, why, and what was said that met it."""

    point: Point
    verdict: Verdict
    why: str
    met_by: tuple[Said, ...] = ()


def judge(point: Point, said: list[Said], told: str = "") -> Outcome:
    """What became of one point; `told` is what the report tells beside findings and strengths."""
    if point.covered:
        return Outcome(point, Verdict.LATER, _waiting(point, said, told))
    if point.told:
        if not _matches(point.told, told):
            return Outcome(point, Verdict.MISSED, f"the report tells nothing that matches {point.told!r}")
        why = f"in the report's own words; {point.human_error}" if point.human_error else "in the report's own words"
        return Outcome(point, Verdict.CORRECTED if point.human_error else Verdict.FOUND, why)
    if not point.rule:
        for one in said:
            if point.never and _matches(point.never, one.sql):
                return Outcome(point, Verdict.MISSED, f"the human's error is repeated by {one.title}")
        return Outcome(point, Verdict.HUMAN_ERROR, point.human_error)
    speaking = [one for one in said if one.rule in point.rule and one.strength == (point.kind == "strength")]
    if point.kind == "mended":
        return _mended(point, speaking)
    met: list[Said] = []
    for wanted in point.objects:
        about = [one for one in speaking if one.is_about(wanted) or (point.at and one.names(wanted))]
        if not about:
            return Outcome(point, Verdict.MISSED, f"no {' or '.join(point.rule)} on {wanted}")
        fitting = [one for one in about if not _misfit(point, one)]
        if not fitting:
            return Outcome(point, Verdict.MISSED, f"{about[0].title}: {_misfit(point, about[0])}")
        met += fitting
    for place in point.at:
        if not any(one.points_at(place) for one in met):
            return Outcome(point, Verdict.MISSED, f"{met[0].title}: it does not point at {place}")
    verdict = Verdict.CORRECTED if point.human_error else Verdict.FOUND
    titles = ", ".join(dict.fromkeys(one.title for one in met))
    return Outcome(point, verdict, f"{titles}; {point.human_error}" if point.human_error else titles, tuple(met))


def _waiting(point: Point, said: list[Said], told: str) -> str:
    """Why a point waits, for which rules, and what its verdict would be with what they say today."""
    if not point.awaits:
        return point.reason
    now = judge(replace(point, rule=point.awaits, awaits=(), covered="", reason=""), said, told)
    return f"{point.reason}; awaits {' or '.join(point.awaits)} (today: {now.verdict}: {now.why})"


def _mended(point: Point, speaking: list[Said]) -> Outcome:
    """Met when nothing is said any more about what was wrong before."""
    for wanted in point.objects:
        for one in speaking:
            if one.is_about(wanted):
                return Outcome(point, Verdict.MISSED, f"{one.title} still speaks: {one.words.splitlines()[0]}")
    return Outcome(point, Verdict.FOUND, f"{' and '.join(point.rule)} silent on {', '.join(point.objects)}")


def _misfit(point: Point, one: Said) -> str:
    """Why something said about the right object does not meet the point, or nothing."""
    if point.says and not _matches(point.says, one.words):
        return f"its words do not match {point.says!r}"
    if point.fix and not _matches(point.fix, one.sql):
        return f"its SQL does not match {point.fix!r}"
    if point.never and _matches(point.never, f"{one.words}\n{one.sql}"):
        return f"it says {point.never!r}, as the human did"
    return ""


def _matches(pattern: str, text: str) -> bool:
    return re.search(pattern, text, re.IGNORECASE) is not None


def compare(folder: Path) -> tuple[str, bool]:
    """The printed comparison for one example, and whether anything was missed. Raises Unreadable."""
    title, points = read_points(folder / "expected.toml")
    report = audit(folder)
    said, told = everything_said(report), told_of(report)
    outcomes = [judge(point, said, told) for point in points]
    lines = []
    for verdict in Verdict:
        chosen = [outcome for outcome in outcomes if outcome.verdict is verdict]
        if chosen:
            lines += ["", f"  {verdict} ({len(chosen)})"]
            lines += [f"    {o.point.id}  {o.point.said}\n            {o.why}" for o in chosen]
    met = {id(one) for outcome in outcomes for one in outcome.met_by}
    for heading, strength in (("findings beyond", False), ("strengths beyond", True)):
        beyond = [one for one in said if one.strength is strength and id(one) not in met]
        lines += ["", f"  {heading} ({len(beyond)})"] + [f"    {one.title}" for one in beyond]
    count = Counter(outcome.verdict for outcome in outcomes)
    summary = f"{title}: {len(points)} points: " + ", ".join(f"{count[verdict]} {verdict}" for verdict in Verdict)
    return "\n".join([summary, *lines]), count[Verdict.MISSED] > 0


def main(arguments: list[str] | None = None) -> int:
    """Compare every example, or the named ones; the exit code."""
    parser = argparse.ArgumentParser(prog="dev.py parity", description="Compare the audits with the human auditors'.")
    parser.add_argument("name", nargs="*", help="an example (default: all)")
    parser.add_argument("--summary", action="store_true", help="one line for each audit")
    options = parser.parse_args(arguments)
    paths = sorted([*EXAMPLES.glob("*/expected.toml"), *EXAMPLES.glob("*/*/expected.toml")])
    there = {path.parent.relative_to(EXAMPLES).as_posix(): path.parent for path in paths}
    if unknown := [name for name in options.name if name not in there]:
        print(f"There is no example {', '.join(unknown)}; there is {', '.join(there)}.", file=sys.stderr)
        return 2
    code = 0
    for name in options.name or there:
        try:
            text, missed = compare(there[name])
        except Unreadable as error:
            print(error, file=sys.stderr)
            code = 2
            continue
        print(text.splitlines()[0] if options.summary else text + "\n")
        code = max(code, int(missed))
    return code


if __name__ == "__main__":
    sys.exit(main())

"""A baseline: the findings that a team starts with, so that only new ones are shown and fail its checks.

A finding is known by its application and fingerprint, which hold no line numbers, and by how many of the same there
are: a second fault of the same kind on the same object is new.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from dbarchitect.audit.model import RankedFinding
from dbarchitect.errors import SettingsError

VERSION = 1
NEW, KNOWN = "new", "known"


@dataclass(frozen=True, slots=True)
class Known:
    """One line of a baseline: which finding, in words too, and how many of it there are."""

    application: str
    rule: str
    object: str
    fingerprint: str
    count: int = 1


@dataclass(frozen=True, slots=True)
class Baseline:
    """All known findings, by application and fingerprint. `name` says where it comes from, for people."""

    known: Mapping[tuple[str, str], Known] = field(default_factory=dict)
    name: str = ""


def baseline_of(findings: Iterable[RankedFinding], name: str = "") -> Baseline:
    """The baseline that these findings make; what is suppressed needs none."""
    known: dict[tuple[str, str], Known] = {}
    for item in findings:
        if item.suppressed is not None:
            continue
        key = (item.application, item.finding.fingerprint)
        before = known.get(key)
        one = Known(item.application, item.finding.rule, str(item.finding.object), item.finding.fingerprint)
        known[key] = replace(before, count=before.count + 1) if before is not None else one
    return Baseline(known, name)


def compare(
    findings: Iterable[RankedFinding], baseline: Baseline
) -> tuple[tuple[RankedFinding, ...], tuple[Known, ...]]:
    """The findings marked as new or known, and what the baseline lists that is found no more.

    Of several equal ones the first so many are known.
    """
    left = Counter({key: known.count for key, known in baseline.known.items()})
    marked: list[RankedFinding] = []
    for item in findings:
        if item.suppressed is not None:
            marked.append(item)
            continue
        key = (item.application, item.finding.fingerprint)
        marked.append(replace(item, baseline=KNOWN if left[key] > 0 else NEW))
        left[key] -= 1
    gone = tuple(replace(known, count=left[key]) for key, known in baseline.known.items() if left[key] > 0)
    return tuple(marked), gone


def to_text(baseline: Baseline) -> str:
    """The baseline as a file: sorted, one finding a line, nothing in it that changes by itself."""
    rows = sorted(
        ((k.application, k.rule, k.object, k.fingerprint, k.count) for k in baseline.known.values()),
    )
    fields = ("application", "rule", "object", "fingerprint", "count")
    lines = [json.dumps(dict(zip(fields, row, strict=True)), ensure_ascii=False) for row in rows]
    body = ",\n    ".join(lines)
    listed = f"[\n    {body}\n  ]" if lines else "[]"
    return f'{{\n  "version": {VERSION},\n  "findings": {listed}\n}}\n'


def from_text(text: str, name: str) -> Baseline:
    """Read a baseline file. Raises `SettingsError`, naming the file and the place, for one that is not one."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        reason = str(error) if isinstance(error, ValueError) else "it is nested too deeply"
        raise SettingsError(f"{name} is no baseline: {reason}", hint=_HINT) from None
    rows = data.get("findings") if isinstance(data, dict) else None
    if not isinstance(data, dict) or data.get("version") != VERSION or not isinstance(rows, list):
        raise SettingsError(f"{name} is no baseline of version {VERSION}", hint=_HINT)
    known: dict[tuple[str, str], Known] = {}
    for number, row in enumerate(rows, start=1):
        one = _row(row)
        if one is None:
            raise SettingsError(f"{name}: finding {number} is not one of a baseline", hint=_HINT)
        known[one.application, one.fingerprint] = one
    return Baseline(known, name)


_HINT = "Write it anew with `dba baseline`."


def _row(row: object) -> Known | None:
    if not isinstance(row, dict):
        return None
    application, rule, object_, fingerprint = (
        row.get(name) for name in ("application", "rule", "object", "fingerprint")
    )
    count = row.get("count", 1)
    if not (isinstance(application, str) and isinstance(rule, str) and isinstance(object_, str)):
        return None
    if not isinstance(fingerprint, str) or type(count) is not int or count < 1:
        return None
    return Known(application, rule, object_, fingerprint, count)

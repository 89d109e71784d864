"""Silences findings that somebody has answered for, and tells which suppressions silence nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fnmatch import fnmatchcase
from functools import lru_cache

from dbarchitect.audit.model import RankedFinding, UnusedSuppression
from dbarchitect.catalog.refs import Kind
from dbarchitect.catalog.suppression import Suppression
from dbarchitect.rules._base import Rule


@dataclass(frozen=True, slots=True)
class Suppressed:
    """The findings, those that are silenced marked, and the suppressions that did nothing."""

    findings: tuple[RankedFinding, ...]
    unused: tuple[UnusedSuppression, ...]


def suppress(
    findings: Iterable[RankedFinding],
    suppressions: Sequence[Suppression],
    *,
    evaluated: Collection[type[Rule]],
    known: Collection[type[Rule]],
    today: date,
) -> Suppressed:
    """Mark what is silenced. Of the suppressions that silence nothing, those are told whose rules were evaluated;
    `known` are all rules there are, so that a misspelt name is told too."""
    used: set[int] = set()
    marked: list[RankedFinding] = []
    in_files: dict[str | None, list[int]] = {}
    for number, one in enumerate(suppressions):  # a comment speaks for its own file alone
        in_files.setdefault(one.path if one.first_line is not None else None, []).append(number)
    for item in findings:
        path = item.finding.origin.path
        near = (*in_files.get(None, ()), *(in_files.get(path, ()) if path is not None else ()))
        matching = [n for n in near if covers(suppressions[n], item)]
        used.update(matching)
        alive = next((suppressions[n] for n in matching if not _expired(suppressions[n], today)), None)
        marked.append(replace(item, suppressed=alive) if alive is not None else item)
    unused = []
    for number, one in enumerate(suppressions):
        why = _why_unused(one, evaluated, known, today, used=number in used)
        if why is not None:
            unused.append(UnusedSuppression(one, why))
    return Suppressed(tuple(marked), tuple(unused))


def covers(one: Suppression, item: RankedFinding) -> bool:
    """True where a suppression, were it not expired, silences this finding."""
    if not any(names(word, item.rule) for word in one.rules):
        return False
    if one.application and one.application != item.application:
        return False
    finding = item.finding
    if one.object and not fnmatchcase(str(finding.object).casefold(), one.object.casefold()):
        return False
    if one.first_line is not None:  # a comment: its path is a file's, whatever marks of a pattern are in it
        return one.path == finding.origin.path and _on_lines(one, item)
    return not one.path or (finding.origin.path is not None and fnmatchcase(finding.origin.path, one.path))


@lru_cache(maxsize=4096)
def names(word: str, rule: type[Rule]) -> bool:
    """True where this word is the rule's name, its code or the beginning of its code."""
    name = word.strip().lower().replace("_", "-")
    code = word.strip().upper()
    return name == rule.name() or (code.isalnum() and rule.code.startswith(code))


def _on_lines(one: Suppression, item: RankedFinding) -> bool:
    """Whether the comment stands at the declaration; at a table's first line, since its span holds all its columns."""
    origin, first, last = item.finding.origin, one.first_line or 0, one.last_line or 0
    if origin.line is None:
        return False
    end = origin.line
    if item.finding.object.kind is not Kind.TABLE and origin.end_line is not None:
        end = origin.end_line
    return first <= end and last >= origin.line


def _expired(one: Suppression, today: date) -> bool:
    return one.until is not None and one.until < today


def _why_unused(
    one: Suppression, evaluated: Collection[type[Rule]], known: Collection[type[Rule]], today: date, *, used: bool
) -> str | None:
    if used:
        return f"it ended on {one.until}: its findings count again" if _expired(one, today) else None
    nameless = [word for word in one.rules if not any(names(word, rule) for rule in known)]
    if nameless:
        return f"there is no rule {nameless[0]!r}"
    if not any(names(word, rule) for word in one.rules for rule in evaluated):
        return None  # nobody asked these rules
    return "nothing is found here any more: it can go"

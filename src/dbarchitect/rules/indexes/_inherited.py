"""What one line of the models does to many tables: a column that a mixin or a base gives to each of its heirs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dbarchitect.finding import Finding

SEVERAL = 3


def by_line(findings: Iterable[Finding]) -> Iterator[tuple[Finding, ...]]:
    """The findings of one rule in groups: those of several tables for which one line of the models is the reason
    together, in the order of their weight; each of the others by itself."""
    groups: dict[tuple[object, ...], list[Finding]] = {}
    for number, finding in enumerate(findings):
        place = finding.origin
        known = place.path is not None and place.start is not None
        key = (place.path, place.start, finding.level, finding.object.columns) if known else (number,)
        groups.setdefault(key, []).append(finding)
    for group in groups.values():
        if len({finding.object.table_ref.key for finding in group}) >= SEVERAL:
            yield tuple(sorted(group, key=lambda finding: -finding.weight))
        else:
            yield from ((finding,) for finding in group)

"""The rule `duplicate-index`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.survey import Survey
from dbarchitect.change.operations import Drop
from dbarchitect.finding import Applicability, Category, Evidence, EvidenceKind, Finding, Fix, Level, Precision
from dbarchitect.rules._base import Rule
from dbarchitect.rules._schema.paths import Path, either_way, forwards, paths

_MEBIBYTE = 2**20


class DuplicateIndex(Rule):
    """The same index twice

    ## What it finds
    Two indexes of one table that are alike in method, columns and their order, operator class, collation, predicate
    and included columns; an index that repeats what a primary key or unique constraint has already built; an index
    that holds the same columns in exactly the opposite direction, for a btree is read both ways.

    ## Why it matters
    Every insert and most updates write both, every vacuum reads both, both take memory from the cache, and no query
    is faster for the second. On a small table that is little: the level rises to a warning where statistics show an
    index of a megabyte or more.

    ## When to leave it
    While one replaces the other (a concurrent rebuild under a new name), for as long as that takes.

    ## How the fix works
    It drops the one that no constraint needs: of a unique and a plain index the plain one, of two alike the one that
    was used less, where statistics tell, else the one whose name sorts last.

    ## References
    - https://www.postgresql.org/docs/current/indexes-unique.html
    - https://www.postgresql.org/docs/current/sql-createindex.html
    - https://www.sqlite.org/lang_createtable.html#unique_constraints
    """

    code = "IDX002"
    level = Level.INFO
    precision = Precision.HIGH
    category = Category.PERFORMANCE

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for each index that another one makes needless."""
        for table in survey.tables:
            for spare, kept in _duplicates(survey, table):
                yield self._finding(survey, spare, kept)

    def _finding(self, survey: Survey, spare: Path, kept: Path) -> Finding:
        size = survey.facts.index(spare.named).bytes if survey.facts and spare.named else None
        cost = f" and keep {size / _MEBIBYTE:.1f} MiB for it" if size else ""
        backwards = "" if forwards(spare.index) == forwards(kept.index) else ", which is read backwards as well"
        message = (
            f"On {spare.table.ref}, {spare} repeats {kept}{backwards}: all writes maintain both{cost}, "
            "and no query needs the second."
        )
        return Finding(
            self.name(),
            spare.ref,
            message,
            hint=f"Drop {spare}.",
            evidence=tuple(Evidence(EvidenceKind.CATALOG, path.described(), path.origin) for path in (spare, kept)),
            origin=spare.origin,
            level=Level.WARNING if size is not None and size >= _MEBIBYTE else None,
        )

    def fix(self, finding: Finding, survey: Survey) -> Fix | None:
        """Drop the spare one."""
        table = survey.catalog.table(finding.object)
        for spare, _ in _duplicates(survey, table) if table else ():
            if spare.ref.key == finding.object.key:
                if spare.key is None:
                    return Fix((Drop(spare.table.ref, spare.index),))
                note = "A foreign key may rest on this very constraint; the server then refuses."
                return Fix((Drop(spare.table.ref, spare.key),), Applicability.UNSAFE, note)
        return None


def _duplicates(survey: Survey, table: Table) -> Iterator[tuple[Path, Path]]:
    """Pairs of a needless index and the one that does its work."""
    alike: dict[tuple[object, ...], list[Path]] = defaultdict(list)
    for path in paths(table):
        index = path.index
        alike[either_way(index), index.method, index.predicate, frozenset(index.include)].append(path)
    for group in alike.values():
        kept, *rest = sorted(group, key=lambda path: _worth(survey, path))
        yield from ((spare, kept) for spare in rest if _does_all_of(kept, spare))


def _worth(survey: Survey, path: Path) -> tuple[bool, bool, bool, int, bool, str]:
    """Sorts the one to keep first."""
    scans = survey.facts.index(path.named).scans if survey.facts and path.named else None
    name = path.index.name or ""
    return not path.primary, path.key is None, not path.index.unique, -(scans or 0), not name, name


def _does_all_of(kept: Path, spare: Path) -> bool:
    if kept.index.name is not None and kept.index.name == spare.index.name:
        return False  # one object that a model declares in two places
    if not spare.index.unique:
        return True
    enforced_later = kept.key is not None and kept.key.deferrable and not (spare.key and spare.key.deferrable)
    nullable = any(c.nullable for c in map(spare.table.column, spare.index.column_names) if c is not None)
    same_nulls = kept.index.nulls_not_distinct == spare.index.nulls_not_distinct or not nullable
    return kept.index.unique and same_nulls and not enforced_later

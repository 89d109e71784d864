"""The rule `redundant-prefix-index`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Survey
from dbarchitect.change.operations import Drop
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Fix, Level, Precision, Strength
from dbarchitect.rules._base import Rule
from dbarchitect.rules._schema.paths import Path, either_way, forwards, paths
from dbarchitect.rules._schema.shape import foreign_keys_over, joined_columns
from dbarchitect.rules._sql import count

FAR_LARGER = 4.0
"""How many times larger the longer index may be before the short one earns its keep in memory."""

_MANY = 12


class RedundantPrefixIndex(Rule):
    """An index that is the beginning of another

    ## What it finds
    A plain index whose columns are the first columns of another valid btree index of the same table, with the same
    operator classes, collations, directions and predicate: whatever the short one finds, the longer one finds.
    More than twelve that Django makes by itself for foreign keys are one finding.

    ## Why it matters
    Every insert and most updates write both, and the short one finds nothing that the longer one does not. It is
    smaller, so that now and then it is the faster one, but seldom by enough to pay for its upkeep.

    ## When to leave it
    The longer index is many times larger (wide text columns) and the short one is in constant use. Where statistics
    show that, the rule is silent.

    ## How the fix works
    It drops the short index. Nothing that the application does can fail for it. Django makes an index for every foreign
    key: `db_index=False` on the field drops it, and keeps it from coming back.

    ## References
    - https://www.postgresql.org/docs/current/indexes-multicolumn.html
    - https://www.sqlite.org/optoverview.html
    """

    code = "IDX003"
    level = Level.INFO
    precision = Precision.HIGH
    category = Category.PERFORMANCE

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for each short index; one for all that Django makes by itself, where they are many."""
        pairs = _all_prefixes(survey)
        habitual = _by_custom(survey, pairs)
        if habitual:
            yield self._of_custom(habitual)
        for short, longer in pairs:
            if (short, longer) not in habitual:
                yield Finding(
                    self.name(),
                    short.ref,
                    f"On {short.table.ref}, {longer} begins with all of {short}: it finds the same rows, and all "
                    "writes maintain both.",
                    hint=f"Drop {short}{_where_it_is_made(survey, short)}.",
                    evidence=tuple(Evidence(EvidenceKind.CATALOG, p.described(), p.origin) for p in (short, longer)),
                    origin=short.origin,
                    precision=_sure(survey, short),
                )

    def _of_custom(self, pairs: list[tuple[Path, Path]]) -> Finding:
        tables = count(len({short.table.ref.key for short, _ in pairs}), "table")
        return Finding(
            self.name(),
            Ref.database(),
            f"{len(pairs)} indexes that Django made by itself for foreign keys of {tables} are the beginning of "
            f"another ({pairs[0][0].described()} is the first): all writes maintain both.",
            hint="Write db_index=False on the ForeignKeys of tables that are written much.",
            evidence=tuple(
                Evidence(EvidenceKind.CATALOG, f"{short.described()}; {longer.described()}", short.origin)
                for short, longer in pairs
            ),
            origin=pairs[0][0].origin,
            salient=("custom",),
            precision=Precision.LOW,
        )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """Indexes of several columns that nothing repeats, and those of one column that serve searches."""
        composite: list[Path] = []
        single: list[Path] = []
        seen: set[Ref] = set()
        for table in survey.tables:
            repeated = {path.ref for pair in _prefixes(survey, table) for path in pair}
            for path in paths(table):
                if path.key is None and path.ref not in repeated:
                    if len(path.index.columns) > 1:
                        composite.append(path)
                    elif not foreign_keys_over(table, names := path.index.column_names):
                        ref = table.ref.over(names)
                        if not names or ref not in seen:  # Django gives a text two: one to compare, one for LIKE
                            single.append(path)
                        seen.add(ref)
        what = "composite index", "composite indexes"
        yield from self._strength(composite, *what, "which no shorter index repeats")
        what = "column that is no reference has an index", "columns that are no references have an index"
        yield from self._strength(single, *what, "for searches and sorting")

    def _strength(self, good: list[Path], one: str, many: str, purpose: str) -> Iterable[Strength]:
        if good:
            evidence = tuple(Evidence(EvidenceKind.CATALOG, path.described(), path.origin) for path in good)
            tables = count(len({path.table.ref for path in good}), "table")
            yield Strength(
                self.name(), Ref.database(), f"{count(len(good), one, many)}, {purpose}, on {tables}.", evidence
            )

    def fix(self, finding: Finding, survey: Survey) -> Fix | None:
        """Drop the short one."""
        if finding.object.table is None:
            made = _by_custom(survey, _all_prefixes(survey))
            return Fix(tuple(Drop(short.table.ref, short.index) for short, _ in made))
        table = survey.catalog.table(finding.object)
        for short, _ in _prefixes(survey, table) if table else ():
            if short.ref.key == finding.object.key:
                return Fix((Drop(short.table.ref, short.index),))
        return None


def _all_prefixes(survey: Survey) -> list[tuple[Path, Path]]:
    """Those of all tables, each object once: two indexes without a name over the same columns are one."""
    pairs = (pair for table in survey.tables for pair in _prefixes(survey, table))
    return list({pair[0].ref.key: pair for pair in pairs}.values())


def _by_custom(survey: Survey, pairs: list[tuple[Path, Path]]) -> list[tuple[Path, Path]]:
    """Those that a framework makes on principle, where they are so many that nobody will look at each."""
    made = [(short, longer) for short, longer in pairs if _is_made_by_django(survey, short)]
    return made if len(made) > _MANY else []


def _sure(survey: Survey, short: Path) -> Precision | None:
    """Less sure for the index of a foreign key, which is there on principle; least for one that nobody wrote."""
    if _is_made_by_django(survey, short):
        return Precision.LOW
    return Precision.MEDIUM if foreign_keys_over(short.table, short.index.column_names) else None


def _where_it_is_made(survey: Survey, short: Path) -> str:
    if _is_made_by_django(survey, short):
        return ": write db_index=False on the ForeignKey, which makes it"
    column = short.table.column(short.index.column_names[0]) if len(short.index.column_names) == 1 else None
    at_the_field = column is not None and column.origin.path is not None and column.origin == short.index.origin
    if survey.application.framework == "django" and at_the_field:
        return ": write db_index=False on the field, which makes it (and the one for LIKE, if it is a text)"
    return ""


def _is_made_by_django(survey: Survey, short: Path) -> bool:
    """True for the index that Django makes for every foreign key by itself, read where the field is declared."""
    keys = foreign_keys_over(short.table, short.index.column_names)
    at_the_field = any(key.origin.path and key.origin == short.index.origin for key in keys)
    return survey.application.framework == "django" and at_the_field


def _prefixes(survey: Survey, table: Table) -> Iterator[tuple[Path, Path]]:
    """Pairs of a short index and the shortest one that begins with it."""
    if (table.model or "").count(".") > 1 and joined_columns(table):
        return  # the model is `app.Model.field`: Django makes such a table by itself, both indexes always
    all_paths = list(paths(table))
    for short in all_paths:
        if short.index.unique or short.index.method != "btree":
            continue
        longer = [path for path in all_paths if _begins_with(path, short) and not _earns_its_keep(survey, short, path)]
        if longer:
            yield short, min(longer, key=lambda path: (len(path.index.columns), path.key is None, str(path)))


def _begins_with(longer: Path, short: Path) -> bool:
    if longer.index.method != "btree" or longer.index.predicate != short.index.predicate:
        return False
    size = len(short.index.columns)
    if len(longer.index.columns) <= size and not set(longer.index.include) > set(short.index.include):
        return False
    held = {*longer.index.include, *longer.index.column_names}
    same = either_way(longer.index)[:size] == either_way(short.index) or forwards(longer.index)[:size] == forwards(
        short.index
    )
    return same and set(short.index.include) <= held


def _earns_its_keep(survey: Survey, short: Path, longer: Path) -> bool:
    if survey.facts is None or short.named is None or longer.named is None:
        return False
    small, large = survey.facts.index(short.named), survey.facts.index(longer.named)
    hot = (small.scans or 0) > (large.scans or 0)
    return bool(hot and small.bytes and large.bytes and large.bytes > FAR_LARGER * small.bytes)

"""The rule `unindexed-foreign-key`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache

from dbarchitect.catalog.members import Action, ForeignKey
from dbarchitect.catalog.objects import Catalog, Table
from dbarchitect.catalog.queries import Code, Verb
from dbarchitect.catalog.refs import Kind, Ref
from dbarchitect.catalog.survey import Survey
from dbarchitect.catalog.types import Family
from dbarchitect.change.operations import Add
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Fix, Level, Precision, Strength
from dbarchitect.rules._base import Rule
from dbarchitect.rules._code.queries import queries_at_work
from dbarchitect.rules._code.written import is_of_tests
from dbarchitect.rules._fixes.members import new_index, order_without_waste, replacing
from dbarchitect.rules._names import phrases, thing_words
from dbarchitect.rules._schema.paths import is_indexed
from dbarchitect.rules._schema.references import declared_reference
from dbarchitect.rules._schema.shape import TENANTS, is_lookup, says_who
from dbarchitect.rules._sql import count, listed
from dbarchitect.rules._usage.needs import is_well_read, of_reference
from dbarchitect.rules._usage.references import use_of
from dbarchitect.rules._usage.words import index_over
from dbarchitect.rules.indexes._inherited import by_line
from dbarchitect.rules.indexes._told_keys import is_led_by_told_key

SMALL = 1_000
"""Rows up to which reading the whole table costs as little as an index does."""
_CHANGING = frozenset({Verb.INSERT, Verb.UPSERT, Verb.DELETE})
_SHOWN = 4
_OF_A_LIST = 3
"""Columns of a list whose key is a word: the word, and what it is called."""
_HEIRS = ("heirs",)
_EFFECTS = {
    Action.CASCADE: "to delete the rows that belong to it",
    Action.SET_NULL: "to clear the references to it",
    Action.SET_DEFAULT: "to reset the references to it",
}
_SETTINGS = phrases("setting, configuration, config, preference")
_LISTS = phrases(
    "language, country, currency, locale, timezone, status, state, type, kind, unit, gender, role, level, permission"
)


class UnindexedForeignKey(Rule):
    """A foreign key with no index behind it

    ## What it finds
    A foreign key (or a reference that only the model knows of, as with Prisma's `relationMode`) whose columns are not
    the leading columns of any valid index of the referencing table. The indexes
    of the primary key and of unique constraints count, in whichever order they hold the key's columns, as does an
    index that only leaves out the rows without a reference; an index over fewer rows than that does not. Of a key of
    several columns those are enough that tell the referenced row by themselves (its `id` beside a tenant's), or that
    begin with one that no other reference shares and that no tenant is known by. Columns with which a key begins that
    has to be unique are told by the rule that says so: the unique index serves the search as well.

    ## Why it matters
    Whenever a referenced row is deleted (or its key changes) the server searches the referencing table for rows that
    point at it; without an index it reads the whole table, once for each deleted row, while it holds locks. "All orders
    of this customer" reads it, too. The server indexes the referenced key by itself, never the referencing columns.

    ## When to leave it
    The referencing table stays tiny, or nothing ever deletes from the referenced table and nothing searches by the
    reference. With statistics at hand, tables of up to a thousand rows are reported for information only; without
    them settings, columns that say who did something, and values from a short list (a language, a currency).
    Where the application's code was read, a key that its queries search, join or delete by comes first, with the lines
    that do; one that nothing touches comes last, and is reported for information where its table brings fewer than
    three things together.

    ## How the fix works
    It adds an index on the key's columns. Where the code asks for one owner's rows in some order, or from some time on,
    the index holds that column after them: one index serves both.

    ## References
    - https://www.postgresql.org/docs/current/ddl-constraints.html#DDL-CONSTRAINTS-FK
    - https://www.sqlite.org/foreignkeys.html#fk_indexes
    """

    code = "IDX001"
    level = Level.WARNING
    precision = Precision.HIGH
    category = Category.PERFORMANCE

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for each set of referencing columns; one for those that a line of the models gives to many."""
        for group in by_line(self._each(survey)):
            yield group[0] if len(group) == 1 else self._of_heirs(group)

    def _of_heirs(self, group: tuple[Finding, ...]) -> Finding:
        """One finding for the heirs of a base that has the foreign key."""
        first = group[0]
        names = [str(finding.object.table_ref) for finding in group]
        shown = listed([*names[:_SHOWN], *([f"{len(names) - _SHOWN} more"] if len(names) > _SHOWN else [])])
        lines = dict.fromkeys(e for finding in group for e in finding.evidence if e.kind is EvidenceKind.CODE)
        whole = dict.fromkeys(e for finding in group[:_SHOWN] for e in finding.evidence[:1])
        return replace(
            first,
            message=f"{listed(first.object.columns)} is a foreign key without an index in {count(len(names), 'table')} "
            f"that have it from one line ({shown}): deleting a row that it points at reads the whole of each.",
            hint=f"Add an index on {listed(first.object.columns)} to each of these tables, by that line.",
            evidence=(*whole, *list(lines)[:_SHOWN]),
            salient=_HEIRS,
        )

    def _each(self, survey: Survey) -> Iterator[Finding]:
        itself = survey.engine.capabilities.indexes_foreign_keys_itself
        for table in survey.tables:
            seen: set[frozenset[str]] = set()
            for key in () if itself else table.foreign_keys:
                if frozenset(key.columns) in seen or _is_served(survey.catalog, table, key):
                    continue
                seen.add(frozenset(key.columns))
                fixed = _is_of_fixed_list(survey, key) and not use_of(survey, table, key.columns, key.referenced).strong
                if not fixed and not is_led_by_told_key(survey, table, key.columns):
                    yield self._finding(survey, table, key)
            for column in table.ordered_columns:
                said = declared_reference(column)
                held = any(column.name in key.columns for key in table.foreign_keys)
                if said is None or held or is_indexed(table, (column.name,)):
                    continue
                if not is_led_by_told_key(survey, table, (column.name,)):
                    yield self._of_model(survey, table, column.name, said)

    def _of_model(self, survey: Survey, table: Table, name: str, said: str) -> Finding:
        ref = table.ref.column(name)
        use = use_of(survey, table, (name,), None)
        return Finding(
            self.name(),
            ref,
            f"{table.ref}({name}) refers to {said} by the model alone, without an index: the client searches by it to "
            f"join and to delete, and reads the whole table{use.words}.",
            hint=f"Add an index on {table.ref}({use.keys}).",
            evidence=(Evidence(EvidenceKind.CATALOG, f"no index leads with {ref}", survey.origin_of(ref)), *use.lines),
            origin=survey.origin_of(ref),
            level=Level.INFO if use.idle else None,
            weight=use.weight,
        )

    def _finding(self, survey: Survey, table: Table, key: ForeignKey) -> Finding:
        rows = survey.facts_of(table).rows
        whole = f"all {count(rows, 'row')}" if rows is not None and rows > SMALL else "the whole table"
        near = _led(table, key)
        whole = f"all rows of one {near[0]}" if near else whole
        columns = listed(key.columns)
        use = use_of(survey, table, key.columns, key.referenced)
        fixed = _is_of_fixed_list(survey, key)
        acts = key.on_delete if key.on_delete in _EFFECTS else key.application_on_delete
        effect = _EFFECTS.get(acts or key.on_delete, "to look for rows that still point at it")
        searched = f", and so does every search by {columns}{use.words}" if use.words or not use.unsearched else ""
        message = (
            f"{table.ref}({', '.join(key.columns)}) references {key.referenced} without an index: deleting a row of "
            f"{key.referenced} reads {whole} {effect}{searched}."
        )
        evidence = [Evidence(EvidenceKind.CATALOG, self._paths(table, key), key.origin)]
        if rows is not None:
            evidence.append(Evidence(EvidenceKind.STATISTIC, f"{table.ref} holds about {count(rows, 'row')}"))
        ref = reference(table, key)
        return Finding(
            self.name(),
            ref,
            message,
            hint=f"Add an index on {table.ref}({use.keys}).",
            evidence=(*evidence, *use.lines),
            origin=key.origin if key.origin.path else survey.origin_of(ref),
            level=Level.INFO
            if near or use.idle or fixed or (not use.strong and self._matters_little(survey, table, key))
            else None,
            weight=use.weight,
        )

    @staticmethod
    def _matters_little(survey: Survey, table: Table, key: ForeignKey) -> bool:
        """True for a small table, for one of settings, for who did something, for a value from a short list."""
        rows = survey.facts_of(table).rows
        if rows is not None:
            return 0 <= rows <= SMALL
        parent = survey.catalog.table(key.referenced)
        listed_ = parent is not None and is_lookup(parent) and _LISTS.ends("_".join(thing_words(parent)))
        settings = _SETTINGS.ends("_".join(thing_words(table)))
        return listed_ or settings or any(map(says_who, key.columns))

    @staticmethod
    def _paths(table: Table, key: ForeignKey) -> str:
        near = [path for path in table.access_paths() if set(path.column_names) & set(key.columns)]
        if not near:
            return f"no index of {table.ref} holds {listed(key.columns)}"
        spelled = (f"({', '.join(path.column_names)}{' …' if path.predicate else ''})" for path in near)
        shown = listed(dict.fromkeys(spelled))
        return f"the indexes that hold {listed(key.columns)} do not lead with it over all rows: {shown}"

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """One line for the database where most foreign keys are indexed."""
        if survey.engine.capabilities.indexes_foreign_keys_itself:
            return
        keys = [(table, key) for table in survey.tables for key in table.foreign_keys]
        good = [(table, key) for table, key in keys if _is_served(survey.catalog, table, key)]
        if len(good) * 2 >= len(keys) and good:
            names = [f"{table.ref}({', '.join(key.columns)})" for table, key in good]
            evidence = tuple(Evidence(EvidenceKind.CATALOG, f"{name} is led by an index") for name in names)
            share = "All" if len(good) == len(keys) else f"{len(good)} of"
            message = f"{share} {count(len(keys), 'foreign key')} have an index behind them."
            if len(keys) == 1:
                message = f"{names[0]}, the one foreign key, has an index behind it."
            yield Strength(self.name(), Ref.database(), message, evidence)

    def fix(self, finding: Finding, survey: Survey) -> Fix | None:
        """An index on the columns, in an order that makes no other index useless; of heirs, one in each."""
        if finding.salient != _HEIRS:
            return self._fix(finding, survey)
        groups = (group for group in by_line(self._each(survey)) if group[0].object.key == finding.object.key)
        fixes = [self._fix(one, survey) for one in next(groups, ())]
        return Fix(tuple(change for fix in fixes if fix is not None for change in fix.changes)) if any(fixes) else None

    def _fix(self, finding: Finding, survey: Survey) -> Fix | None:
        table = survey.catalog.table(finding.object)
        if table is None:
            return None
        longer = of_reference(survey, table, finding.object.columns[0]) if len(finding.object.columns) == 1 else None
        if longer is not None:
            return Fix(replacing(table, index_over(survey.catalog, table, longer.keys)))
        columns = order_without_waste(table, finding.object.columns)
        return Fix((Add(table.ref, new_index(survey.catalog, table, columns)),))


def _is_of_fixed_list(survey: Survey, key: ForeignKey) -> bool:
    """True for a reference to a short list of constants that the program neither adds to nor takes from: no delete
    looks for its rows, and each of its few values stands in a large share of them."""
    parent = survey.catalog.table(key.referenced)
    if parent is None or survey.code is None or not is_lookup(parent) or not is_well_read(survey):
        return False
    primary = parent.column(parent.primary_key.columns[0]) if parent.primary_key is not None else None
    spoken = primary is not None and survey.catalog.family(primary.type) in {Family.TEXT, Family.ENUM}
    if not (_LISTS.ends("_".join(thing_words(parent))) or (spoken and len(parent.columns) <= _OF_A_LIST)):
        return False
    return parent.ref.key not in _added_to(survey.code)


@lru_cache(maxsize=4)
def _added_to(code: Code) -> frozenset[tuple[str, ...]]:
    """The tables to which the program adds rows, or from which it takes some."""
    return frozenset(
        query.table.key
        for query in queries_at_work(code)
        if query.table is not None and query.verb in _CHANGING and not is_of_tests(query.origin.path)
    )


def _is_served(catalog: Catalog, table: Table, key: ForeignKey) -> bool:
    """True where an index finds the key's rows: by all of its columns, by some that name one referenced row, or by one
    that is not merely the tenant's."""
    if is_indexed(table, key.columns):
        return True
    shared = {other.columns[0] for other in table.foreign_keys if len(other.columns) == 1}
    if any(name not in shared and not TENANTS.ends(name.removesuffix("_id")) for name in _led(table, key)):
        return True
    target = catalog.table(key.referenced) if len(key.columns) > 1 else None
    if target is None:
        return False
    ours = dict(zip(key.referenced_columns, key.columns, strict=False))
    keys = (
        path.column_names
        for path in target.access_paths()
        if path.unique and path.predicate is None and len(path.column_names) == len(path.columns)
    )
    return any(
        ours.keys() >= set(found) and is_indexed(table, tuple(ours[name] for name in found)) for found in keys if found
    )


def _led(table: Table, key: ForeignKey) -> tuple[str, ...]:
    """The columns of a key of several that an index leads with."""
    names = key.columns if len(key.columns) > 1 else ()
    return tuple(name for name in names if is_indexed(table, (name,)) or _leads(table, name))


def _leads(table: Table, name: str) -> bool:
    paths = (path for path in table.access_paths() if path.valid and path.predicate is None and path.method == "btree")
    return any(path.column_names[:1] == (name,) for path in paths)


def reference(table: Table, key: ForeignKey) -> Ref:
    """The address of a foreign key: its column, or its columns."""
    return table.ref.over(key.columns, Kind.COLUMN)

"""The rule `joined-without-foreign-key`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from dbarchitect.catalog.members import Column
from dbarchitect.catalog.objects import Catalog, Table
from dbarchitect.catalog.queries import Comparison
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Fix, Level, Precision
from dbarchitect.rules._base import Rule
from dbarchitect.rules._code.joined import joined_columns_of, joins_of
from dbarchitect.rules._code.telling import first_few
from dbarchitect.rules._names import phrases, singular_words, thing_words, words
from dbarchitect.rules._schema.references import (
    Reference,
    declared_reference,
    is_of_a_warehouse,
    telling_column,
    undeclared_references,
)
from dbarchitect.rules._schema.shape import LOGS, is_copy
from dbarchitect.rules._sql import count
from dbarchitect.rules.keys._declaring import declared

_KINDS = frozenset({"type", "kind", "model", "class", "table", "entity"})
"""Last words of a column that says of which table the row beside it is."""
_ANYTHING = phrases(
    "object, objects, entity, resource, record, target, subject, item, element, thing, model, parent, owner, related, "
    "reference, ref, content, source, linked, associated, actor, recipient, context"
)
"""Words for a row of whichever table."""
_MANY = 10
"""So many joins of tables that declare no key are a custom."""
_ABSENT = re.compile(r"\bnot exists\s*\(|\bnotExists\(", re.IGNORECASE)
_ABOUT = frozenset(
    {"info", "infos", "information", "detail", "details", "meta", "metadata", "stat", "stats", "extra", "extras"}
)
"""Last words of a table that tells more of rows of others, under their numbers."""


class JoinedWithoutForeignKey(Rule):
    """A column joined with another table's key, undeclared

    ## What it finds
    A column that queries join with the primary key of another table, of the same type, while no foreign key holds it,
    and its name does not say so: where the name or the model does, `undeclared-foreign-key` speaks. Pairs of a type and
    a number, copies of rows and columns that a foreign key holds already are left alone, as are columns of which a
    query asks for the rows without a partner, and columns that a query casts for the join.

    ## Why it matters
    The join is what the program means by the column, and nothing keeps the row that it needs: once that is deleted, an
    inner join leaves rows out without a word.

    ## When to leave it
    Logs that must outlive what they tell of, and values that only happen to be equal. Data that another system writes.

    ## How the fix works
    It adds the foreign key, and an index where none leads with the column. It fails while orphans are there: look for
    them first.

    ## References
    - https://www.postgresql.org/docs/current/ddl-constraints.html#DDL-CONSTRAINTS-FK
    - https://www.sqlite.org/foreignkeys.html
    """

    code = "KEY016"
    level = Level.WARNING
    precision = Precision.MEDIUM
    category = Category.DATA_INTEGRITY
    needs = frozenset({Need.CATALOG, Need.CODE})

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for each column; one for all where the schema declares fewer keys than it leaves out."""
        every = list(_undeclared(survey))
        number = sum(len(table.foreign_keys) for table in survey.tables)
        habitual = [found for found in every if not found.table.foreign_keys] if len(every) > number else []
        if len(habitual) >= _MANY:
            yield self._of_custom(survey, habitual)
            every = [found for found in every if found.table.foreign_keys]
        for found in every:
            ref, target = found.table.ref.column(found.column.name), found.target.ref.column(found.key.name)
            queries = joins_of(survey.code, ref, target)
            log = LOGS.ends("_".join(thing_words(found.table)))
            yield Finding(
                self.name(),
                ref,
                f"{ref} is joined with {target} in {count(len(queries), 'query', 'queries')} and has no foreign key: "
                f"where the row of {found.target.ref} is gone, the join leaves rows out.",
                hint=f"Declare a foreign key from {ref} to {target}.",
                evidence=(
                    *first_few(queries),
                    Evidence(EvidenceKind.CATALOG, f"{target} {found.key.type} is a primary key", found.target.origin),
                ),
                origin=survey.origin_of(ref),
                salient=(str(found.target.ref),),
                level=Level.INFO if log else None,
            )

    def _of_custom(self, survey: Survey, habitual: list[Reference]) -> Finding:
        """What is one decision of those who made the schema, and not so many slips."""
        pairs = [(f.table.ref.column(f.column.name), f.target.ref.column(f.key.name)) for f in habitual]
        tables = dict.fromkeys(found.table.ref for found in habitual)
        return Finding(
            self.name(),
            Ref.database(),
            f"{len(habitual)} columns of {count(len(tables), 'table')} without any foreign key are joined with keys of "
            f"others ({pairs[0][0]} with {pairs[0][1]} first): where a row is gone, the joins leave rows out.",
            hint="Declare foreign keys where a missing row does harm, and look for orphans of the others.",
            evidence=tuple(
                Evidence(EvidenceKind.CATALOG, f"{ref} is joined with {target}", survey.origin_of(ref))
                for ref, target in pairs
            ),
            origin=survey.origin_of(pairs[0][0]),
            salient=("custom",),
        )

    def fix(self, finding: Finding, survey: Survey) -> Fix | None:
        """An index, the foreign key."""
        for found in _undeclared(survey):
            if found.table.ref.column(found.column.name).key == finding.object.key:
                return declared(survey, found)
        return None


def _undeclared(survey: Survey) -> Iterator[Reference]:
    """The columns that queries join with one other table's key, no key of which says so."""
    found: dict[tuple[str, ...], list[Reference]] = {}
    for left, right in joined_columns_of(survey.code).values() if survey.code is not None else ():
        for one, other in ((left, right), (right, left)):
            reference = _reference(survey.catalog, one, other)
            if reference is not None:
                found.setdefault(one.key, []).append(reference)
    own = {table.ref.key for table in survey.tables}
    for references in found.values():
        first = references[0]
        targets = {reference.target.ref.key for reference in references}
        if len(targets) != 1 or first.table.ref.key not in own or _is_told(survey.catalog, first):
            continue
        told = _is_one_of_several(survey, first) or _is_asked_without(survey, first) or _is_cast(survey, first)
        if not told and not _tells_more(survey, first.target):
            yield first


def _reference(catalog: Catalog, column: Ref, key: Ref) -> Reference | None:
    """The reference that a join of a column with another table's primary key makes, None where it is none."""
    table, target = catalog.table(column), catalog.table(key)
    if table is None or target is None or table.ref.key == target.ref.key or not (column.columns and key.columns):
        return None
    own, theirs = table.column(column.columns[0]), target.column(key.columns[0])
    if own is None or theirs is None or target.primary_key is None or target.primary_key.columns != (theirs.name,):
        return None
    held = any(own.name in other.columns for other in table.foreign_keys)
    is_key = table.primary_key is not None and table.primary_key.columns == (own.name,)
    pointed_at = any(other.referenced.key == table.ref.key for other in target.foreign_keys)
    if (
        held
        or is_key
        or is_copy(table)
        or is_of_a_warehouse(table)
        or pointed_at
        or telling_column(own) is not None
        or _is_of_any(table, own)
    ):
        return None
    return Reference(table, own, target, theirs, "queries join it", Precision.MEDIUM) if _fits(own, theirs) else None


def _is_of_any(table: Table, column: Column) -> bool:
    """True for the number of a row of any table, where the row says beside it which table that is: by a kind of the
    same name (`item_type`, `item_id`), by one of no name where the column's own is no table's (`type`, `target_id`), or
    a reference to the list of all tables (`content_type_id`, `object_id`)."""
    named = words(column.name)[:-1]
    others = (words(other.name) for other in table.columns if other is not column)
    kinds_of = [own[:-1] for own in others if own and own[-1] in _KINDS]
    if named and any(stem == named for stem in kinds_of):
        return True
    if named and _ANYTHING.whole(named[-1]) and any(not stem or _ANYTHING.whole(stem[-1]) for stem in kinds_of):
        return True
    kinds = (words(key.columns[0]) for key in table.foreign_keys)
    return words(column.name)[:1] == ("object",) and any(kind[:2] == ("content", "type") for kind in kinds)


def _is_asked_without(survey: Survey, found: Reference) -> bool:
    """True where a query asks for the rows that have no such row (`LEFT JOIN … WHERE other.id IS NULL`): there are; or
    where no query asks for anything else (`NOT EXISTS (…)`)."""
    column, key = found.table.ref.column(found.column.name), found.target.ref.column(found.key.name)
    queries = joins_of(survey.code, column, key)
    return all(_ABSENT.search(query.text) for query in queries) or any(
        predicate.column.key == key.key and predicate.comparison is Comparison.IS_NULL and not predicate.negated
        for query in queries
        for predicate in query.predicates
    )


def _is_one_of_several(survey: Survey, found: Reference) -> bool:
    """True where the queries pick the rows that refer to this table by its name (`type = 'subscription'`): the others
    refer to another."""
    column, key = found.table.ref.column(found.column.name), found.target.ref.column(found.key.name)
    return any(
        predicate.column.table_ref.key == found.table.ref.key and singular_words(constant) == thing_words(found.target)
        for query in joins_of(survey.code, column, key)
        for predicate in query.predicates
        for constant in predicate.constants
    )


def _is_cast(survey: Survey, found: Reference) -> bool:
    """True where a query makes either column a value of another type for the join: the column is of no key's type, and
    holds what stands for rows of several kinds."""
    column, key = found.table.ref.column(found.column.name), found.target.ref.column(found.key.name)
    return any(
        predicate.function == "cast" and predicate.other in (column, key) and predicate.column in (column, key)
        for query in joins_of(survey.code, column, key)
        for predicate in query.predicates
    )


def _tells_more(survey: Survey, target: Table) -> bool:
    """True for a table of further facts about rows of others, which has their numbers for its own: it depends on them,
    not they on it."""
    if not _ABOUT & {*words(target.name)[-1:]} or target.primary_key is None or survey.code is None:
        return False
    own = target.ref.column(target.primary_key.columns[0]).key
    for pair in joined_columns_of(survey.code).values():
        for one, other in (pair, pair[::-1]):
            table = survey.catalog.table(other)
            key = table.primary_key.columns if table is not None and table.primary_key is not None else ()
            if one.key == own and table is not None and table.ref.key != target.ref.key and key == other.columns:
                return True
    return False


def _fits(column: Column, key: Column) -> bool:
    return column.type.family is key.type.family and column.generated is None


def _is_told(catalog: Catalog, found: Reference) -> bool:
    """True where its name or the model tells the reference: of that `undeclared-foreign-key` speaks."""
    told = any(other.column.name == found.column.name for other in undeclared_references(catalog, found.table))
    return told or declared_reference(found.column) is not None

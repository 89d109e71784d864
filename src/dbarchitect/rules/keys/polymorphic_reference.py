"""The rule `polymorphic-reference`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from dbarchitect.catalog.members import Column
from dbarchitect.catalog.objects import Catalog, Table
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Survey
from dbarchitect.catalog.types import Family
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Level, Precision
from dbarchitect.rules._base import Rule
from dbarchitect.rules._names import phrases, singular_words, words
from dbarchitect.rules._schema.references import telling_column
from dbarchitect.rules._schema.shape import foreign_keys_over, tables_by_thing

_ELSEWHERE = phrases(
    "external, remote, provider, vendor, source system, stripe, paypal, google, github, gitlab, facebook, aws, device, "
    "client, session, request, message, correlation, trace, transaction, tax, national, document number, customer"
)
_GENERIC = phrases(
    "object, entity, resource, record, target, subject, item, model, parent, owner, related, reference, content, "
    "source, attached to, linked, actor, recipient, associated, context"
)
_OBJECTS = phrases("object, entity, target, subject, model, content, owner, parent")
_TARGETS = 2
_MANY = 8


class PolymorphicReference(Rule):
    """A reference to whichever table another column names

    ## What it finds
    A pair of columns such as `commentable_type` and `commentable_id`, or Django's `content_type_id` and `object_id`,
    where the first tells the table and the second the row, without a foreign key on the second.

    ## Why it matters
    No foreign key can be declared on it: the database cannot keep the row that it points at, cannot cascade, and every
    query must know all the tables. Orphans are certain in the long run.

    ## When to leave it
    Audit trails and activity feeds that must be able to point at anything, also at what is gone.

    ## How the fix works
    There is none that fits all. With few targets: one nullable foreign key for each and a CHECK that exactly one is
    set (`num_nonnulls(a, b) = 1`), or one link table for each. With many: a table of its own for what they have in
    common, which the reference then names.

    ## References
    - https://www.postgresql.org/docs/current/ddl-constraints.html#DDL-CONSTRAINTS-FK
    - https://docs.djangoproject.com/en/stable/ref/contrib/contenttypes/
    """

    code = "KEY007"
    level = Level.INFO
    precision = Precision.MEDIUM
    category = Category.SCHEMA_DESIGN

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for each pair; one for the database where they are its custom."""
        found = [(table, *pair) for table in survey.tables for pair in _pairs(survey.catalog, table)]
        if len(found) > _MANY:
            yield self._of_all(found)
        else:
            yield from (self._finding(survey, *each) for each in found)

    def _of_all(self, found: list[tuple[Table, Column, Column]]) -> Finding:
        first = found[0][0].ref.over((found[0][1].name, found[0][2].name))
        return Finding(
            self.name(),
            Ref.database(),
            f"{len(found)} references point at whichever table another column names ({first} is the first): the "
            "database can neither keep those rows nor follow their deletion.",
            hint="Look for orphans on a schedule; give the references that matter a foreign key for each target.",
            evidence=tuple(
                Evidence(EvidenceKind.CATALOG, f"{table.ref}({kind.name}, {number.name})", number.origin)
                for table, kind, number in found
            ),
            origin=found[0][2].origin,
        )

    def _finding(self, survey: Survey, table: Table, kind: Column, number: Column) -> Finding:
        ref = table.ref.over((kind.name, number.name))
        half = ", and one of the two may be null without the other" if kind.nullable is not number.nullable else ""
        origin = survey.origin_of(table.ref.column(number.name))
        return Finding(
            self.name(),
            ref,
            f"{table.ref.column(number.name)} points at a row of whichever table {kind.name} names: the database can "
            f"neither keep that row nor follow its deletion{half}.",
            hint="Give each target a nullable foreign key and check that one of them is set, or a link table.",
            evidence=(
                Evidence(
                    EvidenceKind.CATALOG, f"{kind.name} {kind.type}", survey.origin_of(table.ref.column(kind.name))
                ),
                Evidence(EvidenceKind.CATALOG, f"{number.name} {number.type}, without a foreign key", origin),
            ),
            origin=origin,
        )


def _pairs(catalog: Catalog, table: Table) -> Iterator[tuple[Column, Column]]:
    for number in table.ordered_columns:
        own = words(number.name)
        if (
            len(own) < 2
            or own[-1] not in {"id", "pk", "uuid"}
            or any(number.name in k.columns for k in table.foreign_keys)
        ):
            continue
        told = table.column(telling_column(number) or "")
        if told is not None:
            yield told, number
            continue
        stem = own[:-1]
        kind = next((c for c in table.ordered_columns if c is not number and _tells(catalog, table, c, stem)), None)
        if not _could_hold_a_key(catalog, number):
            continue
        elsewhere = _ELSEWHERE.whole("_".join(stem)) or (not stem[-1].endswith("able") and _is_numbered(catalog, table))
        if kind is not None and not elsewhere and not _names_a_table(catalog, stem):
            yield kind, number


def _is_numbered(catalog: Catalog, table: Table) -> bool:
    """True where another system gave the row its number (`installation_id`, unique, of no table here): then the
    numbers beside it are that system's too."""
    for path in table.access_paths():
        name = path.column_names[0] if len(path.column_names) == 1 else None
        own = words(name) if name is not None else ()
        primary = table.primary_key is not None and name in table.primary_key.columns
        if not path.unique or primary or own[-1:] != ("id",) or foreign_keys_over(table, path.column_names):
            continue
        if len(own) > 1 and not _names_a_table(catalog, own[:-1]):
            return True
    return False


def _tells(catalog: Catalog, table: Table, column: Column, stem: tuple[str, ...]) -> bool:
    """True for the column that names the table of the row whose number is in `stem`_id."""
    own = words(column.name)
    framework = foreign_keys_over(table, (column.name,))
    if own[-3:] == ("content", "type", "id") and framework:
        return stem == ("object",) or own[:-3] == stem or stem[:-1] == own[:-3] != ()
    if catalog.family(column.type) not in {Family.TEXT, Family.ENUM} or framework:
        return False
    if not (_GENERIC.ends("_".join(stem)) or stem[-1].endswith("able")):
        return False
    if own not in {(*stem, "type"), (*stem, "model"), (*stem, "table"), (*stem, "class"), (*stem, "kind")}:
        return False
    enum = catalog.enum_of(catalog.base_type(column.type))
    values = enum.values if enum else column.declared.choices if column.declared else ()
    names = catalog.derive(tables_by_thing)
    return not values or sum("".join(singular_words(value)) in names for value in values) >= _TARGETS


def _could_hold_a_key(catalog: Catalog, column: Column) -> bool:
    """True where the column could hold the keys of two tables at least; text may stand for any number."""
    family = catalog.family(column.type)
    families = catalog.derive(_families_of_keys)
    generic = any(_OBJECTS.whole(part) for part in ("_".join(words(column.name)[:-1]),))
    return families[family] >= _TARGETS or (family is Family.TEXT and generic)


def _families_of_keys(catalog: Catalog) -> Counter[Family]:
    keys = (
        t.column(t.primary_key.columns[0]) for t in catalog.tables if t.primary_key and len(t.primary_key.columns) == 1
    )
    return Counter(catalog.family(key.type) for key in keys if key is not None)


def _names_a_table(catalog: Catalog, stem: tuple[str, ...]) -> bool:
    """True where there is a table of that name: the column beside it then only tells its rows' kind."""
    if _GENERIC.whole("_".join(stem)):
        return False
    thing = "".join(singular_words("_".join(stem)))
    return thing in catalog.derive(tables_by_thing)

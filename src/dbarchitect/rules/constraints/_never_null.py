"""Columns that may be NULL and are never meant to be: by their default, by the model's types, by the code."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from dbarchitect.catalog.members import Column, ForeignKey
from dbarchitect.catalog.objects import Catalog, Table
from dbarchitect.catalog.queries import QueryFact
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Survey
from dbarchitect.catalog.types import Family
from dbarchitect.finding import Evidence, EvidenceKind, Level, Precision
from dbarchitect.rules._code.language import of_application
from dbarchitect.rules._code.telling import as_evidence, first_few, shown_in
from dbarchitect.rules._code.written import Written, written
from dbarchitect.rules._keys.natural import held_by
from dbarchitect.rules._keys.required_references import (
    clears,
    is_chosen,
    is_lost_without,
    is_of_tenant,
    is_part_of_it,
    reference_by,
)
from dbarchitect.rules._names import phrases
from dbarchitect.rules._schema.shape import is_copy, is_linked_account, is_soft_delete, says_who
from dbarchitect.rules._schema.values import default_of
from dbarchitect.rules._sql import count
from dbarchitect.rules._usage.references import deletions_from
from dbarchitect.rules._usage.requests import asked_by_requests

_LIMITS = phrases("limit, max, maximum, min, minimum, quota, cap, threshold, timeout, ttl, expiry, retention, override")
_TIMES = frozenset({Family.TIMESTAMP, Family.DATE, Family.TIME})
_EMPTY = frozenset({"{}", "[]"})
_SERIALIZERS = "djangorestframework"
_TRUTHS = frozenset({"true", "false", "True", "False"})
_FEW = 2
_TELLING = 5
_NEARLY_ALL = 12
"""So many places write a column that one which does not has forgotten it."""


@dataclass(frozen=True, slots=True)
class NeverNull:
    """A nullable column that no row is meant to leave empty. `default` is what new rows get, in words; `plain` tells
    that nothing but a default speaks for it, `unsaid` that nobody wrote that it may be NULL: that is what one gets who
    writes nothing."""

    table: Table
    column: Column
    why: str
    evidence: tuple[Evidence, ...]
    level: Level
    precision: Precision
    default: str | None = None
    plain: bool = False
    unsaid: bool = False


def never_null(survey: Survey, table: Table) -> Iterator[NeverNull]:
    """The columns of a table that are never meant to be NULL and may be."""
    if is_copy(table) or table.name in survey.catalog.derive(_mirrors):
        return
    key = table.primary_key.columns if table.primary_key else ()
    for column in table.ordered_columns:
        declared = column.declared
        if not column.nullable or column.generated is not None or column.name in key or is_soft_delete(column):
            continue
        if (declared is not None and declared.some_rows) or (column.type.dimensions and _is_of_prisma(survey, column)):
            continue  # Prisma has no word for a list that is NOT NULL, and reads NULL as an empty one
        if _tells_one_apart(table, column):
            continue
        if any(column.name in key.columns and key.referenced.key == table.ref.key for key in table.foreign_keys):
            continue  # the root of a tree, the first of a chain
        cleared = any(column.name in key.columns and _is_cleared(survey, key) for key in table.foreign_keys)
        if cleared and not is_lost_without(survey, table, column):
            continue
        known = written(survey.code, table.ref.column(column.name))
        found = None if known.means_something else _verdict(survey, table, column, known)
        if found is not None and cleared:
            found = _cleared(found) if known.seen_whole and not known.left_out else None
        if found is not None:
            yield found


def _is_cleared(survey: Survey, key: ForeignKey) -> bool:
    """Whether rows lose the reference by design: somebody wrote so, or the code deletes what it refers to, where the
    mapping clears what may be NULL unasked."""
    deletes = survey.code is not None and bool(deletions_from(survey.code, key.referenced))
    return clears(key) and (is_chosen(key) or deletes)


def _cleared(found: NeverNull) -> NeverNull:
    """The same of a reference that is cleared with what it refers to."""
    lost = f"{found.why}, and is cleared with its {found.column.name.removesuffix('_id').removesuffix('Id')}"
    return replace(found, why=lost)


def _tells_one_apart(table: Table, column: Column) -> bool:
    """True for a truth in a unique key (`owner, is_current`): one row is it, and any number are NULL and are not."""
    keyed = (path for path in table.access_paths() if path.unique and not path.nulls_not_distinct)
    return column.type.family is Family.BOOLEAN and any(column.name in held_by(path) for path in keyed)


def _is_of_prisma(survey: Survey, column: Column) -> bool:
    return survey.application.framework == "prisma" or (column.origin.path or "").endswith(".prisma")


def _mirrors(catalog: Catalog) -> frozenset[str]:
    """The tables that hold all columns of another one by whose name theirs begins: they keep its earlier states."""
    by_name = {table.name: {column.name for column in table.columns} for table in catalog.tables}
    names = sorted(by_name)
    found: set[str] = set()
    for number, name in enumerate(names):
        for other in names[number + 1 :]:
            if not other.startswith(name):
                break
            if len(by_name[name]) >= _TELLING and by_name[name] <= by_name[other]:
                found.add(other)
    return frozenset(found)


def _verdict(survey: Survey, table: Table, column: Column, known: Written) -> NeverNull | None:
    default = fills_in(column)
    declared = column.declared
    refuses = declared is not None and declared.never_none
    where = survey.origin_of(table.ref.column(column.name))
    said: list[Evidence] = []
    if default is not None:
        said.append(Evidence(EvidenceKind.CATALOG, f"{column.name} {column.type} null, new rows get {default}", where))
    if refuses:
        words = f"the model lets no {of_application(survey).nothing} into {column.name}"
        if _is_form_of_django(column):
            words = f"{column.name} is null=True and not blank=True: forms require a value"
        said.append(Evidence(EvidenceKind.CATALOG, words, where))
    code = tuple(as_evidence(query, "fills the rows without one") for query in known.filled[:1])
    evidence = (*said, *code)
    if default is not None:
        unsaid = not (refuses or code) and not _is_said(survey, column)
        said_so = _is_of_prisma(survey, column) and not (refuses or code)  # a question mark beside a default
        level = Level.INFO if said_so and not _is_truth(column) else _of_default(column, refuses=refuses)
        sure = Precision.LOW if level is Level.INFO else Precision.HIGH
        why = f"although every new row gets {default}"
        return NeverNull(table, column, why, evidence, level, sure, default, not (refuses or code), unsaid)
    if known.filled and not (known.left_out or _is_filled_at_work(survey, known)):
        why = "although the rows without a value have been filled"
        return NeverNull(table, column, why, evidence, Level.WARNING, Precision.MEDIUM)
    if refuses and not _is_form_of_django(column) and not known.left_out:
        why = f"although the model's type says that it is never {of_application(survey).nothing}"
        return NeverNull(table, column, why, evidence, Level.WARNING, Precision.MEDIUM)
    if (
        refuses
        and column.type.family is Family.BOOLEAN
        and not (known.maybe or known.undecided or _is_third_answer(survey, table, column))
    ):
        why = "although the model lets no third answer beside yes and no pass"
        said.append(Evidence(EvidenceKind.CATALOG, f"{column.name} {column.type} null", where))
        return NeverNull(table, column, why, (*said, *code), Level.WARNING, Precision.MEDIUM)
    if known.seen_whole and not known.optional and not is_linked_account(table):
        return _by_code(survey, table, column, known, evidence)
    return None


def _is_filled_at_work(survey: Survey, known: Written) -> bool:
    """Whether requests alone fill the gaps, as when an installation is turned over to several users: the rows before
    that are meant to be without a value."""
    return asked_by_requests(survey) >= {query.place.function for query in known.filled}


def _is_third_answer(survey: Survey, table: Table, column: Column) -> bool:
    """Whether neither yes nor no may well be meant: Django REST framework's serializers let None into whatever may be
    NULL, and where another table must answer the question, a row of this one may leave it to that."""
    if any(dependency.name == _SERIALIZERS for dependency in survey.dependencies):
        return True
    others = (other.column(column.name) for other in survey.tables if other.ref.key != table.ref.key)
    return any(other is not None and not other.nullable and _is_truth(other) for other in others)


def _by_code(
    survey: Survey, table: Table, column: Column, known: Written, evidence: tuple[Evidence, ...]
) -> NeverNull | None:
    """A column that every place in the code writes. What is handed in may be None, so it counts only where the value
    is known to be one, or the model lets no None in, or it is the reference without which the row would be nobody's or
    no part of anything."""
    sites = len(known.given)
    owner = _is_owner(table, column) or is_of_tenant(survey, table, column)
    refuses = column.declared is not None and column.declared.never_none
    if len(known.left_out) == 1 and owner and sites >= _NEARLY_ALL:
        forgetful = shown_in(survey.code, known.left_out[0].place.function)
        why = f"although {sites} of {sites + 1} places that make rows of {table.ref} write it ({forgetful} does not)"
        return NeverNull(table, column, why, (*evidence, *first_few(known.left_out)), Level.WARNING, Precision.MEDIUM)
    if known.left_out or any(len(query.key) > 1 and _is_in_key(query, column.name) for query in known.given):
        return None  # a row is looked for by whatever is handed in, NULL with the rest
    surely = [query for query in known.given if _is_surely_given(survey, query, column.name)]
    if not is_of_tenant(survey, table, column) and any(_may_read_nothing(survey, q, column.name) for q in known.given):
        return None
    refers = reference_by(table, column) is not None and not _is_choice(table, column)
    sure = len(surely) == sites and (sites >= _FEW or refers)
    part = not _is_form_of_django(column) and is_part_of_it(survey.code, table, column, known, surely)
    refuses = refuses and not _is_form_of_django(column)  # what a form asks for, the code need not have
    if not (owner or part or (refuses and sites >= _FEW) or (sure and not _may_be_left_blank(column))):
        return None
    places = f"all {count(sites, 'place')} that make" if sites > 1 else "the one place that makes"
    why = f"although {places} rows of {table.ref} write{'' if sites > 1 else 's'} it"
    level, precision = Level.WARNING, Precision.HIGH if owner else Precision.MEDIUM
    return NeverNull(table, column, why, (*evidence, *first_few(known.given, 3)), level, precision)


def _is_owner(table: Table, column: Column) -> bool:
    """True for a reference of a Django model that no form may leave empty, or that makes the row the only one of its
    parent."""
    references = [key for key in table.foreign_keys if column.name in key.columns]
    refuses = column.declared is not None and column.declared.never_none
    of_django = any(key.application_on_delete is not None for key in references)
    return of_django and (refuses or table.is_key((column.name,))) and not _is_choice(table, column)


def _is_choice(table: Table, column: Column) -> bool:
    """True where another reference may be missing as well: a row may belong to the one or to the other."""
    others = (key.columns[0] for key in table.foreign_keys if len(key.columns) == 1 and column.name not in key.columns)
    return any(not says_who(name) and (c := table.column(name)) is not None and c.nullable for name in others)


def _is_surely_given(survey: Survey, query: QueryFact, name: str) -> bool:
    """Whether the value that a place writes cannot be None: a constant, what is made there, what is of a type without
    None, or what a column that is never NULL holds."""
    own = [a for a in query.assignments if a.column.columns == (name,)]
    return bool(own) and all(
        a.constants or a.sure or (a.reads and all(_is_required(survey, r) for r in a.reads)) for a in own
    )


def _may_read_nothing(survey: Survey, query: QueryFact, name: str) -> bool:
    """Whether a place writes what a column holds that may be NULL itself."""
    own = (a for a in query.assignments if a.column.columns == (name,) and not a.sure)
    return any(not all(_is_required(survey, read) for read in a.reads) for a in own)


def _is_in_key(query: QueryFact, name: str) -> bool:
    return any(ref.columns == (name,) for ref in query.key)


def _is_required(survey: Survey, ref: Ref) -> bool:
    table = survey.catalog.table(ref)
    column = table.column(ref.columns[0]) if table is not None and ref.columns else None
    return column is not None and not column.nullable


def fills_in(column: Column) -> str | None:
    """What a new row gets where nothing is given, in words; None where that is NULL."""
    declared = column.declared
    constant = default_of(column)
    if constant in _TRUTHS and column.type.family is Family.TEXT:
        return None  # a slip of the pen: no text was meant
    if constant is not None and constant.casefold() != "null":
        return repr(constant) if column.type.family in {Family.TEXT, Family.ENUM} else constant
    if column.default is not None and constant is None:
        text = column.default.text.strip()
        return None if text.casefold().startswith("null") else text
    if declared is None:
        return None
    if declared.sets_on_create:
        return "the time of its making"
    if declared.generator is not None:
        return f"a {declared.generator}"
    return "a value that the model computes" if declared.computed_default else None


def _is_said(survey: Survey, column: Column) -> bool:
    """Whether somebody chose NULL. Prisma's columns are required unless a question mark says otherwise."""
    return (column.declared is not None and column.declared.null_said) or survey.application.framework == "prisma"


def _is_truth(column: Column) -> bool:
    return column.type.family is Family.BOOLEAN


def _of_default(column: Column, *, refuses: bool) -> Level:
    """A remark where leaving the value out may still be meant: a limit that NULL lifts, an empty text, an empty list
    beside which NULL was written down, an empty document, a form's field that may stay blank, the time of a row's
    making."""
    family = column.type.family
    if _is_truth(column):
        return Level.WARNING
    if _LIMITS.within(column.name) or default_of(column) == "":
        return Level.INFO
    declared = column.declared
    if declared is not None and declared.empty_default and declared.null_said and not refuses:
        return Level.INFO
    set_now = column.declared is not None and column.declared.sets_on_create  # a time kept as a number
    empty = family is Family.JSON and default_of(column) in _EMPTY
    if (family in _TIMES or empty or set_now) and not refuses:
        return Level.INFO
    return Level.INFO if _may_be_left_blank(column) else Level.WARNING


def _is_form_of_django(column: Column) -> bool:
    return column.declared is not None and column.declared.required is not None


def _may_be_left_blank(column: Column) -> bool:
    """True where a model that rules its forms as well (Django's `blank`) lets the field stay empty."""
    return _is_form_of_django(column) and column.declared is not None and not column.declared.never_none

"""The rule `nullable-always-written`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from dbarchitect.catalog.members import Action
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Survey
from dbarchitect.catalog.types import Family
from dbarchitect.change.operations import AlterColumn, Change
from dbarchitect.finding import Applicability, Category, Evidence, EvidenceKind, Finding, Fix, Level, Precision
from dbarchitect.rules._base import Rule
from dbarchitect.rules._code.language import of_application
from dbarchitect.rules._keys.required_references import clears, is_of_tenant, reference_by
from dbarchitect.rules._names import singular_words
from dbarchitect.rules._schema.on_delete import Sibling, with_action
from dbarchitect.rules._sql import count, listed, quoted
from dbarchitect.rules.constraints._never_null import NeverNull, fills_in, never_null

_MANY = 12
"""More nullable columns with a default than this, and more than required ones, are a manner."""
_RARE = 4
"""So many times as many columns with a default are required where one that is not has been forgotten."""
_SEEN_BY_COMPILER = 0.6
"""The weight where a default alone speaks for it, and the language's types make every reader think of null."""
_SEVERAL = 3
"""More columns of one table without a default, or more tables with one column alike, than this are one finding."""


class NullableAlwaysWritten(Rule):
    """A column that may be NULL and never should be

    ## What it finds
    A nullable column for which nothing but a forgotten step speaks: every new row gets a value by a default of the
    database or the model; the type annotation of the model, or its form, lets no None pass; a migration or a script has
    filled the rows without one; or all places in the code that make rows write it, all of them are known, and what they
    write cannot be NULL: a constant, a value of a type without null, one that is tested before. It is silent where the
    program writes NULL or asks for it, where a subclass's rows alone have the column, where one function answers yes or
    no later on, and where deleting the parent sets it, but for the reference to a tenant by which alone the rows are
    found. Where most columns with a default may be NULL, or nobody wrote that they may, that is
    one finding.

    ## Why it matters
    NULL is a third answer that no one has planned for: `= false`, `<> 'done'` and `> 0` leave such a row out, NOT IN
    with one among its values finds nothing, and code that reads it meets None. One forgotten writer is enough.

    ## When to leave it
    NULL means something that the code does not show: a limit that is lifted, a setting inherited from above. A column
    that has just been added and is being filled: then this is the last step that is missing.

    ## How the fix works
    It makes the column NOT NULL; a reference that is cleared with what it refers to refuses that delete instead. It
    fails while a row has none: fill those first, with the default where there is one.
    On a large PostgreSQL table add a CHECK (… is not null) NOT VALID and validate it before, which spares the long lock.

    ## References
    - https://www.postgresql.org/docs/current/ddl-constraints.html#DDL-CONSTRAINTS-NOT-NULL
    - https://docs.djangoproject.com/en/stable/ref/models/fields/#null
    - https://docs.sqlalchemy.org/en/20/orm/declarative_tables.html#mapped-column-derives-the-datatype-and-nullability-from-the-mapped-annotation
    """  # noqa: E501 - the address

    code = "CHK009"
    level = Level.WARNING
    precision = Precision.MEDIUM
    category = Category.DATA_INTEGRITY

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for each column, one for several of a table, one for a manner."""
        every = [found for table in survey.tables for found in never_null(survey, table)]
        habitual = _by_custom(survey, every)
        if habitual:
            yield self._of_custom(survey, habitual)
        alike: dict[tuple[str, str], list[NeverNull]] = {}
        for found in every:
            if found not in habitual:
                alike.setdefault((found.column.name, found.why), []).append(found)
        groups: dict[tuple[object, ...], list[NeverNull]] = {}
        for same in alike.values():
            if len(same) > _SEVERAL and same[0].default is not None:
                yield self._of_tables(survey, same)
                continue
            for found in same:
                groups.setdefault((found.table.ref.key, found.level, found.default is not None), []).append(found)
        for group in groups.values():
            if len(group) > (1 if group[0].default is not None else _SEVERAL):
                yield self._of_table(survey, group)
            else:
                yield from (self._finding(survey, found) for found in group)

    def _finding(self, survey: Survey, found: NeverNull) -> Finding:
        ref = found.table.ref.column(found.column.name)
        return Finding(
            self.name(),
            ref,
            f"{ref} may be NULL {found.why}: {_harm(survey, found)}.",
            hint=_hint(found),
            evidence=found.evidence,
            origin=survey.origin_of(ref),
            level=found.level if found.level is not self.level else None,
            precision=found.precision if found.precision is not self.precision else None,
            weight=_weight(survey, found),
        )

    def _of_tables(self, survey: Survey, same: list[NeverNull]) -> Finding:
        first = same[0]
        ref = first.table.ref.column(first.column.name)
        return Finding(
            self.name(),
            ref,
            f"{first.column.name} of {len(same)} tables may be NULL {first.why} ({ref} is the first): "
            f"{_harm(survey, first)}.",
            hint=f"Fill the rows without {first.column.name}, then make it NOT NULL in each of these tables.",
            evidence=tuple(
                Evidence(EvidenceKind.CATALOG, f"{one} may be NULL", survey.origin_of(one))
                for found in same
                for one in (found.table.ref.column(found.column.name),)
            ),
            origin=survey.origin_of(ref),
            salient=("tables",),
            level=first.level if first.level is not self.level else None,
            precision=first.precision if first.precision is not self.precision else None,
            weight=_weight(survey, first),
        )

    def _of_table(self, survey: Survey, group: list[NeverNull]) -> Finding:
        first = group[0]
        ref = first.table.ref.over(tuple(found.column.name for found in group))
        same = {found.why for found in group}
        which = f"{len(group)} columns" if len(group) > _SEVERAL else listed(found.column.name for found in group)
        why = first.why if len(same) == 1 else "although every new row gets a value" if first.default else first.why
        return Finding(
            self.name(),
            ref,
            f"{which} of {first.table.ref} may be NULL {why}: {_harm(survey, first)}.",
            hint="Fill the rows without a value, then make these columns NOT NULL.",
            evidence=tuple(evidence for found in group for evidence in found.evidence[:2]),
            origin=survey.origin_of(first.table.ref.column(first.column.name)),
            salient=("several",),
            level=first.level if first.level is not self.level else None,
            precision=first.precision if first.precision is not self.precision else None,
            weight=_weight(survey, first),
        )

    def _of_custom(self, survey: Survey, habitual: list[NeverNull]) -> Finding:
        first = habitual[0].table.ref.column(habitual[0].column.name)
        tables = len({found.table.ref.key for found in habitual})
        return Finding(
            self.name(),
            Ref.database(),
            f"{len(habitual)} columns of {count(tables, 'table')} may be NULL although every new row gets a default "
            f"({first} is the first): comparisons leave rows without a value out.",
            hint="Make NOT NULL the rule for columns with a default, and begin with those that queries compare.",
            evidence=tuple(
                Evidence(EvidenceKind.CATALOG, f"{found.table.ref.column(found.column.name)}: {found.default}", origin)
                for found in habitual
                for origin in (survey.origin_of(found.table.ref.column(found.column.name)),)
            ),
            origin=survey.origin_of(first),
            salient=("custom",),
            level=Level.INFO,
            precision=Precision.LOW,
        )

    def fix(self, finding: Finding, survey: Survey) -> Fix | None:
        """NOT NULL."""
        table = survey.catalog.table(finding.object) if finding.object.table else None
        wanted = finding.object.columns
        tables = list(survey.tables) if finding.salient == ("tables",) else [table] if table else []
        every = [one for each in tables for one in never_null(survey, each) if one.column.name in wanted]
        found = [one for one in every if finding.salient != ("tables",) or one.why == _why(every, finding)]
        if not found:
            return None
        changes = tuple(change for one in found for change in _required(one))
        tests = " or ".join(dict.fromkeys(f"{quoted(one.column.name)} is null" for one in found))
        return Fix(changes, Applicability.UNSAFE, f"Fill the rows without a value first: those where {tests}.")


def _required(found: NeverNull) -> Iterator[Change]:
    """NOT NULL, and an end to clearing the reference with what it refers to."""
    yield AlterColumn(found.table.ref, found.column, replace(found.column, nullable=False))
    key = reference_by(found.table, found.column)
    if key is not None and clears(key):
        yield from with_action(Sibling(found.table, key), Action.RESTRICT)


def _why(every: list[NeverNull], finding: Finding) -> str:
    """What is said of the column that a finding about several tables names first."""
    return next((one.why for one in every if one.table.ref.column(one.column.name).key == finding.object.key), "")


def _weight(survey: Survey, found: NeverNull) -> float:
    return _SEEN_BY_COMPILER if found.plain and of_application(survey).checks_null else 1.0


def _harm(survey: Survey, found: NeverNull) -> str:
    if is_of_tenant(survey, found.table, found.column):
        tenant = " ".join(word for word in singular_words(found.column.name) if word != "id")
        return f"a row without one belongs to nobody, and no {tenant} finds it by its own"
    if found.column.type.family is Family.BOOLEAN:
        return "neither a test for true nor one for false finds a row without a value"
    nothing = of_application(survey).nothing
    return f"a row without a value drops out of comparisons, and code that reads it meets {nothing}"


def _hint(found: NeverNull) -> str:
    known = "" if found.default is None or found.default.startswith("a value that") else f" with {found.default}"
    filled = f"Fill the rows without a value{known}, then make" if found.default else "Make"
    return f"{filled} {found.table.ref.column(found.column.name)} NOT NULL."


def _by_custom(survey: Survey, every: list[NeverNull]) -> list[NeverNull]:
    """Those for which a default alone speaks, where that is how most columns with a default are made. Where nobody
    wrote that they may be NULL they are slips only among many that are required."""
    plain = [found for found in every if found.plain]
    required = sum(
        not column.nullable and fills_in(column) is not None for table in survey.tables for column in table.columns
    )
    if len(plain) > _MANY and len(plain) > required:
        return plain
    unsaid = [found for found in plain if found.unsaid]
    return unsaid if len(unsaid) * _RARE > required else []

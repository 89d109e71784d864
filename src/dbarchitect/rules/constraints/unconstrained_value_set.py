"""The rule `unconstrained-value-set`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dbarchitect.catalog.members import Column
from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.queries import FieldRule
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Survey
from dbarchitect.catalog.types import Family
from dbarchitect.change.operations import Add
from dbarchitect.finding import (
    Applicability,
    Category,
    Evidence,
    EvidenceKind,
    Finding,
    Fix,
    Level,
    Precision,
    Strength,
)
from dbarchitect.rules._base import Rule
from dbarchitect.rules._code.coded_values import closed_values, coded_values
from dbarchitect.rules._code.telling import first_few
from dbarchitect.rules._fixes.members import new_check
from dbarchitect.rules._fixes.prisma import is_prisma, on_sqlite
from dbarchitect.rules._names import phrases
from dbarchitect.rules._schema.domains import is_payment
from dbarchitect.rules._schema.limits import checks_naming, limits_values
from dbarchitect.rules._schema.shape import is_account, is_tenant
from dbarchitect.rules._schema.values import ValueSet, value_set
from dbarchitect.rules._sql import count, literal, quoted

_DECISIVE = phrases("status, tier, role, plan, permission, access level, state")

_SHOWN = 6
_MANY = 12
"""More open columns than this, and hardly any that is kept, are one decision of those who made the schema."""

_OFFERED = phrases("tier, plan")
"""What is sold comes and goes with the offer: by its name alone the set is not known to be closed."""


class UnconstrainedValueSet(Rule):
    """A column of few values that accepts any

    ## What it finds
    A column that holds one of a few values (a status, a role, a tier, a kind) as plain text or as a small number,
    without a CHECK, an enum, a domain or a foreign key. That it is one is told by the choices that the model, a form or
    a schema declares, by the constants that all the code writes, by a comment beside it that lists the values and
    nothing else (`String // "open" | "closed"`), by a constant default, or, with less certainty, by its name. Where
    there are more than twelve and hardly any is kept to its values, they are one finding; those that decide over
    accounts, tenants and payments are told one by one.

    ## Why it matters
    Whatever writes past the one form that checks it (a script, an import, an update in bulk, a second service) can
    store a misspelt value. No query looks for it, so the row is in no list.

    ## When to leave it
    The set is open: kinds of events, types of files, states that a provider may add to.

    ## How the fix works
    Where the model, a form or a schema declares all values, or a comment lists them, it adds a CHECK with them, and
    with those that code writes besides. It fails while other values are stored: list them first. A CHECK lets NULL
    through. Where only constants in the code are known, it proposes them for you to complete; where only the default
    is, there is no fix: collect the values from `select distinct`.

    ## References
    - https://www.postgresql.org/docs/current/ddl-constraints.html#DDL-CONSTRAINTS-CHECK-CONSTRAINTS
    - https://docs.djangoproject.com/en/stable/ref/models/constraints/
    - https://www.sqlite.org/lang_createtable.html#check_constraints
    """

    code = "CHK001"
    level = Level.INFO
    precision = Precision.MEDIUM
    category = Category.DATA_INTEGRITY

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for each column; one for the database where hardly any is kept to its values."""
        found = [(table, column, known) for table in survey.tables for column, known in _open_sets(survey, table)]
        habitual = [one for one in found if not _is_serious(*one)]
        if len(habitual) <= _MANY or len(_kept(survey)) * 2 > len(habitual):
            habitual = []
        if habitual:
            yield self._of_custom(survey, habitual)
        together = {id(one) for one in habitual}
        for one in found:
            if id(one) not in together:
                yield self._finding(survey, *one)

    def _of_custom(self, survey: Survey, habitual: list[tuple[Table, Column, ValueSet]]) -> Finding:
        first = habitual[0][0].ref.column(habitual[0][1].name)
        kept = len(_kept(survey))
        others = f"{kept} of their kind {'is' if kept == 1 else 'are'}" if kept else "none"
        tables = len({table.ref.key for table, _, _ in habitual})
        return Finding(
            self.name(),
            Ref.database(),
            f"{len(habitual)} columns of few values in {count(tables, 'table')} are kept to them by the application "
            f"alone, {others} by the database ({first} is the first): a misspelt value makes a row that no query looks "
            "for.",
            "Begin with the columns that decide most, and give each a CHECK or an enum with the values of the code.",
            tuple(
                Evidence(
                    EvidenceKind.CATALOG,
                    f"{(ref := table.ref.column(column.name))} {column.type}, no CHECK: {known.why}",
                    survey.origin_of(ref),
                )
                for table, column, known in habitual
            ),
            survey.origin_of(first),
            salient=("custom",),
        )

    def _finding(self, survey: Survey, table: Table, column: Column, known: ValueSet) -> Finding:
        ref = table.ref.column(column.name)
        anything = "any number" if column.type.family is Family.INTEGER else "any text"
        if known.values:
            text = f"only the application keeps it to its {len(known.values)} values"
            hint = _hint(survey, table, column, known.values)
        elif known.example:
            text = f"it starts as {known.example!r}, and a misspelt value makes a row that no query looks for"
            hint = f"Collect the values of {ref} from the code and the data, and add a CHECK or an enum."
        else:
            text = "a misspelt value makes a row that no query looks for"
            hint = f"Collect the values of {ref} from the code and the data, and add a CHECK or an enum."
        coded = coded_values(survey.code, ref)
        if not known.values and coded.constants:
            values = ", ".join(map(repr, coded.constants[:_SHOWN]))
            hint = f"Look for more values of {ref} than {values} in the code and the data, and add a CHECK or an enum."
        return Finding(
            self.name(),
            ref,
            f"{ref} accepts {anything}: {text}.",
            hint,
            (
                Evidence(EvidenceKind.CATALOG, f"{ref} {column.type}, no CHECK: {known.why}", survey.origin_of(ref)),
                *(_said(rule) for rule in coded.rules[:1]),
                *first_few(coded.queries, 3),
            ),
            survey.origin_of(ref),
            level=Level.WARNING if _is_serious(table, column, known) else None,
            precision=known.precision if known.precision is not self.precision else None,
        )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """The columns of few values that the database keeps to them."""
        kept = _kept(survey)
        if kept:
            message = f"{count(len(kept), 'column')} of few values: the database itself lets no other in."
            yield Strength(self.name(), Ref.database(), message, kept)

    def fix(self, finding: Finding, survey: Survey) -> Fix | None:
        """A CHECK with the declared values; with those that the code writes and compares, for you to complete."""
        table = survey.catalog.table(finding.object) if finding.object.table else None
        for column, known in _open_sets(survey, table) if table else ():
            if table is None or column.name != finding.object.columns[0]:
                continue
            coded = coded_values(survey.code, table.ref.column(column.name)).every
            wanted = known.values or (tuple(dict.fromkeys((*coded, known.example or coded[0]))) if coded else ())
            if len(wanted) > 1:
                family = survey.catalog.family(column.type)
                values = ", ".join(literal(value, family) for value in wanted)
                check = new_check(survey.catalog, table, (column.name,), f"{quoted(column.name)} in ({values})")
                note = f"Look for other values first: select distinct {quoted(column.name)} from {table.ref}."
                sure = Applicability.UNSAFE if known.values else Applicability.MANUAL
                return Fix((Add(table.ref, check),), sure, note)
        return None


def _hint(survey: Survey, table: Table, column: Column, values: tuple[str, ...]) -> str:
    ref = table.ref.column(column.name)
    said = f"Add a CHECK with the {len(values)} values to {ref}."
    if column.type.family is not Family.TEXT or (column.declared is not None and column.declared.choices):
        return said
    few = ", ".join(literal(value) for value in values[:_SHOWN]) + (", …" if len(values) > _SHOWN else "")
    if is_prisma(survey) and survey.engine.capabilities.json_binary:
        return f"Make {ref} an enum of the schema, or add a CHECK with the {len(values)} values by a migration."
    return on_sqlite(survey, "an enum", ref, f"{quoted(column.name)} in ({few})") or said


def _open_sets(survey: Survey, table: Table) -> Iterator[tuple[Column, ValueSet]]:
    for column in table.ordered_columns:
        known = _with_code(survey, table, column, value_set(survey.catalog, table, column))
        if known is not None and column.generated is None and not limits_values(survey.catalog, table, column):
            yield column, known


def _with_code(survey: Survey, table: Table, column: Column, known: ValueSet | None) -> ValueSet | None:
    """What is known with the code, which may know all values where the model does not."""
    values = closed_values(survey, table, column) if known is None or not known.values else ()
    if not values:
        return known
    coded = coded_values(survey.code, table.ref.column(column.name))
    if len(coded.allowed) > 1:
        return ValueSet(values, None, f"{coded.rules[0].layer}s above allow {len(values)} values", Precision.MEDIUM)
    return ValueSet(values, None, f"the code writes {len(values)} constants, and nothing else", Precision.MEDIUM)


def _said(rule: FieldRule) -> Evidence:
    values = ", ".join(map(repr, rule.choices[:_SHOWN]))
    return Evidence(EvidenceKind.CODE, f"{rule.layer} {rule.name}: {values}", rule.origin)


def _is_serious(table: Table, column: Column, known: ValueSet) -> bool:
    """True for what decides over people, tenants or money, where it is known to be one of few values."""
    decides = is_account(table) or is_payment(table) or (is_tenant(table) and bool(known.values))
    told = bool(known.values) or not _OFFERED.ends(column.name)
    return decides and told and _DECISIVE.ends(column.name) and known.precision is not Precision.LOW


def _kept(survey: Survey) -> tuple[Evidence, ...]:
    """The columns of few values that the database keeps to them, and how."""
    kept: list[Evidence] = []
    for table in survey.tables:
        for column in table.ordered_columns:
            checks = [check for check, _ in checks_naming(survey.catalog, table, column)]
            enum = survey.catalog.family(column.type) is Family.ENUM
            if enum or (checks and value_set(survey.catalog, table, column) is not None):
                how = "an enum" if enum else f"CHECK ({checks[0]})"
                ref = table.ref.column(column.name)
                kept.append(Evidence(EvidenceKind.CATALOG, f"{ref}: {how}", survey.origin_of(ref)))
    return tuple(kept)

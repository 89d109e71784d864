"""A function with its owner's rights that finds tables and functions wherever its caller says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from dbarchitect.catalog.objects import Function
from dbarchitect.catalog.refs import Kind, Ref
from dbarchitect.catalog.survey import Survey
from dbarchitect.change.operations import SetSecurity
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
from dbarchitect.rules._sql import count, listed
from dbarchitect.rules.security._hosted import PUBLIC, own_functions
from dbarchitect.rules.security._search_path import (
    fixed_path,
    is_run_by_names,
    unqualified_relations,
    with_search_path,
    writable_schemas,
)

_SHOWN = 5
_ONE_BY_ONE = 5
"""So many functions of a schema are told of one by one; more that are alike are one habit."""

_NONE, _WRITABLE, _TEMPORARY = "none", "writable", "pg_temp"
_OF_MANY = {
    _NONE: "have no fixed search_path: whoever calls them decides where they find tables and functions",
    _WRITABLE: "look in schemas where everybody may create tables and functions",
    _TEMPORARY: "do not put pg_temp last: temporary tables of their caller are found before the tables that they name",
}
_HINT = "Set the search_path of the function to the schemas that it needs, pg_temp last."


@dataclass(frozen=True, slots=True)
class _Open:
    """A function with its owner's rights whose path is open: in what way, in words, and the path itself."""

    function: Function
    fault: str
    why: str
    path: str
    level: Level = Level.WARNING
    precision: Precision | None = None


class FunctionWithOpenSearchPath(Rule):
    """SECURITY DEFINER function with an open search path

    ## What it finds
    SECURITY DEFINER functions and procedures (those of triggers too) without `SET search_path`, or with one that holds
    a schema in which everybody may create objects. One whose path lacks `pg_temp` at its end, and whose body names
    tables without their schema, is worth knowing only. More than five functions of a schema with the same fault are one
    finding. Functions in C, and SQL bodies that are bound when they are made (BEGIN ATOMIC), look nothing up.

    ## Why it matters
    The function works with its owner's rights, and looks up each unqualified table, function and operator along the
    search path of whoever calls it: a caller who puts a schema of their own, or a temporary table, in front makes it
    run their code or read their rows with those rights.

    ## When to leave it
    Where nobody but the owner can run SQL on the server; even so the clause costs nothing.

    ## How the fix works
    It adds the path that applies today, with the function's own schema first and `pg_temp` last, so that the body finds
    the same objects. A body that uses objects of yet another schema without naming it needs that schema too: unsafe.

    ## References
    - https://www.postgresql.org/docs/current/sql-createfunction.html
    """

    code = "SEC007"
    level = Level.WARNING
    precision = Precision.HIGH
    category = Category.SECURITY
    engines = ("postgresql",)

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding per function; one per schema where many of its functions have the same fault."""
        alike: dict[tuple[str | None, str], list[_Open]] = {}
        for found in _open_ones(survey):
            alike.setdefault((found.function.schema, found.fault), []).append(found)
        for (schema, _), several in alike.items():
            if len(several) > _ONE_BY_ONE:
                yield self._of_schema(schema or PUBLIC, several)
            else:
                yield from map(self._of_function, several)

    def _of_function(self, found: _Open) -> Finding:
        function = found.function
        return Finding(
            self.name(),
            _ref(function),
            f"{function.name}({function.arguments}) works with its owner's rights and {found.why}.",
            _HINT,
            (Evidence(EvidenceKind.CATALOG, f"SECURITY DEFINER; {found.path}", function.origin),),
            function.origin,
            salient=(function.arguments, found.fault),
            level=found.level,
            precision=found.precision,
        )

    def _of_schema(self, schema: str, several: list[_Open]) -> Finding:
        first = several[0]
        return Finding(
            self.name(),
            Ref(Kind.SCHEMA, name=schema),
            f"{count(len(several), 'function')} of schema {schema} work with their owner's rights and "
            f"{_OF_MANY[first.fault]} ({first.function.name} is the first).",
            _HINT,
            tuple(
                Evidence(
                    EvidenceKind.CATALOG,
                    f"{found.function.name}({found.function.arguments}): {found.path}",
                    found.function.origin,
                )
                for found in several
            ),
            first.function.origin,
            salient=(first.fault,),
            level=first.level,
            precision=first.precision,
        )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """Functions with their owner's rights whose path is fixed, where all are."""
        definers = list(_definers(survey))
        writable = writable_schemas(survey)
        if definers and all((path := fixed_path(f)) is not None and not writable & set(path) for f in definers):
            evidence = tuple(
                Evidence(EvidenceKind.CATALOG, f"{f.name}: {', '.join(f.settings)}", f.origin)
                for f in definers[:_SHOWN]
            )
            words = f"Every SECURITY DEFINER function ({count(len(definers), 'function')}) has a fixed search_path."
            yield Strength(self.name(), Ref.database(), words, evidence)

    def fix(self, finding: Finding, survey: Survey) -> Fix | None:
        """Fix the path, where no schema on it is open to everybody."""
        changes = []
        for found in _open_ones(survey):
            if not _tells_of(finding, found):
                continue
            function = found.function
            path = [schema for schema in fixed_path(function) or () if schema not in {"pg_temp", "$user"}]
            path = path or [*([function.schema] if function.schema else []), PUBLIC]
            if writable_schemas(survey) & set(path):
                return None
            changes.append(SetSecurity(function, with_search_path(function, (*path, "pg_temp"))))
        note = "Look whether the bodies use objects of other schemas without naming them."
        return Fix(tuple(changes), Applicability.UNSAFE, note) if changes else None


def _tells_of(finding: Finding, found: _Open) -> bool:
    """True where the finding is about this function, or about its schema for the same fault."""
    function = found.function
    if finding.object.kind is Kind.SCHEMA:
        return finding.object.name == (function.schema or PUBLIC) and finding.salient == (found.fault,)
    return _ref(function).key == finding.object.key and finding.salient[:1] == (function.arguments,)


def _open_ones(survey: Survey) -> Iterator[_Open]:
    """The functions whose path is not fixed, is open to everybody, or lets temporary tables in before it."""
    writable = writable_schemas(survey)
    for function in _definers(survey):
        path = fixed_path(function)
        if path is None:
            why = "has no fixed search_path: whoever calls it decides where it finds tables and functions"
            yield _Open(function, _NONE, why, "no SET search_path")
            continue
        said = f"search_path {', '.join(path)}"
        open_ = [schema for schema in path if schema in writable]
        if open_:
            why = f"looks in {listed(open_)}, where everybody may create tables and functions"
            yield _Open(function, _WRITABLE, why, said)
        elif "pg_temp" not in path[-1:] and (named := unqualified_relations(function, survey)):
            why = f"does not put pg_temp last: a temporary table of its caller is found before {named[0]}"
            yield _Open(function, _TEMPORARY, why, said, Level.INFO, Precision.MEDIUM)


def _ref(function: Function) -> Ref:
    return Ref(Kind.FUNCTION, function.schema, name=function.name)


def _definers(survey: Survey) -> Iterable[Function]:
    return (f for f in own_functions(survey) if f.security_definer and is_run_by_names(f))

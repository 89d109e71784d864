"""A function with its owner's rights that finds tables and functions wherever its caller says."""

from __future__ import annotations

from collections.abc import Iterable

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
from dbarchitect.rules._hosted import own_functions
from dbarchitect.rules._search_path import (
    fixed_path,
    is_run_by_names,
    unqualified_relations,
    with_search_path,
    writable_schemas,
)
from dbarchitect.rules._sql import count, listed

_SHOWN = 5


class FunctionWithOpenSearchPath(Rule):
    """SECURITY DEFINER function with an open search path

    ## What it finds
    SECURITY DEFINER functions and procedures (those of triggers too) without `SET search_path`, or with one that holds
    a schema in which everybody may create objects. One whose path lacks `pg_temp` at its end, and whose body names
    tables without their schema, is worth knowing only. Functions in C, and SQL bodies that are bound when they are made
    (BEGIN ATOMIC), look nothing up.

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
    https://www.postgresql.org/docs/current/sql-createfunction.html
    """

    code = "SEC007"
    level = Level.WARNING
    precision = Precision.HIGH
    category = Category.SECURITY
    engines = ("postgresql",)

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding per function."""
        writable = writable_schemas(survey)
        for function in _definers(survey):
            path = fixed_path(function)
            if path is None:
                why = "no fixed search_path: whoever calls it decides where it finds tables and functions"
                yield self._finding(function, f"has {why}", "no SET search_path", "none")
                continue
            open_ = [schema for schema in path if schema in writable]
            if open_:
                why = f"looks in {listed(open_)}, where everybody may create tables and functions"
                yield self._finding(function, why, f"search_path {', '.join(path)}", "writable")
            elif "pg_temp" not in path[-1:] and (named := unqualified_relations(function, survey)):
                why = f"does not put pg_temp last: a temporary table of its caller is found before {named[0]}"
                yield self._finding(function, why, f"search_path {', '.join(path)}", "pg_temp", Level.INFO)

    def _finding(
        self, function: Function, why: str, evidence: str, salient: str, level: Level = Level.WARNING
    ) -> Finding:
        return Finding(
            self.name(),
            _ref(function),
            f"{function.name}({function.arguments}) works with its owner's rights and {why}.",
            "Set the function's search_path to the schemas that it needs, pg_temp last.",
            (Evidence(EvidenceKind.CATALOG, f"SECURITY DEFINER; {evidence}", function.origin),),
            function.origin,
            salient=(function.arguments, salient),
            level=level,
            precision=Precision.MEDIUM if salient == "pg_temp" else None,
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
        function = next(
            (f for f in _definers(survey) if _ref(f).key == finding.object.key and f.arguments == finding.salient[0]),
            None,
        )
        if function is None:
            return None
        path = [schema for schema in fixed_path(function) or () if schema not in {"pg_temp", "$user"}]
        path = path or [*([function.schema] if function.schema else []), "public"]
        if writable_schemas(survey) & set(path):
            return None
        note = "Look whether the body uses objects of other schemas without naming them."
        changed = with_search_path(function, (*path, "pg_temp"))
        return Fix((SetSecurity(function, changed),), Applicability.UNSAFE, note)


def _ref(function: Function) -> Ref:
    return Ref(Kind.FUNCTION, function.schema, name=function.name)


def _definers(survey: Survey) -> Iterable[Function]:
    return (f for f in own_functions(survey) if f.security_definer and is_run_by_names(f))

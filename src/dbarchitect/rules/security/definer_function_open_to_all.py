"""A function with its owner's rights on guarded tables that everybody may call."""

from __future__ import annotations

import re
from collections.abc import Iterable

from dbarchitect.catalog.expressions import functions_of
from dbarchitect.catalog.objects import Catalog, Function, Table
from dbarchitect.catalog.refs import Kind, Ref
from dbarchitect.catalog.survey import Survey
from dbarchitect.change.operations import RunSql
from dbarchitect.finding import Applicability, Category, Evidence, EvidenceKind, Finding, Fix, Level, Precision
from dbarchitect.rules._base import Rule
from dbarchitect.rules._names import words
from dbarchitect.rules._sql import listed, quoted
from dbarchitect.rules.security._bodies import Name, asks_who_calls, body_of, named_in
from dbarchitect.rules.security._hosted import ANONYMOUS, PUBLIC, has_api, own_functions
from dbarchitect.rules.security._policies import commands_of, expressions_of, is_always_true
from dbarchitect.rules.security._search_path import is_run_by_names

_CAPABILITIES = frozenset({"token", "key", "apikey", "secret", "hash", "code", "password", "signature", "otp", "nonce"})
_CALLED_BY_SERVER = re.compile(r"\A(?:trigger|event_trigger)\b", re.IGNORECASE)


class DefinerFunctionOpenToAll(Rule):
    """SECURITY DEFINER function that everybody may call

    ## What it finds
    SECURITY DEFINER functions that PUBLIC (which a new function grants EXECUTE to) or a role without credentials may
    call, and that read or write tables with row-level security. Left out are functions that look at who is calling
    (themselves or through another function), that need a token or key as an argument, that policies use, those of
    triggers, which nobody can call, and those that only read and answer yes or no, that read tables whose rows are
    public, or that were granted to the role without credentials by name after PUBLIC lost them.

    ## Why it matters
    The function works with its owner's rights, which policies do not bind: whoever may call it goes around them. Behind
    an API that exposes functions, that is everybody.

    ## When to leave it
    Where the function gives only what everybody may have.

    ## How the fix works
    It revokes EXECUTE from PUBLIC and from the roles without credentials. Grant it to those that should call: unsafe.

    ## References
    - https://www.postgresql.org/docs/current/sql-createfunction.html
    """

    code = "SEC016"
    level = Level.INFO
    precision = Precision.MEDIUM
    category = Category.SECURITY
    engines = ("postgresql",)

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding per function."""
        asks, in_policies = asks_who_calls(survey.catalog), survey.catalog.derive(_in_policies)
        guarded = {(t.schema, t.name): t for t in survey.tables if t.row_security}
        for function in own_functions(survey):
            if not function.security_definer or not is_run_by_names(function) or not _is_reachable(function, survey):
                continue
            if asks(function) or _needs_capability(function) or _full_name(function) in in_policies:
                continue
            named = named_in(body_of(function))
            written = _tables(named.written, function, guarded)
            read = [t for t in _tables(named.read - named.written, function, guarded) if not _is_public(t)]
            if written or (read and function.returns != "boolean" and PUBLIC in (function.executable_by or ())):
                yield self._finding(function, written, read, survey)

    def _finding(self, function: Function, written: list[Table], read: list[Table], survey: Survey) -> Finding:
        does = " and ".join(
            f"{verb} {listed(str(table.ref) for table in tables)}"
            for verb, tables in (("writes", written), ("reads", read))
            if tables
        )
        reach = bool(written) and has_api(survey) and function.schema is None
        return Finding(
            self.name(),
            _ref(function),
            f"{function.name}({function.arguments}) {does} past row-level security, and everybody may call it.",
            "Revoke EXECUTE from PUBLIC and grant it to the roles that should call, or check the caller in the body.",
            (
                Evidence(
                    EvidenceKind.CATALOG,
                    f"SECURITY DEFINER; EXECUTE for {', '.join(function.executable_by or ())}; "
                    "the body asks nothing about its caller",
                    function.origin,
                ),
            ),
            function.origin,
            salient=(function.arguments,),
            level=Level.WARNING if reach else None,
        )

    def fix(self, finding: Finding, survey: Survey) -> Fix | None:
        """Revoke EXECUTE from everybody."""
        function = next(
            (
                f
                for f in own_functions(survey)
                if _ref(f).key == finding.object.key and finding.salient == (f.arguments,)
            ),
            None,
        )
        roles = [r for r in (function.executable_by or ()) if r == PUBLIC or r in ANONYMOUS] if function else []
        if function is None or not roles:
            return None
        name = f"{quoted(function.schema)}.{quoted(function.name)}" if function.schema else quoted(function.name)
        target = f"execute on routine {name}({function.arguments})"
        whom = ", ".join(role if role == PUBLIC else quoted(role) for role in roles)
        up, down = (f"revoke {target} from {whom}",), (f"grant {target} to {whom}",)
        change = RunSql("postgresql", up, down, f"{function.name} can be called by named roles only")
        return Fix((change,), Applicability.UNSAFE, "Grant EXECUTE to the roles that should call it.")


def _ref(function: Function) -> Ref:
    return Ref(Kind.FUNCTION, function.schema, name=function.name)


def _full_name(function: Function) -> str:
    return f"{function.schema}.{function.name}" if function.schema else function.name


def _is_reachable(function: Function, survey: Survey) -> bool:
    """Callable by everybody, in a schema that everybody may use, and not the server's to call."""
    if _CALLED_BY_SERVER.match(function.returns):
        return False
    everybody = ANONYMOUS | {PUBLIC}
    open_schema = function.schema is None or any(
        grant.role in everybody and grant.object.key == Ref(Kind.SCHEMA, name=function.schema).key
        for grant in survey.catalog.grants
    )
    return open_schema and bool(everybody & set(function.executable_by or ()))


def _needs_capability(function: Function) -> bool:
    arguments = [argument.split() for argument in function.arguments.split(", ") if argument]
    return any(_CAPABILITIES & set(words(part.strip('"'))) for argument in arguments for part in argument[:2])


def _in_policies(catalog: Catalog) -> frozenset[str]:
    parts = (part for table in catalog.tables for policy in table.policies for part in expressions_of(policy))
    return frozenset(name for part in parts for name in functions_of(part))


def _is_public(table: Table) -> bool:
    """True where a policy lets everybody read every row."""
    return any(
        policy.permissive
        and "select" in commands_of(policy)
        and (not policy.roles or ANONYMOUS & set(policy.roles))
        and is_always_true(policy.using)
        for policy in table.policies
    )


def _tables(names: frozenset[Name], function: Function, guarded: dict[Name, Table]) -> list[Table]:
    own = (None if name[0] is not None else guarded.get((function.schema, name[1])) for name in names)
    found = [guarded.get(name) or other for name, other in zip(names, own, strict=True)]
    return sorted({t.ref.key: t for t in found if t is not None}.values(), key=lambda table: str(table.ref))

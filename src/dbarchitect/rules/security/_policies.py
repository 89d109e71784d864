"""What the expressions of row-security policies say: whom they let through, what they ask, how often.

What the server makes of policies is in https://www.postgresql.org/docs/current/sql-createpolicy.html: permissive ones
are alternatives, and a missing WITH CHECK is the USING expression again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from dbarchitect.catalog.expression_tree import FALSE, NULL, TRUE, Node, Shape, unquoted
from dbarchitect.catalog.expressions import Expression, normal_form
from dbarchitect.catalog.members import Policy
from dbarchitect.catalog.objects import Catalog, Table

COMMANDS = ("select", "insert", "update", "delete")
IDENTITY = frozenset({"auth.uid", "auth.jwt", "auth.role", "auth.email", "auth.user_id", "current_setting"})
"""Functions that answer who is asking, the same for every row of a statement."""
_SUBQUERIES = frozenset({"select", "subquery", "exists", "in", "union", "except", "intersect"})
_SESSION = frozenset({"auth.uid", "auth.jwt", "auth.email", "auth.user_id"})


def commands_of(policy: Policy) -> tuple[str, ...]:
    """The commands that the policy is for."""
    return COMMANDS if policy.command == "all" else (policy.command,)


def expressions_of(policy: Policy) -> Iterator[Expression]:
    """Its USING and its WITH CHECK, as far as it has them."""
    return (part for part in (policy.using, policy.check) if part is not None)


def check_of(policy: Policy) -> Expression | None:
    """What new rows must satisfy: WITH CHECK, or USING where there is none."""
    return policy.check if policy.check is not None else policy.using


def is_always_true(part: Expression | None) -> bool:
    """True for `true` and for a comparison of a constant with itself."""
    if part is None:
        return False
    node = normal_form(part)
    same = node.shape is Shape.OPERATOR and node.value == "=" and node.parts[0] == node.parts[1]
    return node == TRUE or (same and node.parts[0].shape is Shape.LITERAL and node.parts[0] not in (NULL, FALSE))


def restricted(table: Table, command: str) -> bool:
    """True where a restrictive policy, which everybody must pass, stands beside the permissive ones."""
    return any(
        not policy.permissive
        and command in commands_of(policy)
        and not policy.roles
        and not any(map(is_always_true, expressions_of(policy)))
        for policy in table.policies
    )


def calls_per_row(part: Expression, stable: frozenset[str]) -> tuple[str, ...]:
    """The calls that the server repeats for each row although they do not depend on it: those of `IDENTITY` with
    constant arguments and those of `stable` functions without any, where they stand in no sub-select."""
    found = {node.value for node in _outside_queries(normal_form(part)) if _is_constant_call(node, stable)}
    return tuple(sorted(found))


def _is_constant_call(node: Node, stable: frozenset[str]) -> bool:
    if node.shape is not Shape.CALL:
        return False
    constant = all(argument.shape is Shape.LITERAL for argument in node.parts)
    return constant and (node.value in IDENTITY or (not node.parts and node.value in stable))


def _outside_queries(node: Node) -> Iterator[Node]:
    yield node
    if node.shape is Shape.CONSTRUCT and node.value in _SUBQUERIES:
        return
    for part in node.parts:
        yield from _outside_queries(part)


def stable_functions(catalog: Catalog) -> frozenset[str]:
    """The stable functions without arguments, by the names that expressions call them by."""
    names: dict[str, set[str]] = {}
    for function in catalog.functions:
        name = f"{function.schema}.{function.name}" if function.schema else function.name
        names.setdefault(name, set()).add(f"{function.volatility} {function.arguments}".strip())
    return frozenset(name for name, kinds in names.items() if kinds == {"stable"})


_TOKEN = re.compile(
    r"""(?P<text>'(?:[^']++|'')*')
    |(?P<open>\((?P<select>\s*select\b)?)|(?P<close>\))
    |(?P<name>(?:"(?:[^"]++|"")*"|[a-z_]\w*)(?:\s*\.\s*(?:"(?:[^"]++|"")*"|[a-z_]\w*))*)(?P<call>\s*\()?""",
    re.VERBOSE | re.IGNORECASE,
)


_QUERY = re.compile(r"\s*select\b", re.IGNORECASE)


def asked_once(text: str, stable: frozenset[str] = frozenset()) -> str:
    """The expression with each call of `calls_per_row` in a sub-select of its own, which the server runs once."""
    pieces: list[str] = []
    queries: list[bool] = []
    at = 0
    while (match := _TOKEN.search(text, at)) is not None:
        pieces.append(text[at : match.start()])
        at = match.end()
        pieces.append(match[0])
        if match["open"]:
            queries.append(bool(match["select"]))
        elif match["close"] and queries:
            queries.pop()
        elif match["call"]:
            end = _end_of_call(text, at)
            name = re.sub(r'[\s"]', "", match["name"]).lower().removeprefix("public.").removeprefix("pg_catalog.")
            node = normal_form(Expression(text[match.start() : end], ""))
            if end > 0 and not any(queries) and name in IDENTITY | stable and _is_constant_call(node, stable):
                pieces[-1] = f"(SELECT {text[match.start() : end]})"
                at = end
            else:
                queries.append(_QUERY.match(text, at) is not None)
    return "".join((*pieces, text[at:]))


def _end_of_call(text: str, start: int) -> int:
    """Behind the parenthesis that closes the one before `start`; 0 where none does."""
    depth, at = 1, start
    while (match := _TOKEN.search(text, at)) is not None:
        at = match.end()
        depth += bool(match["open"] or match["call"]) - bool(match["close"])
        if depth == 0:
            return at
    return 0


def ways_without_identity(part: Expression) -> tuple[str, ...]:
    """What may be unset (`auth.uid()`, `current_setting('app.user', true)`) so that every row is let through: an
    alternative `… IS NULL` or `… = ''`, or `coalesce(…, true)` around a comparison with it."""
    node = normal_form(part)
    if node.shape is Shape.CALL:
        return _passing_null(node)
    found = (_unset(way) or _passing_null(way) for way in (node.parts if node.shape is Shape.OR else ()))
    return tuple(dict.fromkeys(call for way in found for call in way))


def _unset(way: Node) -> tuple[str, ...]:
    is_empty = way.shape is Shape.OPERATOR and way.value == "=" and unquoted(way.parts[1]) == ""
    if way.shape is not Shape.IS_NULL and not is_empty:
        return ()
    call = _bare(way.parts[0])
    return (str(call),) if _asks_who(call) else ()


def _passing_null(way: Node) -> tuple[str, ...]:
    if way.shape is not Shape.CALL or way.value != "coalesce" or way.parts[-1] != TRUE:
        return ()
    return tuple(str(node) for node in way.parts[0].walk() if _asks_who(node))


def _bare(node: Node) -> Node:
    """The call inside casts, `nullif`, `coalesce(…, '')` and sub-selects that only ask it once."""
    while True:
        if node.shape is Shape.CAST or (node.shape is Shape.CONSTRUCT and node.value in {"subquery", "select"}):
            if len(node.parts) != 1:
                return node
            node = node.parts[0]
        elif node.shape is Shape.CALL and node.value in {"nullif", "coalesce"} and node.parts:
            if any(part.shape is not Shape.LITERAL for part in node.parts[1:]):
                return node
            node = node.parts[0]
        else:
            return node


def _asks_who(node: Node) -> bool:
    """True for who is signed in, and for a setting that may be unset (`current_setting` with true)."""
    if node.shape is not Shape.CALL:
        return False
    if node.value in _SESSION:
        return not node.parts
    return node.value == "current_setting" and len(node.parts) == 2 and node.parts[1] == TRUE


_METADATA = re.compile(r"(?:\A|[{,\s\"])(?:user_metadata|raw_user_meta_data)(?:\Z|[},\s\"])")


def reads_user_metadata(part: Expression) -> bool:
    """True where the expression reads what signed-in users can write themselves: `user_metadata` of the token,
    `raw_user_meta_data` of their account."""
    return any(
        (node.shape is Shape.COLUMN and node.value == "raw_user_meta_data")
        or (node.shape is Shape.LITERAL and _METADATA.search(unquoted(node) or "") is not None)
        for node in normal_form(part).walk()
    )


def names_of(policies: Iterable[Policy]) -> list[str]:
    """The policies' names."""
    return [policy.name for policy in policies]

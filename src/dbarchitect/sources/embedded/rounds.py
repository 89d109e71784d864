"""What the names of a Python loop stand for in each of its rounds, where the loop goes over something written out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

import tree_sitter

Bound = Mapping[bytes, tree_sitter.Node]
"""What names stand for in one round."""

_DISPLAYS = frozenset({"list", "tuple", "set"})
_NAMES = frozenset({"pattern_list", "tuple_pattern", "list_pattern"})
_FUNCTIONS = frozenset({"function_definition", "lambda", "class_definition"})
_PASSING_ON = frozenset({b"sorted", b"list", b"tuple", b"set", b"reversed"})
_MOST = 200
_DEEPEST = 8


class Rounds:
    """The loops of one file."""

    def __init__(self, root: tree_sitter.Node) -> None:
        self._root = root

    def of(self, node: tree_sitter.Node) -> tuple[Bound, ...]:
        """The rounds of the loops around a place, up to its function; one without names where there are none."""
        loops: list[tuple[tree_sitter.Node, tree_sitter.Node]] = []
        above = node.parent
        while above is not None and above.type not in _FUNCTIONS:
            clauses = [above] if above.type == "for_statement" else []
            if above.type.endswith(("comprehension", "generator_expression")):
                clauses = [child for child in above.named_children if child.type == "for_in_clause"][::-1]
            for clause in clauses:
                left, right = clause.child_by_field_name("left"), clause.child_by_field_name("right")
                if left is not None and right is not None and not right.start_byte <= node.start_byte < right.end_byte:
                    loops.append((left, right))
            above = above.parent
        rounds: Sequence[Bound] = [{}]
        for left, right in reversed(loops):
            rounds = [{**known, **own} for known in rounds for own in self._bound(left, self._elements(right, known))][
                :_MOST
            ]
        return tuple(rounds)

    def _bound(self, left: tree_sitter.Node, elements: Sequence[tree_sitter.Node] | None) -> Iterator[Bound]:
        """What each element of a loop binds; one round that binds nothing where the elements cannot be told."""
        if elements is None:
            yield {}
            return
        for element in elements:
            if left.type == "identifier":
                yield {left.text or b"": element}
            elif left.type in _NAMES and element.type in _DISPLAYS | {"pair"}:
                parts = [part for part in element.named_children if part.type != "comment"]
                yield {
                    name.text or b"": part
                    for name, part in zip(left.named_children, parts, strict=False)
                    if name.type == "identifier" and len(parts) == len(left.named_children)
                }
            else:
                yield {}

    def _elements(self, node: tree_sitter.Node, known: Bound, depth: int = 0) -> list[tree_sitter.Node] | None:
        """What a list that is written out holds, or the one that a name stands for; None for anything else."""
        if depth > _DEEPEST:
            return None
        if node.type in _DISPLAYS:
            return [part for part in node.named_children if part.type != "comment"]
        if node.type == "dictionary":
            pairs = [part for part in node.named_children if part.type == "pair"]
            return [key for pair in pairs if (key := pair.child_by_field_name("key")) is not None]
        if node.type == "call":
            return self._called(node, known, depth)
        found = self._named(node, known)
        return self._elements(found, known, depth + 1) if found is not None else None

    def _called(self, node: tree_sitter.Node, known: Bound, depth: int) -> list[tree_sitter.Node] | None:
        """`sorted(names)`, `columns.items()`."""
        function, given = node.child_by_field_name("function"), node.child_by_field_name("arguments")
        if function is None or given is None:
            return None
        if function.text in _PASSING_ON and given.named_children:
            return self._elements(given.named_children[0], known, depth + 1)
        method, base = function.child_by_field_name("attribute"), function.child_by_field_name("object")
        if method is None or base is None or method.text not in {b"items", b"values", b"keys"}:
            return None
        written = base if base.type == "dictionary" else self._named(base, known)
        if written is None or written.type != "dictionary":
            return None
        pairs = [part for part in written.named_children if part.type == "pair"]
        if method.text == b"items":
            return pairs
        field = "value" if method.text == b"values" else "key"
        return [part for pair in pairs if (part := pair.child_by_field_name(field)) is not None]

    def _named(self, node: tree_sitter.Node, known: Bound) -> tree_sitter.Node | None:
        """What a name stands for: what this round binds it to, or the one thing that is put into it nearby."""
        name = node.child_by_field_name("attribute") if node.type == "attribute" else node
        if name is None or name.type != "identifier":
            return None
        if node.type == "identifier" and name.text in known:
            return known[name.text or b""]
        given = self._assigned.get(name.text or b"", [])
        own = [value for value in given if _function_of(value) == _function_of(node)] or given
        return own[0] if len(own) == 1 else None

    @cached_property
    def _assigned(self) -> dict[bytes, list[tree_sitter.Node]]:
        """What names are given anywhere in the file."""
        found: dict[bytes, list[tree_sitter.Node]] = {}
        stack = [self._root]
        while stack:
            node = stack.pop()
            left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
            if node.type == "assignment" and left is not None and right is not None and left.type == "identifier":
                found.setdefault(left.text or b"", []).append(right)
            stack.extend(node.named_children)
        return found


def written(node: tree_sitter.Node | None) -> bytes | None:
    """The content of a plain text; None for anything else."""
    if node is None or node.type != "string" or any(part.type != "string_content" for part in _inner(node)):
        return None
    return b"".join(part.text or b"" for part in _inner(node)) or None


def _inner(node: tree_sitter.Node) -> list[tree_sitter.Node]:
    return [part for part in node.named_children if part.type not in {"string_start", "string_end"}]


def _function_of(node: tree_sitter.Node) -> tuple[int, int] | None:
    above = node.parent
    while above is not None and above.type != "function_definition":
        above = above.parent
    return (above.start_byte, above.end_byte) if above is not None else None

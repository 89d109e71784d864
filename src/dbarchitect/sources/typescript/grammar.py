"""The two grammars of tree-sitter (TypeScript; TSX, which reads JavaScript as well), and source made ready for them."""

from __future__ import annotations

import re
from itertools import pairwise

import tree_sitter
import tree_sitter_typescript
from tree_sitter import Node

_ERROR = 0xFFFF
"""The kind of a node that stands for what could not be parsed."""

_TAG_END = re.compile(rb">\s*`")
_USING = re.compile(rb"(?<![\w$.])(?:await\s+)?using(?=\s+[A-Za-z_$][\w$]*\s*(?:[=:]|of\b))")
_STAR_OF_TYPES = re.compile(rb"export\s+type(?=\s*\*)")
_IMPORTED_TYPE = re.compile(
    rb"""(?:(?<=<)import\((?:"[^"\n]*"|'[^'\n]*')\)\.(?=[\w.]+>)|import\((?:"[^"\n]*"|'[^'\n]*')\)\.default\.(?=\w)|import\((?:"[^"\n]*"|'[^'\n]*')\)\.(?=[A-Z]\w*<))"""
)
_INTERFACE = re.compile(rb"\binterface\s+\w[^{}]{0,1000}\{[^{}]*\}")
_IN = re.compile(rb"^([^\S\n]*+)in(?=\??\s*:)", re.MULTILINE)
_UNIQUE = re.compile(rb"\bunique\b(?!\s+symbol)")
_TYPE_OF_MODULE = re.compile(rb"typeof import\([^()\n]*\)(?=>)")
_AMPERSAND = re.compile(rb"(?<!&)&(?![&=]|#?\w+;)")
_BEGINNING = re.compile(
    rb"^(?=(?:export|import|(?:async\s+)?function|(?:abstract\s+)?class|const|let|var|interface|type|(?:const\s+)?enum"
    rb"|namespace|declare|if|for|try)\b|@\w|(?:module\.)?exports\b|<{7} |={7}\s|>{7} )",
    re.MULTILINE,
)
_LONGEST_TYPE = 4_000
_LONGEST_TEXT = 600
_MOST_PROBLEMS = 100
_MOST_PIECES = 2_000

Span = tuple[int, int]


class Grammar:
    """One grammar: its language, the numbers of its kinds of nodes and of its fields."""

    def __init__(self, language: tree_sitter.Language) -> None:
        self.language = language
        self.ids: dict[str, list[int]] = {}
        for number in range(language.node_kind_count):
            name = language.node_kind_for_id(number)
            if name is not None and language.node_kind_is_visible(number):
                self.ids.setdefault(name, []).append(number)
        self.ids["ERROR"] = [_ERROR]

    def kind(self, name: str) -> int:
        """The number of a kind of named nodes; -1 where this grammar has none of that name."""
        found = self.language.id_for_node_kind(name, True)
        return found if found is not None else -1

    def token(self, text: str) -> int:
        """The number of a token."""
        found = self.language.id_for_node_kind(text, False)
        if found is None:
            raise KeyError(text)
        return found

    def field(self, name: str) -> int:
        """The number of a field."""
        found = self.language.field_id_for_name(name)
        if found is None:
            raise KeyError(name)
        return found


TYPESCRIPT = Grammar(tree_sitter.Language(tree_sitter_typescript.language_typescript()))
TSX = Grammar(tree_sitter.Language(tree_sitter_typescript.language_tsx()))


def grammar_of(path: str) -> Grammar:
    """The grammar that a file is written in, told by its extension."""
    return TYPESCRIPT if path.endswith((".ts", ".mts", ".cts")) else TSX


def parse(source: bytes, grammar: Grammar) -> tuple[tree_sitter.Tree, tuple[Span, ...]]:
    """The syntax tree of a source in UTF-8, with its offsets, and the places that could not be parsed."""
    parser = tree_sitter.Parser(grammar.language)
    ready = made_ready(source)
    tree = parser.parse(ready)
    if not tree.root_node.has_error:
        return tree, ()
    found = problems(tree.root_node)
    others = [source] if ready is not source else []
    eased = _eased(ready, found, grammar)
    if eased != ready:
        others.append(eased)
    for other in others:
        again = parser.parse(other)
        left = problems(again.root_node)
        if len(left) < len(found):
            tree, found, ready = again, left, other
    if _is_torn(ready, tree.root_node):
        tree, found = _mended(ready, tree, found, parser)
    return tree, found


def _is_torn(source: bytes, root: Node) -> bool:
    """Whether more than one line of the top level could not be parsed."""
    broken = [root] if root.is_error else [child for child in root.children if child.is_error]
    return any(b"\n" in source[node.start_byte : node.end_byte].strip() for node in broken)


def _mended(
    source: bytes, tree: tree_sitter.Tree, found: tuple[Span, ...], parser: tree_sitter.Parser
) -> tuple[tree_sitter.Tree, tuple[Span, ...]]:
    """The tree without the statements of the top level that are broken so badly that others fell with them.

    What begins at the start of a line with a word that begins a statement is tried by itself: first those are left out
    that fail as a whole, then, if that does not do, those with an error in them.
    """
    cuts = [match.start() for match in _BEGINNING.finditer(source)]
    if not cuts or len(cuts) > _MOST_PIECES:
        return tree, found
    failing: list[Span] = []
    faulty: list[Span] = []
    for start, end in pairwise((0, *cuts, len(source))):
        tried = parser.parse(source[start:end]).root_node
        if tried.is_error or any(child.is_error for child in tried.children):
            failing.append((start, end))
        if tried.has_error:
            faulty.append((start, end))
    for lost in (failing, faulty):
        changed = bytearray(source)
        for start, end in lost:
            changed[start:end] = _blank(source[start:end])
        if lost and changed.strip():
            again = parser.parse(bytes(changed))
            if not _is_torn(bytes(changed), again.root_node):
                return again, tuple(sorted((*lost, *problems(again.root_node))))
    return tree, found


def problems(root: Node) -> tuple[Span, ...]:
    """The places that could not be parsed, the first of them."""
    todo, found = [root], list[Span]()
    while todo and len(found) < _MOST_PROBLEMS:
        node = todo.pop()
        if node.is_error or node.is_missing:
            found.append((node.start_byte, node.end_byte))
        elif node.has_error:
            todo.extend(reversed([child for child in node.children if child.has_error or child.is_missing]))
    return tuple(found)


def _eased(source: bytes, broken: tuple[Span, ...], grammar: Grammar) -> bytes:
    """The source without what the grammars stumble over: something called `unique`, or `in` in an interface, which
    they take for a type's word, and `&` in the text of JSX and in strings of its attributes."""
    eased = _INTERFACE.sub(lambda match: _IN.sub(rb"\1In", match[0]), _UNIQUE.sub(b"Unique", source))
    changed = bytearray(eased)
    for start, end in broken if grammar is TSX else ():
        if end - start < _LONGEST_TEXT:
            begin = source.rfind(b"\n", 0, start) + 1
            changed[begin:end] = _AMPERSAND.sub(b" ", changed[begin:end])
    return bytes(changed)


def made_ready(source: bytes) -> bytes:
    """The source with what the grammars take for something else replaced by as many bytes.

    Type arguments of a tag (``sql<number>`…` ``), which they read as comparisons, become blanks, so does the `type` of
    `export type * from`; `using` is `const`.
    """
    made = source = source.replace(b"\0", b" ") if b"\0" in source else source
    ends = [match.start() for match in _TAG_END.finditer(source)] if b"`" in source else []
    if ends:
        changed = bytearray(source)
        for end in ends:
            start = _type_arguments_start(source, end)
            if start is not None:
                changed[start : end + 1] = _blank(source[start : end + 1])
        if changed != source:
            made = bytes(changed)
    if b"using " in made:
        made = _USING.sub(lambda match: b"const".ljust(len(match[0])), made)
    if b"type *" in made:
        made = _STAR_OF_TYPES.sub(lambda match: b"export".ljust(len(match[0])), made)
    if b"import(" in made:
        made = _IMPORTED_TYPE.sub(lambda match: b" " * len(match[0]), made)
        made = _TYPE_OF_MODULE.sub(lambda match: b"T".ljust(len(match[0])), made)
    return made


def _blank(text: bytes) -> bytes:
    return re.sub(rb"[^\n]", b" ", text)


def _type_arguments_start(source: bytes, end: int) -> int | None:
    """Where the type arguments begin that end with the `>` at `end`; None where that is none of theirs."""
    depth, brackets = 0, 0
    for at in range(end, max(end - _LONGEST_TYPE, 0), -1):
        byte = source[at]
        if byte == 0x3E:  # >
            if source[at - 1] not in b"=-":
                depth += 1
        elif byte == 0x3C:  # <
            depth -= 1
            if depth == 0:
                before = source[at - 1]
                named = before in b"_$)" or chr(before).isalnum()
                return at if named and brackets == 0 and source[at + 1 : at + 2] not in b"/=" else None
        elif byte in b")]}":
            brackets += 1
        elif byte in b"([{":
            brackets -= 1
            if brackets < 0:
                return None
        elif byte == 0x60 or (byte == 0x3B and brackets == 0):  # ` ;
            return None
    return None

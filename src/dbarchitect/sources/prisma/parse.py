"""From the text of a schema file to its blocks. What cannot be read becomes a diagnostic with its line."""

from __future__ import annotations

import hashlib
import json
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import accumulate

from lark import Lark, Token, Transformer, UnexpectedInput, v_args

from dbarchitect.catalog.refs import Diagnostic, Origin
from dbarchitect.sources.discover import utf16_coding
from dbarchitect.sources.prisma import syntax
from dbarchitect.sources.prisma.lines import Line, RawBlock, split, unclosed_comment, without_comments
from dbarchitect.sources.prisma.syntax import Argument, Attribute, Block, Call, Field, Value

_GRAMMAR = r"""
field: NAME type (list | optional)* attribute*
enum_value: NAME attribute*
setting: NAME "=" value
block_attribute: "@@" path arguments?

type: NAME | NAME "(" STRING ")" -> unsupported
list: "[" "]"
optional: "?"
attribute: "@" path arguments?
path: NAME ("." NAME)*
arguments: "(" (argument ("," argument)* ","?)? ")"
argument: (NAME ":")? value
?value: STRING -> text
      | NUMBER -> number
      | path -> word
      | path arguments -> call
      | "[" (value ("," value)* ","?)? "]" -> many
      | "{" (argument ("," argument)* ","?)? "}" -> entries

NAME: /[^\W\d][\w-]*/
NUMBER: /[+-]?\d+(\.\d+)?/
STRING: /"(?:[^"\\\n]|\\.)*"/
%ignore /\s+/
"""
_MARK = "\ufeff"
_START = {"model": "field", "view": "field", "type": "field", "enum": "enum_value"}
_BEHIND = re.compile(r"[ \t]*+/{2,3}[ \t]*+([^\r]{0,500})\Z")
_ABOVE = re.compile(r"[ \t]*///[ \t]?([^\n]{0,500})")
_MOST_ABOVE = 10
_WHAT = {"field": "a field", "enum_value": "a value", "setting": "a setting", "block_attribute": "an attribute"}


@dataclass(frozen=True, slots=True)
class SchemaFile:
    """The blocks of one file, and what could not be read of it."""

    path: str
    blocks: tuple[Block, ...]
    diagnostics: tuple[Diagnostic, ...] = ()


def parse(raw: bytes, path: str) -> SchemaFile:
    """Read a schema file. Never raises: what is not understood stands in the diagnostics."""
    problems: tuple[Diagnostic, ...] = ()
    try:
        text = raw.decode(utf16_coding(raw) or "utf-8")
    except UnicodeDecodeError as error:
        text = raw.decode("utf-8", "replace")
        line = raw.count(b"\n", 0, error.start) + 1
        words = f"line {line} is not UTF-8: the characters that could not be read are replaced"
        problems = (Diagnostic(Origin(path, line), words),)
    # The digest is that of the text that was read: where decoding moved the places, an edit of the file is refused.
    found = _Parser(text, path, hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()).run()
    if text.strip() and not found.blocks:
        return SchemaFile(path, (), (*problems, Diagnostic(Origin(path, 1), "holds no block of a Prisma schema")))
    return replace(found, diagnostics=(*problems, *found.diagnostics))


@cache
def _lark() -> Lark:
    return Lark(
        _GRAMMAR, parser="lalr", start=["field", "enum_value", "setting", "block_attribute"], maybe_placeholders=False
    )


class _Parser:
    """Parses one file; keeps the offsets from which origins are made."""

    def __init__(self, text: str, path: str, digest: str) -> None:
        self.text = text
        self.path = path
        self.digest = digest
        self.starts = [0, *(i + 1 for i, character in enumerate(text) if character == "\n")]
        self.diagnostics: list[Diagnostic] = []
        self.byte_starts = [0, *accumulate(len(line.encode()) + 1 for line in text.split("\n"))]

    def run(self) -> SchemaFile:
        blocks: list[Block] = []
        unclosed = unclosed_comment(self.text)
        if unclosed is not None:
            self._complain(unclosed, "this comment does not end: what follows was not read")
        for piece in split(without_comments(self.text.replace(_MARK, " "))):
            if isinstance(piece, RawBlock):
                blocks.append(self._block(piece))
            else:
                self._complain(piece, f"not understood, outside of any block: {_shortened(piece.text)}")
        return SchemaFile(self.path, tuple(blocks), tuple(self.diagnostics))

    def origin(self, start: int, end: int) -> Origin:
        """The place of a span of characters."""
        first, last = bisect_right(self.starts, start), bisect_right(self.starts, end)
        return Origin(
            self.path,
            first,
            start - self.starts[first - 1] + 1,
            last,
            end - self.starts[last - 1] + 1,
            self._bytes(start),
            self._bytes(end),
            self.digest,
        )

    def _bytes(self, offset: int) -> int:
        line = bisect_right(self.starts, offset) - 1
        return self.byte_starts[line] + len(self.text[self.starts[line] : offset].encode())

    def comment(self, line: Line) -> str | None:
        """What the comment of a member says: the one behind it, else the `///` lines above, which Prisma keeps too."""
        end = line.start + len(line.text)
        stop = self.text.find("\n", end)
        behind = _BEHIND.match(self.text[end : stop if stop >= 0 else len(self.text)].rstrip(" \t\r"))
        if behind is not None:
            return behind[1] or None
        first = bisect_right(self.starts, line.start) - 1
        above: list[str] = []
        while first > 0 and len(above) < _MOST_ABOVE:
            first -= 1
            found = _ABOVE.fullmatch(self.text[self.starts[first] : self.starts[first + 1]].rstrip())
            if found is None:
                break
            above.insert(0, found[1])
        return " ".join(text for text in above if text) or None

    def _complain(self, line: Line, text: str) -> None:
        self.diagnostics.append(Diagnostic(self.origin(line.start, line.start + len(line.text)), text))

    def _block(self, raw: RawBlock) -> Block:
        origin = self.origin(raw.start, raw.end)
        if not raw.closed:
            self.diagnostics.append(Diagnostic(origin, f"{raw.kind} {raw.name} is not closed"))
        members = tuple(member for line in raw.lines for member in self._line(raw, line))
        return Block(raw.kind, raw.name, origin, members)

    def _line(
        self, raw: RawBlock, line: Line
    ) -> Iterator[syntax.Field | syntax.EnumValue | syntax.Setting | Attribute]:
        start = "block_attribute" if line.text.startswith("@@") else _START.get(raw.kind, "setting")
        if raw.kind == "generator":
            return  # says nothing of the database
        try:
            member = _Builder(self, line).transform(_lark().parse(line.text, start=start))
        except RecursionError:
            self._complain(line, f"nested too deep to be read, in {raw.kind} {raw.name}: {_shortened(line.text)}")
            return
        except UnexpectedInput as error:
            what = f"not understood as {_WHAT[start]} of {raw.kind} {raw.name}"
            self._complain(line, f"{what} (column {error.column}): {_shortened(line.text)}")
            return
        if isinstance(member, syntax.Field | syntax.EnumValue | syntax.Setting | Attribute):
            yield member


def _shortened(text: str) -> str:
    folded = " ".join(text.split())
    return folded if len(folded) <= 80 else folded[:79] + "…"


@v_args(inline=True)
class _Builder(Transformer[Token, object]):
    """Makes our values of lark's trees."""

    def __init__(self, parser: _Parser, line: Line) -> None:
        super().__init__()
        self.parser = parser
        self.line = line
        self.origin = parser.origin(line.start, line.start + len(line.text))

    def _pieces(self, pieces: tuple[object, ...]) -> tuple[Attribute, ...]:
        return tuple(piece for piece in pieces if isinstance(piece, Attribute))

    def field(self, name: Token, type_: tuple[str, str | None], *rest: object) -> Field:
        return Field(
            str(name),
            type_[0],
            "list" in rest,
            "optional" in rest,
            self._pieces(rest),
            self.origin,
            unsupported=type_[1],
            comment=self.parser.comment(self.line),
        )

    def enum_value(self, name: Token, *rest: object) -> syntax.EnumValue:
        return syntax.EnumValue(str(name), self._pieces(rest), self.origin)

    def setting(self, name: Token, value: Value) -> syntax.Setting:
        return syntax.Setting(str(name), value, self.origin)

    def block_attribute(self, path: str, arguments: tuple[Argument, ...] = ()) -> Attribute:
        return Attribute(Call(path, arguments), self.origin)

    attribute = block_attribute

    def type(self, name: Token) -> tuple[str, str | None]:
        return str(name), None

    def unsupported(self, name: Token, text: Token) -> tuple[str, str | None]:
        return str(name), _unescaped(text)

    def list(self) -> str:
        return "list"

    def optional(self) -> str:
        return "optional"

    def path(self, *names: Token) -> str:
        return ".".join(names)

    def arguments(self, *arguments: Argument) -> tuple[Argument, ...]:
        return arguments

    def argument(self, *parts: Token | Value) -> Argument:
        *name, value = parts
        return Argument(str(name[0]) if name else None, value)  # type: ignore[arg-type]  # the grammar ends in a value

    def text(self, token: Token) -> Value:
        return syntax.Text(_unescaped(token))

    def number(self, token: Token) -> Value:
        return syntax.Number(str(token))

    def word(self, path: str) -> Value:
        return syntax.Word(path)

    def call(self, path: str, arguments: tuple[Argument, ...]) -> Value:
        return Call(path, arguments)

    def many(self, *items: Value) -> Value:
        return syntax.Many(items)

    def entries(self, *items: Argument) -> Value:
        return syntax.Entries(items)


def _unescaped(token: Token) -> str:
    """The string's content; Prisma's escapes are JSON's, and an escape that it does not know stays."""
    try:
        text = str(json.loads(str(token), strict=False))
        return text.encode("utf-8", "replace").decode()  # half of a surrogate pair is no character
    except ValueError:
        return str(token)[1:-1]

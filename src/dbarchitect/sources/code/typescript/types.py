"""What declared types tell, read from their text: their members, what they wrap, the constants of a union."""

from __future__ import annotations

import re

_WRAPPED = re.compile(r"(?:Promise|Readonly|Required|NonNullable|Awaited|DeepReadonly)\s*<(.*)>\Z", re.DOTALL)
_NOTHING = re.compile(r"(?:(?<!\s)\s++)?\|\s*+(?:undefined|null)\b|\b(?:undefined|null)\s*+\|\s*+")
_COMMENT = re.compile(r"//[^\n]*+|/\*.*?\*/|(?P<unclosed>/\*.*+)", re.DOTALL)
_MEMBER = re.compile(r"\s*+(?:readonly\s++)?[\"']?([\w$]+)[\"']?\s*+(\??)\s*+:\s*+(.*)\Z", re.DOTALL)
_PAIRS = {"(": ")", "[": "]", "{": "}", "<": ">"}
_STRING = re.compile(r"""(["'])((?:(?!\1)[^\\]|\\.)*)\1\Z""")
_LONGEST = 20_000


def bare(text: str) -> str:
    """A type without what says only when it is there: `Promise<User | null>` is `User`."""
    text = text.strip().lstrip("|").strip()
    for _ in range(4):
        before = text
        text = _NOTHING.sub("", text).strip()
        wrapped = _WRAPPED.match(text)
        if wrapped:
            text = wrapped[1].strip()
        if text == before:
            break
    return text


def members_of(text: str) -> dict[str, str]:
    """The members of an object type with the types that they are declared with, `undefined` among those of one that may
    be left out; empty for any other type."""
    text = text.strip()
    if not text.startswith("{") or len(text) > _LONGEST:
        return {}
    inner = _COMMENT.sub(r"\g<unclosed>", text[1 : text.rfind("}")])
    found: dict[str, str] = {}
    for part in _split(inner, ";,\n"):
        member = _MEMBER.match(part)
        if member:
            left_out = " | undefined" if member[2] else ""
            found[member[1]] = f"{member[3].strip()}{left_out}"
    return found


def strings_of(text: str) -> tuple[str, ...]:
    """The strings of a union of nothing else: `"a" | "b"`; empty for any other type."""
    found: list[str] = []
    for part in _split(text.strip().lstrip("|"), "|"):
        string = _STRING.match(part.strip())
        if string is None:
            return ()
        found.append(string[2])
    return tuple(found)


def intersected(text: str) -> tuple[str, ...]:
    """The types that `A & B` joins; one for any other type."""
    return tuple(part.strip() for part in _split(text, "&") if part.strip())


def _split(text: str, separators: str) -> list[str]:
    """A text cut at separators that stand in no brackets and no strings; lines that go on are not cut."""
    parts: list[str] = []
    depth: list[str] = []
    quote, begun = "", 0
    for number, char in enumerate(text):
        if quote:
            quote = "" if char == quote and text[number - 1] != "\\" else quote
        elif char in "\"'`":
            quote = char
        elif char in _PAIRS and not (char == "<" and number and text[number - 1] == "="):
            depth.append(_PAIRS[char])
        elif depth and char == depth[-1] and not (char == ">" and text[number - 1] == "="):
            depth.pop()
        elif char in separators and not depth and not (char == "\n" and _goes_on(text, begun, number)):
            parts.append(text[begun:number])
            begun = number + 1
    parts.append(text[begun:])
    return [part for part in parts if part.strip()]


def _goes_on(text: str, begun: int, end: int) -> bool:
    """Whether a line is not the end of a member: it ends, or the next begins, with an operator."""
    before, after = text[begun:end].rstrip(), text[end:].lstrip()
    return not before or before[-1] in ":|&=,?" or after[:1] in {"|", "&", "?", ":"}

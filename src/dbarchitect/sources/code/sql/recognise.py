"""Telling SQL from English: cheap enough to ask of every string of a program."""

from __future__ import annotations

import re
from collections.abc import Sequence

from dbarchitect.sources.code.sql.shapes import Hole

_LOOKED_AT = 1_500  # characters: the shape shows at the beginning
_HOLE = "{}"
_SKIPPED = re.compile(r"(?:\s|--[^\n]*(?:\n|\Z)|/\*.*?\*/|\(|\{\})*", re.DOTALL)
_WORD = re.compile(r"[A-Za-z]+")
_PART = r"(?:\"[^\"\n]+\"|`[^`\n]+`|\[\w+\]|%\(\w+\)s|[\w${}%]+)"
_NAME = rf"{_PART}(?:\s*+\.\s*+{_PART}){{0,2}}"
_NAMES = rf"{_NAME}(?:\s*+,\s*+{_NAME})*"
_AS = r"(?:\s++as\s++\w+|\s++(?!set\b|using\b)\w{1,12})?"
_END = r"\s*+(?:;|\Z)"

# What follows the keyword that a statement begins with. SELECT and DELETE, with which sentences begin too, see below.
_SHAPES = {
    "select": r".",
    "delete": r".",
    "with": rf"(?:recursive\s++)?{_NAME}\s*+(?:\([^)]*\)\s*+)?as\s++(?:(?:not\s++)?materialized\s++)?\(\s*+"
    r"(?:select|with|insert|update|delete|values|\{|\(|--|/\*)",
    "insert": rf"(?:(?:or\s++\w+|ignore|low_priority|delayed)\s++)?into\s++{_NAME}(?:\s++as\s++\w+)?\s*+"
    r"(?:\(|values\b|select\b|default\s++values\b|set\s|with\s|\{)",
    "replace": rf"into\s++{_NAME}\s*+(?:\(|values\b|select\b|set\s)",
    "update": rf"(?:or\s++\w+\s++)?(?:only\s++)?{_NAME}{_AS}"
    rf"(?:\s*+,\s*+{_NAME}{_AS}|\s++(?:inner\s++|left\s++)?join\s.*?(?<!\s))?\s++set\s++"
    rf"(?:{_NAME}\s*+(?:\[\w+\]\s*+)?=|\(|\{{\}}|\w+\s++where\b)",
    "merge": rf"into\s++{_NAME}{_AS}\s++using\s*+(?:\(|{_NAME}{_AS}\s++on\b)",
    "truncate": rf"(?:table\s++)?(?:only\s++)?{_NAMES}\s*+(?:restart\s++identity|continue\s++identity)?\s*+"
    rf"(?:cascade|restrict)?{_END}",
    "begin": r"(?:(?:transaction|work|immediate|exclusive|deferred|isolation\s++level)\b[\w\s,]*+)?" + _END,
    "start": rf"transaction(?:\s++(?:isolation\s++level|read|with)\b[\w\s,]*+)?{_END}",
    "commit": rf"(?:transaction|work|prepared\s.*+)?{_END}",
    "rollback": rf"(?:transaction|work|prepared\s.*+)?\s*+(?:to\s++(?:savepoint\s++)?{_PART})?{_END}",
    "savepoint": rf"{_PART}{_END}",
    "release": rf"(?:savepoint\s++{_PART}|sp_?\w*){_END}",
    "lock": rf"tables?\s++{_NAMES}(?:\s++(?:in|read|write)\b|{_END})",
    "set": r"(?:(?:session|local|global)\s++)?(?:transaction\s++(?:isolation|read)|(?:time\s++zone|role|names)\s++"
    r"['\w]+\s*+;?\s*+\Z|"
    r"(?:(?:(?:[a-z0-9]++_)*+[a-z0-9]++\.)++\w++|[a-z0-9]++_\w++)\s*+(?:=|to\b)|"
    r"(?:session|local|global)\s++\w+\s*+(?:=|to\b)|@\w+\s*+:?=)",
    "pragma": r"\w++(?:\.\w++)?\s*+(?:[=(;]|\Z)",
    "copy": rf"(?:{_NAME}\s*+(?:\([^)]*\)\s*+)?|\(\s*+select\b.*\)\s*+)"
    r"(?:from|to)\s++(?:stdin|stdout|program\b|'|\{\})",
    "explain": r"(?:\([^)]*\)\s*+|query\s++plan\s++|analyze\s++|verbose\s++)*"
    r"(?:select\s.*\bfrom|select\s++\d|with|insert\s++into|"
    r"update\s++\S+\s++set|delete\s++from)\b",
    "values": r"\(\s*+(?:\d|'|\$|%|\?|:|null\b|\{)[^)]*\)",
    "vacuum": rf"(?:(?:full|analyze|verbose)\b\s*+)*(?:{_NAME})?{_END}",
    "analyze": rf"(?:verbose\s++)?{_NAME}{_END}",
    "alter": r"(?:table|index|view|type|sequence|domain|role|database)\s++"
    rf"(?:if\s++exists\s++)?(?:only\s++)?{_NAME}\s++"
    r"(?:add|drop|alter|rename|set|owner|enable|disable|attach|detach|validate|modify|change|restart|convert)\b",
    "drop": r"(?:materialized\s++)?(?:table|index|view|trigger|function|schema|type|sequence|database|extension)\s++"
    r"(?:concurrently\s++)?(?:if\s++exists\s++)?"
    rf"{_NAMES}\s*+(?:\([^)]*\)|on\s++{_NAME})?\s*+(?:cascade|restrict)?{_END}",
    "create": r"(?:or\s++replace\s++)?"
    r"(?:(?:global|local|temp|temporary|unlogged|virtual|unique|materialized|recursive)\s++)*"
    r"(?:(?:table|schema|sequence)\s++(?:if\s++not\s++exists\s++)?{name}\s*+(?:\(|;|as\s++(?:select|with|table)\b|using\s++\w+\s*+\(|"
    r"partition\s++of\b|like\b|authorization\b)|schema\s++(?:if\s++not\s++exists\s++)?{name}\s*+\Z|"
    r"index\s++(?:concurrently\s++)?(?:if\s++not\s++exists\s++)?(?:{name}\s++)?on\s++(?:only\s++)?{name}\s*+(?:using\s++\w+\s*+)?\(|"
    r"view\s++(?:if\s++not\s++exists\s++)?{name}\s*+(?:\([^)]*\)\s*+)?as\s*+(?:select|with|\()|"
    r"(?:function|procedure)\s++{name}\s*+\(|(?:constraint\s++)?trigger\s++(?:if\s++not\s++exists\s++)?{name}\s++"
    r"(?:before|after|instead\s++of)\b|extension\s++(?:if\s++not\s++exists\s++)?{name}\s*+(?:;|\Z|with\b|schema\b|cascade\b)|"
    r"(?:type|domain)\s++{name}\s++as\b|policy\s++{name}\s++on\b|database\s++{name}\s*+(?:;|\Z|owner\b|with\b)|"
    r"(?:role|user)\s++{name}\s++(?:with|login|password|nologin|superuser)\b)".replace("{name}", _NAME),
}
_COMPILED = {word: re.compile(rf"\s*+{shape}", re.IGNORECASE | re.DOTALL) for word, shape in _SHAPES.items()}
_BARE = frozenset({"begin", "commit", "rollback", "vacuum", "analyze", "truncate"})
"""Statements that may have nothing but names behind them; with one capital they are rather titles of buttons."""

_ARTICLES = frozenset(
    {"a", "an", "the", "your", "this", "that", "these", "those", "our", "my", "their", "one", "here", "at"}
)
_AFTER_TABLE = (
    r"(?:as\s++\w+\s*+)?(?:\Z|[,;()]|\{\}|%|(?:where|(?:inner|left|right|full|cross|natural)\s++(?:outer\s++)?join|join|group\s++by|"
    r"order\s++by|limit|having|union|except|intersect|offset|fetch|for\s++(?:no\s++key\s++)?(?:update|share)|tablesample|use\s++index|"
    r"force\s++index|indexed\s++by|window|using|returning|on)\b)"
)
_FROM = re.compile(
    rf"\bfrom\b\s*+(?:\(|(?:only\s++|lateral\s++)?(?P<name>{_NAME})\s*+(?P<call>\()?"
    rf"(?:(?P<plain>{_AFTER_TABLE})|(?P<alias>\w{{1,30}})\s*+{_AFTER_TABLE})?)",
    re.IGNORECASE,
)
_NAMED = re.compile(rf"(?:{_NAME}|\*|{_PART}\.\*)(?:\s++(?:as\s++)?{_PART})?", re.IGNORECASE)
_CODE = re.compile(r"\*|\(|::|\|\||->|'|\"|`|\$\d|\?|%s|\b\w+\.[\w*]|\{\}|=|_|\d|\bas\b|\bcase\b", re.IGNORECASE)
_EXPRESSION = re.compile(
    r"(?:(?:distinct|all)\s+)?(?:(?:-?\d[\d.]*|'(?:[^']++|'')*'|\$\d+|\?\d*|%s|%\(\w+\)s|:\w+|@@?[\w.]+)\s*(?:\Z|[,;+*/-]|as\b|::)|"
    r"\w+(?:\.\w+)?\(|\(|\*\s*\Z|(?:not\s+)?exists\s*\(|current_(?:timestamp|date|time|user|schema|database)\b|"
    r"(?:true|false|null)\s*(?:\Z|;|,|as\b)|case\s+when\b|\{\}\s*(?:\(|::))",
    re.IGNORECASE,
)


_COMMENTED = re.compile(r"(?P<text>'(?:[^']++|'')*'|\"[^\"]*+\")|--[^\n]*|/\*.*?\*/|(?P<unclosed>/\*.*+)", re.DOTALL)
_LONGEST_COMMENTED = 20_000


def looks_like_sql(parts: str | Sequence[str | Hole]) -> bool:
    """Whether a text, maybe with holes, is a statement of SQL: begins with its keyword and goes on in its shape.

    A sentence such as `Select a file from the list` is none.
    """
    text = parts if isinstance(parts, str) else "".join(p if isinstance(p, str) else _HOLE for p in parts)
    if "--" in text or "/*" in text:  # an apostrophe in a comment begins no text
        text = _COMMENTED.sub(lambda found: found["text"] or found["unclosed"] or " ", text[:_LONGEST_COMMENTED])
    start = _SKIPPED.match(text, 0, _LOOKED_AT)
    at = start.end() if start is not None else 0
    word = _WORD.match(text, at, at + 12)
    keyword = word[0].lower() if word is not None else ""
    shape = _COMPILED.get(keyword)
    if word is None or shape is None or text[word.end() : word.end() + 1].isalnum():
        return False
    rest = text[word.end() : word.end() + _LOOKED_AT]
    if rest[:1] == "_" or shape.match(rest) is None:
        return False
    if keyword in _BARE and word[0].istitle():
        return not re.fullmatch(r"[\w\s]*", rest)
    if keyword == "select":
        return _is_select(rest)
    return _is_delete(rest, title=word[0].istitle()) if keyword == "delete" else True


def _is_select(rest: str) -> bool:
    """SELECT begins many English sentences; FROM stands in some of them too."""
    found = _FROM.search(rest)
    if found is None:
        return _EXPRESSION.match(rest.lstrip()) is not None
    listed = rest[: found.start()].strip()
    if found["name"] is None:  # a query in parentheses
        return bool(listed)
    if found["name"].lower() in _ARTICLES and found["plain"] is None:
        return False
    if not (found["plain"] is not None or found["alias"] is not None or found["call"] is not None):
        return _CODE.search(listed) is not None and _CODE.search(rest[found.end() :]) is not None
    if _CODE.search(listed) is not None:
        return listed.split(maxsplit=1)[0].lower() not in _ARTICLES or "," in listed
    bare = re.sub(r"^(?:distinct|all)\s+", "", listed, flags=re.IGNORECASE)
    return bool(bare) and all(_is_named(part.split()) for part in bare.split(","))


def _is_named(words: list[str]) -> bool:
    """A column, maybe under a name of its own."""
    titled = len(words) > 1 and words[0].lower() in _ARTICLES
    return not titled and _NAMED.fullmatch(" ".join(words)) is not None


_DELETED = re.compile(
    rf"\s*(?:{_NAMES}\s+)?from\s+(?:only\s+)?(?P<name>{_NAME}){_AS}\s*(?:(?P<clause>where|using|returning|join|inner\s+join|"
    r"left\s+join|order\s+by|limit)\b|(?P<end>;|\Z|\{\}|%))",
    re.IGNORECASE,
)


def _is_delete(rest: str, *, title: bool) -> bool:
    """`Delete from cart` is the text of a button; `DELETE FROM cart` and `delete from cart` are statements."""
    found = _DELETED.match(rest)
    if found is None or found["name"].lower() in _ARTICLES:
        return False
    return not title or found["clause"] is not None or found["end"] == ";"

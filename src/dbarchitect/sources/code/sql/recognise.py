"""Telling SQL from English: cheap enough to ask of every string of a program."""

from __future__ import annotations

import re

_SKIPPED = re.compile(r"(?:\s+|--[^\n]*(?:\n|\Z)|/\*.*?\*/|\()*", re.DOTALL)
_NAME = r"(?:[`\"\[]?[\w${}%.\-]+[`\"\]]?(?:\s*\.\s*[`\"\[]?[\w${}%]+[`\"\]]?)*)"
_SHAPES = {
    "select": r"select\s*(?:\(|\*|distinct\b|all\b|['\"`:$?%{@\d-]|[\w\"`{][^;]*?(?:,|\(|\bas\b)|.*?\bfrom\b)",
    "with": rf"with\s+(?:recursive\s+)?{_NAME}\s*(?:\([^)]*\)\s*)?as\s+(?:(?:not\s+)?materialized\s+)?\(",
    "insert": rf"insert\s+(?:(?:or\s+\w+|ignore|low_priority|delayed)\s+)?into\s+{_NAME}\s*"
    r"(?:\(|as\s|values\b|select\b|default\s+values\b|set\s|with\s|$)",
    "replace": rf"replace\s+into\s+{_NAME}\s*(?:\(|values\b|select\b|set\s)",
    "update": rf"update\s+(?:or\s+\w+\s+)?(?:only\s+)?{_NAME}(?:\s+(?:as\s+)?\w+)?"
    rf"(?:\s*,\s*{_NAME}|\s+(?:inner\s+|left\s+(?:outer\s+)?)?join\s+.*?)?\s+set\s+(?:[\w\"`.\[\]{{}}]+\s*=|\(|\{{)",
    "delete": rf"delete\s+(?:[\w.`]+\s+)?from\s+(?:only\s+)?{_NAME}(?:\s+(?:as\s+)?\w+)?\s*"
    r"(?:$|;|where\b|using\b|returning\b|(?:inner\s+|left\s+)?join\b|order\s+by\b|limit\b|\{|%)",
    "merge": rf"merge\s+into\s+{_NAME}(?:\s+(?:as\s+)?\w+)?\s+using\b",
    "create": r"create\s+(?:or\s+replace\s+)?(?:global\s+|local\s+)?(?:temp(?:orary)?\s+)?(?:unlogged\s+|virtual\s+)?(?:unique\s+)?"
    r"(?:materialized\s+)?(?:table|index|view|trigger|function|procedure|schema|extension|type|sequence|role|user|"
    rf"database|policy|domain)\s+(?:concurrently\s+)?(?:if\s+not\s+exists\s+)?{_NAME}\s*(?:\(|;|$|on\s+{_NAME}\s*\(|as\s+(?:select|enum|with)\b|using\s+\w+\s*\()",
    "alter": rf"alter\s+(?:table|index|view|type|sequence|domain|role|database)\s+(?:if\s+exists\s+)?(?:only\s+)?{_NAME}\s+"
    r"(?:add|drop|alter|rename|set|owner|enable|disable|attach|detach|validate|modify|change|with)\b",
    "drop": r"drop\s+(?:materialized\s+)?(?:table|index|view|trigger|function|schema|type|sequence|database|extension)"
    rf"\s+(?:concurrently\s+)?(?:if\s+exists\s+)?{_NAME}(?:\s*,\s*{_NAME})*\s*(?:cascade|restrict)?\s*(?:;|$)",
    "truncate": rf"truncate\s+(?:table\s+)?(?:only\s+)?{_NAME}(?:\s*,\s*{_NAME})*\s*"
    r"(?:restart\s+identity|continue\s+identity|cascade|restrict|\s)*(?:;|$)",
    "begin": r"begin(?:\s+(?:transaction|work|immediate|exclusive|deferred|isolation\s+level)\b[\w\s,]*)?\s*(?:;|$)",
    "start": r"start\s+transaction\b",
    "commit": r"commit(?:\s+(?:transaction|work|prepared\s.*))?\s*(?:;|$)",
    "rollback": r"rollback(?:\s+(?:transaction|work|prepared\s.*))?(?:\s+to\s+(?:savepoint\s+)?[\w\"]+)?\s*(?:;|$)",
    "savepoint": r"savepoint\s+[\w\"{}]+\s*(?:;|$)",
    "release": r"release\s+(?:savepoint\s+)?[\w\"{}]+\s*(?:;|$)",
    "lock": rf"lock\s+tables?\s+{_NAME}",
    "set": r"set\s+(?:(?:session|local|global)\s+)?(?:transaction\s|[\w.@]+\s*(?:=|\bto\b)\s*[^\s])[^.]*\s*$",
    "pragma": r"pragma\s+[\w.]+\s*(?:=|\(|;|$)",
    "copy": rf"copy\s+(?:{_NAME}\s*(?:\([^)]*\)\s*)?|\(.*\)\s*)(?:from|to)\s+(?:stdin|stdout|program|')",
    "explain": r"explain\s+(?:\([^)]*\)\s*|query\s+plan\s+|analyze\s+|verbose\s+)*(?:select|with|insert|update|delete)\b",
    "values": r"values\s*\(.*\)\s*(?:,\s*\(.*\)\s*)*(?:;|$)",
    "vacuum": rf"vacuum(?:\s+(?:full|analyze|verbose))*(?:\s+{_NAME})?\s*(?:;|$)",
    "analyze": rf"analyze(?:\s+verbose)?\s+{_NAME}\s*(?:;|$)",
}
_COMPILED = {word: re.compile(shape, re.IGNORECASE | re.DOTALL) for word, shape in _SHAPES.items()}
_WORD = re.compile(r"[A-Za-z]+")
_FROM = re.compile(
    r"\bfrom\s+(?:only\s+|lateral\s+)?(\(|[`\"\[{%]|[\w$.]+[`\"]?)\s*([^\s]*)", re.IGNORECASE
)  # what follows FROM, and the first thing after it
_AFTER_TABLE = re.compile(
    r"(?:$|[,;()]|(?:as|where|join|inner|left|right|full|cross|natural|group|order|limit|having|union|except|intersect|"
    r"offset|fetch|for|tablesample|use|force|indexed|window|returning)\b|[{%])",
    re.IGNORECASE,
)
_CODE = re.compile(r"[=<>*();]|%s|%\(|\$\d|\?|::|\b\w+\.\w+\b|\{")
_ARTICLES = frozenset({"a", "an", "the", "your", "this", "that", "these", "those", "our", "my", "their", "one", "all"})
_LOOKED_AT = 4_000  # characters: the shape shows at the beginning


def looks_like_sql(text: str) -> bool:
    """Whether a text is a statement of SQL: begins with its keyword and goes on in its shape.

    A sentence such as `Select a file from the list` is none.
    """
    start = _start(text)
    word = _WORD.match(text, start, start + 20)
    if word is None:
        return False
    keyword = word[0].lower()
    shape = _COMPILED.get(keyword)
    head = text[start : start + _LOOKED_AT].rstrip()
    if shape is None or shape.match(head) is None:
        return False
    return _is_select(head) if keyword == "select" else True


def _start(text: str) -> int:
    found = _SKIPPED.match(text, 0, _LOOKED_AT)
    return found.end() if found else 0


def _is_select(head: str) -> bool:
    """SELECT begins many English sentences; FROM stands in some of them too."""
    rest = head[6:].lstrip()
    first = _WORD.match(rest)
    if first is not None and first[0].lower() in _ARTICLES - {"all"} and not re.match(r"\w+\s*[.,]\s*\w", rest):
        following = rest[first.end() :].lstrip()
        if not following.lower().startswith("from "):
            return False
    found = _FROM.search(head)
    if found is None:
        return _is_expression(rest)
    if found[1].lower() in _ARTICLES:
        return False
    if _CODE.search(head) is not None and (rest[:1] in "*({'\"`$?:@%" or _CODE.search(head[: found.start()])):
        return True
    return _plain_select(rest[: max(found.start() - (len(head) - len(rest)), 0)], head[found.start(2) :])


def _plain_select(columns: str, after: str) -> bool:
    """Nothing but words between SELECT and FROM: they must be a list of names, and a clause must follow the table."""
    listed = re.sub(r"^(?:distinct|all)\s+", "", columns.strip(), flags=re.IGNORECASE)
    names = all(re.fullmatch(r"[\w\"`\[\].]+(?:\s+(?:as\s+)?[\w\"`]+)?", part.strip(), re.IGNORECASE)
                for part in listed.split(","))  # fmt: skip
    if not names:
        return False
    if _AFTER_TABLE.match(after):
        return True
    return (
        re.match(r"\w+\s*(?:$|[,;]|(?:where|join|inner|left|order|group|limit|on)\b)", after, re.IGNORECASE) is not None
    )


def _is_expression(rest: str) -> bool:
    """SELECT without FROM: a call or a constant (`SELECT 1`, `SELECT pg_sleep(1)`)."""
    return re.match(
        r"(?:distinct\s+)?(?:[\d'$?:@%{-][^\s]*\s*(?:$|[,;]|as\b|::)|[\w.]+\(|\(|\*\s*$|exists\s*\(|not\s+exists\s*\(|"
        r"current_(?:timestamp|date|user|schema|database)\b|true\s*$|null\s*$|case\s+when\b)",
        rest,
        re.IGNORECASE,
    ) is not None  # fmt: skip

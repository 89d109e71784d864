"""What a comment beside a column says of its values: which there are, or that they are JSON.

Only a comment that is a list and nothing else counts for one (`"open" | "closed"`, `PENDING, DONE`, `enum: a, b or c`):
one that goes on ("e.g. a, b", "a, b, etc.") tells that there are more.
"""

from __future__ import annotations

import re

_LABEL = re.compile(
    r"(?:(?:enum|values?|options?|choices|either|one of|allowed(?: values)?|possible values?|valid(?: values)?|can be"
    r"|[A-Za-z]{1,30}(?=\s*[:=]))(?:\s+(?:of|are|is))?\s*[:=]?\s*)",
    re.IGNORECASE,
)
_QUOTED = r"\"[\w .:+-]{1,40}\"|'[\w .:+-]{1,40}'|`[\w .:+-]{1,40}`"
_BARE = r"[A-Za-z_][\w-]{0,39}"
_BETWEEN = r"\s*(?:[|,/;]\s*(?:or\s+|and\s+)?|\s(?:or|and)\s+)"
_LIST = re.compile(rf"(?:{_QUOTED}|{_BARE})(?:{_BETWEEN}(?:{_QUOTED}|{_BARE}))+")
_VALUE = re.compile(rf"{_QUOTED}|{_BARE}")
_MOST = 30
_WORDS = frozenset({"or", "and", "null", "undefined"})
_DEFAULT = re.compile(r"(?:(?<!\s)\s++)?\((?:the )?default\)", re.IGNORECASE)
_OPEN = frozenset({"etc", "others", "more", "custom", "any", "eg", "ie", "optional", "required", "nullable", "unique"})
_JSON = re.compile(
    r"(?:(?:an?|stored|saved|kept|encoded|serialized|serialised|stringified|as|in|raw)\s+){0,3}json"
    r"(?:\s*[:;,.()\[\]{}–—-]|\s+(?:string|text|array|object|list|map|blob|data|encoded|serialized|serialised|of|with|e\.g)"
    r"|\s*\Z)"
    r"|.{0,80}\bjson[ -](?:string|text|array|object|encoded|serialized|serialised|stringified|list)\b"
    r"|.{0,80}\b(?:stored|saved|encoded|serialized|serialised|stringified|as|in)\s+json\s*\Z",
    re.IGNORECASE,
)
_NO_JSON = re.compile(
    r"\bnot\s+(?:\w+\s+)?json\b|\bjson[- ]?(?:path|file|schema|pointer|web|ld|rpc|key)\b|\burl (?:of|to|for)\b",
    re.IGNORECASE,
)


def listed_values(comment: str | None, default: str | None, *, of_state: bool = False) -> tuple[str, ...]:
    """The values that a comment lists, in its order; none where it is no such list, or does not know the default.

    Bare words between commas are also how people describe a text: they count where the default is one of them or the
    column is known to hold a state (`of_state`).
    """
    text = _DEFAULT.sub("", comment or "").strip().rstrip(".")
    label = _LABEL.match(text)
    if label is not None and _LIST.fullmatch(text) is None:
        text = text[label.end() :]
    text = text.strip("()[] ")
    if not text or _LIST.fullmatch(text) is None:
        return ()
    found = [value for value in _VALUE.findall(text) if value.casefold() not in _WORDS]
    quoted = [value for value in found if value[0] in "\"'`"]
    values = tuple(dict.fromkeys(value.strip("\"'`") for value in found))
    if len(values) < 2 or len(values) > _MOST or any(value.casefold() in _OPEN for value in values):
        return ()
    if default is not None:
        return values if default in values else ()
    if quoted:
        return values if len(quoted) == len(found) else ()
    return values if of_state or "|" in text else ()


def tells_json(comment: str | None) -> bool:
    """Whether a comment says that the text is JSON."""
    return comment is not None and _NO_JSON.search(comment) is None and _JSON.match(comment.strip()) is not None

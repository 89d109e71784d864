"""The words of a function that may keep some people out, or tell who is there, and those that look at what comes in.

They are asked of every function, so they are written for speed: every branch of a pattern begins with a letter, on
which the search can jump, and what stands before it is looked at behind it.
"""

from __future__ import annotations

import re


def _word(letter: bytes) -> bytes:
    """A letter at the beginning of a word."""
    return letter + rb"(?<!\w" + letter + rb")"


_WHAT = rb"_\w*(?:access|owner|role|admin|member|right|scope|policy)\w*"
_ADMITS = re.compile(
    rb"permi(?:ssion|t)s?\w*|has_perms?\w*|forbidden\w*|"
    + _word(b"i") + rb"s_?(?:staff|superuser|admin|owner|author|member)\w*|"
    + _word(b"a") + rb"(?:bort\(\s*403|uthori[sz]e\w*|dmins?_?\w*|cl\b)|"
    + _word(b"h") + rb"ttp_403(?:_forbidden)?\b|"
    + _word(b"4") + rb"03(?:_forbidden)?\b|"
    + _word(b"c") + rb"(?:an_[a-z]\w*|heck" + _WHAT + rb")|"
    + b"|".join(_word(verb[:1]) + verb[1:] + _WHAT for verb in (b"require", b"assert", b"ensure", b"verify")) + rb"|"
    + _word(b"r") + rb"oles?\b|" + _word(b"p") + rb"olicy\w*"
)  # fmt: skip
"""Of a source in lower case."""
_CHECKS = re.compile(
    _word(b"v") + rb"alidat\w*|" + _word(b"i") + rb"s_valid\w*|" + _word(b"j") + rb"sonschema|"
    + _word(b"c") + rb"leaned_data|(?:Schema|schema)(?:(?![Ss]chema)\w)*+(?=[.(])"
)  # fmt: skip
_USER = re.compile(
    rb"\b(?:request|self\.request|info\.context|g)\.(?:user|identity|auth)\b|\bcurrent_user\b|\bauth_subject\b"
    rb"|\bget_current_\w*user|\bget_jwt_identity\b|\bcurrent_identity\b|\bsession\[[\"']user"
)
_OF_USER = (b".user", b".identity", b".auth", b"current_", b"auth_subject", b"get_jwt", b"session[")


def knows_user(source: bytes) -> bool:
    """Whether the source of a function asks who is there."""
    return any(word in source for word in _OF_USER) and _USER.search(source) is not None


def admits(source: bytes) -> str | None:
    """Where a function asks for a role or a right: the first word that says so."""
    found = _ADMITS.search(source.lower())
    return _whole_word(source, *found.span(), b"has_perm") if found is not None else None


def checks(source: bytes) -> str | None:
    """Where a function looks at what comes in: the first word that says so."""
    found = _CHECKS.search(source)
    return _whole_word(source, *found.span(), b"schema") if found is not None else None


def _whole_word(source: bytes, start: int, end: int, inner: bytes) -> str:
    """What was found; with all of its word where it is one that may stand inside of a word."""
    if source[start:end].lower().startswith(inner):
        while start and (source[start - 1 : start].isalnum() or source[start - 1 : start] == b"_"):
            start -= 1
    return source[start:end].decode("utf-8", "replace")

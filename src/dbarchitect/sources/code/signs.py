"""Signs: what words of a program tell of the whole of it, searched for where something makes them matter.

A limit of attempts may stand in front of all routes, and a transaction may be run again by a function that nobody
follows: so what is asked here is only whether the program speaks of such a thing at all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from dbarchitect.catalog.queries import Code, EventKind, Sign, SignKind
from dbarchitect.catalog.refs import Origin

_LONGEST = 60

Search = Callable[[re.Pattern[bytes]], Iterable[tuple[str, bytes]]]
"""Gives the paths and sources of the modules with some words."""

_LIMITS = re.compile(
    rb"ateLimit|ate-limit|ate_limit|atelimit|ATE_LIMIT|ate limit|hrottl|slow-down|slowDown|slowapi|axes|brute|Brute|"
    rb"ockout|aptcha|APTCHA|urnstile|arcjet|next-auth|NextAuth|@auth/|better-auth|@clerk|@supabase|auth0|@workos|workos|"
    rb"kinde|stackframe|firebase-admin|firebase_admin|@logto|keycloak|passkey|fastapi_users|allauth|too many|Too many|"
    rb"TOO_MANY|imiter|efender"
)
_LIMIT = re.compile(
    rb"ate[-_ ]?limit\w*|throttl\w*|slow-?down|slowapi|[\"']axes[\"'.]|\baxes\.(?:decorators|middleware|backends)|"
    rb"brute[-_ ]?force\w*|lockout\w*|[\w-]{0,40}captcha|turnstile|arcjet|"
    rb"[\"'](?:@auth/[\w-]+|next-auth|better-auth|@clerk/[\w-]+|"
    rb"@supabase/[\w-]+|(?:@|express-openid|nextjs-)?auth0[\w/-]*|@workos-inc/[\w-]+|@kinde[\w/-]+|@stackframe/[\w-]+|"
    rb"firebase-admin[\w/-]*|@logto/[\w-]+|keycloak[\w-]*)[\"'/]|"
    rb"(?<!de)limiter\w*|[\"']?\bdefender[\"'.]|\bfastapi_users\b|\ballauth\b|too[_ ]many[_ ]\w+",
    re.IGNORECASE,
)
_RETRIES = re.compile(
    rb"P2034|40001|40P01|SQLITE_BUSY|database is locked|eadlock|erialization|etry|etries|enacity|backoff"
)
_RETRY = re.compile(
    rb"\bP2034\b|\b40001\b|\b40P01\b|SQLITE_BUSY|database is locked|deadlock\w*|serialization\w{0,2}failure|"
    rb"could not serialize|(?:retry|retries)[^;]{0,340}?transaction|transaction[^;]{0,300}?(?:retry|retries)|"
    rb"retry[^\n]{0,120}(?:OperationalError|DBAPIError)|tenacity(?:(?!tenacity)[\s\S]){0,3000}?OperationalError",
    re.IGNORECASE,
)


WORDS = (_LIMITS, _RETRIES)
"""All that is searched for."""


def signs_for(code: Code, search: Search) -> Iterator[Sign]:
    """The signs that matter to what the code does: the first of each kind."""
    if any(event.kind is EventKind.PASSWORD_COMPARED for event in code.events):
        yield from _first(SignKind.ATTEMPTS_LIMITED, _LIMITS, _LIMIT, search)
    if any(query.place.transaction is not None for query in code.queries):
        yield from _first(SignKind.FAILURES_RETRIED, _RETRIES, _RETRY, search)


def _first(kind: SignKind, words: re.Pattern[bytes], whole: re.Pattern[bytes], search: Search) -> Iterator[Sign]:
    for path, source in search(words):
        found = whole.search(source)
        if found is not None:
            line = source.count(b"\n", 0, found.start()) + 1
            text = " ".join(found[0].decode("utf-8", "replace").split())[:_LONGEST]
            yield Sign(kind, text, Origin(path, line, start=found.start(), end=found.end()))
            return

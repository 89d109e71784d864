"""What keeps people out of a function, and whether it knows who asks: told by the words of its source."""

from __future__ import annotations

import re

_USER = re.compile(
    rb"\b(?:get(?:Server)?(?:Auth)?Session|getCurrentUser|currentUser|requireUser\w*|requireAuth\w*|validateRequest|"
    rb"getAuth(?:enticated)?(?:User)?|verifySession|getSessionUser|getUser|unstable_getServerSession|getToken|"
    rb"getOptionalSession|withSession|validateSession|getAuthUser|getRequestUser)\(|"
    rb"\bauth\(\)|\bauth\.(?:api\.)?(?:getSession|getUser|user|protect)\b|\bsession\??\.user|"
    rb"\b(?:ctx|context|c|event|opts)\??\.(?:locals\??\.)?(?:user|session|auth|userId|currentUser|account|actor)\b|"
    rb"\b(?:req|request|this\.req|this\.request|locals)\??\.(?:user|userId|session|auth|currentUser|account)\b|"
    rb"\bctx\s*:\s*\{[^{}]{0,400}\b(?:user|session|auth|userId)\b|\bctx\.(?:get|var)\b[(.]\W?(?:user|session|auth)|"
    rb"\bc\.(?:get\(|var\.)[\"']?(?:user|session|auth)"
)
_TAKING = rb"\}\s*=\s*(?:ctx|context|req|request|locals|opts\.ctx|event\.locals)\b"
_TAKEN = re.compile(rb"\{[^{}]{0,400}\b(?:user|session|auth|userId)\b[^{}]{0,400}" + _TAKING)
_TAKEN_APART = re.compile(_TAKING)
_HANDED_USER = re.compile(
    rb"[{,]\s*(?:user|userId|session|auth|authentication|currentUser|emailAccountId|workspace|team|account)\s*[,}:=]"
)
_ADMITS = re.compile(
    rb"\b\w*[pP]ermissions?\w*|\b\w*(?<![uU]n)[aA]uthori[sz]e(?!d)\w*(?=\()|\b(?:is|assert|check|require|ensure)\w*"
    rb"(?<![uU]n)Authori[sz]ed\w*|\b\w*(?:[rR]bac|[aA]bility)\b|\bability\.can\b|"
    rb"\b(?:has|check|require|assert|ensure|verify|validate|is|can|get)[A-Z]\w*(?:Access|Owner|Ownership|Admin|Member|"
    rb"Membership|Role|Scope|Policy|Allowed|Right)\w*|\bis(?:Admin|Owner|Staff|Member|SuperUser)\b|\bcan[A-Z]\w*(?=\()|"
    rb"\b(?:FORBIDDEN|Forbidden\w*|forbidden)\b|\b403\b|(?<=\.)roles?\b|\broles?\s*[!=]==?|\brequired?Roles?\b|"
    rb"\bCRON_SECRET\b|\b(?:verify|validate)\w*Signature\w*|\bconstructEvent\b|\bx-api-key\b|\bapiKey\b",
)
_CHECKS = re.compile(
    rb"\b(?!(?:JSON|Date|superjson|path|qs|url|URL|yaml|YAML|Papa|querystring|cookie|semver|marked|Number|acorn|"
    rb"parser|postcss|csv|dotenv|ms|bowser|uaParser)\b)(?P<name>\w+)\.(?:safeP|p)arse(?:Async)?\(|"
    rb"\b(?:safeParse|parseWithZod|plainToInstance|validateOrReject|zValidator|vValidator)\("
)
_ADMITTING = tuple(
    b"ermission uthori bac bility Access Owner Admin Member Role Scope Policy Allowed Right can FORBIDDEN orbidden "
    b"403 role isStaff isSuperUser CRON_SECRET Signature constructEvent x-api-key apiKey".split()
)
_CHECKING = (b"arse(", b"arseAsync(", b"arseWithZod(", b"plainToInstance(", b"validateOrReject(", b"Validator(")
"""What each match of the above holds one of, which is found ten times quicker."""
_IN_NAMES = frozenset(b"_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
_NAMED_SCHEMA = re.compile(r"\w*schema", re.IGNORECASE)
_NO_GUARD = re.compile(
    r"log(?:ger|ging)?|error|sentry|trace|tracing|telemetry|cache|metric|perf|cors|timing|compress|retry|transaction|"
    r"revalidat|instrument|async_?handler|catch|wrap(?:per)?$|^handler?$|^cache$|^memo$|locale|i18n|helmet|json$|"
    r"urlencoded|upload|multer|^create\w*Route$",
    re.IGNORECASE,
)
_LETTING_IN = re.compile(
    r"auth|protect|guard|session|user|admin|role|permission|access|member|signed|login|token|key|owner|verif|secur|jwt|"
    r"tenant|workspace|team|account|require|policy|scope|restrict",
    re.IGNORECASE,
)
_ROUTERS = re.compile(r"(?:routes?|router|routing|controllers?|handlers?|plugin|app|api)$", re.IGNORECASE)
"""What is mounted like a middleware and lets nobody in or out: `authRoutes`."""
_SIGNED_IN = re.compile(
    r"(?:is|ensure|check|must|require|verify|validate|assert)_?(?:be_?)?(?:is_?)?(?:auth|authenticat\w*|logged_?in|login|"
    r"signed_?in|session|user|jwt|token|access_?token)(?:_?(?:middleware|guard|user))?$|"
    r"(?:protected|authenticated|authed|private|user)_?(?:procedure|action\w*)$|with_?(?:auth|session|user)$|"
    r"action_?client_?user$|(?:jwt_?)?auth_?(?:guard|middleware)$|"
    r"(?:auth\w*|login|session|user|jwt)_?required$|authenticate(?:_?(?:user|token|jwt|request))?$",
    re.IGNORECASE,
)
CHECKED = "schema"
"""The guard that stands for a validation of what comes in."""


def knows_user(source: bytes) -> bool:
    """Whether the source of a function asks who is there."""
    if _USER.search(source) is not None:
        return True
    return _TAKEN_APART.search(source) is not None and _TAKEN.search(source) is not None


def is_handed_user(head: bytes) -> bool:
    """Whether a function that a guard calls takes the user from it; `head` is where its parameters stand."""
    return _HANDED_USER.search(head) is not None


def lets_users_in(guard: str) -> bool:
    """Whether a guard lets only those in who have signed in (`isAuthenticated`, `requireUser`), as its name says."""
    return _SIGNED_IN.match(guard.rpartition(".")[2]) is not None


def asked_in(source: bytes) -> tuple[str, ...]:
    """Where the source of a function itself asks for a role or a right, and the validation that it does."""
    admits, checks = _searched(_ADMITS, _ADMITTING, source), _searched(_CHECKS, _CHECKING, source)
    found = [admits[0].decode("utf-8", "replace")] if admits is not None else []
    if checks is not None:
        found.append(as_check((checks["name"] or b"").decode("utf-8", "replace")))
    return tuple(found)


def _searched(pattern: re.Pattern[bytes], words: tuple[bytes, ...], source: bytes) -> re.Match[bytes] | None:
    """The first match of a pattern, whose matches begin with the name that one of some words is in, or with the name
    before its dot: it is tried there only."""
    starts = set[int]()
    for word in words:
        seen, at = 0, source.find(word)
        while at >= 0:
            start = _name_at(source, at, seen)  # no further than the last one: a name may be a megabyte of them
            starts.add(start)
            if source[start - 1 : start] == b".":
                starts.add(_name_at(source, start - 1))
            seen, at = at, source.find(word, at + 1)
    return next((found for start in sorted(starts) if (found := pattern.match(source, start)) is not None), None)


def _name_at(source: bytes, at: int, least: int = 0) -> int:
    """Where the name begins that a place is in, or behind; not looked for before another place."""
    while at > least and source[at - 1] in _IN_NAMES:
        at -= 1
    return at


def as_check(name: str) -> str:
    """A validation as a guard: its schema's name where that says it is one."""
    return name if _NAMED_SCHEMA.fullmatch(name) else CHECKED


def is_guard(name: str, *, middleware: bool = False) -> bool:
    """Whether a wrapper may keep people out: not one that logs or caches. Of middlewares that a whole router uses only
    those whose name says so."""
    if not name or _NO_GUARD.search(name):
        return False
    return not middleware or (_LETTING_IN.search(name) is not None and _ROUTERS.search(name) is None)

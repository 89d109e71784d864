"""A key, token or secret that nothing shows to be hashed or encrypted."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.members import Column
from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.survey import Survey
from dbarchitect.catalog.types import Family
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Level, Precision, Strength
from dbarchitect.rules._base import Rule
from dbarchitect.rules._names import phrases, thing_words, words
from dbarchitect.rules._schema.domains import owner_column
from dbarchitect.rules._schema.sealed import SEALED, has_hash, is_digest, is_said_in_a_comment, is_sealed, plain_key
from dbarchitect.rules._schema.shape import is_linked_account
from dbarchitect.rules._sql import listed
from dbarchitect.rules.security._sealing import seals_when_written

_LASTING = phrases(
    "api key, apikey, api secret, secret, secret key, client secret, private key, access token, refresh token, auth "
    "token, oauth token, bot token, webhook secret, signing secret, signing key, encryption key, totp secret, totp, "
    "otp secret, api token, access key, secret access key, bearer token, personal access token, pat token, recovery "
    "code, backup code, smtp password, imap password, ftp password, db password, database password, proxy password, "
    "bind password, ldap password, twofa key, two factor key, 2fa key, mfa key, otp key, totp key, twofa secret"
)
_PASSING = phrases(
    "reset token, password reset token, reset password token, session token, remember token, login token, magic link "
    "token, verification token, confirmation token, email verification token, activation token, invite token, "
    "invitation token"
)
_OFTEN_SEALED = phrases(
    "client secret, credential secret, pgp secret key, gpg secret key, two factor secret, 2fa secret, tfa secret, "
    "totp secret, otp secret, mfa secret, twofa secret, "
    "twofa key, two factor key, 2fa key, mfa key, otp key, totp key, "
    "factor secret, authenticator secret, backup code, recovery code, private key, totp"
)
_CODES = phrases("backup code, recovery code")
_VALUES = phrases("token, key, value")
_AUTHORIZATION_SERVERS = frozenset({"oauth", "oauth2", "oidc", "doorkeeper"})
_BARE = phrases("token, secret")
_SERVICES = phrases("config, configuration, integration, connection, connector, credential")
"""What a table is of whose bare token opens another service."""
_PROTECTED = SEALED | frozenset(words("fingerprint checksum"))
_NOT_THE_SECRET = frozenset(
    words(
        "public publishable display displayed masked redacted obfuscated truncated partial last4 hint prefix suffix "
        "preview example sample has is no num count max min"
    )
)
_ABOUT = frozenset(words("id at type expires expiry prefix hint name count url uri path algorithm version status"))
_TOO_SHORT_FOR_A_CIPHER = 80
_FITS_A_DIGEST = {64, 96, 128}
_HANDED_OUT = phrases("api key, apikey, api token, api secret, access key, personal access token, bearer token, secret")
_LISTS = frozenset({"text", "character varying"})
_OF_LIBRARY = 0.6
"""The weight where a library writes the table: what it writes there is set up once, and not by the application."""
_MANY = {"is changed": "are changed", "expires": "expire"}


class PlaintextSecret(Rule):
    """A key, token or secret that nothing says is protected

    ## What it finds
    Text columns whose name ends in that of a secret (`api_key`, `client_secret`, `refresh_token`, `totp_secret`,
    `backup_codes`; a bare `token` of a table of reset or session tokens, or of another service's configuration) and
    says neither hashed nor encrypted, and whose model's field class encrypts nothing. Names that only speak about a
    secret (`token_expires_at`, `api_key_id`, `secret_hint`, `public_api_key`) do not count, nor text of the fixed
    length of a digest (`char(64)`), nor do tables with a column that only hashing or encrypting needs (an algorithm, a
    salt, a nonce).
    The key of a table of API keys has a rule of its own (`api-key-without-hash`).

    ## Why it matters
    Whoever sees a backup, a replica or one query's output can act as the user, or as the application towards the
    other service. A key that lasts is worse than one that is used once; that sets the level. Secrets of a second
    factor, private keys and the client secrets of a single sign-on are often encrypted by the application, and those
    of an authorization server (`oauth_…`) are hashed by its library, under the same name: where the column is long
    enough for that, they are said at the lowest level, as is a key in a column of exactly a digest's length
    (`varchar(128)`), which the schema alone cannot tell from its digest.

    ## When to leave it
    When the application encrypts before it writes and neither the name, nor a comment, nor the column's type, nor the
    functions that lead to the write show it (`sealed = encrypt(value)`, a helper, a type of the project): name the
    column `…_encrypted`, or ignore the finding with that reason.

    ## How the fix works
    There is none in SQL. What is only compared (tokens that you hand out) is stored as a SHA-256 digest of the random
    token; what must be sent on (other services' keys) is encrypted with a key that is not in the database.

    ## References
    - https://cheatsheetseries.owasp.org/cheatsheets/Cryptographic_Storage_Cheat_Sheet.html
    """

    code = "SEC001"
    level = Level.WARNING
    precision = Precision.MEDIUM
    category = Category.SECURITY

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for all secrets of a table that are alike; one for each that lies beside its sealed copy."""
        for table in survey.tables:
            if is_sealed(table):
                continue
            said_elsewhere = plain_key(table, survey.catalog)
            alike: dict[tuple[Level, str], list[Column]] = {}
            for column in table.ordered_columns:
                judged = _judge(table, column, survey)
                if judged is None or column is said_elsewhere or not _readable(table, column, survey):
                    continue
                if seals_when_written(survey.code, table, column):
                    continue
                beside = _sealed_copy(table, column)
                if beside:
                    yield self._leftover(table, column, survey, beside)
                else:
                    alike.setdefault(judged, []).append(column)
            for (level, until), columns in alike.items():
                yield self._finding(table, columns, survey, level, until)

    def _finding(self, table: Table, columns: list[Column], survey: Survey, level: Level, until: str) -> Finding:
        names = tuple(column.name for column in columns)
        ref = table.ref.over(names)
        first = survey.origin_of(table.ref.column(names[0]))
        one = len(names) == 1
        subject = f"{ref} holds a secret by its name" if one else f"{listed(names)} of {table.ref} hold secrets by name"
        sealed, used = ("it is", "it until it") if one else ("they are", "them until they")
        message = (
            f"{subject}, and nothing in the schema says that {sealed} hashed or encrypted: if not, whoever reads a "
            f"backup can use {used} {until if one else _MANY[until]}."
        )
        hint = (
            "See in the code what is written there; store a SHA-256 digest of what is only compared, and encrypt "
            "what is sent on with a key kept outside the database."
        )
        evidence = tuple(
            Evidence(EvidenceKind.CATALOG, f"{c.name} {c.type}", survey.origin_of(table.ref.column(c.name)))
            for c in columns
        )
        sure = Precision.MEDIUM if level is Level.WARNING else Precision.LOW
        weight = _OF_LIBRARY if is_linked_account(table) else 1.0
        return Finding(self.name(), ref, message, hint, evidence, first, level=level, precision=sure, weight=weight)

    def _leftover(self, table: Table, column: Column, survey: Survey, beside: str) -> Finding:
        ref = table.ref.column(column.name)
        origin = survey.origin_of(ref)
        message = f"{ref} is still there beside {beside}: what it holds is readable until it is emptied or dropped."
        hint = f"Drop {column.name} as soon as nothing reads it."
        evidence = Evidence(EvidenceKind.CATALOG, f"{column.name} {column.type}", origin)
        return Finding(self.name(), ref, message, hint, (evidence,), origin, level=Level.INFO, precision=Precision.LOW)

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """Secrets whose names or field classes say that they are protected, by table."""
        for table in survey.tables:
            kept = [column for column in table.ordered_columns if _is_kept_safe(column, survey)]
            if kept:
                ref = table.ref.column(kept[0].name) if len(kept) == 1 else table.ref
                evidence = tuple(
                    Evidence(EvidenceKind.CATALOG, f"{c.name} {c.type}", survey.origin_of(table.ref.column(c.name)))
                    for c in kept
                )
                how = "by the field's class" if any(c.declared and c.declared.encrypted for c in kept) else "by name"
                names = listed(column.name for column in kept)
                yield Strength(self.name(), ref, f"{names}: stored hashed or encrypted ({how}).", evidence)


def _judge(table: Table, column: Column, survey: Survey) -> tuple[Level, str] | None:
    """How bad it is when this column is read, and until when; None for a column that is no secret."""
    thing = "_".join(thing_words(table))
    repeated = _BARE.whole(column.name) and _BARE.ends(thing)
    if _BARE.whole(column.name) and has_hash(table):
        return None
    if _VALUES.whole(column.name) and words(thing)[-1:] == ("token",) and _is_handed_out(table, survey):
        return None if has_hash(table) else (Level.INFO, "expires")
    name = thing if repeated else f"{thing}_{column.name}"
    if _PASSING.ends(column.name) or (_BARE.whole(column.name) and _PASSING.ends(name)):
        return Level.INFO, "expires"
    of_a_service = _BARE.whole(column.name) and _SERVICES.ends(thing)
    if not (_LASTING.ends(column.name) or of_a_service):
        return None
    length = survey.catalog.base_type(column.type).length
    if length in _FITS_A_DIGEST and _HANDED_OUT.whole(column.name):
        return Level.INFO, "is changed"
    plain = length is not None and length <= _TOO_SHORT_FOR_A_CIPHER
    by_library = _OFTEN_SEALED.ends(name) or bool(_AUTHORIZATION_SERVERS & set(thing_words(table)[:1]))
    return Level.INFO if by_library and not plain else Level.WARNING, "is changed"


def _is_kept_safe(column: Column, survey: Survey) -> bool:
    named_by = words(column.name)
    own = set(named_by)
    declared = column.declared is not None and column.declared.encrypted
    marks = own & _PROTECTED - ({"hmac"} if named_by[-1:] != ("hmac",) else set())  # `hmac_secret` is the key of one
    named = marks and own & {"key", "token", "secret"} and not own & _ABOUT
    return bool(declared or named) and survey.catalog.family(column.type) in {Family.TEXT, Family.BINARY}


def _sealed_copy(table: Table, column: Column) -> str | None:
    """The column that holds the same, hashed or encrypted: the old one is on its way out."""
    own = set(words(column.name))
    copies = (c.name for c in table.ordered_columns if own < set(words(c.name)) <= own | _PROTECTED)
    return next(copies, None)


def _is_handed_out(table: Table, survey: Survey) -> bool:
    """True for tokens that belong to somebody or expire; a design's tokens do neither."""
    expires = any({"expires", "expiry", "expiration", "expire"} & set(words(c.name)) for c in table.columns)
    return expires or owner_column(table, survey.catalog) is not None


def _readable(table: Table, column: Column, survey: Survey) -> bool:
    """True for text, a list of texts, or codes kept as JSON, that neither its name nor its field class protects."""
    type_ = survey.catalog.base_type(column.type)
    json = type_.family is Family.JSON and _CODES.ends(column.name)
    text = type_.family is Family.TEXT or json or (type_.dimensions and type_.name in _LISTS)
    if not text or is_digest(column) or set(words(column.name)) & (_PROTECTED | _NOT_THE_SECRET):
        return False
    if any(column.name in key.columns for key in table.foreign_keys):
        return False
    if is_said_in_a_comment(column, _PROTECTED):
        return False
    declared = column.declared
    return declared is None or not (declared.encrypted or declared.hashed or declared.choices)

"""Passwords and signing keys that stand in the repository: their place and purpose, never their text.

Told apart are: what production uses (its settings module, its class, its compose file), what it falls back to when a
variable is not set, and what is nobody's production (tests, development, samples to fill in): the last is passed over.
A password of a database on the same machine or in the next container opens nothing from outside: it is kept only where
the place is named for production.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from dbarchitect.catalog.deployment import WrittenCredential
from dbarchitect.catalog.refs import Origin
from dbarchitect.sources.configuration.environments import environment_of, environment_of_path
from dbarchitect.sources.deployment import places
from dbarchitect.sources.deployment.places import Found
from dbarchitect.sources.deployment.urls import is_placeholder, read_urls
from dbarchitect.sources.python import UNKNOWN, ClassDef, Environment, Evaluator, FunctionDef, Module, Scope
from dbarchitect.sources.python.expressions import BinOp, Call, Compare, Expr, Literal, Name, Span, UnaryOp, dotted
from dbarchitect.sources.python.statements import Assign, Condition, Mutate, Statement

_KEYS = re.compile(
    r"(?:\A|_)(?:SECRET_KEY|JWT_SECRET(?:_KEY)?|SIGNING_KEY|NEXTAUTH_SECRET|AUTH_SECRET|SESSION_SECRET"
    r"|SECURITY_PASSWORD_SALT|ENCRYPTION_KEY|FERNET_KEY)\Z"
)
_PASSWORDS = re.compile(
    r"(?:\A|_)(?:POSTGRES|PG|DB|DATABASE|MYSQL|MARIADB|SQL)_?(?:\w+_)?(?:PASSWORD|PASS|PASSWD|PWD)\Z"
)
_URLS = re.compile(r"(?:\A|_)(?:DATABASE_UR[LI]|DB_UR[LI]|SQLALCHEMY_DATABASE_UR[LI]|POSTGRES_UR[LI]|[^\W_]*DSN)\Z")
_LONGEST_NAME = 100
_LONGEST_LINE = 300
_CHECKS = re.compile(r"(?:check|enforce|validate|forbid)_\w{0,20}default\w{0,20}\(")
_NEAR = 7
"""Lines below a test in which the exception is raised."""
_NAMES_ANOTHER = re.compile(r"\A[A-Z][A-Z_]+\Z|\A/run/|\.(?:txt|key|pem)\Z")  # a variable's or a file's name
_PUBLIC = re.compile(r"\s*(?:-{5}BEGIN (?:[A-Z]{1,9} )?(?:PUBLIC KEY|CERTIFICATE)-|ssh-(?:rsa|ed25519) )")
"""What only checks a signature, and everybody may have."""
_OF_TESTS = re.compile(
    r"\s*(?:(?:sk|rk)_test_|[123]x0{20,40}[A-F]{2}\Z|0x0{40}\Z|6LeIxAcTAAAAAGG-vFI1TnRWxMZNFuojJ4WifJWe\Z)"
)
"""What services give everybody to try them with (https://docs.stripe.com/keys, https://docs.hcaptcha.com,
https://developers.cloudflare.com/turnstile/troubleshooting/testing, https://developers.google.com/recaptcha/docs/faq):
it opens no account."""
_OF_SERVICES = re.compile(
    r"(?:\A|_)(?:STRIPE|PAYPAL|PADDLE|RAZORPAY|PAYSTACK|FLUTTERWAVE|MOLLIE|\w{0,10}CAPTCHA|TURNSTILE|TWILIO|PLAID|CLERK"
    r"|NEYNAR|CLOUDINARY|PUSHER|AWS|S3|R2)_(?:\w{1,20}_)?SECRET_KEY\Z"
)
"""Keys that another service makes and asks for: a word put in their place signs nothing and opens nothing."""
_TELLING = re.compile(r"change|replace|your|example|insert|placeholder|<|xxx", re.IGNORECASE)
_NOT_PRODUCTION = frozenset({"testing", "development"})
_IN_CHECKS = re.compile(r"\b(?:CI|TRAVIS|GITLAB_CI|JENKINS_\w{1,40}|[A-Z_]{0,40}(?:ACTIONS|WORKFLOW)[A-Z_]{0,40})\b")
"""Variables of the machines that only run checks."""
_SAMPLE = re.compile(r"(?:\A|[/_.-])(?:example|sample|template|skeleton|dist)s?(?=[_.-])[^/]{0,80}\Z")
_CODE_WORDS = (b"SECRET", b"PASSWORD", b"DATABASE", b"_KEY", b"SALT")
_ASIDE = re.compile(
    r"(?:\A|/)(?:tests?|testing|migrations|versions|examples?|sandbox|demo|docs?|scripts?|tools?|seeds?|fixtures"
    r"|benchmarks?|bin|\.github|ci)(?:/|\Z)"
    r"|(?:\A|/)(?:test|conftest|seed|demo)\w*\.py\Z"
)
_NODE_FALLBACK = re.compile(
    r"""process\.env(?:\.(?P<name>[A-Z]\w+)|\[["'](?P<key>\w+)["']\])!?\s*(?:\|\|"""
    r"""|\?\?)\s*(?P<quote>["'`])(?P<value>[^"'`\n]+)(?P=quote)"""
)
_NODE = {".ts", ".js", ".mjs", ".cjs", ".mts", ".tsx"}
_NODE_ASIDE = re.compile(
    r"(?:\A|/)(?:scripts?|tools?|seeds?|prisma|migrations?|examples?|docs?|e2e|tests?|__tests__|cypress"
    r"|playwright|benchmarks?|\.github)/"
    r"|\A(?:infra(?:structure)?|pulumi|cdk|terraform)/"
    r"|(?:\A|/)(?:seed|drizzle\.config|jest|vitest|playwright|next\.config|test)[\w.-]*\Z"
)
_SERVICE_PASSWORD = re.compile(
    r"""^[ \t]*(?:-[ \t]*)?["']?(?P<name>POSTGRES_PASSWORD|MYSQL_(?:ROOT_)?PASSWORD|MARIADB_(?:ROOT_)?PASSWORD"""
    r"""|PGPASSWORD)["']?[ \t]*[=:][ \t]*["']?(?P<value>[^"'\n#]*)""",
    re.MULTILINE,
)
_PUBLISHED = re.compile(
    r"""^[ \t]*-[ \t]*["']?(?!127\.0\.0\.1:|localhost:)(?:0\.0\.0\.0:)?(?:\$\{?\w+(?::?-\d+)?\}?|\d+):(?:5432"""
    r"""|3306)\b""",
    re.MULTILINE,
)
_VARIABLE = re.compile(r"\$\{?(?P<name>\w+)(?::?-(?P<default>[^}]*))?\}?")
_ENV_LINE = re.compile(
    r"""^[ \t]*(?:export[ \t]+)?(?P<name>[A-Za-z_]\w*)[ \t]*=[ \t]*["']?(?P<value>[^"'\n#]+)""", re.MULTILINE
)


def credentials(found: Iterable[Found], evaluator: Evaluator) -> Iterator[WrittenCredential]:
    """Every place, once: Python settings, TypeScript's fallbacks, compose files, committed env files."""
    files = tuple(found)
    yield from _PythonKeys(evaluator).found()
    for file in files:
        if file.kind == places.CODE and file.file.suffix in _NODE:
            yield from _of_node(file)
        elif file.kind == places.COMPOSE:
            yield from _of_compose(file)
        elif file.kind == places.ENVIRONMENT and not file.is_sample:
            yield from _of_env(file)


class _PythonKeys:
    """Settings in Python: a later or more special module that takes the key from the environment clears the base."""

    def __init__(self, evaluator: Evaluator) -> None:
        self.evaluator = evaluator
        self.modules = [m for m in evaluator.index.candidates(*_CODE_WORDS) if not _ASIDE.search(m.path)]

    def found(self) -> Iterator[WrittenCredential]:
        written: list[tuple[str, WrittenCredential]] = []
        overridden: set[str] = set()
        above: set[tuple[str, str]] = set()
        for module in sorted(self.modules, key=lambda m: m.path):
            if not _is_settings(module) or _SAMPLE.search(module.path):
                continue
            environment = environment_of_path(module.path.removesuffix(".py"))
            scopes: list[tuple[tuple[Statement, ...], ClassDef | None, str | None]] = [
                (module.statements, None, environment)
            ]
            scopes += [
                (c.body, c, environment_of(c.name) or environment) for c in module.classes if _concerns(module, c)
            ]
            for statements, scope, where in scopes:
                last: dict[str, WrittenCredential | None] = {}
                for name, value, conditions, span in _bindings(statements):
                    there = _of_conditions(conditions) or where
                    made = self._judge(name, value, module, scope, there, module.origin(span))
                    if made is None and there == "production":
                        overridden.add(name)
                    if (
                        made is None
                        and there not in _NOT_PRODUCTION
                        and not conditions
                        and self._is_taken(value, module)
                    ):
                        above.update((path, name) for path in self._taken_from(module))
                    if made is not None and there not in _NOT_PRODUCTION and not self._guarded(name, module):
                        last[name] = made
                    elif not conditions:
                        last[name] = None
                written.extend((name, made) for name, made in last.items() if made is not None)
        for name, made in written:
            if made.environment == "production" or not (name in overridden or (made.origin.path, name) in above):
                yield made

    def _is_taken(self, value: Expr, module: Module) -> bool:
        """Whether the environment has to say it: `os.environ["SECRET_KEY"]`, `config("SECRET_KEY")`."""
        found = self.evaluator.value(value, module, None)
        return isinstance(found, Environment) and not isinstance(found.default, str)

    def _taken_from(self, module: Module) -> Iterator[str]:
        """The modules whose settings a module takes over by stars before it says its own."""
        left, seen = [module], set[str]()
        while left:
            one = left.pop()
            for star in one.stars:
                found = self.evaluator.index.imported_module(one, star)
                if isinstance(found, Module) and found.path not in seen:
                    seen.add(found.path)
                    left.append(found)
        yield from seen

    def _judge(
        self, name: str, value: Expr, module: Module, scope: Scope | None, environment: str | None, origin: Origin
    ) -> WrittenCredential | None:
        place = Origin(origin.path, origin.line, origin.column)
        if len(name) > _LONGEST_NAME:
            return None
        is_key, is_password, is_url = bool(_KEYS.search(name)), bool(_PASSWORDS.search(name)), bool(_URLS.search(name))
        if not (is_key or is_password or is_url):
            return None
        text, is_default = self._text(value, module, scope)
        if isinstance(scope, ClassDef) and any(_is_pydantic(base) for base in scope.bases):
            is_default = True  # pydantic's settings: the environment comes first
        if not text or not text.strip():
            return None
        if is_url:
            for url in read_urls(text):
                if url.has_password and (url.host == "public" or environment == "production"):
                    return WrittenCredential(
                        f"the database password in {name}", environment, is_default, url.host == "public", place
                    )
            return None
        if is_password:
            if environment == "production":
                return WrittenCredential(f"the database password {name}", environment, is_default, False, place)
            return None
        if not is_default and environment is None and _TELLING.search(text):
            return None  # a text to be replaced, as it says itself
        if len(set(text)) < 2 or len(text) < 3 or _NAMES_ANOTHER.search(text) or _opens_nothing(name, text):
            return None
        return WrittenCredential(f"the signing key {name}", environment, is_default, False, place)

    def _text(self, value: Expr, module: Module, scope: Scope | None) -> tuple[str | None, bool]:
        match value:
            case Literal(value=str(text)):
                return text, False
            case Literal(value=bytes(raw)):
                return raw.decode("utf-8", "replace"), False
            case BinOp(op="or", left=left, right=Literal(value=str(text))) if not isinstance(left, Literal):
                return text, True
            case Call(name=str(name), args=args) if name.endswith(("environ.get", "getenv")) and len(args) > 1:
                return (
                    (args[1].value, True)
                    if isinstance(args[1], Literal) and isinstance(args[1].value, str)
                    else (None, True)
                )
            case Call(name=str(name)) if name.rpartition(".")[2] == "Field":
                default = value.argument(0, "default")
                return (
                    (default.value, True)
                    if isinstance(default, Literal) and isinstance(default.value, str)
                    else (None, True)
                )
        found = self.evaluator.value(value, module, scope)
        if isinstance(found, Environment):
            return (found.default, True) if isinstance(found.default, str) else (None, True)
        if found is not UNKNOWN and isinstance(found, str) and isinstance(value, Name):
            return None, False  # bound elsewhere: told there
        return None, False

    def _guarded(self, name: str, module: Module) -> bool:
        """Whether the code refuses to run with the text that stands there."""
        tests = re.compile(rf"\b(?:if|elif|assert|for)\b.*\b{re.escape(name)}\b")
        named = re.compile(rf"\b{re.escape(name)}\b")
        for other in (module, *self.modules):
            if name.encode() not in other.source:
                continue
            lines = other.source.decode("utf-8", "replace").splitlines()
            for number, line in enumerate(lines):
                if name not in line or len(line) > _LONGEST_LINE:
                    continue
                if (check := _CHECKS.search(line)) is not None and named.search(line, check.end()):
                    return True
                if tests.search(line) and any("raise" in part for part in lines[number : number + _NEAR]):
                    return True
        return False


def _is_pydantic(base: Expr) -> bool:
    return (dotted(base) or "").rpartition(".")[2] == "BaseSettings"


def _is_settings(module: Module) -> bool:
    parts = module.path.removesuffix(".py").split("/")
    return any(
        re.search(
            r"sett?ings?|conf(?:ig)?s?|(?:\A|_)(?:prod|production|common|base|app|__init__|main|constants|core"
            r"|env|defaults|wsgi|database|db|server|run)\Z",
            part,
        )
        for part in parts[-2:]
    )


def _concerns(module: Module, cls: ClassDef) -> bool:
    source = module.source[cls.span.start : cls.span.end]
    return any(word in source for word in _CODE_WORDS)


def _bindings(statements: Iterable[Statement]) -> Iterator[tuple[str, Expr, tuple[Condition, ...], Span]]:
    for statement in statements:
        match statement:
            case Assign(target=target, value=value) if value is not None:
                yield target.rpartition(".")[2], value, statement.conditions, statement.span
            case Mutate(key=Literal(value=str(key)), value=value) if "config" in statement.target.lower():
                yield key, value, statement.conditions, statement.span
            case FunctionDef():
                continue


def _of_conditions(conditions: tuple[Condition, ...]) -> str | None:
    for condition in conditions:
        test, expected = condition.test, condition.expected
        while isinstance(test, UnaryOp) and test.op == "not":
            test, expected = test.operand, not expected
        if test is None:
            continue
        named = " ".join(_names(test))
        if expected and _IN_CHECKS.search(named):
            return "testing"
        found = "development" if re.search(r"\bDEBUG\b|\bDEV\b|DEVELOPMENT", named) else environment_of(named)
        if found is not None:
            return found if expected else ("production" if found == "development" else None)
    return None


def _names(expr: Expr) -> Iterator[str]:
    match expr:
        case Name(id=name):
            yield name.rpartition(".")[2]
        case Literal(value=str(text)):
            yield text
        case Compare(operands=operands):
            for operand in operands:
                yield from _names(operand)
        case Call(args=args):
            for arg in args:
                yield from _names(arg)
        case _:
            return


def _of_node(file: Found) -> Iterator[WrittenCredential]:
    text = file.text
    if "process.env" not in text or _NODE_ASIDE.search(file.path) or file.environment in _NOT_PRODUCTION:
        return
    for match in _NODE_FALLBACK.finditer(text):
        name, value = match["name"] or match["key"], match["value"]
        if file.is_comment(match.start()) or "NEXT_PUBLIC" in name:
            continue
        origin = _place(file, match.start())
        if _KEYS.search(name) and len(value) > 2 and not _opens_nothing(name, value):
            yield WrittenCredential(f"the signing key {name}", file.environment, True, False, origin)
        elif _URLS.search(name):
            for url in read_urls(value):
                if url.has_password and url.host == "public" and not url.password_is_placeholder:
                    yield WrittenCredential(f"the database password in {name}", file.environment, True, True, origin)


def _of_compose(file: Found) -> Iterator[WrittenCredential]:
    """A server's password in a file that is named for production; a plain compose file serves developers as often."""
    if file.environment != "production" or file.is_sample or _ASIDE.search(file.path):
        return
    text = file.text
    published = any(not file.is_comment(m.start()) for m in _PUBLISHED.finditer(text))
    for match in _SERVICE_PASSWORD.finditer(text):
        if file.is_comment(match.start("name")):
            continue
        value = match["value"].strip()
        variable = _VARIABLE.match(value)
        if variable is not None:
            value = variable["default"] or ""
        if not value or value.startswith(("$", "?", "<", "{")):
            continue
        what, origin = f"the database password {match['name']}", _place(file, match.start("name"))
        yield WrittenCredential(what, file.environment, variable is not None, published, origin)
        return


def _of_env(file: Found) -> Iterator[WrittenCredential]:
    """A committed env file: only what is neither a placeholder nor of a machine's own database."""
    if file.environment in _NOT_PRODUCTION or _ASIDE.search(file.path):
        return
    for match in _ENV_LINE.finditer(file.text):
        name, value = match["name"].upper(), match["value"].strip()
        if len(name) > _LONGEST_NAME or is_placeholder(value) or _opens_nothing(name, value):
            continue
        if _KEYS.search(name) and len(value) >= 16 and re.search(r"\d", value) and re.search(r"[A-Za-z]", value):
            yield WrittenCredential(
                f"the signing key {name}", file.environment, False, False, _place(file, match.start("name"))
            )
        elif _URLS.search(name):
            for url in read_urls(value):
                if url.has_password and not url.password_is_placeholder and url.host == "public":
                    yield WrittenCredential(
                        f"the database password in {name}",
                        file.environment,
                        False,
                        True,
                        _place(file, match.start("name")),
                    )


def _opens_nothing(name: str, value: str) -> bool:
    """Whether a value is what everybody may have, or no key at all that the service it is for would have made."""
    if _PUBLIC.match(value) or _OF_TESTS.match(value):
        return True
    made = re.search(r"\d", value) is not None and not is_placeholder(value)
    return not made and _OF_SERVICES.search(name) is not None


def _place(file: Found, at: int) -> Origin:
    """Line and column alone: nothing that would lead a report to quote the text."""
    origin = file.origin(at, at)
    return Origin(origin.path, origin.line, origin.column)

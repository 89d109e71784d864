"""What a program does that is no query, and that matters to what its tables hold.

Passwords that are compared, files that come in, texts that become markup, titles that become addresses, rows that are
declared as `any`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from dbarchitect.catalog.queries import EventKind
from dbarchitect.sources.code.sealing import put_together
from dbarchitect.sources.code.typescript.speaking import of
from dbarchitect.sources.code.typescript.values import Const, Function
from dbarchitect.sources.code.typescript.vocabulary import Arguments, Following, Site, Vocabulary
from dbarchitect.sources.code.typescript.walking import dotted
from dbarchitect.sources.code.values import (
    Entries,
    Items,
    Library,
    Member,
    Opaque,
    Rendered,
    Rows,
    Sequence,
    Slug,
    Text,
    Value,
    columns_read,
    inside,
    is_raw,
    markup_of,
)
from dbarchitect.sources.typescript.syntax import Call, Jsx, Module, Name, Template
from dbarchitect.sources.typescript.syntax import Function as FunctionSyntax

_HASHING = re.compile(
    r"^(?:bcrypt|bcryptjs|bcrypt-ts|@node-rs/(?:bcrypt|argon2)|argon2|@phc/argon2|scrypt-kdf|@noble/hashes/scrypt)"
    r"(?:/\w+)?:(?:.*\.)?(?:compare|compareSync|verify|verifySync)$"
)
_CLEANING = re.compile(r"saniti[sz]e|purif|\bxss\b|(?:escape|strip|clean)_?(?:html|tags|markup)", re.IGNORECASE)
_LOOKING = re.compile(
    r"^(?:file-type|mmmagic|magic-bytes\.js|sharp|jimp|image-size|probe-image-size|image-type|is-svg|pdf-parse|pdf-lib|"
    r"pdfjs-dist|exceljs|xlsx|papaparse|csv-parse|clamscan|clamdjs|unzipper|adm-zip|jszip|mammoth|music-metadata)(?:/|:)"
)
_REMOVING = re.compile(
    r"^(?:(?:node:)?fs(?:/promises)?|fs-extra):(?:.*\.)?(?:unlink|rm|rmdir|remove)(?:Sync)?$|^(?:rimraf|del|@vercel/blob):"
    r"(?:default|rimraf|deleteAsync|del)$|^@aws-sdk/client-s3:DeleteObjects?Command$"
)
_MAKING = re.compile(r"(?:unparse|(?:write|create|build)(?:(?!write|create|build)\w)*+|stringify)$")
_LOOKING_NAME = re.compile(
    r"magic|sniff|file_?signature|(?:detect|real|actual)\w{0,40}(?:type|mime)|virus|malware|is\w{0,40}(?:image|pdf)_?data|"
    r"saniti[sz]e\w{0,40}(?:file|image|svg|upload)",
    re.IGNORECASE,
)
_CLAIMS = {
    "type": EventKind.FILE_TYPE_TESTED,
    "mimetype": EventKind.FILE_TYPE_TESTED,
    "mimeType": EventKind.FILE_TYPE_TESTED,
    "contentType": EventKind.FILE_TYPE_TESTED,
    "size": EventKind.FILE_SIZE_TESTED,
    "name": EventKind.FILE_TYPE_TESTED,
    "originalname": EventKind.FILE_TYPE_TESTED,
}
_OF_FILE = re.compile(
    r"\b(?:\w{0,60}(?:file|upload|image|photo|avatar|attachment|blob|media|document|picture|logo|video|audio)\w{0,60}|f)[?!]?\."
    r"(?:type|mimetype|mimeType|contentType|size\b|(?:name|originalname)[?!]?\.(?:toLowerCase\(\)\.)?endsWith)",
    re.IGNORECASE,
)
_TESTS = frozenset({"startsWith", "endsWith", "includes", "match", "split", "test"})
_TAKING = frozenset({"arrayBuffer", "stream", "bytes"})
_SLUGGING = re.compile(
    r"^(?:slugify|@sindresorhus/slugify|slug|limax|github-slugger|url-slug|speakingurl|slugg)(?:/|:)"
)
_TITLES = re.compile(r"title|name|subject|label|headline|heading|topic", re.IGNORECASE)
_MDX = re.compile(r"^next-mdx-remote(?:-client)?(?:/\w+)?:")
_MARKDOWN = re.compile(
    r"^(?:marked|markdown-it|showdown|snarkdown|micromark|remarkable|commonmark|markdown-to-html)(?:/|:)"
)
_RENDERING = re.compile(rb"dangerouslySetInnerHTML|MDXRemote")
_ANY = re.compile(
    r"(?:readonly )?\(?any\)?(?:\[\]){0,2}|(?:Readonly)?Array<any>|Promise<any(?:\[\])?>|Record<string, any>(?:\[\])?"
)
_ANYTHING = frozenset(
    {
        "data",
        "value",
        "values",
        "obj",
        "object",
        "payload",
        "input",
        "body",
        "args",
        "params",
        "props",
        "content",
        "json",
    }
)
"""Names of what a function takes that knows nothing of rows: it answers, logs, writes a file."""
_RAW_ROWS = frozenset({"$queryRaw", "$queryRawUnsafe", "execute"})


@dataclass(frozen=True, slots=True)
class Renderer:
    """What makes HTML of Markdown: `new MarkdownIt()`, `marked`."""


class NoticedVocabulary(Vocabulary):
    """Notes what no query tells. It changes no value but two: a title made a slug, and a text that was cleaned."""

    name = "noticed"
    needles = (
        rb"bcrypt\w*\.compare",
        rb"compare(?:Sync)?\(\s*\w*[pP]assw",
        rb"argon2\.verify",
        rb"dangerouslySetInnerHTML\b",
        rb"MDXRemote\b",
    )

    def __init__(self) -> None:
        self._gathering: dict[int, tuple[Items, Site, str]] = {}

    def read_module(self, module: Module, interpreter: Following) -> None:  # noqa: ARG002
        """Arrays of another module are of no interest any more."""
        self._gathering.clear()

    # Calls

    @of(Library, Function, Member)
    def call(self, function: Value, arguments: Arguments, site: Site) -> Value | None:
        """`bcrypt.compare(…)`, `slugify(title)`, `DOMPurify.sanitize(text)`, `file.arrayBuffer()`."""
        match function:
            case Library(name=name):
                return self._library(name, arguments, site)
            case Function(function=definition):
                return self._own(definition.name, arguments, site)
            case Member(owner=owner, name=name):
                return self._method(owner, name, arguments, site)
            case _:
                return None

    def _library(self, name: str, arguments: Arguments, site: Site) -> Value | None:
        if _HASHING.match(name):
            site.interpreter.event(EventKind.PASSWORD_COMPARED, site)
        elif _SLUGGING.match(name) and not arguments.new:
            return _slug(arguments.get(0), site)
        elif _LOOKING.match(name) and not arguments.new and not _MAKING.search(name):
            site.interpreter.event(EventKind.FILE_LOOKED_INTO, site)
        elif _REMOVING.match(name):
            site.interpreter.event(EventKind.FILE_REMOVED, site)
        elif _cleans(name):
            return _cleaned(arguments, site)
        elif _MARKDOWN.match(name):
            return Renderer() if arguments.new or name == "markdown-it:default" else _rendered(arguments)
        elif _MDX.match(name) and name.endswith((".serialize", ":serialize", ":compileMDX")):
            given = arguments.get(0)
            text = given.entries.get("source") if isinstance(given, Entries) else given
            _render(text, site)
        self._claimed_in(arguments, site)
        self._raw_rows(site)
        return None

    def _own(self, name: str, arguments: Arguments, site: Site) -> Value | None:
        """A function of the project that says by its name what it does."""
        if _looks(name):
            site.interpreter.event(EventKind.FILE_LOOKED_INTO, site)
        if _cleans(name):
            return _cleaned(arguments, site)
        self._claimed_in(arguments, site)
        return None

    def _method(self, owner: Value, name: str, arguments: Arguments, site: Site) -> Value | None:
        if name in _TAKING and not arguments.args and isinstance(owner, Opaque | Member) and is_raw(owner):
            site.interpreter.event(EventKind.FILE_RECEIVED, site)
            return None
        if name in {"replace", "replaceAll"}:
            put = arguments.get(1)
            if isinstance(put, Const) and put.value in {"-", "_"} and _says_title(site):
                return _slug(owner, site)
            return owner if isinstance(owner, Slug) else None
        if _cleans(name):
            return _cleaned(arguments, site)
        if isinstance(owner, Renderer):
            return _rendered(arguments) or Opaque()
        if isinstance(owner, Member) and name in _TESTS and (owner.name in _CLAIMS or name == "endsWith"):
            self._claimed(owner, site)
        self._claimed_in(arguments, site)
        self._raw_rows(site)
        return None

    # Files

    def operate(self, operator: str, operands: tuple[Value, ...], site: Site) -> Value | None:
        """`file.type in TYPES`, `file.size > LARGEST`, `cipher.update(text) + cipher.final()`."""
        if len(operands) == 2:
            for operand in operands:
                self._claimed(operand, site)
        return put_together(operator, operands)

    def _claimed_in(self, arguments: Arguments, site: Site) -> None:
        for argument in arguments.args:
            self._claimed(argument, site)

    def _claimed(self, value: Value, site: Site) -> None:
        """What the sender of a file says of it is tested."""
        if not isinstance(value, Member) or not is_raw(value.owner):
            return
        kind = _CLAIMS.get(value.name)
        if kind is not None and _OF_FILE.search(site.frame.module.text(site.expr.start, site.expr.end)):
            site.interpreter.event(kind, site)

    # Markup

    def element(self, expr: Jsx, given: Mapping[str, Value], site: Site) -> None:
        """`<div dangerouslySetInnerHTML={{ __html: text }}>`, `<MDXRemote source={text}>`, an element of the project
        that has one of these."""
        if not expr.tag or expr.tag in {"script", "style"}:
            return
        markup = given.get("dangerouslySetInnerHTML")
        if isinstance(markup, Entries) and "__html" in markup.entries:
            _render(markup.entries["__html"], _attribute(expr, "dangerouslySetInnerHTML", site))
        if not expr.tag[0].isupper() or "." in expr.tag:
            return
        element = site.interpreter.of(Name(expr.start, expr.end, expr.tag), site.frame)
        if isinstance(element, Library) and _MDX.match(element.name) and expr.tag.startswith("MDX"):
            _render(given.get("source"), _attribute(expr, "source", site))
        elif isinstance(element, Function) and _shows(element.function):
            site.interpreter.run(element, Arguments((Entries(dict(given)),)), site)

    # Types

    def declared(self, type_text: str, value: Value, site: Site) -> None:
        """`rows: any[]`, `(row: any) =>`."""
        if _ANY.fullmatch(type_text) is None or _takes_anything(site):
            return
        if _is_of_query(value):
            site.interpreter.event(EventKind.UNTYPED_ROWS, site, _written(type_text, site))
        elif isinstance(value, Items) and not value.items:
            self._gathering[id(value)] = (value, site, _written(type_text, site))

    @of(Items)
    def escape(self, value: Value, site: Site) -> None:  # noqa: ARG002
        """An array of `any` is handed on: with what queries gave?"""
        held = self._gathering.get(id(value))
        if held is not None and any(_is_of_query(part) or columns_read(part) for part in inside(held[0])):
            del self._gathering[id(value)]
            _, declared, text = held
            declared.interpreter.event(EventKind.UNTYPED_ROWS, declared, text)

    def tagged(self, tag: Value, parts: tuple[str | Value, ...], site: Site) -> Value | None:  # noqa: ARG002
        """``prisma.$queryRaw<any[]>`…` ``."""
        self._raw_rows(site)
        return None

    def _raw_rows(self, site: Site) -> None:
        expr = site.expr
        types = expr.types if isinstance(expr, Call | Template) else ()
        if not types or not any(_ANY.fullmatch(text) for text in types):
            return
        asked = expr.function if isinstance(expr, Call) else expr.tag if isinstance(expr, Template) else None
        if dotted(asked).rpartition(".")[2] in _RAW_ROWS:
            site.interpreter.event(EventKind.UNTYPED_ROWS, site)


@lru_cache(maxsize=20_000)
def _cleans(name: str) -> bool:
    """Whether a function cleans markup, by its name."""
    return _CLEANING.search(name) is not None


@lru_cache(maxsize=20_000)
def _looks(name: str) -> bool:
    """Whether a function looks into files, by its name."""
    return _LOOKING_NAME.search(name) is not None


def _rendered(arguments: Arguments) -> Value | None:
    """HTML made of the first argument, where that is a column's text."""
    value = arguments.get(0)
    return Rendered(is_raw(value), columns_read(value)) if markup_of(value) else None


def _slug(value: Value | None, site: Site) -> Value | None:
    """A slug of a title; None for what has more in it, or comes from somewhere else."""
    several = isinstance(value, Text) and sum(not isinstance(part, str) for part in value.parts) > 1
    if value is None or several or isinstance(value, Const) or not _says_title(site):
        return None
    return Slug(is_raw(value), columns_read(value))


def _says_title(site: Site) -> bool:
    """Whether the code speaks of a title, a name: not of a random text."""
    return _TITLES.search(site.frame.module.text(site.expr.start, site.expr.end)) is not None


def _cleaned(arguments: Arguments, site: Site) -> Value | None:
    """What a function that cleans gives back: no column's text as it was; None where it was given none."""
    site.interpreter.event(EventKind.MARKUP_CLEANED, site)
    if not any(markup_of(value) for value in arguments.args):
        return None
    return Opaque(any(is_raw(value) for value in arguments.args))


def _render(value: Value | None, site: Site) -> None:
    """A text becomes markup: each column that it is made of."""
    for column in sorted(markup_of(value), key=str):
        site.interpreter.event(EventKind.MARKUP_RENDERED, site, column=column)


def _attribute(expr: Jsx, name: str, site: Site) -> Site:
    """The site of an attribute's value."""
    at = next((entry.value for entry in expr.attributes if entry.key == name), None)
    return Site(site.interpreter, site.frame, at if at is not None else expr)


def _shows(function: FunctionSyntax) -> bool:
    return function.module.mentions(_RENDERING, function.start, function.end)


def _is_of_query(value: Value) -> bool:
    """Whether a value is rows of a query, or made of them one by one."""
    match value:
        case Rows(record=record):
            return record is not None
        case Sequence(rows=rows, record=record, element=element):
            return rows or record is not None or (isinstance(element, Rows) and element.record is not None)
        case _:
            return False


def _takes_anything(site: Site) -> bool:
    """Whether it is the parameter of a function that takes whatever it is given: `json(data: any)`."""
    function, name = site.frame.function, getattr(site.expr, "id", "")
    given = function is not None and any(parameter.target is site.expr for parameter in function.parameters)
    return given and name in _ANYTHING


def _written(type_text: str, site: Site) -> str:
    """A name with its type, as it is declared."""
    return f"{site.frame.module.text(site.expr.start, site.expr.end)}: {type_text}"

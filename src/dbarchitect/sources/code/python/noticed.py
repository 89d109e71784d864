"""What a program does that is no query, and that matters to what its tables hold.

Passwords that are compared, files that come in, texts that become markup, titles that become addresses.
"""

from __future__ import annotations

import re

from dbarchitect.catalog.queries import EventFact, EventKind
from dbarchitect.catalog.refs import Ref
from dbarchitect.sources.code.python.needles import at_word
from dbarchitect.sources.code.python.values import Const
from dbarchitect.sources.code.python.vocabulary import Arguments, Site, Vocabulary
from dbarchitect.sources.code.sealing import put_together
from dbarchitect.sources.code.speaking import of
from dbarchitect.sources.code.values import (
    Library,
    Member,
    Opaque,
    Rendered,
    Rows,
    Sealed,
    Slug,
    Text,
    Value,
    columns_read,
    is_raw,
    markup_of,
)

_HASHING = re.compile(
    r"^(?:bcrypt\.checkpw|flask_bcrypt\.check_password_hash|werkzeug\.security\.check_password_hash|"
    r"django\.contrib\.auth\.hashers\.check_password|passlib\.\w+\.\w+\.verify|crypt\.verify)$"
)
_HASHERS = re.compile(r"^(?:passlib\.context\.(?:Lazy)?CryptContext|argon2\.PasswordHasher|pwdlib\.PasswordHash\w*)\b")
_CONTEXTS = re.compile(
    r"^(?:pwd|passwd|password|crypt|hash|bcrypt|argon2?|ph)_?(?:context|hasher|hash)?$", re.IGNORECASE
)
_CLEANING = re.compile(
    r"^(?:bleach|nh3|lxml_html_clean|lxml\.html\.clean|html|markupsafe\.escape)\b|saniti[sz]e|strip_tags"
)
_SLUGGING = frozenset({"django.utils.text.slugify", "slugify.slugify", "slugify", "awesome_slugify.slugify"})
_MARKUP = frozenset(
    {
        "django.utils.safestring.mark_safe",
        "markupsafe.Markup",
        "flask.Markup",
        "jinja2.Markup",
        "django.utils.html.mark_safe",
    }
)
_LOOKING = re.compile(
    r"^(?:magic|filetype|puremagic|imghdr|PIL\.Image\.open|pypdf|PyPDF2|openpyxl|csv|pandas|zipfile|cv2|pyclamd|clamd|"
    r"django\.core\.files\.images)\b"
)
_REMOVING = re.compile(
    r"^(?:(?:aiofiles\.)?os\.(?:remove|unlink|rmdir|removedirs)|shutil\.rmtree|pathlib\.Path\.(?:unlink|rmdir))$"
)
_KEEPERS = re.compile(r"\b\w*(?:storage|bucket|s3)(?:_?client)?\.delete(?:_objects?|_file)?\(", re.IGNORECASE)
"""What keeps files for a program, deleting one: `default_storage.delete(name)`, `s3.delete_object(…)`."""
_CLAIMS = {
    "content_type": EventKind.FILE_TYPE_TESTED,
    "mimetype": EventKind.FILE_TYPE_TESTED,
    "size": EventKind.FILE_SIZE_TESTED,
}
_MARKDOWN = re.compile(r"^(?:markdown2?|mistune|commonmark|cmarkgfm|misaka)\.\w+$|^markdown_it\.")
_TAKING = frozenset({"read", "save", "chunks", "stream"})
_TITLES = re.compile(r"title|name|subject|label|headline|heading|topic", re.IGNORECASE)


class NoticedVocabulary(Vocabulary):
    """Notes what no query tells. It changes no value but two: a title made a slug, and a text that was cleaned."""

    name = "noticed"
    needles = (at_word(rb"check_password(?:_hash)?\(", rb"checkpw\("), rb"pwd\w*+\.verify", rb"hash\w*+\.verify")

    @of(Library, Member)
    def call(self, function: Value, arguments: Arguments, site: Site) -> Value | None:
        """`check_password_hash(…)`, `slugify(title)`, `mark_safe(text)`, `bleach.clean(text)`, `file.read()`."""
        first = arguments.get(0)
        match function:
            case Library(name=name):
                return self._library(name, first, arguments, site)
            case Member(owner=owner, name=name):
                if _is_comparison(owner, name, site):
                    _note(EventKind.PASSWORD_COMPARED, site)
                elif name in _TAKING and _is_file(owner, site):
                    _note(EventKind.FILE_RECEIVED, site)
                elif _removes(owner, name, site):
                    _note(EventKind.FILE_REMOVED, site)
                elif isinstance(owner, Member) and owner.name in _CLAIMS and is_raw(owner.owner):
                    _note(_CLAIMS[owner.name], site)
        return None

    def _library(self, name: str, first: Value | None, arguments: Arguments, site: Site) -> Value | None:
        if _HASHING.match(name):
            _note(EventKind.PASSWORD_COMPARED, site)
        elif name in _SLUGGING:
            return _slug(first, site)
        elif name in _MARKUP:
            for column in sorted(markup_of(first), key=str):
                _note(EventKind.MARKUP_RENDERED, site, column)
        elif _CLEANING.search(name):
            _note(EventKind.MARKUP_CLEANED, site)
            return Opaque(any(is_raw(value) for value in arguments.args)) if markup_of(first) else None
        elif _MARKDOWN.match(name):
            return Rendered(is_raw(first), columns_read(first)) if markup_of(first) else None
        elif _REMOVING.match(name) or (".delete" in name and _KEEPERS.search(site.interpreter.text(site))):
            _note(EventKind.FILE_REMOVED, site)
        elif _LOOKING.match(name):
            _note(EventKind.FILE_LOOKED_INTO, site)
        return None

    @of(Member, Sealed)
    def operate(self, operator: str, operands: tuple[Value, ...], site: Site) -> Value | None:
        """`file.content_type in ALLOWED`, `file.size > LARGEST`, `salt + digest`."""
        if len(operands) == 2:
            for value in operands:
                if isinstance(value, Member) and value.name in _CLAIMS and is_raw(value.owner):
                    _note(_CLAIMS[value.name], site)
        return put_together(operator, operands)


def _is_comparison(owner: Value, name: str, site: Site) -> bool:
    """`user.check_password(given)` of Django's and of libraries' users, `pwd_context.verify(given, hashed)`."""
    if name == "check_password":
        return isinstance(owner, Rows | Opaque)
    if name not in {"verify", "verify_and_update"}:
        return False
    if isinstance(owner, Library):
        return _HASHERS.match(owner.name) is not None
    written = site.interpreter.text(site).partition(".verify")[0].rpartition(".")[2]
    return _CONTEXTS.match(written) is not None and isinstance(owner, Opaque | Member)


def _is_file(owner: Value, site: Site) -> bool:
    """Whether something is a file of a request: `request.files["x"]`."""
    return isinstance(owner, Opaque | Member) and is_raw(owner) and "file" in site.interpreter.text(site).lower()


def _removes(owner: Value, name: str, site: Site) -> bool:
    """Whether a method takes a file away: `path.unlink()`, `self.storage.delete(name)`."""
    if not isinstance(owner, Opaque | Member | Library):
        return False
    return name == "unlink" or (name.startswith("delete") and _KEEPERS.search(site.interpreter.text(site)) is not None)


def _slug(value: Value | None, site: Site) -> Value | None:
    """A slug of a title; None for what has more in it, or comes from somewhere else."""
    several = isinstance(value, Text) and sum(not isinstance(part, str) for part in value.parts) > 1
    if value is None or several or isinstance(value, Const) or not _TITLES.search(site.interpreter.text(site)):
        return None
    return Slug(is_raw(value), columns_read(value))


def _note(kind: EventKind, site: Site, column: Ref | None = None) -> None:
    follower = site.interpreter
    follower.recorder.event(EventFact(kind, follower.place(site.frame), site.origin, follower.text(site), column))

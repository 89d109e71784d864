"""Templates: what `{% for %}` and `{{ a.b.c }}` ask of the rows that a view hands over."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import islice

from dbarchitect.catalog.queries import Idiom, LoopFact
from dbarchitect.sources.code.python.frames import Frame
from dbarchitect.sources.code.python.values import Const, Function
from dbarchitect.sources.code.python.vocabulary import Arguments, Following, Site
from dbarchitect.sources.code.values import (
    Entries,
    Library,
    Member,
    Opaque,
    Text,
    Value,
)
from dbarchitect.sources.python.expressions import Span
from dbarchitect.sources.python.statements import Module

_RENDERING = frozenset({"render", "TemplateResponse", "render_to_string", "get_template"})
_TAG = re.compile(
    rb"\{%-?\s*+(for|endfor|if|elif|with|include|extends|block|endblock)\b\s*+"
    rb"((?:(?!-?%\}|\{%)\S)*+(?:[^\S\n]++(?:(?!-?%\}|\{%)\S)++)*+)\s*+-?%\}"
    rb"|\{\{-?\s*+([\w.]+)(?:[^{}\n]*\}\})?"
)
_NAMED = re.compile(rb"[\"']([^\"']+)[\"']")
_GIVEN = re.compile(rb"(?<!\w)(\w++)=([A-Za-z_][\w.]*+)")
_FOR = re.compile(rb"([\w, ]*?[\w,])\s++in\s++([\w.]++)(?:\|[^%]*+)?(?:\s++reversed)?\Z")
_PATH = re.compile(rb"(?<![\w\"'.])[a-z_]\w*(?:\.\w+)+", re.IGNORECASE)
_MOST_BYTES = 200_000
_DEEPEST = 5
_WITHOUT_ROWS = (Opaque, Const, Text, Library)


@dataclass(slots=True)
class _Open:
    """A loop that is open: what the names and loops were before."""

    names: dict[str, Value]
    loops: tuple[LoopFact, ...]


class Templates:
    """Follows templates with the context that a view gives them."""

    def __init__(self) -> None:
        self._modules: dict[str, Module] | None = None
        self._read: dict[str, tuple[tuple[re.Match[bytes], int], ...]] = {}

    def rendered(self, name: str, arguments: Arguments, site: Site) -> None:
        """A call that may render: `render(request, "orders.html", {"orders": orders})`."""
        if name.rpartition(".")[2] not in _RENDERING:
            return
        texts = [a.value for a in arguments.args if isinstance(a, Const) and isinstance(a.value, str)]
        contexts = [a for a in (*arguments.args, arguments.kwargs.get("context")) if isinstance(a, Entries)]
        if texts and contexts:
            self.shown(texts[0], contexts[0], site)

    def shown(self, template: str, context: Entries, site: Site) -> None:
        """A template is filled with a context by the function, or the class, that `site` is in."""
        module = self._all(site.interpreter).get(template)
        if module is None or all(isinstance(value, _WITHOUT_ROWS) for value in context.entries.values()):
            return
        interpreter = site.interpreter
        interpreter.place(site.frame)  # the view is known as the function that asks
        known = len(interpreter.recorder.records)
        frame = Frame(module, site.frame.key, names=dict(context.entries), transaction=site.frame.transaction)
        self._follow(module, frame, interpreter, frozenset(), 0)
        for record in islice(interpreter.recorder.records.values(), known, None):
            if record.draft.idiom in {None, Idiom.LAZY_RELATION}:
                record.draft = replace(record.draft, idiom=Idiom.TEMPLATE)

    def _all(self, interpreter: Following) -> dict[str, Module]:
        """The project's templates by the name that views call them."""
        if self._modules is None:
            self._modules = {}
            for file in interpreter.index.project.by_suffix(".html"):
                _, found, name = file.path.rpartition("/templates/")
                name = name if found else file.path.removeprefix("templates/")
                self._modules.setdefault(name, Module(file, name, lambda _: ()))
        return self._modules

    def _tags(self, module: Module) -> tuple[tuple[re.Match[bytes], int], ...]:
        """The tags of a template, each with its line; none where it cannot be read or is out of all measure."""
        if module.path not in self._read:
            try:
                source = module.source
            except OSError:
                source = b""
            line, counted = 1, 0
            found: list[tuple[re.Match[bytes], int]] = []
            for tag in _TAG.finditer(source) if len(source) <= _MOST_BYTES else ():
                line, counted = line + source.count(b"\n", counted, tag.start()), tag.start()
                found.append((tag, line))
            self._read[module.path] = tuple(found)
        return self._read[module.path]

    def _follow(
        self, module: Module, frame: Frame, interpreter: Following, replaced: frozenset[bytes], depth: int
    ) -> None:
        """Follow a template; of blocks that one which extends it has `replaced`, nothing is shown."""
        if depth > _DEEPEST:
            return
        interpreter.touch(module.path)
        stack: list[_Open] = []
        blocks: list[bytes] = []
        extended: Module | None = None
        for tag, line in self._tags(module):
            site = Site(interpreter, frame, Span(tag.start(), tag.end(), line, 1, line))
            kind = tag[1]
            if kind == b"block":
                blocks.append(tag[2].strip())
            elif kind == b"endblock":
                del blocks[-1:]
            elif replaced.intersection(blocks):
                continue
            elif kind == b"extends":
                extended = self._named(tag[2], interpreter)
            elif kind == b"include":
                self._include(tag[2], frame, site, depth)
            else:
                self._tag(tag, stack, frame, site)
        if extended is not None:
            own = frozenset(tag[2].strip() for tag, _ in self._tags(module) if tag[1] == b"block")
            around = Frame(extended, frame.key, names=dict(frame.names), transaction=frame.transaction)
            self._follow(extended, around, interpreter, replaced | own, depth + 1)

    def _tag(self, tag: re.Match[bytes], stack: list[_Open], frame: Frame, site: Site) -> None:
        """A loop that begins or ends, or values that are shown or tested."""
        if tag[1] == b"for":
            stack.append(_Open(dict(frame.names), frame.loops))
            self._loop(tag[2], frame, site)
        elif tag[1] == b"endfor":
            if stack:
                opened = stack.pop()
                frame.names, frame.loops = opened.names, opened.loops
        elif tag[3] is not None:
            self._value(tag[3].decode(), frame, site)
        else:
            for path in _PATH.finditer(tag[2]):
                self._value(path[0].decode(), frame, site)

    def _named(self, text: bytes, interpreter: Following) -> Module | None:
        """The template that a tag names; None for one that a variable names."""
        found = _NAMED.match(text)
        return self._all(interpreter).get(found[1].decode("utf-8", "replace")) if found is not None else None

    def _include(self, text: bytes, frame: Frame, site: Site, depth: int) -> None:
        """`{% include "row.html" with item=order %}`: the other template, with the names and loops of here."""
        module = self._named(text, site.interpreter)
        if module is None:
            return
        names = {} if b" only" in text else dict(frame.names)
        for given in _GIVEN.finditer(text):
            value = self._value(given[2].decode(), frame, site)
            if value is not None:
                names[given[1].decode()] = value
        inner = Frame(module, frame.key, names=names, loops=frame.loops, transaction=frame.transaction)
        self._follow(module, inner, site.interpreter, frozenset(), depth + 1)

    def _loop(self, text: bytes, frame: Frame, site: Site) -> None:
        found = _FOR.match(text)
        if found is None:
            return
        value = self._value(found[2].decode(), frame, site)
        targets = tuple(name.strip() for name in found[1].decode().split(","))
        turns = site.interpreter.iterated(value, site) if value is not None else None
        rows = turns is not None and turns.rows
        loop = LoopFact("for", found[2].decode(), site.origin, rows, turns.bound if turns is not None else None)
        frame.loops = (*frame.loops, loop)
        for name in targets:
            frame.names.pop(name, None)
        if turns is not None:
            site.interpreter.bind(targets, turns.element, frame, site.span)

    def _value(self, path: str, frame: Frame, site: Site) -> Value | None:
        """A variable with its attributes; what can be called is called, as templates do."""
        head, *rest = path.split(".")
        value = frame.names.get(head)
        for part in rest:
            if value is None:
                return None
            value = site.interpreter.objects.attribute(value, part, site)
            if isinstance(value, Function | Member):
                value = site.interpreter.objects.call(value, Arguments(), site)
        return value

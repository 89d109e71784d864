"""No regular expression of the package takes longer than the text that it reads: a line of a repository may have fifty
thousand characters, and be written by somebody who wishes us ill."""

from __future__ import annotations

import ast
import builtins
import dataclasses
import importlib
import re
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from support.attacks import attacks, text_of

import dbarchitect

PACKAGE = Path(dbarchitect.__file__).parent
METHODS = frozenset({"match", "search", "fullmatch", "finditer", "findall", "sub", "split"})
FLAGS_AT = {"compile": 1, "split": 3, "sub": 4}
MOST_ATTACKS = 100
FIRST, LONG = 1_000, 20_000
"""Characters: where the first text takes remarkably long, the other one tells how the time grows."""
REMARKABLE = 0.0003
BOUND, LIMIT = 0.25, 0.5
"""Seconds for the long text, and after how many it is given up."""
NAME, PATH, LINE = 255, 1_024, 300
"""The longest text, in characters, that is given to a pattern: the name of a file, its path, a line that is read."""
SHORT = {
    "code/typescript/web/places.py": NAME,
    "code/python/handling.py:_TELLING": LINE,
    "code/typescript/zod/schema.py:_BOUND": 2_000,
    "configuration/files.py:_ENV_FILE": NAME,
    "deployment/credentials.py:tests": LINE,
    "deployment/places.py": NAME,
    "deployment/signs.py:_IN_A_BROWSER": PATH,
    "rules/security/unparameterised_sql.py:_HARMLESS": LINE,
    "configuration/names.py:_NAME": LINE,
    "deployment/credentials.py:_PASSWORDS": LINE,
    "drizzle/configs.py:_NAMED": NAME,
    "sqlfiles/folders.py:_DATA_NAMES": NAME,
}
OF_WHAT_FITS = {"drizzle/runtime.py:_ONE": "only of what _UNION took whole"}


@dataclass(frozen=True)
class Place:
    """A pattern, where it stands, and how it is used."""

    name: str
    pattern: re.Pattern[str] | re.Pattern[bytes]
    methods: frozenset[str]

    def told(self, table: dict[str, Any]) -> Any:
        """What a table says of this place, by its file or its name."""
        return next((value for end, value in table.items() if f"/{end}" in f"/{self.name}"), None)


class Anything(str):
    """Stands for what only the running program knows."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Anything:
        return Anything("name")

    def __iter__(self) -> Iterator[Anything]:
        return iter([self])


class AnyBytes(bytes):
    """The same, where bytes are put together."""

    __slots__ = ()

    def __getattr__(self, name: str) -> AnyBytes:
        return AnyBytes(b"name")

    def __iter__(self) -> Iterator[AnyBytes]:  # type: ignore[override]
        return iter([self])


class Known(dict[str, Any]):
    """The names of a module; others are anything."""

    def __init__(self, names: dict[str, Any], other: object) -> None:
        self.names, self.other = names, other

    def __missing__(self, key: str) -> Any:
        if key in self.names or hasattr(builtins, key):
            raise KeyError(key)
        return self.other


def written(node: ast.Call, names: dict[str, Any]) -> re.Pattern[str] | re.Pattern[bytes] | None:
    """The pattern that a call of `re` is given, as far as the module itself knows it."""
    function = node.func.attr if isinstance(node.func, ast.Attribute) else ""
    given = [keyword.value for keyword in node.keywords if keyword.arg == "flags"]
    given += node.args[FLAGS_AT.get(function, 2) :][:1]
    for other in (Anything("name"), AnyBytes(b"name")):
        try:
            pattern = eval(compile(ast.Expression(node.args[0]), "", "eval"), names, Known(names, other))
            flags = eval(compile(ast.Expression(given[0]), "", "eval"), names, Known(names, 0)) if given else 0
            return pattern if isinstance(pattern, re.Pattern) else re.compile(pattern, flags)
        except (TypeError, AttributeError):
            continue
    return None


def uses(tree: ast.Module) -> tuple[dict[str, set[str]], set[str]]:
    """By name the methods that are called on it, and the names that are handed on instead."""
    called: dict[str, set[str]] = {}
    owners: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in METHODS and isinstance(node.value, ast.Name):
            called.setdefault(node.value.id, set()).add(node.attr)
            owners.add(id(node.value))
    handed = {
        node.id for node in ast.walk(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and id(node) not in owners
    }  # fmt: skip
    return called, handed


def held(value: object, depth: int = 0) -> Iterator[re.Pattern[Any]]:
    """The patterns in a constant of a module."""
    if isinstance(value, re.Pattern):
        yield value
    elif depth < 5 and isinstance(value, dict):
        for each in value.items():
            yield from held(each, depth + 1)
    elif depth < 5 and isinstance(value, (tuple, list, set, frozenset)):
        for each in value:
            yield from held(each, depth + 1)
    elif depth < 5 and dataclasses.is_dataclass(value) and not isinstance(value, type):
        for field in dataclasses.fields(value):
            yield from held(getattr(value, field.name, None), depth + 1)


def collected() -> list[Place]:
    """Every pattern of the package that its modules hold or write in a call."""
    trees = {path: ast.parse(path.read_bytes()) for path in sorted(PACKAGE.rglob("*.py")) if path.stem != "__main__"}
    known = {path: uses(tree) for path, tree in trees.items()}
    imported = {a.name for t in trees.values() for n in ast.walk(t) if isinstance(n, ast.ImportFrom) for a in n.names}
    found: list[Place] = []
    seen: set[tuple[object, int]] = set()
    for path, tree in trees.items():
        dotted = ".".join(("dbarchitect", *path.relative_to(PACKAGE).with_suffix("").parts))
        names = vars(importlib.import_module(dotted.removesuffix(".__init__")))
        called, handed = known[path]
        bound = {
            id(n.value): n.targets[0].id
            for n in ast.walk(tree)
            if isinstance(n, ast.Assign) and isinstance(n.targets[0], ast.Name)
        }
        compiled: set[str] = set()
        calls: list[tuple[str, ast.Call, str]] = []
        for node in ast.walk(tree):
            match node:
                case ast.Call(func=ast.Attribute(value=ast.Name(id="re"), attr=function)) if function in {
                    "compile",
                    *METHODS,
                }:
                    name = bound.get(id(node), "") if function == "compile" else ""
                    compiled |= {name}
                    calls.append((name, node, function))
        loose = frozenset(
            m for name, methods in called.items() if name not in compiled | {"re"} for m in methods - {"split"}
        )
        here = path.relative_to(PACKAGE).as_posix()
        for name, node, function in calls:
            pattern = written(node, names)
            if pattern is None:
                continue
            methods = frozenset({function}) if function != "compile" else frozenset(called.get(name, ()))
            if name in imported:
                methods = frozenset(m for its, _ in known.values() for m in its.get(name, ()))
            elif function == "compile" and (name in handed or not methods):
                methods |= loose or METHODS
            found.append(Place(f"{here}:{name or node.lineno}", pattern, methods))
            seen.add((pattern.pattern, pattern.flags))
        for name, value in names.items():
            for pattern in held(value):
                if (pattern.pattern, pattern.flags) not in seen:
                    seen.add((pattern.pattern, pattern.flags))
                    found.append(Place(f"{here}:{name}", pattern, loose or METHODS))
    return found


USE: dict[str, Callable[[Any, Any], object]] = {
    "match": lambda pattern, text: pattern.match(text),
    "search": lambda pattern, text: pattern.search(text),
    "fullmatch": lambda pattern, text: pattern.fullmatch(text),
    "finditer": lambda pattern, text: sum(1 for _ in pattern.finditer(text)),
    "findall": lambda pattern, text: pattern.findall(text),
    "sub": lambda pattern, text: pattern.sub(text[:0], text),
    "split": lambda pattern, text: pattern.split(text),
}


class TooLongError(Exception):
    """Raised where a pattern goes on for more than the limit."""


def stop(number: int, frame: FrameType | None) -> None:
    raise TooLongError


def seconds(pattern: re.Pattern[Any], method: str, text: str) -> float:
    """Of the processor; the timer ends what would go on for ever."""
    given = text.encode("latin-1", "replace") if isinstance(pattern.pattern, bytes) else text
    signal.setitimer(signal.ITIMER_VIRTUAL, LIMIT)
    started = time.process_time()
    try:
        USE[method](pattern, given)
    except TooLongError:
        return LIMIT
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    return time.process_time() - started


def elapsed(pattern: re.Pattern[Any], method: str, text: str) -> float:
    """By the clock on the wall: some systems count the processor's time in steps of four milliseconds."""
    started = time.perf_counter()
    seconds(pattern, method, text)
    return time.perf_counter() - started


def slowest(place: Place) -> str | None:
    """The first attack that costs more than it may."""
    longest = place.told(SHORT) or LONG
    for attack in attacks(place.pattern, MOST_ATTACKS):
        first = text_of(attack, min(FIRST, longest))
        for method in place.methods:
            if any(elapsed(place.pattern, method, first) < REMARKABLE for _ in range(2)):
                continue
            took = seconds(place.pattern, method, text_of(attack, longest))
            if took > BOUND and min(took, seconds(place.pattern, method, text_of(attack, longest))) > BOUND:
                return f"{place.name} {method} {attack!r}: {took:.2f} s for {longest} characters"
    return None


@pytest.fixture(scope="module")
def places() -> list[Place]:
    return collected()


@pytest.fixture
def timer() -> Iterator[None]:
    before = signal.signal(signal.SIGVTALRM, stop)
    yield
    signal.signal(signal.SIGVTALRM, before)


def test_none_is_slow(places: list[Place], timer: None) -> None:
    found = [slow for place in places if place.told(OF_WHAT_FITS) is None and (slow := slowest(place)) is not None]
    assert found == []


def test_all_are_seen(places: list[Place]) -> None:
    names = {place.name for place in places}
    assert len(places) > 700
    assert {"sources/sqlfiles/statements.py:_BODY", "sources/code/sql/recognise.py:_COMPILED"} <= names
    assert all(any(place.told({end: 1}) for place in places) for end in (*SHORT, *OF_WHAT_FITS))


@pytest.mark.parametrize(
    ("pattern", "method"),
    [
        (r"(?:-|--)*x", "match"),
        (r"\s+\Z", "search"),
        (r"(\w+)\s*=", "search"),
        (r"\[\s*(.*?)\s*\]\s*\Z", "match"),
        (r"/\*(?:[^*]|\*(?!/))*\*/", "sub"),
        (r'(?:"(?:[^"]|"")+"|\w)+(?=\()', "match"),
        (rb"(?s)(?:\s|/\*.*?\*/)*select", "match"),
    ],
)
def test_slow_ones_are_found(pattern: str | bytes, method: str, timer: None) -> None:
    compiled: re.Pattern[Any] = re.compile(pattern)
    assert slowest(Place("here.py:_IT", compiled, frozenset({method}))) is not None


@pytest.mark.parametrize(
    ("pattern", "method"),
    [
        (r"(?:--?+)*+x", "match"),
        (r"(?<!\s)\s++\Z", "search"),
        (r"(?<!\w)(\w++)\s*+=", "finditer"),
        (r"'(?:[^'\\]++|\\.)*+'", "match"),
    ],
)
def test_others_are_not(pattern: str, method: str, timer: None) -> None:
    assert slowest(Place("here.py:_IT", re.compile(pattern), frozenset({method}))) is None

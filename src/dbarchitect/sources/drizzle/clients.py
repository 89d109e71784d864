"""What a program's client of Drizzle is made with: the keys of `db.query`, and how names are cased."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from dbarchitect.sources.drizzle.evaluate import Evaluator
from dbarchitect.sources.drizzle.library import declared, is_drizzle
from dbarchitect.sources.drizzle.operators import settled
from dbarchitect.sources.drizzle.values import Called, Obj
from dbarchitect.sources.typescript.index import TypeScriptIndex
from dbarchitect.sources.typescript.syntax import Bind, Call, Found

_MADE = re.compile(rb"\bdrizzle\s*(?:<[^<>\n]*>)?\(")


@dataclass(frozen=True, slots=True)
class Client:
    """A client, where it is made (`path`): the tables by the keys of its schema, and its `casing`."""

    path: str
    labels: Mapping[Called, str] = field(default_factory=dict)
    casing: str | None = None


def find_clients(index: TypeScriptIndex, evaluator: Evaluator, paths: Iterable[str]) -> tuple[Client, ...]:
    """The clients that are made at the top level of some modules."""
    return tuple(_clients(index, evaluator, paths))


def _clients(index: TypeScriptIndex, evaluator: Evaluator, paths: Iterable[str]) -> Iterator[Client]:
    for path in index.matching(_MADE, paths):
        module = index.module(path)
        if module is None:
            continue
        for name, statement in module.bound.items():
            if not isinstance(statement, Bind) or not isinstance(statement.value, Call):
                continue
            value = evaluator.found(Found(module, name))
            if not isinstance(value, Called) or not is_drizzle(value.function, "drizzle"):
                continue
            for config in value.args:
                if isinstance(config, Obj):
                    casing = settled(config.get("casing"))
                    labels = _labels(evaluator, config)
                    yield Client(path, labels, casing if isinstance(casing, str) else None)


def _labels(evaluator: Evaluator, config: Obj) -> dict[Called, str]:
    schema = evaluator.spread(settled(config.get("schema")))
    labels: dict[Called, str] = {}
    for key, value in schema.entries.items() if schema is not None else ():
        made = declared(value)
        if made is not None:
            labels.setdefault(made.call, key)
    return labels

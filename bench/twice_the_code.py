"""Whether twice the code costs twice the time to judge: each rule on an application, and on the same with twin code.

    python bench/twice_the_code.py DIRECTORY [--runs 2]

Reads the directory, gives every function, query, call and clause a twin in a folder of its own (the tables stay), and
prints the processor time of all rules on both, the ratio first; target: at most 2.2. Rules that grow faster are named:
those that compare each query or function with all others show up here.
"""

from __future__ import annotations

import argparse
import gc
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from types import MappingProxyType

from dbarchitect.api import survey
from dbarchitect.catalog.queries import Code, LoopFact, Place
from dbarchitect.catalog.refs import Origin
from dbarchitect.catalog.survey import Survey
from dbarchitect.rules._base import Rule
from dbarchitect.rules._registry import all_rules

TARGET = 2.2
_SHOWN = 0.05
"""Seconds from which on a rule's own ratio says something."""
_TWIN = "twin/"


def _origin(origin: Origin) -> Origin:
    return replace(origin, path=_TWIN + origin.path) if origin.path is not None else origin


def _loop(loop: LoopFact) -> LoopFact:
    return replace(loop, origin=_origin(loop.origin))


def _place(place: Place) -> Place:
    return replace(
        place,
        function=_TWIN + place.function,
        loops=tuple(map(_loop, place.loops)),
        transaction=_origin(place.transaction) if place.transaction is not None else None,
        handlers=tuple(map(_origin, place.handlers)),
    )


def with_twin(code: Code) -> Code:
    """The code twice: all that is known of it, and the same again of functions in another folder."""
    queries = (
        replace(q, place=_place(q.place), origin=_origin(q.origin), builders=tuple(map(_origin, q.builders)))
        for q in code.queries
    )
    functions = {_TWIN + k: replace(f, key=_TWIN + k, origin=_origin(f.origin)) for k, f in code.functions.items()}
    calls = (replace(c, caller=_place(c.caller), callee=_TWIN + c.callee, origin=_origin(c.origin)) for c in code.calls)
    events = (replace(e, place=_place(e.place), origin=_origin(e.origin)) for e in code.events)
    handlers = (
        replace(h, function=_TWIN + h.function, origin=_origin(h.origin), attempt=_origin(h.attempt))
        for h in code.handlers
    )
    return replace(
        code,
        queries=(*code.queries, *queries),
        functions=MappingProxyType({**code.functions, **functions}),
        calls=(*code.calls, *calls),
        events=(*code.events, *events),
        handlers=(*code.handlers, *handlers),
    )


def judged(found: Survey, rules: Sequence[type[Rule]]) -> dict[str, float]:
    """Seconds of processor time of each rule that can judge the survey, its praise included."""
    seconds: dict[str, float] = {}
    fresh = replace(found, code=replace(found.code) if found.code is not None else None)  # nothing is known of it yet
    for kind in rules:
        rule = kind()
        if rule.needs - fresh.needs or (rule.engines and fresh.engine.name not in rule.engines):
            continue
        if rule.unanswered(fresh) is not None:
            continue
        start = time.process_time()
        rule.findings(fresh)
        tuple(rule.praise(fresh))
        seconds[rule.name()] = time.process_time() - start
    return seconds


def least(found: Survey, rules: Sequence[type[Rule]], runs: int) -> dict[str, float]:
    """The least of several runs, rule by rule."""
    every = [judged(found, rules) for _ in range(runs)]
    return {name: min(run[name] for run in every) for name in every[0]}


def main() -> int:
    """Measure and print; 1 where the target is missed."""
    parser = argparse.ArgumentParser(description="Judge an application's code once and twice.")
    parser.add_argument("directory")
    parser.add_argument("--runs", type=int, default=2)
    chosen = parser.parse_args()
    gc.disable()  # as the command does
    found = max(survey([chosen.directory]), key=lambda s: len(s.code.queries) if s.code is not None else 0)
    if found.code is None:
        raise SystemExit("no code was read")
    rules = all_rules()
    judged(found, rules)  # what is imported and remembered once is no part of it
    once = least(found, rules, chosen.runs)
    twice = least(replace(found, code=with_twin(found.code)), rules, chosen.runs)
    ratio = sum(twice.values()) / sum(once.values())
    print(f"time of all rules, code twice / once   {ratio:.2f}   (target {TARGET})")
    print(f"{len(found.code.queries)} queries: {sum(once.values()):.2f} s, twice {sum(twice.values()):.2f} s")
    for name in sorted(twice, key=lambda name: -twice[name]):
        grown = twice[name] / max(once[name], 1e-4)
        if twice[name] >= _SHOWN and grown > TARGET:
            print(f"{grown:6.2f}  {name}: {once[name]:.3f} s, {twice[name]:.3f} s")
    return 0 if ratio <= TARGET else 1


if __name__ == "__main__":
    sys.exit(main())

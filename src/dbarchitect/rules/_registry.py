"""The rules there are, found by walking the package; the only place that imports a rule by name."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from dbarchitect import rules
from dbarchitect.errors import UnknownRule
from dbarchitect.rules._base import Rule


@cache
def all_rules() -> tuple[type[Rule], ...]:
    """Every rule class, sorted by code."""
    found: list[type[Rule]] = []
    for package in pkgutil.iter_modules(rules.__path__, f"{rules.__name__}."):
        if not package.ispkg or package.name.rpartition(".")[2].startswith("_"):
            continue  # a room of what several groups share
        group = importlib.import_module(package.name)
        modules = (module.name for module in pkgutil.iter_modules(group.__path__, f"{package.name}."))
        found.extend(_rule_of(name) for name in modules if not name.rpartition(".")[2].startswith("_"))
    return tuple(sorted(found, key=lambda rule: rule.code))


def _rule_of(module_name: str) -> type[Rule]:
    module = importlib.import_module(module_name)
    classes = [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Rule) and value.__module__ == module_name
    ]
    if len(classes) != 1:
        raise RuntimeError(f"{module_name} must define exactly one rule, it defines {len(classes)}")
    return classes[0]


def find_rule(wanted: str) -> type[Rule]:
    """The rule with this name (hyphens or underscores) or code. Raises `UnknownRule`, naming the nearest."""
    key = wanted.strip().lower().replace("_", "-")
    for rule in all_rules():
        if key in {rule.name(), rule.code.lower()}:
            return rule
    import difflib

    names = [rule.name() for rule in all_rules()]
    begins = [name for name in names if key and name.startswith(key)]
    near = begins or difflib.get_close_matches(key, names, n=1)
    hint = f"Did you mean {near[0]}?" if near else "`dba rules` lists them all."
    raise UnknownRule(f"there is no rule {wanted!r}", hint=hint)

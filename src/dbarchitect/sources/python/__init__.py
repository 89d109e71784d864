"""A static index of a project's Python modules: names, classes, constants. Nothing is imported or run.

    index = PythonIndex(open_project(path))
    for module in index.candidates(b"models."):          # the others are not even parsed
        for cls in module.classes:                        # nested ones and those inside functions too
            if "django.db.models.Model" in index.external_bases(cls):
                for statement in cls.body: ...            # Assign, Mutate, ClassDef, FunctionDef, Effect, Import

- `index.resolve(module, "models.CharField", scope)` → `External("django.db.models.CharField")`, a `ClassDef`, a
  `FunctionDef`, a `Module`, a `Package`, a `Value` (a name bound to an expression, plus the attributes asked of it:
  `db.Model` with `db = SQLAlchemy()`), or None. `index.external_name(module, expr, scope)` is the short form.
- `index.find("accounts.models", near)` → the module an import would load. `index.mro(cls)`, `index.lineage(cls)` (those
  of the project), `index.external_bases(cls)`, `index.attribute(cls, "Meta")`.
- `evaluate(expr, module, index, scope)` → a constant, `UNKNOWN`, or an `Environment(name, default)`; lists and
  dictionaries may hold UNKNOWN inside (`is_known` asks). An `Evaluator(index)` remembers what it computed;
  `evaluator.name(module, "INSTALLED_APPS")` folds assignments and `+=`. Members of a plain `Enum` are `EnumMember`s,
  those of `TextChoices`, `StrEnum` … their values; `members_of(cls, index)` lists them with labels.
- `module.origin(span)` is the place for an `Origin`; `module.report(span, text)` notes a Diagnostic, and
  `index.diagnostics` has all of them, syntax errors included.
"""

from __future__ import annotations

from dbarchitect.sources.python.constants import (
    UNKNOWN,
    Constant,
    EnumMember,
    Environment,
    is_known,
    plain,
    with_default,
)
from dbarchitect.sources.python.evaluate import Evaluator, evaluate, members_of
from dbarchitect.sources.python.index import PythonIndex
from dbarchitect.sources.python.resolved import Base, External, Package, Resolved, Unresolved, Value
from dbarchitect.sources.python.statements import ClassDef, FunctionDef, Module, Scope, Statement

__all__ = [
    "UNKNOWN",
    "Base",
    "ClassDef",
    "Constant",
    "EnumMember",
    "Environment",
    "Evaluator",
    "External",
    "FunctionDef",
    "Module",
    "Package",
    "PythonIndex",
    "Resolved",
    "Scope",
    "Statement",
    "Unresolved",
    "Value",
    "evaluate",
    "is_known",
    "members_of",
    "plain",
    "with_default",
]

"""Calls of Django's own functions: `Q(…)`, `F(…)`, aggregates, shortcuts, transactions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from dbarchitect.catalog.queries import Aggregate, Bound, Fetch, Idiom
from dbarchitect.sources.code.draft import Draft
from dbarchitect.sources.code.python.django.managers import Managers
from dbarchitect.sources.code.python.django.querysets import Building, tests_of
from dbarchitect.sources.code.python.django.running import Running
from dbarchitect.sources.code.python.django.values import (
    Atomic,
    Computed,
    Condition,
    FieldPath,
    Pages,
    Prefetch,
    QuerySet,
)
from dbarchitect.sources.code.python.values import Const, LambdaValue, ModelClass
from dbarchitect.sources.code.python.vocabulary import Arguments, Site
from dbarchitect.sources.code.values import (
    OPAQUE,
    Items,
    Library,
    Member,
    Rows,
    Sequence,
    Value,
)
from dbarchitect.sources.mapping import MappedModel

ATOMIC = frozenset({"django.db.transaction.atomic", "django.db.atomic"})
_EXPRESSIONS = (
    "django.db.models.", "django.contrib.postgres.", "django.contrib.gis.db.models.", "django_cte.",
)  # fmt: skip
_GETTING = frozenset({"get_object_or_404", "aget_object_or_404", "get_list_or_404", "aget_list_or_404"})


class Calls:
    """What Django's functions give."""

    def __init__(self, managers: Managers, building: Building, running: Running) -> None:
        self.managers = managers
        self.building = building
        self.running = running
        self.user_model: Callable[[], MappedModel | None] = lambda: None
        self.model_labelled: Callable[[str], MappedModel | None] = lambda label: None  # noqa: ARG005

    def call(self, name: str, arguments: Arguments, site: Site) -> Value | None:
        """What a call of a library's function gives, None when Django has nothing to say."""
        last = name.rpartition(".")[2]
        if name in ATOMIC:
            return Atomic()
        if name.startswith("builtins."):
            return self._builtin(last, arguments, site)
        if last in _GETTING:
            return self._get(last, arguments, site)
        if last == "get_user_model":
            return self._class(self.user_model())
        if last == "get_model" and "apps" in name:
            return self._class(self._labelled(arguments))
        if last == "Paginator" or last.endswith("Paginator"):
            return Pages(arguments.get(0, "object_list") or OPAQUE, arguments.get(1, "per_page"))
        if last == "on_commit" and arguments.args:
            return self._later(arguments.args[0], site)
        if name == "django.utils.decorators.method_decorator" and arguments.args:
            first = arguments.args[0]
            return (
                Atomic() if isinstance(first, Atomic) or (isinstance(first, Library) and first.name in ATOMIC) else None
            )
        if name == "functools.reduce" and len(arguments.args) >= 2:
            return self._reduced(arguments, site)
        if last in {"prefetch_related_objects", "aprefetch_related_objects"}:
            return _loaded_along(arguments)
        if name.startswith(_EXPRESSIONS):
            return self._expression(name, last, arguments)
        return None

    def _class(self, model: MappedModel | None) -> Value | None:
        return ModelClass(model, "django") if model is not None else None

    def _labelled(self, arguments: Arguments) -> MappedModel | None:
        if any(
            isinstance(a, Library | Member) and a.name.rpartition(".")[2] == "AUTH_USER_MODEL"
            for a in arguments.values()
        ):
            return self.user_model()
        texts = [a.value for a in arguments.values() if isinstance(a, Const) and isinstance(a.value, str)]
        return self.model_labelled(".".join(texts[:2])) if texts else None

    def _builtin(self, last: str, arguments: Arguments, site: Site) -> Value | None:
        first = arguments.args[0] if arguments.args else None
        if last == "len" and isinstance(first, QuerySet):
            self.running.counted(self.managers.begun(first, site), site)
            return OPAQUE
        if last == "bool" and isinstance(first, QuerySet):
            self.running.tested(self.managers.begun(first, site), site)
            return OPAQUE
        if last == "type" and isinstance(first, Rows) and not first.many:
            return ModelClass(first.model, "django")
        if last in {"isinstance", "hasattr", "id"} and isinstance(first, QuerySet):
            return OPAQUE
        return None

    def queryset_of(self, value: Value | None, site: Site) -> QuerySet | None:
        """A class, manager or queryset as the queryset of all that it holds."""
        if isinstance(value, ModelClass) and value.library == "django":
            kind = self.managers.default(value.model, site.interpreter)
            value = self.managers.manager(value.model, kind, site.origin)
        return self.managers.begun(value, site) if isinstance(value, QuerySet) else None

    def _get(self, last: str, arguments: Arguments, site: Site) -> Value | None:
        queryset = self.queryset_of(arguments.get(0, "klass"), site)
        if queryset is None:
            return None
        named = {k: v for k, v in arguments.kwargs.items() if k != "klass"}
        draft = self.building.filtered(queryset.draft, Arguments(arguments.args[1:], named, arguments.dynamic))
        queryset = replace(queryset, draft=draft.but(origin=site.origin))
        if "list" in last:
            return self.running.rows(queryset, Fetch.ALL, site)
        draft = replace(queryset.draft, ordering=()).note("sorted", True)
        found = self.running.row(replace(queryset, draft=draft), Fetch.ONE, site)
        return replace(found, optional=False) if isinstance(found, Rows) else found

    def _later(self, function: Value, site: Site) -> Value:
        """`on_commit(f)`: what it does happens outside the transaction."""
        outer, site.frame.transaction = site.frame.transaction, None
        try:
            site.interpreter.objects.call(function, Arguments(), site)
        finally:
            site.frame.transaction = outer
        return Const(None)

    def _reduced(self, arguments: Arguments, site: Site) -> Value | None:
        """`reduce(operator.or_, (Q(name__contains=word) for word in words))`."""
        function = arguments.args[0]
        turns = site.interpreter.iterated(arguments.args[1], site)
        items = arguments.args[1].items if isinstance(arguments.args[1], Items) else [turns.element]
        found = [i for i in items if isinstance(i, Condition | Computed | QuerySet)]
        if not found:
            return None
        either = isinstance(function, Library) and function.name.endswith(("or_", "__or__", "ior"))
        if isinstance(function, LambdaValue):
            either = getattr(function.body, "op", "") == "|"
        if isinstance(found[0], QuerySet):
            return found[0]
        open_ = isinstance(arguments.args[1], Sequence)
        parts = (*found, *found[:1]) if open_ and either else tuple(found)
        return Condition(tuple(parts), either=either)

    def _expression(self, name: str, last: str, arguments: Arguments) -> Value | None:
        match last:
            case "Q":
                return _condition(arguments)
            case "F" | "OuterRef":
                first = arguments.get(0, "name")
                known = isinstance(first, Const) and isinstance(first.value, str)
                if known and isinstance(first, Const):
                    return FieldPath(str(first.value), outer=last == "OuterRef")
                return Computed("func")
            case "Prefetch":
                return self._prefetch(arguments)
            case "Subquery" | "ArraySubquery":
                return Computed("subquery", arguments.args or tuple(arguments.kwargs.values()))
            case "Exists":
                return Computed("exists", arguments.args or tuple(arguments.kwargs.values()))
            case "When":
                named = {k: v for k, v in arguments.kwargs.items() if k not in {"then", "condition"}}
                then = arguments.kwargs.get("then")
                tests = [*arguments.args, *([arguments.kwargs["condition"]] if "condition" in arguments.kwargs else [])]
                condition = Condition((*tests, *named.items()), open=arguments.dynamic)
                return Computed("when", (condition, *([then] if then is not None else [])))
            case "ExpressionWrapper" | "Cast" | "Coalesce" | "Value":
                args = arguments.args or (arguments.kwargs.get("expression") or arguments.get(0, "value") or OPAQUE,)
                function = {"ExpressionWrapper": "wrapped"}.get(last, last.lower())
                return Computed(function, args, arguments.kwargs.get("filter"))
            case _ if last[:1].isupper() and not last.endswith(("Field", "Model", "Error", "Index", "Constraint")):
                if ".fields" in name or "QuerySet" in last or "Manager" in last or last in {"Case", "Model"}:
                    return Computed("case", arguments.args) if last == "Case" else None
                args = arguments.args or tuple(
                    v for k, v in arguments.kwargs.items() if k in {"expression", "expressions"}
                )
                return Computed(last.lower(), args, arguments.kwargs.get("filter"))
            case _:
                return None

    def _prefetch(self, arguments: Arguments) -> Value | None:
        path = arguments.get(0, "lookup")
        queryset, name = arguments.get(1, "queryset"), arguments.get(2, "to_attr")
        if not isinstance(path, Const) or not isinstance(path.value, str):
            return None
        to_attr = name.value if isinstance(name, Const) and isinstance(name.value, str) else None
        return Prefetch(path.value, queryset if isinstance(queryset, QuerySet) else None, to_attr)

    def paged(self, pages: Pages, site: Site) -> Value:
        """`paginator.page(number)`: a part of the rows, with a count of all of them before."""
        queryset = self.queryset_of(pages.source, site)
        if queryset is None:
            return pages.source if isinstance(pages.source, Rows | Items | Sequence) else OPAQUE
        size = pages.size.value if isinstance(pages.size, Const) else None
        limit = Bound(size if isinstance(size, int) else None)
        draft: Draft = replace(queryset.draft, limit=limit, offset=Bound(), idiom=Idiom.PAGINATED)
        counting = replace(queryset.draft, aggregates=(Aggregate("count"),), ordering=(), idiom=Idiom.PAGINATED)
        self.running.record(replace(queryset, draft=counting), Fetch.COUNT, site)
        return self.running.rows(replace(queryset, draft=written_here(draft, site)), Fetch.ALL, site)


def _loaded_along(arguments: Arguments) -> Value:
    """`prefetch_related_objects(orders, "lines__product")`: rows that are there already get what is behind them."""
    first = arguments.args[0] if arguments.args else None
    held = first.items if isinstance(first, Items) else [first.element if isinstance(first, Sequence) else first]
    paths: set[str] = set()
    for value in arguments.args[1:]:
        named = value.path if isinstance(value, Prefetch) else value.value if isinstance(value, Const) else None
        parts = named.split("__") if isinstance(named, str) else []
        paths.update(".".join(parts[: n + 1]) for n in range(len(parts)))
    for row in held:
        if isinstance(row, Rows):
            row.loaded = row.loaded | paths
    return Const(None)


def written_here(draft: Draft, site: Site) -> Draft:
    """The query as one that stands at this place."""
    return draft.note("at", site.origin)


def _condition(arguments: Arguments) -> Condition:
    options = {"_connector", "_negated"}
    given = ((k, v) for k, v in arguments.kwargs.items() if k not in options and not k.startswith("?"))
    named = tests_of(given, arguments)
    positional: list[Value] = []
    for arg in arguments.args:
        if isinstance(arg, Items) and len(arg.items) == 2 and isinstance(arg.items[0], Const):
            key = arg.items[0].value
            positional.append((key, arg.items[1]) if isinstance(key, str) else arg)
        else:
            positional.append(arg)
    connector, negated = arguments.kwargs.get("_connector"), arguments.kwargs.get("_negated")
    either = isinstance(connector, Const) and connector.value == "OR"
    either = either or (isinstance(connector, Library) and connector.name.endswith(".OR"))
    is_negated = isinstance(negated, Const) and negated.value is True
    open_ = arguments.dynamic or any(k.startswith("?") for k in arguments.kwargs)
    return Condition((*positional, *named), either=either, negated=is_negated, open=open_)

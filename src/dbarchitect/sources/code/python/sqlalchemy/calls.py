"""Calls: functions of the library, methods of what they give, constructors of models, what a session runs."""

from __future__ import annotations

import re
from collections.abc import Sequence as Readings
from dataclasses import replace

from dbarchitect.catalog.queries import Comparison, Fetch, Verb
from dbarchitect.sources.base import SourceReading
from dbarchitect.sources.code.draft import Draft
from dbarchitect.sources.code.python.rawsql import SqlRunner, parameters_of
from dbarchitect.sources.code.python.sqlalchemy.columns import (
    column_call,
    each,
    negation,
    operated,
)
from dbarchitect.sources.code.python.sqlalchemy.conditions import (
    all_of,
    asked_of,
    compare,
    truth,
)
from dbarchitect.sources.code.python.sqlalchemy.homes import touched
from dbarchitect.sources.code.python.sqlalchemy.joining import joins_of
from dbarchitect.sources.code.python.sqlalchemy.library import LibraryCalls, short_name
from dbarchitect.sources.code.python.sqlalchemy.loading import loader
from dbarchitect.sources.code.python.sqlalchemy.repositories import serve
from dbarchitect.sources.code.python.sqlalchemy.results import (
    of_query,
    paginated,
    ran,
    result_call,
    row_of,
    selected_of,
    taken,
)
from dbarchitect.sources.code.python.sqlalchemy.sessions import receiver, session_call
from dbarchitect.sources.code.python.sqlalchemy.statements import Statements, inserted, related
from dbarchitect.sources.code.python.sqlalchemy.values import (
    LIBRARY,
    Choice,
    Clause,
    ColumnValue,
    Condition,
    Derived,
    Exists,
    Loader,
    Operator,
    RelationValue,
    Result,
    Row,
    Session,
    Sort,
)
from dbarchitect.sources.code.python.sqlalchemy.writing import (
    Writing,
    by_key,
    construct_call,
    query_update,
    with_values,
)
from dbarchitect.sources.code.python.values import (
    ClassValue,
    Const,
    Function,
    Instance,
    ModelClass,
)
from dbarchitect.sources.code.python.vocabulary import Arguments, Site
from dbarchitect.sources.code.sharing import Catalogs
from dbarchitect.sources.code.values import (
    OPAQUE,
    Library,
    Member,
    Rows,
    Sequence,
    Text,
    Value,
    is_raw,
)
from dbarchitect.sources.python.statements import ClassDef

_RUNS = {
    "execute": Fetch.ALL,
    "scalars": Fetch.ALL,
    "scalar": Fetch.SCALAR,
    "exec": Fetch.ALL,
    "stream": Fetch.ITERATED,
    "stream_scalars": Fetch.ITERATED,
    "scalar_one": Fetch.ONE,
    "scalar_one_or_none": Fetch.ONE,
    "scalar_many": Fetch.ALL,
    "fetch_all": Fetch.ALL,
    "fetch_one": Fetch.FIRST,
    "fetch_val": Fetch.SCALAR,
}
_GETS = frozenset({"get", "get_one", "get_or_404"})
_ROW_ATTRIBUTES = frozenset({"_mapping", "_asdict", "_tuple", "tuple", "t", "_t"})

_ASKING = re.compile(
    rb"\b(?:select|insert|update|delete|exists)\(|\.(?:query|execute|scalars?|exec|get|add|commit)\b|self\.\w*query"
)


class Calls:
    """What calls give; knows the statements of the project and follows what becomes of rows."""

    name = LIBRARY

    def __init__(self, statements: Statements, library: LibraryCalls, readings: Readings[SourceReading]) -> None:
        self.statements = statements
        self.library = library
        self.writing = Writing()
        self._served: set[tuple[str, str, tuple[str, ...]]] = set()
        self.runner = SqlRunner(Catalogs(readings).near)

    def forget(self) -> None:
        """The objects that serve a model are followed again in the next module."""
        self._served.clear()

    def call(self, function: Value, arguments: Arguments, site: Site) -> Value | None:
        """Functions of the library, methods of what it makes, constructors of models."""
        match function:
            case Library(name=dotted):
                return self._library(dotted, arguments, site)
            case ModelClass() if function.library == self.name:
                return self.writing.constructed(function, arguments, site)
            case Operator():
                return operated(function, arguments.args[0]) if arguments.args else None
            case Member(owner=owner, name=name):
                return self._method(owner, name, arguments, site)
            case ClassValue(cls=cls):
                return self._repository(cls, arguments, site)
            case Session(kind=kind):
                return Session("session" if kind == "maker" else kind)
            case Exists() | ColumnValue():
                return function
            case _:
                return None

    def _repository(self, cls: ClassDef, arguments: Arguments, site: Site) -> Value | None:
        """An object of a class of the project that is given a model: its methods are followed for that model, once, and
        for the module that says so only."""
        models = tuple(a.model.key for a in arguments.values() if isinstance(a, ModelClass))
        key = (cls.module.path, cls.qualname, models)
        if not models or key in self._served or site.frame.depth > 1:
            return None
        if not site.interpreter.is_current(site.frame.module):
            return None
        self._served.add(key)
        made = site.interpreter.objects.call(ClassValue(cls), arguments, site)
        if isinstance(made, Instance):
            serve(made, site, _ASKING)
        return made

    def _library(self, dotted: str, arguments: Arguments, site: Site) -> Value | None:
        name = short_name(dotted)
        if name is not None:
            found = self.library.call(name, arguments, site)
            return found if found is not None else self._by_dialect(name, arguments)
        if dotted in {"fastapi.Depends", "fastapi.params.Depends", "fastapi.Security"}:
            return self._depends(arguments, site)
        if dotted in {"typing.NewType", "typing_extensions.NewType"} and len(arguments.args) == 2:
            return arguments.args[1]
        if _makes_pages(dotted):
            draft = next((a for a in arguments.values() if isinstance(a, Draft)), None)
            return paginated(draft, arguments, site, by_offset="keyset" not in dotted) if draft is not None else None
        if dotted == "builtins.setattr" and len(arguments.args) == 3:
            return self._set_attribute(arguments, site)
        return None

    def _set_attribute(self, arguments: Arguments, site: Site) -> Value | None:
        """`setattr(row, name, value)`."""
        row, name, value = arguments.args
        if not isinstance(row, Rows) or row.library != self.name or row.many:
            return None
        if isinstance(name, Const) and isinstance(name.value, str):
            self.writing.assign(row, name.value, value, site)
        else:
            self.writing.assign_any(row, site, raw=is_raw(name))
        return Const(None)

    def _by_dialect(self, name: str, arguments: Arguments) -> Value | None:
        first = arguments.get(0)
        return first if name in {"flag_modified", "flag_dirty", "make_transient"} else None

    def _depends(self, arguments: Arguments, site: Site) -> Value | None:
        """`Depends(get_session)`: what the dependency gives."""
        given = arguments.get(0, "dependency")
        if not isinstance(given, Function | ClassValue):
            return None
        found = site.interpreter.objects.call(given, Arguments(dynamic=True), site)
        return found.element if isinstance(found, Sequence) else found

    def _method(self, owner: Value, name: str, arguments: Arguments, site: Site) -> Value | None:
        match owner:
            case ColumnValue():
                return column_call(owner, name, arguments)
            case Sort():
                return owner
            case Condition() | Choice():
                return each(owner, name, arguments) if isinstance(owner, Choice) else asked_of(owner, name, arguments)
            case RelationValue():
                return self._of_relation(owner, name, arguments, site)
            case Loader():
                return loader(name, arguments, owner)
            case Derived():
                return (
                    owner
                    if name in {"alias", "subquery", "cte", "lateral", "union", "union_all"}
                    else (self._of_derived(owner, name, arguments, site))
                )
            case Exists():
                return self._of_exists(owner, name, arguments, site)
            case Clause():
                return owner if name in {"bindparams", "columns", "execution_options"} else None
            case Result():
                return result_call(owner, name)
            case Row():
                return owner if name in _ROW_ATTRIBUTES else None
            case Draft() if owner.library == self.name:
                return self._of_statement(owner, name, arguments, site)
            case ModelClass() if owner.library == self.name:
                return self._of_class(owner, name, arguments, site)
            case Rows() if owner.library == self.name:
                return self._of_many(owner, name, arguments, site)
            case _:
                return self._of_receiver(owner, name, arguments, site)

    def _of_relation(self, owner: RelationValue, name: str, arguments: Arguments, site: Site) -> Value | None:
        match name:
            case "has" | "any":
                found = Condition(joins=joins_of(owner), tables=(owner.target.table,))
                for value in arguments.args:
                    said = truth(value)
                    found = all_of((found, said)) if said is not None else found
                target = ModelClass(owner.target, self.name)
                for key, value in arguments.kwargs.items():
                    inner = self.statements.equality(target, key, value, site)
                    found = all_of((found, inner)) if inner is not None else found
                return found
            case "contains":
                return self._holding(owner)
            case "is_" | "is_not" | "isnot" | "__eq__":
                found = related(owner, arguments.get(0) or Const(None))
                return found if name == "is_" else negation(found)
            case "of_type":
                narrowed = arguments.get(0)
                if isinstance(narrowed, ModelClass):
                    return replace(owner, target=narrowed.model)
                return owner
            case "and_":
                known = [c for c in map(truth, arguments.args) if c is not None]
                return replace(owner, condition=all_of(known))
            case "in_":
                return related(owner, OPAQUE)
            case "desc" | "asc":
                return owner
            case _:
                return None

    def _holding(self, owner: RelationValue) -> Condition:
        """`Model.relation.contains(row)`."""
        through = owner.relation.through
        if through is None:
            joins = joins_of(owner)
            key = [ColumnValue(owner.target.table.column(c)) for c in owner.target.primary_key]
            return all_of((Condition(joins=joins), *(compare(k, Comparison.EQUAL, OPAQUE) for k in key)))
        far = [ColumnValue(through.table.column(own)) for own, _ in through.far]
        joins = joins_of(owner)[:-1]
        return all_of((Condition(joins=joins), *(compare(c, Comparison.EQUAL, OPAQUE) for c in far)))

    def _of_derived(self, owner: Derived, name: str, arguments: Arguments, site: Site) -> Value | None:
        if name in {"select", "join", "outerjoin"}:
            if name == "select":
                return self.statements.select((owner,), site)
            found = self.statements.method(owner.draft, name, arguments, site)
            return Derived(found) if isinstance(found, Draft) else owner
        return None

    def _of_exists(self, owner: Exists, name: str, arguments: Arguments, site: Site) -> Value | None:
        if name in {"where", "filter", "select_from", "correlate", "correlate_except"}:
            found = self.statements.method(owner.draft, name, arguments, site)
            return Exists(found) if isinstance(found, Draft) else owner
        if name == "select":
            return self.statements.select((owner,), site)
        return owner if name in {"label", "scalar_subquery", "self_group"} else None

    def _of_statement(self, draft: Draft, name: str, arguments: Arguments, site: Site) -> Value | None:
        """A method of a statement or query: it builds, writes or runs."""
        if draft.verb is not Verb.SELECT:
            written = construct_call(draft, name, arguments, site)
            if written is not None:
                return touched(written, site)
        query = draft.noted("kind") == "query"
        if query and name in _GETS and arguments.args:
            return self._get(draft, site)
        if query and name == "update":
            ran(query_update(draft, arguments, site.interpreter), site, Fetch.NONE)
            return OPAQUE
        if query and name == "delete":
            ran(draft.but(verb=Verb.DELETE, columns=None, ordering=()), site, Fetch.NONE)
            return OPAQUE
        built = self.statements.method(draft, name, arguments, site)
        if built is not None:
            return built
        if name == "values" and query:
            found = self.statements.method(draft, "with_entities", arguments, site)
            return taken(found, site, Fetch.ALL, many=True) if isinstance(found, Draft) else None
        if name in {"execute", "scalars"} and not query:
            return ran(draft, site)
        if query or name in {"all", "first", "one", "one_or_none", "scalar", "count", "paginate", "first_or_404"}:
            return of_query(draft, name, arguments, site)
        return None

    def _get(self, draft: Draft, site: Site) -> Value:
        model = draft.model
        if model is None:
            return OPAQUE
        draft = draft.where(*(p for p in by_key(model) if p not in draft.predicates))
        return row_of(replace(ran(draft, site, Fetch.ONE), scalars=True), optional=True)

    def _of_class(self, owner: ModelClass, name: str, arguments: Arguments, site: Site) -> Value | None:
        """A table's own `select()`, `insert()`, `join()`; methods that the class has go before."""
        match name:
            case "select":
                draft = self.statements.select((owner,), site)
                return self.statements.method(draft, "where", arguments, site) if arguments.args else draft
            case "insert" | "update" | "delete":
                verb = Verb(name)
                made = inserted(verb, owner, site)
                if made is not None and "values" in arguments.kwargs:
                    made = with_values(made, arguments.kwargs["values"], site.interpreter)
                if made is not None and arguments.args and verb is not Verb.INSERT:
                    return self.statements.method(made, "where", arguments, site)
                return made
            case "join" | "outerjoin":
                draft = self.statements.select((owner,), site)
                found = self.statements.method(draft, name, arguments, site)
                return Derived(found) if isinstance(found, Draft) else None
            case "alias":
                return replace(owner, alias=f"{site.frame.module.path}:{site.span.start}")
            case "count":
                return None
            case "in_":
                return None
            case _:
                return None

    def _of_many(self, rows: Rows, name: str, arguments: Arguments, site: Site) -> Value | None:
        if self.writing.appended(rows, name, arguments, site):
            return Const(None)
        if name == "remove" and rows.many:
            return Const(None)
        return None

    # Sessions

    def _of_receiver(self, owner: Value, name: str, arguments: Arguments, site: Site) -> Value | None:
        first = arguments.get(0, "statement")
        if name in _RUNS:
            found = self._run(owner, name, first, arguments, site)
            if found is not None:
                return found
        if name == "query" and arguments.args and (_can_select(arguments.args) or _is_one(arguments.args)):
            return self.statements.select(arguments.args, site, "query")
        entity = first or arguments.kwargs.get("entity")
        if name in _GETS and isinstance(entity, ModelClass):
            draft = self.statements.select((entity,), site)
            if "with_for_update" in arguments.kwargs:
                draft = draft.but(locks=True)
            options = arguments.kwargs.get("options")
            if options is not None:
                found = self.statements.method(draft, "options", Arguments((options,)), site)
                draft = found if isinstance(found, Draft) else draft
            return self._get(draft, site)
        paged = first or arguments.kwargs.get("select")
        if name == "paginate" and isinstance(paged, Draft):
            return paginated(paged, arguments, site)
        session = receiver(owner)
        if session is None:
            return None
        if name in {"commit", "flush", "rollback"}:
            self.writing.flushed(site, stored=name != "rollback")
        written = self.writing.session_call(name, arguments, site)
        return written if written is not None else session_call(session, name, arguments, site)

    def _run(self, owner: Value, name: str, first: Value | None, arguments: Arguments, site: Site) -> Value | None:
        if isinstance(first, Exists):
            first = self.statements.select((first,), site)
        if isinstance(first, ColumnValue) and first.inner is not None:
            first = first.inner
        if isinstance(first, Derived):
            first = first.draft
        if isinstance(first, Draft) and first.library == self.name:
            return self._run_draft(first, name, arguments, site)
        if isinstance(first, Clause):
            return self._run_text(first.text, name, arguments, site)
        if isinstance(first, ColumnValue) and receiver(owner) is not None:
            return OPAQUE
        if isinstance(first, Const | Text) and isinstance(owner, Session):
            return self._run_text(first, name, arguments, site)
        return None

    def _run_draft(self, draft: Draft, name: str, arguments: Arguments, site: Site) -> Value:
        given = arguments.get(1, "params") or arguments.kwargs.get("values")
        if given is not None and draft.verb in {Verb.INSERT, Verb.UPDATE, Verb.UPSERT} and not draft.assignments:
            draft = with_values(draft, given, site.interpreter)
            if draft.verb is Verb.UPDATE and not draft.predicates and draft.model is not None and draft.idiom:
                draft = draft.where(*by_key(draft.model))
        streamed = name in {"stream", "stream_scalars"}
        result = ran(draft, site, Fetch.ALL if streamed else _RUNS[name], streamed=streamed)
        if name in {"scalars", "stream_scalars", "scalar_many"}:
            return replace(result, scalars=True)
        if name == "exec":
            return replace(result, scalars=len(selected_of(draft)) == 1)
        if name in {"scalar", "scalar_one", "scalar_one_or_none", "fetch_val"}:
            return row_of(result, scalars=True, optional=True)
        if name == "fetch_one":
            return row_of(result, optional=True)
        return result

    def _run_text(self, text: Value, name: str, arguments: Arguments, site: Site) -> Value | None:
        given = parameters_of(arguments.get(1, "params"))
        record = self.runner.run(text, given, site, self.name, _RUNS[name])
        if record is None:
            return OPAQUE
        record.escaped = record.otherwise = True
        draft = Draft(self.name, site.origin, record.draft.verb, table=record.draft.table)
        if name in {"scalar", "scalar_one", "fetch_val"}:
            return OPAQUE
        return Result(draft.note("kind", "text"), record)


def _can_select(values: tuple[Value, ...]) -> bool:
    kinds = ModelClass | ColumnValue | Derived | Exists | Choice | Draft | RelationValue
    return any(isinstance(value, kinds) for value in values)


def _is_one(values: tuple[Value, ...]) -> bool:
    """`query(literal(True))`: asked for nothing but whether there is a row."""
    return all(isinstance(value, Const) and isinstance(value.value, int) for value in values)


def _makes_pages(dotted: str) -> bool:
    """Whether a library's function or class makes a page of a query: `paginate(query)`, `SqlalchemyOrmPage(query)`."""
    module, _, name = dotted.rpartition(".")
    return ("pagina" in module or "keyset" in module) and (
        name in {"paginate", "apaginate"} or name.lower().endswith("page")
    )

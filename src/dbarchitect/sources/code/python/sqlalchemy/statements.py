"""Statements and queries while they are built: `select(…)`, `session.query(…)`, and what their methods add."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from dbarchitect.catalog.queries import Bound, Comparison, SortKey, Verb
from dbarchitect.catalog.refs import Ref
from dbarchitect.sources.base import SourceReading
from dbarchitect.sources.code.draft import Draft, either
from dbarchitect.sources.code.python.sqlalchemy.columns import attribute_of
from dbarchitect.sources.code.python.sqlalchemy.conditions import all_of, applied, compare, sometimes, truth
from dbarchitect.sources.code.python.sqlalchemy.homes import passed_on, touched, wanted
from dbarchitect.sources.code.python.sqlalchemy.hybrids import hybrid
from dbarchitect.sources.code.python.sqlalchemy.joining import Links, along, folded, joined
from dbarchitect.sources.code.python.sqlalchemy.loading import loaded
from dbarchitect.sources.code.python.sqlalchemy.values import (
    LIBRARY,
    Choice,
    Clause,
    ColumnValue,
    Condition,
    Derived,
    Exists,
    RelationValue,
    Sort,
    column_tables,
)
from dbarchitect.sources.code.python.values import Const, ModelClass
from dbarchitect.sources.code.python.vocabulary import Arguments, Site
from dbarchitect.sources.code.values import Items, Value
from dbarchitect.sources.mapping import MappedModel

_SAME = frozenset(
    {"execution_options", "yield_per", "populate_existing", "enable_eagerloads", "autoflush", "params", "correlate",
     "correlate_except", "prefix_with", "suffix_with", "with_hint", "with_statement_hint", "enable_assertions",
     "add_cte", "set_label_style", "compile", "with_session", "reset_joinpoint", "unique", "filter_criteria",
     "inline", "self_group", "with_labels", "options_", "tuples", "autocommit", "from_self", "apply_labels",
     "with_context_options", "select"}
)  # fmt: skip
_DERIVED = frozenset({"subquery", "cte", "alias", "lateral", "tablesample", "union", "union_all"})
_ALIKE = frozenset({"union", "union_all", "intersect", "except_", "intersect_all", "except_all"})


class Statements:
    """Builds drafts; knows the models and the foreign keys of the project."""

    def __init__(self, readings: Sequence[SourceReading]) -> None:
        self.readings = readings
        self.links = Links(readings)
        self.documents = frozenset(
            table.ref.column(column.name)
            for reading in readings
            for table in reading.catalog.tables
            for column in table.columns
            if is_document(str(column.type))
        )
        self._methods: dict[str, Callable[[Draft, Arguments, Site], Value]] = {
            "where": self._where,
            "filter": self._where,
            "having": self._where,
            "filter_by": self._filter_by,
            "select_from": self._select_from,
            "join": self._join,
            "outerjoin": self._join_outer,
            "join_from": self._join_from,
            "outerjoin_from": self._join_from,
            "order_by": self._order_by,
            "group_by": self._group_by,
            "distinct": lambda d, a, s: replace(d, distinct=True),  # noqa: ARG005
            "limit": self._limit,
            "fetch": self._limit,
            "offset": self._offset,
            "slice": self._slice,
            "options": lambda d, a, s: loaded(d, a.args),  # noqa: ARG005
            "with_for_update": lambda d, a, s: wanted(replace(d, locks=True), s),  # noqa: ARG005
            "with_lockmode": lambda d, a, s: wanted(replace(d, locks=True), s),  # noqa: ARG005
            "with_only_columns": self._only,
            "with_entities": self._only,
            "add_columns": self._add_columns,
            "add_column": self._add_columns,
            "add_entity": self._add_columns,
            "returning": self._returning,
            "exists": lambda d, a, s: Exists(d),  # noqa: ARG005
            "scalar_subquery": self._scalar,
            "as_scalar": self._scalar,
            "label": self._scalar,
        }

    # Beginning

    def select(self, values: tuple[Value, ...], site: Site, kind: str = "select") -> Draft:
        """A query for entities and columns."""
        draft = Draft(LIBRARY, site.origin).note("kind", kind)
        flat = [v for value in values for v in (value.items if isinstance(value, Items) else (value,))]
        return touched(self._selecting(draft, tuple(flat)), site)

    def _selecting(self, draft: Draft, values: tuple[Value, ...]) -> Draft:
        """A draft that selects these values."""
        values = tuple(v.key if isinstance(v, Sort) else v for v in values)
        draft = draft.note("selected", values)
        first = next((v for v in values if isinstance(v, ModelClass)), None)
        for value in values:
            tables = self._tables_of(value)
            if draft.table is None and tables:
                draft = draft.but(table=tables[0])
            draft = draft.using(*(t for t in tables if draft.table is None or t.key != draft.table.key))
            if isinstance(value, Exists):
                draft = folded(draft, value.draft)
            held = (
                value.draft if isinstance(value, Derived) else value.source if isinstance(value, ColumnValue) else None
            )
            if held is not None:  # what a query used as a table demands, it demands here
                only = first is None and draft.table == held.table
                draft = folded(draft.but(limit=draft.limit or held.limit) if only else draft, held)
            if isinstance(value, ColumnValue):
                draft = draft.join(*value.way)
                if value.inner is not None:
                    draft = folded(draft, value.inner)
        aggregates = tuple(v.aggregate for v in values if isinstance(v, ColumnValue) and v.aggregate is not None)
        columns: tuple[Ref, ...] | None = None
        if first is None:
            reads = {r: None for v in values if isinstance(v, ColumnValue) for r in sorted(v.reads, key=str)}
            columns = tuple(reads)
            if any(not isinstance(v, ColumnValue | Const | Exists) for v in values):
                draft = draft.unknown("columns")
        model = first.model if first is not None else None
        draft = draft.but(model=model, columns=columns, aggregates=aggregates)
        if model is not None and model.ordering and not draft.ordering:
            keys = (SortKey(model.table.column(name), descending) for name, descending in model.ordering)
            draft = draft.ordered(keys)
        return draft if values else draft.unknown("table")

    def _tables_of(self, value: Value) -> tuple[Ref, ...]:
        match value:
            case ModelClass(model=model):
                return (model.table,)
            case ColumnValue():
                return column_tables(value)
            case Choice(options=options):
                found = [t for o in options for t in column_tables(o.key if isinstance(o, Sort) else o)]
                return tuple({t.key: t for t in found}.values())
            case Derived(draft=inner) | Exists(draft=inner):
                return inner.tables
            case RelationValue(target=target):
                return (target.table,)
            case Condition(predicates=predicates):
                return tuple({p.column.table_ref.key: p.column.table_ref for p in predicates}.values())
            case _:
                return ()

    # Methods

    def method(self, draft: Draft, name: str, arguments: Arguments, site: Site) -> Value | None:
        """A method of a statement that builds it further; None for one that does something else."""
        build = self._methods.get(name)
        if build is not None:
            found = build(draft, arguments, site)
            return touched(found, site) if isinstance(found, Draft) else found
        if name in _SAME:
            return draft
        if name in _ALIKE:
            others = [a for a in arguments.args if isinstance(a, Draft | Derived)]
            return united([draft, *others], site)
        if name in _DERIVED:
            return Derived(draft)
        return None

    def _where(self, draft: Draft, arguments: Arguments, site: Site) -> Draft:
        for value in arguments.args:
            draft = self._on_text(draft, value, site) if isinstance(value, Clause) else self._with(draft, value)
        return draft.unknown("where") if arguments.dynamic else draft

    def _with(self, draft: Draft, value: Value) -> Draft:
        found = truth(value)
        if found is not None and draft.table is None:  # the columns of a condition bring their table with them
            tables = (*found.tables, *(p.column.table_ref for p in found.predicates))
            draft = draft.but(table=tables[0]) if tables else draft
        return applied(draft, found) if found is not None else draft

    def _on_text(self, draft: Draft, value: Clause, site: Site) -> Draft:
        """`where(text("…"))`: read as the condition of a query of the table."""
        from dbarchitect.sources.code.python.sqlalchemy.texts import condition_of

        found = condition_of(value, draft, self.readings, site)
        return applied(draft, found)

    def _filter_by(self, draft: Draft, arguments: Arguments, site: Site) -> Draft:
        owner = self._latest(draft)
        draft = passed_on(draft, arguments, site)
        for name, value in arguments.kwargs.items():
            found = self.equality(owner, name, value, site) if owner is not None else None
            found = sometimes(found) if found is not None and name in arguments.optional else found
            draft = applied(draft, found) if found is not None else draft.unknown("where")
        return draft.unknown("where") if arguments.dynamic else draft

    def equality(self, owner: ModelClass, name: str, value: Value, site: Site) -> Condition | None:
        """`name=value` of `filter_by`."""
        found = attribute_of(site.interpreter.models, owner, name, self.documents)
        if isinstance(found, ColumnValue):
            return compare(found, Comparison.EQUAL, value)
        if found is not None:
            return related(found, value)
        return _equal(hybrid(owner, name, site), value)

    def _latest(self, draft: Draft) -> ModelClass | None:
        """The entity that `filter_by` is about: the last joined, or the first selected."""
        found = draft.noted("latest")
        if isinstance(found, ModelClass):
            return found
        if draft.model is not None:
            return ModelClass(draft.model, LIBRARY)
        selected = draft.noted("selected")
        for value in selected if isinstance(selected, tuple) else ():
            for table in self._tables_of(value):
                owner = self.by_table.get(table.key)
                if owner is not None:
                    return ModelClass(owner, LIBRARY)
        if draft.table is not None and (owner := self.by_table.get(draft.table.key)) is not None:
            return ModelClass(owner, LIBRARY)
        return None

    by_table: Mapping[tuple[str, ...], MappedModel] = {}

    def _select_from(self, draft: Draft, arguments: Arguments, site: Site) -> Draft:  # noqa: ARG002
        for value in arguments.args:
            inner = value.draft if isinstance(value, Derived) else value if isinstance(value, Draft) else None
            if inner is not None:
                draft = folded(draft.but(table=inner.table, joined=(*draft.tables, *inner.joined)), inner)
                draft = draft.but(limit=draft.limit or inner.limit, offset=draft.offset or inner.offset)
            elif tables := self._tables_of(value):
                draft = draft.but(table=tables[0], joined=tuple(t for t in draft.tables if t.key != tables[0].key))
                if isinstance(value, ModelClass):
                    draft = draft.note("latest", value)
            else:
                draft = draft.unknown("table")
        return draft

    def _join(self, draft: Draft, arguments: Arguments, site: Site, *, outer: bool = False) -> Draft:
        flag = arguments.kwargs.get("isouter") or arguments.kwargs.get("full")
        outer = outer or (flag is not None and not (isinstance(flag, Const) and not flag.value))
        models = site.interpreter.models
        args = list(arguments.args) or [arguments.kwargs[k] for k in ("target", "right") if k in arguments.kwargs]
        condition = arguments.kwargs.get("onclause")
        if args and isinstance(args[0], Items):  # join((Target, condition))
            args = list(args[0].items)
        relations = [a for a in args if isinstance(a, RelationValue)]
        if args and len(relations) == len(args):
            for relation in relations:
                draft = along(draft, relation, outer=outer).note("latest", ModelClass(relation.target, LIBRARY))
            return draft
        if not args:
            return draft.unknown("table")
        target = args[0]
        if len(args) > 1:
            condition = args[1]
        if isinstance(condition, ColumnValue | Exists | Choice):
            condition = truth(condition)
        draft = joined(draft, target, condition, self.links, models, outer=outer)
        return draft.note("latest", target) if isinstance(target, ModelClass) else draft

    def _join_outer(self, draft: Draft, arguments: Arguments, site: Site) -> Draft:
        return self._join(draft, arguments, site, outer=True)

    def _join_from(self, draft: Draft, arguments: Arguments, site: Site) -> Draft:
        draft = self._select_from(draft, Arguments(arguments.args[:1]), site)
        return self._join(draft, replace(arguments, args=arguments.args[1:]), site)

    def _order_by(self, draft: Draft, arguments: Arguments, site: Site) -> Draft:  # noqa: ARG002
        if any(isinstance(a, Const) and (a.value is None or a.value is False) for a in arguments.args):
            return draft.but(ordering=())
        for value in arguments.args:
            for item in value.items if isinstance(value, Items) else (value,):
                draft = self._sorted(draft, item)
        return draft.unknown("order by") if arguments.dynamic and not draft.ordering else draft

    def _sorted(self, draft: Draft, value: Value) -> Draft:
        match value:
            case Sort(key=key, descending=descending):
                return draft.ordered((sort_key(key, descending),)).join(*key.way)
            case ColumnValue():
                return draft.ordered((sort_key(value, False),)).join(*value.way)
            case Choice(options=options):
                keys: dict[SortKey, None] = {}
                for option in options:
                    key, down = (option.key, option.descending) if isinstance(option, Sort) else (option, False)
                    keys[replace(sort_key(key, down), optional=True)] = None
                return draft.ordered(keys)
            case Const(value=str(text)):
                return self._sorted_by_name(draft, text)
            case Clause(text=Const(value=str(text))):
                return self._sorted_by_name(draft, text)
            case Condition():
                return draft.ordered((SortKey(None),))
            case _:
                return draft.unknown("order by")

    def _sorted_by_name(self, draft: Draft, text: str) -> Draft:
        """`order_by("name")`, `order_by(text("name desc"))`."""
        for part in text.split(","):
            name, _, rest = part.strip().lstrip("-").partition(" ")
            name = name.rpartition(".")[2].strip('"`')
            down = part.strip().startswith("-") or "desc" in rest.lower()
            draft = draft.ordered((SortKey(self._column_called(draft, name), down),))
        return draft

    def _column_called(self, draft: Draft, name: str) -> Ref | None:
        selected = draft.noted("selected")
        for value in selected if isinstance(selected, tuple) else ():
            if isinstance(value, ColumnValue) and value.name == name:
                return value.column if value.aggregate is None and not value.function else None
        model = draft.model
        if model is not None and name in model.columns:
            return model.table.column(model.columns[name])
        if model is not None and name in model.columns.values():
            return model.table.column(name)
        return None

    def _group_by(self, draft: Draft, arguments: Arguments, site: Site) -> Draft:  # noqa: ARG002
        found: list[Ref] = list(draft.grouping)
        for value in arguments.args:
            if isinstance(value, ColumnValue) and value.aggregate is None:
                found.extend([value.column] if value.column is not None else sorted(value.reads, key=str))
            elif isinstance(value, ModelClass):
                found.extend(value.model.table.column(c) for c in value.model.primary_key)
            elif isinstance(value, Const) and isinstance(value.value, str):
                column = self._column_called(draft, value.value)
                found.extend([column] if column is not None else [])
        return draft.but(grouping=tuple(dict.fromkeys(found)))

    def _limit(self, draft: Draft, arguments: Arguments, site: Site) -> Draft:  # noqa: ARG002
        return draft.but(limit=_bound(arguments.get(0)))

    def _offset(self, draft: Draft, arguments: Arguments, site: Site) -> Draft:  # noqa: ARG002
        bound = _bound(arguments.get(0))
        return draft.but(offset=None if bound is not None and bound.value == 0 else bound)

    def _slice(self, draft: Draft, arguments: Arguments, site: Site) -> Draft:  # noqa: ARG002
        return sliced(draft, arguments.get(0), arguments.get(1))

    def _only(self, draft: Draft, arguments: Arguments, site: Site) -> Draft:  # noqa: ARG002
        table, joins = draft.table, draft.joined
        flat = [v for value in arguments.args for v in (value.items if isinstance(value, Items) else (value,))]
        found = self._selecting(draft.but(ordering=draft.ordering), tuple(flat))
        return replace(found, table=table or found.table, joined=tuple(dict.fromkeys((*joins, *found.joined))))

    def _add_columns(self, draft: Draft, arguments: Arguments, site: Site) -> Draft:  # noqa: ARG002
        known = draft.noted("selected")
        before = known if isinstance(known, tuple) else ()
        found = self._selecting(draft, (*before, *arguments.args))
        return replace(found, table=draft.table or found.table)

    def _returning(self, draft: Draft, arguments: Arguments, site: Site) -> Draft:  # noqa: ARG002
        return draft.note("returning", arguments.args)

    def _scalar(self, draft: Draft, arguments: Arguments, site: Site) -> Value:  # noqa: ARG002
        name = arguments.get(0)
        reads = frozenset(p.column for p in draft.predicates)
        text = name.value if isinstance(name, Const) and isinstance(name.value, str) else None
        return ColumnValue(name=text, reads=frozenset(draft.columns or ()) & reads, inner=draft)


def _equal(found: Value | None, value: Value) -> Condition | None:
    """What a hybrid property stands for, compared; of several columns that it may be, each on some ways only."""
    if isinstance(found, ColumnValue):
        return compare(found, Comparison.EQUAL, value)
    if isinstance(found, Choice):
        columns = (o for o in found.options if isinstance(o, ColumnValue))
        return sometimes(all_of(compare(c, Comparison.EQUAL, value) for c in columns))
    return None


def related(relation: RelationValue, value: Value) -> Condition:
    """`Model.relation == row`: the columns of the foreign key."""
    own = relation.holder.table
    found = Condition(joins=relation.way)
    for column, _ in relation.relation.pairs:
        part = compare(ColumnValue(own.column(column)), Comparison.EQUAL, _of_row(value))
        found = replace(found, predicates=(*found.predicates, *part.predicates))
    return found


def _of_row(value: Value) -> Value:
    return value if isinstance(value, Const) and value.value is None else Items([], open=True)


def sort_key(key: ColumnValue, descending: bool) -> SortKey:
    """A key of ORDER BY."""
    plain = key.aggregate is None and key.inner is None
    function = key.function if plain else (key.aggregate.function if key.aggregate is not None else None)
    if key.path:
        function = function or "json"
    return SortKey(key.column if plain else None, descending, function)


def _bound(value: Value | None) -> Bound | None:
    if isinstance(value, Const):
        return None if value.value is None else Bound(value.value if type(value.value) is int else None)
    return Bound()


def sliced(draft: Draft, lower: Value | None, upper: Value | None) -> Draft:
    """`[lower:upper]` of a query."""
    first = lower.value if isinstance(lower, Const) and isinstance(lower.value, int) else None
    last = upper.value if isinstance(upper, Const) and isinstance(upper.value, int) else None
    absent = upper is None or (isinstance(upper, Const) and upper.value is None)
    begins = lower is None or (isinstance(lower, Const) and lower.value in {None, 0})
    count = last - (first or 0) if last is not None and (first is not None or begins) else None
    draft = draft if absent else draft.but(limit=Bound(count))
    return draft if begins else draft.but(offset=Bound(first))


def united(values: Sequence[Value], site: Site) -> Value:
    """`a.union(b)`: what either asks; conditions that only one has are alternatives, as OR is."""
    drafts = [v.draft if isinstance(v, Derived) else v for v in values if isinstance(v, Draft | Derived)]
    if not drafts:
        return Draft(LIBRARY, site.origin).unknown("table")
    found = drafts[0]
    for other in drafts[1:]:
        if other.table == found.table:
            found = either(replace(found, origin=other.origin), other)
        else:
            found = folded(found, other)
    predicates = tuple(replace(p, optional=False, alternative=p.alternative or p.optional) for p in found.predicates)
    return replace(found, origin=drafts[0].origin, predicates=predicates)


def is_document(text: str) -> bool:
    """Whether a type holds documents or several values: JSON, an array, hstore."""
    low = text.lower()
    return low.startswith(("json", "hstore")) or low.endswith("[]") or "array" in low


def inserted(kind: Verb, target: Value, site: Site) -> Draft | None:
    """`insert(target)`, `update(target)`, `delete(target)`."""
    if not isinstance(target, ModelClass):
        return None
    draft = Draft(LIBRARY, site.origin, kind, model=target.model, table=target.model.table)
    return touched(draft.note("kind", kind.value), site)

"""Reads queries: SELECT with all its clauses, UNION, WITH, and the queries inside them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from sqlglot import exp

from dbarchitect.catalog.queries import Aggregate, Bound, Join, SortKey
from dbarchitect.catalog.refs import Ref
from dbarchitect.sources.code.sql.conditions import Conditions, Flags
from dbarchitect.sources.code.sql.gathered import Gathered
from dbarchitect.sources.code.sql.names import Found, Output, Scope, Source, find_table, folded, is_system, spelled
from dbarchitect.sources.code.sql.parsing import part
from dbarchitect.sources.code.sql.subjects import function_name, is_aggregate, subject_of
from dbarchitect.sources.code.sql.values import constant, mark_of

_CHANGES = (exp.Insert, exp.Update, exp.Delete, exp.Merge)
_SIDES = frozenset({"LEFT", "RIGHT", "FULL"})


@dataclass(slots=True)
class Result:
    """What a query gives: its columns as a source, and its own order and bounds."""

    source: Source
    columns: dict[Ref, None] = field(default_factory=dict)
    ordering: tuple[SortKey, ...] = ()
    limit: Bound | None = None
    offset: Bound | None = None
    distinct: bool = False

    @property
    def read(self) -> tuple[Ref, ...] | None:
        """The columns as `QueryFact` has them: None for whole rows."""
        return None if self.source.whole else tuple(self.columns)


class Selects:
    """Reads queries into what the statement gathers. `changes` reads an INSERT, UPDATE or DELETE inside WITH."""

    def __init__(self, gathered: Gathered, changes: Callable[[exp.Expr, Mapping[str, Source]], Source]) -> None:
        self.gathered = gathered
        self.marks = gathered.marks
        self.changes = changes
        self.results: dict[int, Result] = {}

    def query(
        self,
        node: exp.Expr,
        parent: Scope | None = None,
        queries: Mapping[str, Source] | None = None,
        *,
        tested: bool = False,
        recursive: Callable[[Result, dict[str, Source]], None] | None = None,
    ) -> Result:
        """Read a query. `tested`: only whether it has rows counts; `recursive` is told the first arm of a UNION."""
        known = dict(queries if queries is not None else parent.queries if parent is not None else {})
        self.expressions(node, parent, known)
        match node:
            case exp.Select():
                result = self._select(node, Scope(parent, known), tested=tested)
            case exp.SetOperation():
                result = self._union(node, parent, known, recursive)
            case exp.Subquery() | exp.Paren():
                result = self._enclosed(node, parent, known, tested=tested)
            case exp.Table():
                scope = Scope(parent, known)
                self.add(node, scope)
                result = Result(scope.sources[0], dict.fromkeys(self._star(scope.sources).reads))
            case exp.Values():
                scope = Scope(parent, known)
                self.visit(node, scope)
                width = max((len(row.expressions) for row in node.expressions if isinstance(row, exp.Tuple)), default=1)
                outputs = {f"column{number + 1}": Output() for number in range(width)}
                result = Result(Source("", outputs=outputs))
            case _ if isinstance(node, _CHANGES):
                result = Result(self.changes(node, known))
            case _:
                result = Result(Source("", is_open=True))
        self.results[id(node)] = result
        return result

    def expressions(self, node: exp.Expr, parent: Scope | None, known: dict[str, Source]) -> None:
        """The common table expressions of a WITH clause become known names."""
        clause = part(node, "with")
        if clause is None:
            return
        for each in clause.expressions:
            alias = each.args["alias"]
            name, columns = spelled(alias.this), [spelled(column) for column in alias.args.get("columns") or ()]

            def provisional(
                arm: Result, known: dict[str, Source], name: str = name, columns: list[str] = columns
            ) -> None:
                known[name.casefold()] = _named(arm.source, name, columns)

            if clause.args.get("recursive"):
                known[name.casefold()] = Source(name, is_open=True)
            result = self.query(each.this, parent, known, recursive=provisional)
            known[name.casefold()] = _named(result.source, name, columns)

    # --- one SELECT

    def returning(self, clause: exp.Expr, scope: Scope) -> Result:
        """What a RETURNING clause gives, whose expressions may use the names of `scope`."""
        result = Result(Source("", main=scope.sources[0].main if scope.sources else None))
        self._projections(clause, scope, result)
        return result

    def _select(self, node: exp.Select, scope: Scope, *, tested: bool) -> Result:
        source = part(node, "from")
        if source is not None:
            self.add(source.this, scope)
        for join in (*(node.args.get("joins") or ()), *(node.args.get("laterals") or ())):
            self.join(join, scope)
        for projection in node.expressions:
            if isinstance(projection, exp.Alias):
                scope.aliases[projection.alias.casefold()] = projection.this
        result = Result(Source("", main=scope.sources[0].main if scope.sources else None))
        if not tested:
            self._projections(node, scope, result)
        if node.args.get("where") is not None:
            self.where(node.args["where"].this, scope)
        self._groups(node, scope)
        self._tail(node, scope, result)
        result.distinct = node.args.get("distinct") is not None
        if node.args.get("distinct") is not None:
            self.visit(node.args["distinct"], scope)
        for window in node.args.get("windows") or ():
            self.visit(window, scope)
        if node.args.get("locks"):
            self.gathered.locks = True
        self._inherit(node, scope, result)
        return result

    def _inherit(self, node: exp.Select, scope: Scope, result: Result) -> None:
        """`SELECT … FROM (SELECT … ORDER BY x LIMIT 10)`: the bounds of the only query inside are those of all."""
        if len(scope.sources) != 1 or node.args.get("group") is not None or node.args.get("where") is not None:
            return
        source = part(node, "from")
        inner = self.results.get(id(source.this)) if source is not None else None
        if inner is None:
            return
        result.limit = result.limit or inner.limit
        result.offset = result.offset or inner.offset
        result.ordering = result.ordering or inner.ordering

    def _projections(self, node: exp.Expr, scope: Scope, result: Result) -> None:
        for projection in node.expressions:
            expression = projection.this if isinstance(projection, exp.Alias) else projection
            if mark_of(expression, self.marks) is not None and self.marks.has_hole(
                mark_of(expression, self.marks) or ""
            ):
                self.gathered.unknown("columns")
                result.source.is_open = True
                continue
            starred = _starred(expression, scope)
            if starred is not None:
                self._expand(starred, result)
                continue
            reads = self.visit(expression, scope)
            result.columns.update(dict.fromkeys(reads))
            found = scope.find(expression) if isinstance(expression, exp.Column) else None
            output = found.output if found is not None else Output(None, reads)
            name = projection.alias or (expression.name if isinstance(expression, exp.Column) else "")
            key = name.casefold() or f"?{len(result.source.outputs)}"
            result.source.outputs.setdefault(key, output)

    def _expand(self, sources: list[Source], result: Result) -> None:
        for source in sources:
            if source.table is not None or source.whole:
                result.source.whole = True
            result.source.is_open = result.source.is_open or source.is_open
            for name, output in source.all_outputs():
                result.source.outputs.setdefault(name.casefold(), output)
                result.columns.update(dict.fromkeys(output.reads))
                self.gathered.read(output.reads)

    def _star(self, sources: list[Source]) -> Output:
        reads = tuple(ref for source in sources for _, output in source.all_outputs() for ref in output.reads)
        self.gathered.read(reads)
        return Output(None, reads)

    def _groups(self, node: exp.Select, scope: Scope) -> None:
        group = node.args.get("group")
        if group is not None:
            self.visit(group, scope)
            for key in _group_keys(group):
                expression = self._meant(key, node, scope, alias_first=False)
                subject = subject_of(expression, scope, self.marks)
                if subject is not None and not (subject.function or subject.document):
                    self.gathered.grouping.setdefault(subject.column)
        having = node.args.get("having")
        if having is not None:
            self.where(having.this, scope)

    def _tail(self, node: exp.Expr, scope: Scope, result: Result) -> None:
        """ORDER BY, LIMIT and OFFSET."""
        order = node.args.get("order")
        if order is not None:
            self.visit(order, scope)
            result.ordering = tuple(self._sort_key(key, node, scope) for key in order.expressions)
            if any(self.marks.has_hole(str(name.this)) for name in order.find_all(exp.Identifier)):
                self.gathered.unknown("order by")
                result.ordering = tuple(key for key in result.ordering if key.column is not None or key.function)
        result.limit, result.offset = self.bounds(node)

    def bounds(self, node: exp.Expr) -> tuple[Bound | None, Bound | None]:
        """LIMIT (or FETCH FIRST) and OFFSET."""
        limit, offset = node.args.get("limit"), node.args.get("offset")
        wanted = None
        if limit is not None:
            wanted = limit.args.get("count") if isinstance(limit, exp.Fetch) else limit.args.get("expression")
            if isinstance(limit, exp.Fetch) and wanted is None:
                wanted = exp.Literal.number(1)
        skipped = offset.args.get("expression") if offset is not None else None
        if isinstance(limit, exp.Limit) and limit.args.get("offset") is not None:
            skipped = limit.args["offset"]
        return self._bound(wanted), self._bound(skipped)

    def _bound(self, node: exp.Expr | None) -> Bound | None:
        if node is None:
            return None
        text = constant(node, self.marks)
        if text is None:
            return None if isinstance(node, exp.All) or node.name.upper() == "ALL" else Bound()
        return Bound(int(text)) if text.isdecimal() and len(text) < 19 else None

    def _sort_key(self, node: exp.Expr, query: exp.Expr, scope: Scope) -> SortKey:
        ordered = node if isinstance(node, exp.Ordered) else exp.Ordered(this=node)
        expression = self._meant(ordered.this, query, scope, alias_first=True)
        subject = subject_of(expression, scope, self.marks)
        descending = bool(ordered.args.get("desc"))
        if subject is not None:
            return SortKey(subject.column, descending, subject.function or ("json" if subject.document else None))
        function = function_name(expression) if isinstance(expression, exp.Func) else None
        return SortKey(None, descending, function)

    def _meant(self, node: exp.Expr, query: exp.Expr, scope: Scope, *, alias_first: bool) -> exp.Expr:
        """The expression that a position or an alias in ORDER BY or GROUP BY stands for."""
        if isinstance(node, exp.Literal) and not node.is_string and str(node.this).isdecimal():
            position, listed = int(str(node.this)[:6]), query.expressions
            if 0 < position <= len(listed):
                found: exp.Expr = listed[position - 1]
                return found.this if isinstance(found, exp.Alias) else found
        if (
            isinstance(node, exp.Column)
            and node.args.get("table") is None
            and (alias_first or scope.find(node) is None)
        ):
            return scope.aliases.get(spelled(node.this).casefold(), node)
        return node

    # --- FROM

    def add(self, node: exp.Expr, scope: Scope) -> None:
        """Add an entry of a FROM list, with the joins that hang on it."""
        alias = node.args.get("alias")
        name = spelled(alias.this) if alias is not None and alias.this is not None else ""
        columns = [spelled(column) for column in alias.args.get("columns") or ()] if alias is not None else []
        match node:
            case exp.Table() if isinstance(node.this, exp.Identifier):
                scope.sources.append(self._table(node, name, columns, scope))
            case exp.Subquery() if isinstance(node.this, exp.Table | exp.Subquery) and not name:
                self.add(node.this, scope)  # only parentheses around joins
            case exp.Subquery() | exp.Values() | exp.Query():
                scope.sources.append(_named(self.query(node, scope.parent, scope.queries).source, name, columns))
            case exp.Lateral() if isinstance(node.this, exp.Subquery):
                inner = self.query(node.this, scope, scope.queries)
                self.results[id(node)] = inner
                scope.sources.append(_named(inner.source, name, columns))
            case exp.Paren():
                self.add(node.this, scope)
            case _:
                self.visit(node, scope)
                called = node.this if isinstance(node.this, exp.Func) else node
                named = {column.casefold(): Output() for column in columns}
                label = name or (function_name(called) if isinstance(called, exp.Func) else "")
                scope.sources.append(Source(label, outputs=named, is_open=not columns))
        for join in node.args.get("joins") or ():
            self.join(join, scope)

    def _table(self, node: exp.Table, alias: str, columns: list[str], scope: Scope) -> Source:
        name, schema = folded(node.this, self.gathered.catalog), None
        if node.args.get("db") is not None:
            schema = folded(node.args["db"], self.gathered.catalog)
            schema = None if self.marks.has_any(schema) else schema
        known = scope.queries.get(name.casefold()) if schema is None else None
        if known is not None:
            return _named(known, alias or name, columns)
        table = None if self.marks.has_any(name) else find_table(self.gathered.catalog, name, schema)
        if table is None:
            if not is_system(name, schema):
                self.gathered.unknown("table")
            return Source(alias or name, is_open=True)
        self.gathered.use(table)
        return Source(alias or name, table, main=table.ref)

    def join(self, join: exp.Expr, scope: Scope) -> None:
        """Add what is joined, and read by which columns."""
        if not isinstance(join, exp.Join):
            self.add(join, scope)
            return
        before = list(scope.sources)
        self.add(join.this, scope)
        joined = scope.sources[len(before) :]
        outer = str(join.args.get("side") or "").upper() in _SIDES
        names = [spelled(name) for name in join.args.get("using") or ()]
        if str(join.args.get("method") or "").upper() == "NATURAL":
            names = _shared(before, joined)
        pairs: list[tuple[Ref, Ref]] = []
        for name in names:
            pairs.extend(self._merge(name, before, joined, scope))
        if pairs:
            self.gathered.join(Join(tuple(pairs), outer=outer))
        if join.args.get("on") is not None:
            self.where(join.args["on"], scope, outer=outer)

    def _merge(self, name: str, before: list[Source], joined: list[Source], scope: Scope) -> Iterator[tuple[Ref, Ref]]:
        """USING makes one column of two."""
        left, right = (_first(sources, name) for sources in (before, joined))
        found = left or right
        if found is not None:
            scope.merged[name.casefold()] = found
        for one in (left, right):
            if one is not None:
                self.gathered.read(one.output.reads)
        if left is not None and right is not None and left.output.plain is not None and right.output.plain is not None:
            yield left.output.plain, right.output.plain

    # --- conditions and expressions

    def where(self, node: exp.Expr, scope: Scope, *, outer: bool = False) -> None:
        """Read a condition: the queries in it, its predicates, its joins."""
        self.visit(node, scope)
        conditions = Conditions(scope, self.marks, self._inner)
        conditions.read(node, Flags())
        if conditions.unknown:
            self.gathered.unknown("where")
        self.gathered.require(conditions.predicates)
        order = {id(source): number for number, source in enumerate(scope.outermost_first())}
        grouped: dict[tuple[int, int], list[tuple[Ref, Ref]]] = {}
        for pairing in conditions.pairings:
            sides = sorted((pairing.left, pairing.right), key=lambda side: order.get(id(side.found.source), -1))
            places = tuple(order.get(id(side.found.source), -1) for side in sides)
            pair = (sides[0].column, sides[1].column)
            listed = grouped.setdefault((places[0], places[1]), [])
            if pair not in listed:
                listed.append(pair)
        for pairs in grouped.values():
            self.gathered.join(Join(tuple(pairs), outer=outer))

    def _inner(self, node: exp.Expr) -> Source | None:
        found = self.results.get(id(node))
        if found is None and isinstance(node, exp.Subquery):
            found = self.results.get(id(node.this))
        return found.source if found is not None else None

    def visit(self, node: exp.Expr, scope: Scope) -> tuple[Ref, ...]:
        """Every column and query in an expression: columns are noted as read, queries are read. Gives the columns."""
        reads: dict[Ref, None] = {}
        stack = [node]
        while stack:
            here = stack.pop()
            if isinstance(here, exp.Query):
                tested = isinstance(here.parent, exp.Exists)
                if id(here) not in self.results:
                    reads.update(self.query(here, scope, scope.queries, tested=tested).columns)
                continue
            if isinstance(here, exp.Column):
                found = scope.find(here) if mark_of(here, self.marks) is None else None
                if found is not None:
                    reads.update(dict.fromkeys(found.output.reads))
                continue
            if is_aggregate(here) and not isinstance(here.parent, exp.Window):
                self._aggregate(here, scope)
            stack.extend(reversed(list(here.iter_expressions())))
        self.gathered.read(reads)
        return tuple(reads)

    def _aggregate(self, node: exp.Expr, scope: Scope) -> None:
        if isinstance(node.parent, exp.Filter | exp.WithinGroup) and isinstance(node.parent.parent, exp.Window):
            return
        argument = node.expressions[0] if node.expressions else node.args.get("this")
        if isinstance(node.parent, exp.WithinGroup):
            order = node.parent.args["expression"]
            argument = order.expressions[0].this if order.expressions else None
        if isinstance(argument, exp.Order):
            argument = argument.this
        if isinstance(argument, exp.Distinct) and len(argument.expressions) == 1:
            argument = argument.expressions[0]
        subject = subject_of(argument, scope, self.marks) if isinstance(argument, exp.Expr) else None
        plain = subject is not None and not subject.function and not subject.document
        self.gathered.count(Aggregate(function_name(node), subject.column if subject is not None and plain else None))

    # --- UNION and parentheses

    def _union(
        self,
        node: exp.SetOperation,
        parent: Scope | None,
        known: dict[str, Source],
        recursive: Callable[[Result, dict[str, Source]], None] | None,
    ) -> Result:
        arms: list[Result] = []
        for arm in _arms(node):
            arms.append(self.query(arm, parent, known))
            if recursive is not None and len(arms) == 1:
                recursive(arms[0], known)
        result = Result(_united([arm.source for arm in arms]))
        for each in arms:
            result.columns.update(each.columns)
        result.source.whole = any(arm.source.whole for arm in arms)
        scope = Scope(parent, known, [replace(result.source, alias="")])
        self._tail(node, scope, result)
        if result.limit is None and all(arm.limit is not None for arm in arms):
            numbers = [arm.limit.value for arm in arms if arm.limit is not None]
            result.limit = Bound(sum(n for n in numbers if n is not None) if None not in numbers else None)
        result.distinct = bool(node.args.get("distinct"))
        return result

    def _enclosed(self, node: exp.Expr, parent: Scope | None, known: dict[str, Source], *, tested: bool) -> Result:
        inner = self.query(node.this, parent, known, tested=tested)
        scope = Scope(parent, known, [inner.source])
        outer = Result(inner.source, inner.columns, distinct=inner.distinct)
        self._tail(node, scope, outer)
        outer.ordering = outer.ordering or inner.ordering
        outer.limit = outer.limit or inner.limit
        outer.offset = outer.offset or inner.offset
        return outer


def _arms(node: exp.Expr) -> list[exp.Expr]:
    """The queries of a UNION, however many, in order; what has a WITH or an order of its own stays whole."""
    found: list[exp.Expr] = []
    stack = [node]
    while stack:
        here = stack.pop()
        own = any(here.args.get(name) for name in ("with", "with_", "order", "limit", "offset"))
        if isinstance(here, exp.SetOperation) and (here is node or not own):
            stack.extend((here.args["expression"], here.this))
        else:
            found.append(here)
    return found


def _united(sources: list[Source]) -> Source:
    """The columns of a UNION: the first arm's names; plain only where all arms give the same base column."""
    first = sources[0]
    columns = [[output for _, output in source.all_outputs()] for source in sources]
    outputs: dict[str, Output] = {}
    for position, (name, output) in enumerate(first.all_outputs()):
        others = [listed[position] for listed in columns if len(listed) > position]
        same = all(other.plain == output.plain for other in others)
        reads = tuple(dict.fromkeys(ref for other in others for ref in other.reads))
        outputs[name.casefold()] = Output(output.plain if same else None, reads)
    return Source("", outputs=outputs, is_open=any(source.is_open for source in sources), main=first.main)


def _named(source: Source, alias: str, columns: list[str]) -> Source:
    """A query as an entry of a FROM list, under its alias and the column names that the alias gives."""
    found = replace(source, alias=alias)
    if columns and source.table is None:
        given = [output for _, output in source.all_outputs()]
        named = [*columns, *list(source.outputs)[len(columns) :]]
        padded = [*given, *(Output() for _ in range(len(named) - len(given)))]
        found.outputs = {name.casefold(): output for name, output in zip(named, padded, strict=False)}
    return found


def _first(sources: list[Source], name: str) -> Found | None:
    for source in sources:
        output = source.output(name)
        if output is not None:
            return Found(output, source)
    return None


def _shared(before: list[Source], joined: list[Source]) -> list[str]:
    """The columns that a NATURAL join compares, as far as the tables are known."""
    left = {name.casefold() for source in before for name, _ in source.all_outputs()}
    return [name for source in joined for name, _ in source.all_outputs() if name.casefold() in left]


def _starred(node: exp.Expr, scope: Scope) -> list[Source] | None:
    """The sources whose columns `*` or `t.*` gives, None for anything else."""
    if isinstance(node, exp.Star):
        return scope.sources
    if isinstance(node, exp.Column) and isinstance(node.this, exp.Star):
        named = scope.named(spelled(node.args["table"])) if node.args.get("table") is not None else None
        return [named] if named is not None else [Source("", is_open=True)]
    return None


def _group_keys(group: exp.Expr) -> Iterator[exp.Expr]:
    """The keys of GROUP BY, those of ROLLUP, CUBE and GROUPING SETS among them."""
    stack = list(reversed(list(group.iter_expressions())))
    while stack:
        here = stack.pop()
        if isinstance(here, exp.Rollup | exp.Cube | exp.GroupingSets | exp.Tuple | exp.Paren):
            stack.extend(reversed(list(here.iter_expressions())))
        else:
            yield here

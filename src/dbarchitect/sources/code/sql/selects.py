"""Reads queries: SELECT with all its clauses, UNION, WITH, and the queries inside them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from sqlglot import exp

from dbarchitect.catalog.queries import Aggregate, Bound, SortKey
from dbarchitect.catalog.refs import Ref
from dbarchitect.sources.code.sql.from_lists import FromLists, Result
from dbarchitect.sources.code.sql.gathered import Gathered
from dbarchitect.sources.code.sql.names import Output, Scope, Source, named, spelled, united
from dbarchitect.sources.code.sql.parsing import part
from dbarchitect.sources.code.sql.subjects import function_name, is_aggregate, subject_of
from dbarchitect.sources.code.sql.values import constant, is_hole, mark_of

_CHANGES = (exp.Insert, exp.Update, exp.Delete, exp.Merge)


class Selects(FromLists):
    """Reads queries into what the statement gathers. `changes` reads an INSERT, UPDATE or DELETE inside WITH."""

    def __init__(self, gathered: Gathered, changes: Callable[[exp.Expr, Mapping[str, Source]], Source]) -> None:
        super().__init__(gathered)
        self.changes = changes

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
                self.gathered.unknown("text")  # a hole that holds a whole query
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
                known[name.casefold()] = named(arm.source, name, columns)

            if clause.args.get("recursive"):
                known[name.casefold()] = Source(name, is_open=True)
            result = self.query(each.this, parent, known, recursive=provisional)
            known[name.casefold()] = named(result.source, name, columns)

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
        result.source.computed = bool(node.args.get("group")) or result.distinct or result.limit is not None
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
            if is_hole(expression, self.marks):
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
                if is_hole(key, self.marks):
                    self.gathered.unknown("columns")
                expression = self._meant(key, node, scope, alias_first=False)
                subject = subject_of(expression, scope, self.marks)
                if subject is not None and not (subject.function or subject.document):
                    self.gathered.grouping.setdefault(subject.column)
        having = node.args.get("having")
        if having is not None:
            for term in having.this.flatten() if isinstance(having.this, exp.And) else (having.this,):
                if any(is_aggregate(inner) for inner in term.walk()):
                    self.visit(term, scope)  # asks of each group: no row is found by it
                else:
                    self.where(term, scope)

    def _tail(self, node: exp.Expr, scope: Scope, result: Result) -> None:
        """ORDER BY, LIMIT and OFFSET."""
        order = node.args.get("order")
        if order is not None:
            self.visit(order, scope)
            result.ordering = tuple(self._sort_key(key, node, scope) for key in order.expressions)
            keys = (key.this if isinstance(key, exp.Ordered) else key for key in order.expressions)
            holes = any(self.marks.has_hole(str(name.this)) for name in order.find_all(exp.Identifier))
            if holes or any(mark_of(key, self.marks) is not None for key in keys):  # a piece that a tag binds
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
        called = isinstance(expression, exp.Func) and not isinstance(expression, exp.Case | exp.Connector)
        function = function_name(expression) if called else None
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
        result = Result(united([arm.source for arm in arms]))
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

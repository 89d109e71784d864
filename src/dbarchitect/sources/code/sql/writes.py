"""Reads INSERT, UPDATE, DELETE and MERGE: what they write, by which key, and which rows they choose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlglot import exp

from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.queries import Assignment, Idiom, Operand, Verb
from dbarchitect.catalog.refs import Ref
from dbarchitect.sources.code.sql.gathered import Gathered
from dbarchitect.sources.code.sql.names import Scope, Source, spelled
from dbarchitect.sources.code.sql.parsing import part
from dbarchitect.sources.code.sql.selects import Selects
from dbarchitect.sources.code.sql.values import Value, evaluate, is_hole, mark_of, together, unwrapped


class Writes:
    """Reads one changing statement into what it gathers."""

    def __init__(self, gathered: Gathered) -> None:
        self.gathered = gathered
        self.marks = gathered.marks
        self.selects = Selects(gathered, self._inside)

    def _inside(self, node: exp.Expr, queries: Mapping[str, Source]) -> Source:
        """A change inside WITH: a statement of its own, whose RETURNING is a source."""
        own = Gathered(self.gathered.catalog, self.marks)
        writes = Writes(own)
        source = writes.change(node, queries)
        self.gathered.inner.extend((*own.inner, own.finished()))
        for table in own.tables:
            self.gathered.tables.setdefault(table)
        self.gathered.read(own.reads)
        self.gathered.unknown(*own.dynamic)
        return source

    def change(self, node: exp.Expr, queries: Mapping[str, Source] | None = None) -> Source:
        """Read a statement; gives what its RETURNING returns."""
        known = dict(queries or {})
        self.selects.expressions(node, None, known)
        scope = Scope(None, known)
        match node:
            case exp.Insert():
                self._insert(node, scope)
            case exp.Update():
                self._update(node, scope)
            case exp.Delete():
                self._delete(node, scope)
            case _:
                self._merge(node, scope)
        if node.args.get("limit") is not None:
            self.gathered.limit, _ = self.selects.bounds(node)
        return self._returning(node, scope)

    def _returning(self, node: exp.Expr, scope: Scope) -> Source:
        clause = node.args.get("returning")
        if clause is None:
            return Source("", main=self.gathered.table)
        result = self.selects.returning(clause, scope)
        self.gathered.columns = result.read
        return result.source

    # --- INSERT

    def _insert(self, node: exp.Insert, scope: Scope) -> None:
        gathered = self.gathered
        gathered.verb = Verb.INSERT
        target = node.this
        written = target.expressions if isinstance(target, exp.Schema) else []
        table_node = target.this if isinstance(target, exp.Schema) else target
        self.selects.add(table_node, scope)
        source = scope.sources[0]
        gathered.table = source.main
        columns = self._columns(written, source.table)
        values = node.args.get("expression")
        if isinstance(values, exp.Values):
            self._rows(values, columns, scope)
        elif isinstance(values, exp.Query):
            self._selected(values, columns, scope)
        alternative = str(node.args.get("alternative") or "").lower()
        if alternative in {"replace", "ignore"} or node.args.get("ignore"):
            gathered.verb, gathered.idiom = Verb.UPSERT, Idiom.ON_CONFLICT
        conflict = node.args.get("conflict")
        if conflict is not None:
            gathered.verb, gathered.idiom = Verb.UPSERT, Idiom.ON_CONFLICT
            self._conflict(conflict, source, scope)

    def _columns(self, written: Sequence[exp.Expr], table: Table | None) -> list[Ref | None]:
        """The columns of the values by position: those named, else the table's own order."""
        if table is None:
            return []
        if written:
            names = [spelled(column.this) if isinstance(column, exp.Column | exp.ColumnDef) else spelled(column)
                     for column in written]  # fmt: skip
            if any(self.marks.has_any(name) for name in names):
                self.gathered.unknown("columns")
            source = Source("", table)
            outputs = [source.output(name) for name in names]
            cut = next((n for n, name in enumerate(names) if self.marks.has_any(name)), len(names))
            return [output.plain if output is not None else None for output in outputs[:cut]]
        if "columns" in self.gathered.dynamic:
            return []
        return [table.ref.column(column.name) for column in table.ordered_columns if column.generated is None]

    def _rows(self, values: exp.Values, columns: list[Ref | None], scope: Scope) -> None:
        rows = [list(row.expressions) if isinstance(row, exp.Tuple) else [row] for row in values.expressions]
        outside = Scope(None, scope.queries)
        for row in rows:
            for cell in row:
                self.selects.visit(cell, outside)
        if len(rows) == 1 and len(rows[0]) == 1 and len(columns) > 1 and mark_of(rows[0][0], self.marks) is not None:
            for column in columns:  # `VALUES %s`, filled in by the driver; or `VALUES ({placeholders})`
                self._assign(column, Value(Operand.PARAMETER))
            return
        for position, column in enumerate(columns):
            cells = [row[position] for row in rows if len(row) > position and not _is_default(row[position])]
            if cells:
                self._assign(column, together([self._value(cell, outside) for cell in cells]))

    def _value(self, node: exp.Expr, scope: Scope) -> Value:
        value = evaluate(node, scope, self.marks)
        return Value(Operand.EXPRESSION) if value.operand is Operand.COLUMN and value.other is None else value

    def _selected(self, query: exp.Query, columns: list[Ref | None], scope: Scope) -> None:
        result = self.selects.query(query, None, scope.queries)
        self.gathered.columns = result.read
        self.gathered.distinct = result.distinct
        self.gathered.ordering, self.gathered.limit, self.gathered.offset = result.ordering, result.limit, result.offset
        outputs = [output for _, output in result.source.all_outputs()]
        select = query
        while isinstance(select, exp.Subquery):
            select = select.this
        expressions = select.expressions if isinstance(select, exp.Select) else []
        for position, column in enumerate(columns):
            plain = outputs[position].plain if position < len(outputs) else None
            if plain is not None:
                self._assign(column, Value(Operand.COLUMN), (plain,))
            elif position < len(outputs) or result.source.is_open:
                node = expressions[position] if position < len(expressions) else None
                node = node.this if isinstance(node, exp.Alias) else node
                value = evaluate(node, Scope(None), self.marks) if node is not None else Value(Operand.EXPRESSION)
                self._assign(column, value if value.operand is not Operand.COLUMN else Value(Operand.EXPRESSION))

    def _assign(self, column: Ref | None, value: Value, reads: tuple[Ref, ...] = ()) -> None:
        if column is None:
            return
        constants = value.constants if value.operand is Operand.CONSTANT else ()
        found = Assignment(column, value.operand, constants, reads)
        if found not in self.gathered.assignments:
            self.gathered.assignments.append(found)

    def _conflict(self, conflict: exp.Expr, source: Source, scope: Scope) -> None:
        keys = [key.this if isinstance(key, exp.Ordered) else key for key in conflict.args.get("conflict_keys") or ()]
        columns = [
            column for key in keys for column in ([key] if isinstance(key, exp.Column) else key.find_all(exp.Column))
        ]
        found = [scope.find(column) for column in columns]
        named = [each.output.plain for each in found if each is not None and each.output.plain is not None]
        whole = len(named) == len(columns) and not any(is_hole(key, self.marks) for key in keys)
        self.gathered.key = tuple(named) if whole else ()  # a key of which a part is put in by code is not known
        for key in keys:
            self.selects.visit(key, scope)
        constraint = conflict.args.get("constraint")
        if constraint is not None and source.table is not None:
            self.gathered.key = _columns_of(source.table, spelled(constraint))
        given = Source("excluded", source.table, is_open=source.table is None)
        around = Scope(scope, scope.queries, [given])
        for clause in ("where", "index_predicate"):
            if isinstance(conflict.args.get(clause), exp.Expr):
                self.selects.visit(conflict.args[clause], scope)
        self._set(conflict.expressions, scope, around)

    # --- UPDATE

    def _update(self, node: exp.Update, scope: Scope) -> None:
        self.gathered.verb = Verb.UPDATE
        if isinstance(node.this, exp.Expr):
            self.selects.add(node.this, scope)
            self.gathered.table = scope.sources[0].main
        extra = part(node, "from")
        if extra is not None:
            self.selects.add(extra.this, scope)
            for join in extra.args.get("joins") or ():
                self.selects.join(join, scope)
        for join in node.args.get("joins") or ():
            self.selects.join(join, scope)
        self._set(node.expressions, scope, scope)
        if node.args.get("where") is not None:
            self.selects.where(node.args["where"].this, scope)

    def _set(self, assignments: Sequence[exp.Expr], scope: Scope, values: Scope) -> None:
        """The assignments of SET; `values` are the names that their right sides can use."""
        for assignment in assignments:
            if not isinstance(assignment, exp.EQ):
                if is_hole(assignment, self.marks):
                    self.gathered.unknown("columns")
                continue
            left, right = assignment.this, assignment.args["expression"]
            self.selects.visit(right, values)
            if isinstance(left, exp.Tuple | exp.Paren):
                targets = left.expressions if isinstance(left, exp.Tuple) else [left.this]
                inner = unwrapped(right)
                given = inner.expressions if isinstance(inner, exp.Tuple | exp.Anonymous) else []
                for position, target in enumerate(targets):
                    self._set_one(target, given[position] if position < len(given) else right, scope, values)
            else:
                self._set_one(left, right, scope, values)

    def _set_one(self, target: exp.Expr, node: exp.Expr, scope: Scope, values: Scope) -> None:
        if is_hole(target, self.marks):
            self.gathered.unknown("columns")
        while isinstance(target, exp.Bracket | exp.Dot) and isinstance(target.this, exp.Expr):
            target = target.this
        if _is_default(node) or not isinstance(target, exp.Column):
            return
        found = scope.sources[0].output(spelled(target.this)) if scope.sources else None
        qualifier = target.args.get("table")
        if qualifier is not None and (meant := scope.find(target)) is not None:
            found = meant.output
        if found is None or found.plain is None or self._is_given(node, found.plain):
            return
        value = self._value(node, values)
        computed = value.operand in {Operand.EXPRESSION, Operand.COLUMN}
        reads = self._reads(node, values) if computed else ()
        self._assign(found.plain, value, reads)

    def _is_given(self, node: exp.Expr, column: Ref) -> bool:
        """`EXCLUDED.x` or `VALUES(x)` for x: what the INSERT wrote already, and said so."""
        if all(known.column != column for known in self.gathered.assignments):
            return False
        if isinstance(node, exp.Column) and node.args.get("table") is not None:
            return spelled(node.args["table"]).lower() in {"excluded", "new"}
        return isinstance(node, exp.Anonymous) and node.name.lower() == "values"

    def _reads(self, node: exp.Expr, scope: Scope) -> tuple[Ref, ...]:
        found = [scope.find(column) for column in node.find_all(exp.Column) if mark_of(column, self.marks) is None]
        return tuple(dict.fromkeys(ref for each in found if each is not None for ref in each.output.reads))

    # --- DELETE and MERGE

    def _delete(self, node: exp.Delete, scope: Scope) -> None:
        self.gathered.verb = Verb.DELETE
        if isinstance(node.this, exp.Expr):
            self.selects.add(node.this, scope)
        using = node.args.get("using")
        for each in using if isinstance(using, list) else [using] if isinstance(using, exp.Expr) else []:
            self.selects.add(each, scope)
        for join in node.args.get("joins") or ():
            self.selects.join(join, scope)
        named = [scope.named(table.name) for table in node.args.get("tables") or () if isinstance(table, exp.Table)]
        targets = [source for source in named if source is not None] or scope.sources[:1]
        self.gathered.table = targets[0].main if targets else None
        if node.args.get("where") is not None:
            self.selects.where(node.args["where"].this, scope)

    def _merge(self, node: exp.Expr, scope: Scope) -> None:
        self.gathered.verb = Verb.UPSERT
        self.selects.add(node.this, scope)
        target = scope.sources[0]
        self.gathered.table = target.main
        self.selects.add(node.args["using"], scope)
        self.selects.where(node.args["on"], scope)
        self.gathered.key = self._merge_key(node.args["on"], target, scope)
        whens = node.args.get("whens")
        for when in whens.expressions if whens is not None else node.expressions:
            if isinstance(when.args.get("condition"), exp.Expr):
                self.selects.visit(when.args["condition"], scope)
            then = when.args.get("then")
            if isinstance(then, exp.Update):
                self._set(then.expressions, scope, scope)
            elif isinstance(then, exp.Insert):
                self._merge_insert(then, target, scope)

    def _merge_insert(self, then: exp.Insert, target: Source, scope: Scope) -> None:
        written = then.this.expressions if isinstance(then.this, exp.Tuple) else []
        columns = self._columns(written, target.table)
        values = then.args.get("expression")
        cells = (
            values.expressions if isinstance(values, exp.Tuple) else [values] if isinstance(values, exp.Expr) else []
        )
        for column, cell in zip(columns, cells, strict=False):
            self.selects.visit(cell, scope)
            if not _is_default(cell):
                self._assign(column, self._value(cell, scope), self._reads(cell, scope))

    def _merge_key(self, on: exp.Expr, target: Source, scope: Scope) -> tuple[Ref, ...]:
        """The target's columns that ON demands to be equal to something."""
        found: dict[Ref, None] = {}
        terms = list(on.flatten()) if isinstance(on, exp.And) else [on]
        for term in map(unwrapped, terms):
            if isinstance(term, exp.EQ):
                for side in (term.this, term.args["expression"]):
                    meant = scope.find(side) if isinstance(side, exp.Column) else None
                    if meant is not None and meant.source is target and meant.output.plain is not None:
                        found.setdefault(meant.output.plain)
        return tuple(found)


def _is_default(node: exp.Expr) -> bool:
    """The keyword DEFAULT in a value's place."""
    if isinstance(node, exp.Var | exp.Column):
        return node.name.upper() == "DEFAULT" and node.args.get("table") is None
    return False


def _columns_of(table: Table, constraint: str) -> tuple[Ref, ...]:
    """The columns of a unique constraint by its name."""
    keys = (table.primary_key, *table.unique_keys) if table.primary_key is not None else table.unique_keys
    for key in keys:
        if key.name is not None and key.name.casefold() == constraint.casefold():
            return tuple(table.ref.column(name) for name in key.columns)
    return ()

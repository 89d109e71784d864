"""The interpreter by itself, with a library of the test's own: `q("t")` begins a query, `.where(a=…)` narrows it."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbarchitect.catalog.queries import (
    Code,
    Comparison,
    EventKind,
    Fetch,
    Predicate,
    QueryFact,
    SortKey,
    Use,
    Verb,
)
from dbarchitect.catalog.refs import Ref
from dbarchitect.sources.code.draft import Draft
from dbarchitect.sources.code.python.interpreter import Interpreter
from dbarchitect.sources.code.python.values import Const
from dbarchitect.sources.code.python.vocabulary import Arguments, Site, Vocabulary, operand
from dbarchitect.sources.code.values import Library, Member, Rows, Value
from dbarchitect.sources.discover import open_project
from dbarchitect.sources.mapping import MappedModel, MappedRelation
from dbarchitect.sources.python import PythonIndex
from dbarchitect.sources.python.statements import ClassDef, FunctionDef

TABLE = Ref.of_table("t")
OWNER = MappedRelation("owner", "owners", many=False, pairs=(("owner_id", "id"),))
MODEL = MappedModel(
    "t", "T", TABLE, {"id": "id", "a": "a", "b": "b", "owner_id": "owner_id"}, ("id",), {"owner": OWNER}
)
OWNERS = MappedModel("owners", "Owner", Ref.of_table("owners"), {"id": "id", "name": "name"}, ("id",))


class Toy(Vocabulary):
    name = "toy"

    def call(self, function: Value, arguments: Arguments, site: Site) -> Value | None:
        if function == Library("toy.q"):
            return Draft(self.name, site.origin, model=MODEL, table=TABLE)
        if function == Library("toy.begin"):
            return function
        if not isinstance(function, Member) or not isinstance(function.owner, Draft):
            return None
        draft = function.owner
        if function.name == "where":
            found = (Predicate(TABLE.column(n), Comparison.EQUAL, *operand(v)) for n, v in arguments.kwargs.items())
            draft = draft.where(*found)
            return draft.unknown("where") if arguments.dynamic else draft
        if function.name == "order":
            return draft.ordered(SortKey(TABLE.column(str(a.value))) for a in arguments.args if isinstance(a, Const))
        many = function.name == "all"
        if many or function.name == "first":
            place = site.interpreter.place(site.frame)
            fetch = Fetch.ALL if many else Fetch.FIRST
            record = site.interpreter.recorder.query(draft, place, site.origin, fetch, site.interpreter.text(site))
            return Rows(MODEL, self.name, many, record)
        return None

    def enter(self, value: Value, site: Site) -> tuple[Value, bool] | None:
        return (value, True) if value == Library("toy.begin") else None


def read(tmp_path: Path, source: str, **others: str) -> Code:
    (tmp_path / "app.py").write_text("from toy import q, begin\n" + source)
    for name, text in others.items():
        (tmp_path / f"{name}.py").write_text("from toy import q, begin\n" + text)
    index = PythonIndex(open_project(tmp_path))
    interpreter = Interpreter(index, {"t": MODEL, "owners": OWNERS}, (Toy(),))
    for module in index.modules.values():
        for statement in module.statements:
            if isinstance(statement, FunctionDef):
                interpreter.follow(statement)
            elif isinstance(statement, ClassDef):
                for method in statement.methods:
                    interpreter.follow(method)
    return interpreter.recorder.code()


def only(code: Code) -> QueryFact:
    (query,) = code.queries
    return query


def where(query: QueryFact) -> dict[str, tuple[tuple[str, ...], bool]]:
    return {p.column.columns[0]: (p.constants, p.optional) for p in query.predicates}


def test_a_query_built_over_several_statements_is_one(tmp_path: Path) -> None:
    query = only(
        read(tmp_path, "def f():\n    x = q()\n    x = x.where(a=1)\n    y = x.where(b='u')\n    return y.all()\n")
    )
    assert where(query) == {"a": (("1",), False), "b": (("u",), False)}
    assert (query.origin.line, query.fetch, query.verb) == (6, Fetch.ALL, Verb.SELECT)
    assert Use.RETURNED in query.uses


def test_what_one_branch_adds_is_optional_and_both_arms_are_kept(tmp_path: Path) -> None:
    source = "def f(c):\n    x = q().where(a=1)\n    if c:\n        x = x.where(b=2)\n"
    source += "    else:\n        x = x.order('a')\n    x.all()\n"
    query = only(read(tmp_path, source))
    assert where(query) == {"a": (("1",), False), "b": (("2",), True)}
    assert [k.optional for k in query.ordering] == [True]


def test_a_branch_that_leaves_does_not_count_afterwards(tmp_path: Path) -> None:
    source = (
        "def f(c):\n    x = q()\n    if not c:\n        x = x.where(b=2)\n        return None\n    x.where(a=1).all()\n"
    )
    assert where(only(read(tmp_path, source))) == {"a": (("1",), False)}


def test_functions_of_the_project_are_followed_with_their_arguments(tmp_path: Path) -> None:
    code = read(
        tmp_path,
        "from other import narrowed\ndef f():\n    return narrowed(7).order('b').all()\n",
        other="def narrowed(value):\n    return q().where(a=value)\n",
    )
    query = only(code)
    assert where(query) == {"a": (("7",), False)}
    assert query.place.function == "app.py:f"
    assert [(c.caller.function, c.callee) for c in code.calls] == [("app.py:f", "other.py:narrowed")]


def test_methods_see_the_attributes_of_their_own_class_and_of_init(tmp_path: Path) -> None:
    source = (
        "class Base:\n    column = 'a'\n    def __init__(self, start):\n        self.start = start\n"
        "    def run(self):\n        return self.start.order(self.column).all()\n"
        "class Child(Base):\n    column = 'b'\n"
        "def f():\n    Child(q().where(a=1)).run()\n"
    )
    code = read(tmp_path, source)
    assert [k.column.columns for k in only(code).ordering if k.column] == [("b",)]


def test_a_dictionary_of_conditions_is_unpacked_and_an_unknown_one_is_said(tmp_path: Path) -> None:
    source = "def f():\n    d = {'a': 1}\n    d['b'] = 2\n    q().where(**d).all()\n"
    source += "def g(**kw):\n    q().where(**kw).all()\n"
    known, unknown = read(tmp_path, source).queries
    assert where(known) == {"a": (("1",), False), "b": (("2",), False)}
    assert unknown.dynamic == ("where",)


def test_relations_touched_in_a_loop_run_a_query_there(tmp_path: Path) -> None:
    rows, lazy = read(tmp_path, "def f():\n    for row in q().all():\n        print(row.owner.name)\n").queries
    assert rows.attributes == (TABLE.column("owner_id"),)
    assert lazy.table == OWNERS.table
    assert [(loop.kind, loop.rows) for loop in lazy.place.loops] == [("for", True)]
    assert lazy.attributes == (OWNERS.table.column("name"),)


def test_the_foreign_key_of_a_row_runs_nothing(tmp_path: Path) -> None:
    query = only(read(tmp_path, "def f():\n    return [row.owner_id for row in q().all()]\n"))
    assert query.attributes == (TABLE.column("owner_id"),)


@pytest.mark.parametrize(
    ("body", "uses"),
    [
        ("    return len(rows)\n", {Use.COUNTED}),
        ("    if rows:\n        return 1\n", {Use.TESTED}),
        ("    return [r.a for r in rows if r.b == 3]\n", {Use.FILTERED}),
        ("    for r in rows:\n        if not r.b:\n            continue\n        print(r.a)\n", {Use.FILTERED}),
        ("    return sum(r.a for r in rows)\n", {Use.SUMMED}),
        ("    for r in sorted(rows, key=str):\n        print(r.a)\n", {Use.SORTED}),
        ("    return rows\n", {Use.RETURNED}),
        ("    print(len(rows))\n    return [r.a for r in rows]\n", set()),
    ],
)  # fmt: skip
def test_what_the_rows_serve_for(tmp_path: Path, body: str, uses: set[Use]) -> None:
    assert only(read(tmp_path, "def f():\n    rows = q().all()\n" + body)).uses == uses


def test_transactions_and_handlers_around_a_query(tmp_path: Path) -> None:
    source = (
        "def f():\n    try:\n        with begin:\n            q().first()\n"
        "    except (ValueError, KeyError):\n        pass\n"
        "    except Exception as e:\n        log.error(e)\n        raise\n"
    )
    code = read(tmp_path, source)
    query = only(code)
    assert query.place.transaction is not None
    assert query.place.transaction.line == 4
    quiet, loud = code.handlers
    assert query.place.handlers == (quiet.attempt,)
    assert (quiet.catches, quiet.swallows, quiet.raises) == (("ValueError", "KeyError"), True, False)
    assert (loud.catches, loud.swallows, loud.raises, loud.logs) == (("Exception",), False, True, True)


def test_a_handler_that_answers_with_a_status(tmp_path: Path) -> None:
    source = "def f():\n    try:\n        q().first()\n    except Exception:\n        return {'error': 1}, 500\n"
    assert [(h.status, h.swallows) for h in read(tmp_path, source).handlers] == [(500, False)]


def test_calls_of_other_systems_are_events(tmp_path: Path) -> None:
    source = "import requests\nimport json\ndef f():\n    for r in q().all():\n        json.loads(r.a)\n"
    source += "        requests.post('x')\n    json.loads('{}')\n"
    events = read(tmp_path, source).events
    assert [(e.kind, str(e.column) if e.column else None) for e in events] == [
        (EventKind.JSON_PARSED, "t.a"), (EventKind.EXTERNAL_CALL, None),
    ]  # fmt: skip


def test_recursion_and_endless_programs_end(tmp_path: Path) -> None:
    source = "def f(n):\n    return g(n)\ndef g(n):\n    f(n)\n    return q().where(a=n).all()\n"
    source += "def h():\n" + "".join(f"    x{i} = h2(h2(h2({i})))\n" for i in range(200))
    source += "def h2(x):\n    return h3(h3(x))\ndef h3(x):\n    return h4(h4(x))\ndef h4(x):\n    return x\n"
    assert len(read(tmp_path, source).queries) == 1


def test_a_query_in_a_nested_function_belongs_to_it(tmp_path: Path) -> None:
    source = "def f():\n    base = q().where(a=1)\n    def inner():\n        return base.all()\n    return inner\n"
    assert only(read(tmp_path, source)).place.function == "app.py:f.<locals>.inner"


def test_names_that_a_walrus_or_a_with_binds(tmp_path: Path) -> None:
    source = "def f():\n    if (rows := q().where(a=2).all()):\n        return rows\n"
    assert where(only(read(tmp_path, source))) == {"a": (("2",), False)}


def test_broken_and_deep_code_is_survived(tmp_path: Path) -> None:
    deep = "def f():\n    x = " + "(" * 3000 + "q()" + ")" * 3000 + "\n    return x.all()\ndef ok():\n    q().all()\n"
    assert any(query.place.function == "app.py:ok" for query in read(tmp_path, deep).queries)

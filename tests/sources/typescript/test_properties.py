"""Programs made at random: they never break the reader, and its offsets lead back to what was written."""

from __future__ import annotations

from dataclasses import fields, is_dataclass

from hypothesis import given, settings
from hypothesis import strategies as st
from sources.typescript.written import module, statements

from dbarchitect.sources.typescript.syntax import Call, Class, Expr, Function, Literal, Member, Module, Name, Statement

NAMES = st.sampled_from(["a", "db", "größe", "$x", "_y", "prisma", "of", "async", "type", "get", "from"])
ATOMS = NAMES | st.sampled_from(
    ["1", "'é'", '"\\n"', "null", "this", "`t`", "/r/g", "undefined", "10n", "-1", "sql<number>`x`", "<b/>", "[]", "{}"]
)


def _grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    some = st.lists(inner, max_size=3)
    return st.one_of(
        st.builds("({} + {})".format, inner, inner),
        st.builds("{}.{}".format, NAMES, NAMES),
        st.builds(lambda f, args: f"{f}({', '.join(args)})", NAMES, some),
        st.builds(lambda f, args: f"new {f}({', '.join(args)})", NAMES, some),
        st.builds(lambda items: f"[{', '.join(items)}]", some),
        st.builds(lambda key, value: f"({{ {key}: {value}, ...{key}, {key} }})", NAMES, inner),
        st.builds("(async ({}) => {})".format, NAMES, inner),
        st.builds("(function* () {{ yield {} }})".format, inner),
        st.builds("`x ${{{}}} é`".format, inner),
        st.builds("({} ? {} : {})".format, inner, inner, inner),
        st.builds("({} as A<B>)".format, inner),
        st.builds("{}?.[{}]".format, NAMES, inner),
        st.builds("<p q={{{}}}>{{{}}}</p>".format, inner, inner),
        st.builds("({} = {})".format, NAMES, inner),
    )


EXPRESSIONS = st.recursive(ATOMS, _grown, max_leaves=12)


def _statements(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.builds("if ({}) {{ {} }} else {}".format, EXPRESSIONS, inner, inner),
        st.builds("for (const {} of {}) {{ {} }}".format, NAMES, EXPRESSIONS, inner),
        st.builds("try {{ {} }} catch ({}) {{ {} }}".format, inner, NAMES, inner),
        st.builds("function {}({}) {{ {} }}".format, NAMES, NAMES, inner),
        st.builds("class A {{ {}({}) {{ {} }} }}".format, NAMES, NAMES, inner),
        st.builds("switch ({}) {{ case {}: {} }}".format, EXPRESSIONS, EXPRESSIONS, inner),
        st.builds("{};\n{}".format, inner, inner),
    )


SIMPLE = st.one_of(
    st.builds("const {{ {}: [{} = {}] }} = {};".format, NAMES, NAMES, EXPRESSIONS, EXPRESSIONS),
    st.builds("let {}: A<{{ b: c }}> = {};".format, NAMES, EXPRESSIONS),
    st.builds("{};".format, EXPRESSIONS),
    st.builds("export const {} = {};".format, NAMES, EXPRESSIONS),
    st.builds("export default {};".format, EXPRESSIONS),
    st.builds("exports.{} = {};".format, NAMES, EXPRESSIONS),
)
PROGRAMS = st.lists(st.recursive(SIMPLE, _statements, max_leaves=6), min_size=1, max_size=4).map("\n".join)


def every(value: object, found: list[Expr | Statement]) -> list[Expr | Statement]:
    """All parts of a tree."""
    if isinstance(value, Module):
        return found
    if isinstance(value, Expr | Statement):
        found.append(value)
    if isinstance(value, Function):
        every(value.body, found)
    if isinstance(value, tuple | list):
        for item in value:
            every(item, found)
    elif isinstance(value, dict):
        every(list(value.values()), found)
    elif is_dataclass(value):
        for each in fields(value):
            if each.name not in {"owner", "module", "lower", "_body"} or (
                each.name == "owner" and isinstance(value, Member)
            ):
                every(getattr(value, each.name), found)
    return found


@settings(max_examples=150, deadline=None)
@given(PROGRAMS)
def test_offsets_lead_back(source: str) -> None:
    found = module(source, "a.tsx")
    assert isinstance(statements(found.statements), str)
    raw = source.encode()
    for each in every(found.statements, []):
        assert 0 <= each.start <= each.end <= len(raw)
        text = raw[each.start : each.end].decode()
        if isinstance(each, Name) and text and each.id != "undefined" and each.id != "default":
            assert text == each.id or text.startswith(("exports.", "module."))
        elif isinstance(each, Member) and not found.problems:
            assert text.endswith(each.name)
        elif isinstance(each, Literal) and isinstance(each.value, str):
            assert text[:1] in "'\"<{" or found.problems
        elif isinstance(each, Call) and each.new and not found.problems:
            assert text.startswith("new")
        elif isinstance(each, Class):
            assert text.startswith("class") or found.problems


@settings(max_examples=150, deadline=None)
@given(PROGRAMS, st.data())
def test_broken_programs_are_survived(source: str, data: st.DataObject) -> None:
    raw = source.encode()
    at = data.draw(st.integers(0, len(raw)))
    length = data.draw(st.integers(0, 12))
    put = data.draw(st.binary(max_size=6))
    found = module(raw[:at] + put + raw[at + length :], "a.tsx")
    assert isinstance(statements(found.statements), str)
    for start, end in found.problems:
        assert 0 <= start <= end <= len(found.source)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_survived(source: bytes) -> None:
    assert isinstance(statements(module(source, "a.ts").statements), str)


@settings(max_examples=60, deadline=None)
@given(PROGRAMS)
def test_lowering_again_gives_the_same(source: str) -> None:
    found = module(source, "a.tsx")
    before = statements(found.statements)
    found.forget()
    assert statements(found.statements) == before

"""Conditions: what each `where` asks of which column."""

from __future__ import annotations

import pytest

from dbarchitect.catalog.queries import Comparison
from dbarchitect.catalog.refs import Origin
from dbarchitect.sources.code.draft import Draft
from dbarchitect.sources.code.typescript.prisma.models import Models
from dbarchitect.sources.code.typescript.prisma.values import FieldReference
from dbarchitect.sources.code.typescript.prisma.where import Where
from dbarchitect.sources.code.values import OPAQUE, Member, Opaque, Sequence, Value

from .written import GIVEN, joins, predicates, value


def asked(models: Models, where: object, label: str = "user") -> Draft:
    model = models.labelled(label)
    assert model is not None
    given: Value = value(where)
    return Where(models).put(Draft("prisma", Origin(), model=model, table=model.table), model, given)


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ({"email": GIVEN}, ["users.email = ?"]),
        ({"email": "a@b"}, ["users.email = a@b"]),
        ({"email": {"equals": GIVEN, "mode": "insensitive"}}, ["users.email = ? ci"]),
        ({"createdAt": GIVEN}, ["users.created_at = ?"]),
        ({"name": None}, ["users.name is null null"]),
        ({"name": {"not": None}}, ["users.name is not null null"]),
        ({"name": {"not": {"in": ["a", "b"]}}}, ["users.name not in a/b"]),
        ({"name": {"not": {"contains": "a"}}}, ["!users.name contains a"]),
        ({"email": ...}, ["?users.email = ?"]),
        ({"id": {"in": GIVEN}}, ["users.id in ?"]),
        ({"id": {"in": [1, 2]}}, ["users.id in 1/2"]),
        ({"id": {"notIn": GIVEN}}, ["users.id not in ?"]),
        ({"balance": {"gte": 10, "lt": GIVEN}}, ["users.balance range 10", "users.balance range ?"]),
        ({"createdAt": {"gte?": GIVEN, "lt": ...}}, ["?users.created_at range ?", "?users.created_at range ?"]),
        ({"email": {"contains": GIVEN, "mode": "insensitive"}}, ["users.email contains ? ci"]),
        ({"email": {"startsWith": GIVEN}}, ["users.email prefix ?"]),
        ({"email": {"endsWith": "@x"}}, ["users.email suffix @x"]),
        ({"name": {"search": GIVEN}}, ["users.name full text ?"]),
        ({"tags": {"has": "a"}}, ["users.tags contains element a"]),
        ({"tags": {"hasSome": GIVEN}}, ["users.tags contains element ?"]),
        ({"tags": {"isEmpty": True}}, ["users.tags = {}"]),
        ({"settings": {"path": ["a", "b"], "equals": "x"}}, ["users.settings.a.b json x"]),
        ({"settings": {"path": ["a"], "string_contains": GIVEN}}, ["users.settings.a json ?"]),
        ({"settings": {"equals": Member(OPAQUE, "DbNull")}}, ["users.settings is null null"]),
        ({"role": "ADMIN"}, ["users.role = admin"]),
        ({"role": Member(OPAQUE, "GUEST")}, ["users.role = guest"]),
        ({"role": Member(OPAQUE, "role")}, ["users.role = ?"]),
        ({"role": {"in": [Member(OPAQUE, "GUEST"), "ADMIN"]}}, ["users.role in guest/admin"]),
        ({"email?": GIVEN}, ["?users.email = ?"]),
        ({"AND": [{"email": GIVEN}, {"name": "x"}]}, ["users.email = ?", "users.name = x"]),
        ({"OR": [{"email": GIVEN}, {"name": "x"}]}, ["|users.email = ?", "|users.name = x"]),
        ({"OR": [{"email": GIVEN}]}, ["users.email = ?"]),
        ({"NOT": {"email": GIVEN}}, ["users.email <> ?"]),
        ({"NOT": [{"email": GIVEN}, {"name": None}]}, ["users.email <> ?", "users.name is not null null"]),
        ({"NOT": {"email": GIVEN, "name": "x"}}, ["!users.email = ?", "!users.name = x"]),
        ({"NOT": {"NOT": {"email": GIVEN}}}, ["users.email = ?"]),
        ({"NOT": {"OR": [{"email": GIVEN}, {"name": "x"}]}}, ["|!users.email = ?", "|!users.name = x"]),
    ],
)
def test_each_operator_is_a_comparison_of_its_column(models: Models, where: object, found: list[str]) -> None:
    draft = asked(models, where)
    assert predicates(draft.predicates) == found
    assert draft.dynamic == ()


def test_a_column_may_be_compared_with_another(models: Models) -> None:
    user = models.labelled("user")
    assert user is not None
    draft = asked(models, {"name": {"equals": FieldReference(user.table.column("email"))}})
    assert predicates(draft.predicates) == ["users.name = users.email"]


def test_alternatives_made_by_a_loop_stand_beside_each_other(models: Models) -> None:
    draft = asked(models, {"OR": Sequence(value({"name": {"contains": GIVEN}}))})
    assert predicates(draft.predicates) == ["|users.name contains ?"]


@pytest.mark.parametrize("where", [GIVEN, {"...": GIVEN, "name": "x"}, {"OR": [..., {"name": "x"}]}, {"what": 1}])
def test_what_nobody_knows_is_said_to_be_unknown(models: Models, where: object) -> None:
    assert asked(models, where).dynamic == ("where",)


def test_a_where_from_a_request_is_raw(models: Models) -> None:
    raw = Opaque(raw=True)
    assert asked(models, raw).raw_input
    assert asked(models, {"...": raw}).raw_input
    assert not asked(models, {"...": GIVEN}).raw_input


def test_a_compound_key_is_a_condition_on_each_column(models: Models) -> None:
    draft = asked(models, {"userId_teamId": {"userId": GIVEN, "teamId": 7}}, "member")
    assert predicates(draft.predicates) == ["Member.userId = ?", "Member.teamId = 7"]
    assert predicates(asked(models, {"userId_teamId": GIVEN}, "member").predicates) == [
        "Member.userId = ?",
        "Member.teamId = ?",
    ]


def test_a_relation_is_joined_and_asked(models: Models) -> None:
    draft = asked(models, {"posts": {"some": {"status": "LIVE", "comments": {"some": {"text": GIVEN}}}}})
    assert joins(draft.joins) == ["users.id = Post.author_id", "Post.id = Comment.post_id"]
    assert predicates(draft.predicates) == ["Post.status = LIVE", "Comment.text = ?"]
    assert [str(t) for t in draft.joined] == ["Post", "Comment"]


def test_a_relation_of_one_row_is_asked_with_or_without_is(models: Models) -> None:
    for where in ({"author": {"email": GIVEN}}, {"author": {"is": {"email": GIVEN}}}):
        draft = asked(models, where, "post")
        assert joins(draft.joins) == ["Post.author_id = users.id"]
        assert predicates(draft.predicates) == ["users.email = ?"]


def test_a_relation_that_is_asked_or_must_be_there(models: Models) -> None:
    """What `on ? { id: 3 } : { isNot: null }` becomes."""
    draft = asked(models, {"author": {"email?": GIVEN, "isNot?": None}}, "post")
    assert predicates(draft.predicates) == ["?users.email = ?", "?Post.author_id is not null null"]
    assert draft.dynamic == ()


def test_a_condition_on_the_column_referred_to_is_one_on_the_foreign_key(models: Models) -> None:
    assert predicates(asked(models, {"author": {"id": GIVEN}}, "post").predicates) == ["Post.author_id = ?"]


def test_none_and_every_are_negated_and_keep_rows_without_partner(models: Models) -> None:
    for word in ("none", "every"):
        draft = asked(models, {"posts": {word: {"status": "LIVE"}}})
        assert joins(draft.joins) == ["left users.id = Post.author_id"]
        assert predicates(draft.predicates) == ["!Post.status = LIVE"]


def test_a_missing_relation_is_a_null(models: Models) -> None:
    assert predicates(asked(models, {"author": None}, "post").predicates) == ["Post.author_id is null null"]
    draft = asked(models, {"profile": {"isNot": None}})
    assert joins(draft.joins) == ["left users.id = Profile.user_id"]
    assert [p.comparison for p in draft.predicates] == [Comparison.IS_NOT_NULL]


def test_a_relation_under_an_alternative_is_joined_from_outside(models: Models) -> None:
    draft = asked(models, {"OR": [{"email": GIVEN}, {"profile": {"bio": {"contains": GIVEN}}}]})
    assert joins(draft.joins) == ["left users.id = Profile.user_id"]
    assert predicates(draft.predicates) == ["|users.email = ?", "|Profile.bio contains ?"]


def test_a_table_between_is_joined_too(models: Models) -> None:
    draft = asked(models, {"labels": {"some": {"name": GIVEN}}}, "post")
    assert joins(draft.joins) == ["Post.id = _LabelToPost.B", "_LabelToPost.A = Label.id"]
    assert predicates(draft.predicates) == ["Label.name = ?"]


def test_a_relation_that_must_only_exist_is_a_join(models: Models) -> None:
    draft = asked(models, {"posts": {"some": {}}})
    assert (joins(draft.joins), draft.predicates, draft.dynamic) == (["users.id = Post.author_id"], (), ())


def test_what_one_side_of_an_or_asks_for_together(models: Models) -> None:
    sides = {"OR": [{"email": GIVEN, "name": "a"}, {"name": "b"}]}
    along = {(str(p.column), p.constants): [str(ref) for ref in p.along] for p in asked(models, sides).predicates}
    assert along == {
        ("users.email", ()): ["users.name"],
        ("users.name", ("a",)): ["users.email"],
        ("users.name", ("b",)): [],
    }

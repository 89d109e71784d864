"""Order and bounds."""

from __future__ import annotations

import pytest

from dbarchitect.catalog.queries import Bound
from dbarchitect.catalog.refs import Origin
from dbarchitect.sources.code.draft import Draft
from dbarchitect.sources.code.typescript.prisma.models import Models
from dbarchitect.sources.code.typescript.prisma.ordering import Ordering
from dbarchitect.sources.code.values import Opaque

from .written import GIVEN, joins, ordering, predicates, value


def asked(models: Models, given: object, label: str = "post") -> Draft:
    model = models.labelled(label)
    assert model is not None
    return Ordering(models).put(Draft("prisma", Origin(), model=model, table=model.table), model, value(given))


@pytest.mark.parametrize(
    ("order", "found"),
    [
        ({"views": "desc"}, ["Post.views desc"]),
        ([{"views": "desc"}, {"id": "asc"}], ["Post.views desc", "Post.id"]),
        ({"deletedAt": {"sort": "desc", "nulls": "last"}}, ["Post.deleted_at desc"]),
        ({"views": GIVEN}, ["Post.views"]),
        ({"author": {"email": "asc"}}, ["users.email"]),
        ({"comments": {"_count": "desc"}}, ["count(*) desc"]),
        ({"_count": {"id": "desc"}}, ["count(Post.id) desc"]),
        ({"_relevance": {"fields": ["title"], "search": "x", "sort": "asc"}}, ["ts_rank(*)"]),
    ],
)
def test_each_form_of_an_order(models: Models, order: object, found: list[str]) -> None:
    draft = asked(models, {"orderBy": order})
    assert ordering(draft.ordering) == found
    assert draft.dynamic == ()


def test_an_order_over_a_relation_joins_it(models: Models) -> None:
    assert joins(asked(models, {"orderBy": {"author": {"name": "asc"}}}).joins) == ["left Post.author_id = users.id"]


@pytest.mark.parametrize("order", [GIVEN, {"...": GIVEN}, [{"views": "asc"}, ...]])
def test_an_order_that_nobody_knows(models: Models, order: object) -> None:
    assert asked(models, {"orderBy": order}).dynamic == ("order by",)


def test_bounds(models: Models) -> None:
    draft = asked(models, {"orderBy": {"id": "asc"}, "take": 20, "skip": Opaque()})
    assert (draft.limit, draft.offset) == (Bound(20), Bound())
    assert asked(models, {"take": Opaque()}).limit == Bound()
    assert asked(models, {"take": ...}).limit is None
    assert asked(models, {"take": 5, "skip": 0}).offset is None


def test_rows_cut_off_in_no_order_come_by_the_key(models: Models) -> None:
    assert ordering(asked(models, {"take": 10}).ordering) == ["Post.id"]
    assert ordering(asked(models, {"skip": 10}, "member").ordering) == ["Member.userId", "Member.teamId"]
    assert asked(models, {"where": {}}).ordering == ()


def test_a_negative_take_turns_the_order_round(models: Models) -> None:
    draft = asked(models, {"orderBy": {"views": "asc"}, "take": -3})
    assert (ordering(draft.ordering), draft.limit) == (["Post.views desc"], Bound(3))
    assert ordering(asked(models, {"take": -3}).ordering) == ["Post.id desc"]


def test_a_cursor_is_a_range_and_its_skip_no_offset(models: Models) -> None:
    draft = asked(models, {"cursor?": {"id": GIVEN}, "skip": 1, "take": 10})
    assert predicates(draft.predicates) == ["?Post.id range ?"]
    assert draft.offset is None
    assert predicates(asked(models, {"cursor": {"id": ...}}).predicates) == ["?Post.id range ?"]
    draft = asked(models, {"cursor": {"userId_teamId": GIVEN}}, "member")
    assert predicates(draft.predicates) == ["Member.userId range ?", "Member.teamId range ?"]


def test_distinct(models: Models) -> None:
    assert asked(models, {"distinct": ["status"]}).distinct

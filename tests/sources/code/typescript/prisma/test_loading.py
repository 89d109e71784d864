"""What rows come with: columns, relations loaded along, counts."""

from __future__ import annotations

from dbarchitect.catalog.queries import Bound, Idiom
from dbarchitect.sources.code.typescript.prisma.calls import Calls
from dbarchitect.sources.code.typescript.prisma.loading import Shape
from dbarchitect.sources.code.typescript.prisma.models import Models

from .written import GIVEN, joins, ordering, predicates, value


def shape(models: Models, given: object, label: str = "user") -> Shape:
    model = models.labelled(label)
    assert model is not None
    return Calls(models).loading.shape(model, value(given))


def columns(found: Shape) -> list[str] | None:
    return None if found.columns is None else [str(c) for c in found.columns]


def test_whole_rows(models: Models) -> None:
    found = shape(models, {"where": {}})
    assert (found.columns, found.loads, found.known) == (None, [], True)


def test_select_names_the_columns(models: Models) -> None:
    assert columns(shape(models, {"select": {"id": True, "createdAt": True, "email": False, "name": GIVEN}})) == [
        "users.id",
        "users.created_at",
        "users.name",
    ]


def test_omit_leaves_some_out(models: Models) -> None:
    found = columns(shape(models, {"omit": {"views": True, "title": True}}, "post"))
    assert found == ["Post.id", "Post.status", "Post.deleted_at", "Post.author_id", "Post.editor_mail"]


def test_a_relation_is_a_query_of_its_own(models: Models) -> None:
    given = {
        "include": {"posts": {"where": {"status": "LIVE"}, "orderBy": {"views": "desc"}, "take": 3}, "profile": True}
    }
    found = shape(models, given)
    posts, profile = found.loads
    assert predicates(posts.draft.predicates) == ["Post.author_id in ?", "Post.status = LIVE"]
    assert ordering(posts.draft.ordering) == ["Post.views desc"]
    assert (posts.draft.limit, posts.draft.idiom, posts.path) == (Bound(3), None, ("include", "posts"))
    assert predicates(profile.draft.predicates) == ["Profile.user_id in ?"]
    assert (profile.draft.idiom, profile.many) == (Idiom.LAZY_RELATION, False)
    assert found.columns is None


def test_select_of_a_relation_reads_the_columns_that_join_it(models: Models) -> None:
    found = shape(models, {"select": {"title": True, "author": {"select": {"email": True}}}}, "post")
    assert columns(found) == ["Post.title", "Post.author_id"]
    assert found.loads[0].draft.columns is not None
    assert [str(c) for c in found.loads[0].draft.columns] == ["users.email", "users.id"]


def test_relations_of_relations(models: Models) -> None:
    found = shape(models, {"include": {"posts": {"include": {"comments": True, "author": False}}}})
    assert found.loaded() == {"posts", "posts.comments"}
    assert predicates(found.loads[0].shape.loads[0].draft.predicates) == ["Comment.post_id in ?"]


def test_a_relation_over_a_table_between(models: Models) -> None:
    draft = shape(models, {"include": {"labels": True}}, "post").loads[0].draft
    assert predicates(draft.predicates) == ["_LabelToPost.B in ?"]
    assert joins(draft.joins) == ["_LabelToPost.A = Label.id"]
    assert [str(t) for t in draft.tables] == ["Label", "_LabelToPost"]


def test_counts_are_grouped_by_the_foreign_key(models: Models) -> None:
    found = shape(models, {"include": {"_count": {"select": {"posts": {"where": {"status": "LIVE"}}}}}})
    draft = found.loads[0].draft
    assert [a.function for a in draft.aggregates] == ["count"]
    assert [str(c) for c in draft.grouping] == ["Post.author_id"]
    assert predicates(draft.predicates) == ["Post.author_id in ?", "Post.status = LIVE"]
    assert found.counted == ["posts"]
    assert shape(models, {"include": {"_count": True}}).counted == ["posts", "teams"]


def test_a_relation_that_a_variable_asks_for(models: Models) -> None:
    found = shape(models, {"include": {"posts": GIVEN}})
    assert predicates(found.loads[0].draft.predicates) == ["Post.author_id in ?"]
    assert found.loads[0].draft.dynamic == ()


def test_what_nobody_knows(models: Models) -> None:
    assert not shape(models, GIVEN).known
    assert not shape(models, {"select": GIVEN}).known
    assert not shape(models, {"select": {"id": True, "...": GIVEN}}).known
    assert shape(models, {"select": {"id": True, "...": GIVEN}}).columns is None
